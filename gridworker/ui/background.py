"""The bridge between the window and slow work: three threads, and one door back to the main thread."""

from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal

from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.ui.garbage import MainThreadGarbage

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Failed = Callable[[Problem], object]


@dataclass(frozen=True)
class _Call:
    """What was asked for, and who hears of it."""

    work: Callable[[], Any]
    then: Callable[[Any], object] | None
    failed: Failed | None
    wanted: Callable[[], bool]


class Background(QObject):
    """Runs functions off the main thread and brings every result or failure back to it, in order.

    Call its methods on the main thread, only `later` and `announce` from anywhere. A result that is a
    `Touched`, or has one as its attribute `touched`, is announced to every screen before `then` is called.
    """

    touched = Signal(object)
    """A `Touched`: records changed."""
    problem_occurred = Signal(object)
    """A `Problem` that nobody asked to handle."""
    idle = Signal()
    _arrived = Signal()

    def __init__(self, on_bug: Callable[[BaseException], Problem], parent: QObject | None = None) -> None:
        """`on_bug` writes the report of an unexpected error and returns what to tell the user."""
        super().__init__(parent)
        self._on_bug = on_bug
        self._arrivals: deque[Callable[[], object]] = deque()
        self._calls: dict[int, _Call] = {}
        self._asked = 0
        self._latest: dict[Hashable, int] = {}
        self._reading: dict[Hashable, tuple[int, Future[None]]] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-writer")
        self._net = ThreadPoolExecutor(1, thread_name_prefix="net")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._garbage = MainThreadGarbage(self)

    @property
    def waiting(self) -> int:
        """How many calls have not yet been answered."""
        return len(self._calls)

    def write(
        self,
        fn: Callable[[*Ts], T],
        *args: *Ts,
        then: Callable[[T], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Call `fn` on the writer thread, after every write asked for before."""
        self._start(self._writer, _Call(lambda: fn(*args), then, failed, _always))

    def net(
        self,
        fn: Callable[[*Ts], T],
        *args: *Ts,
        then: Callable[[T], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Call `fn` on the network thread, after everything asked of it before."""
        self._start(self._net, _Call(lambda: fn(*args), then, failed, _always))

    def read(
        self,
        key: Hashable,
        fn: Callable[[*Ts], T],
        *args: *Ts,
        then: Callable[[T], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Call `fn` on the reader thread; a newer read of the same key makes this one's answer unwanted."""
        turn = self._latest[key] = self._latest.get(key, 0) + 1
        ticket, older = self._reading.pop(key, (0, None))
        if older is not None and older.cancel():
            del self._calls[ticket]

        def wanted() -> bool:
            return self._latest[key] == turn

        self._reading[key] = self._start(self._reader, _Call(lambda: fn(*args), then, failed, wanted))

    def later(self, fn: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call `fn` on the main thread soon; for progress, from any thread."""
        self._arrivals.append(lambda: fn(*args))
        self._arrived.emit()

    def announce(self, touched: Touched) -> None:
        """Tell every screen that records changed; from any thread."""
        self.later(self.touched.emit, touched)

    def drain(self, timeout_ms: int = 10_000) -> None:
        """Wait until every call is answered, while events go on; for tests."""
        if not self._calls and not self._arrivals:
            return
        loop = QEventLoop()
        self.idle.connect(loop.quit)
        timer = QTimer(singleShot=True)
        timer.timeout.connect(loop.quit)
        timer.start(timeout_ms)
        while (self._calls or self._arrivals) and timer.isActive():
            loop.exec()
        self.idle.disconnect(loop.quit)
        if self._calls:
            raise TimeoutError(f"{self.waiting} calls were not answered within {timeout_ms} ms")

    def shutdown(self) -> None:
        """Finish every write, give up what has not begun of the rest, and deliver what came of it."""
        self._reader.shutdown(cancel_futures=True)
        self._net.shutdown(cancel_futures=True)
        self._writer.shutdown()
        while self._arrivals:
            self._deliver()
        self._calls.clear()
        self._garbage.stop()

    def _start(self, thread: ThreadPoolExecutor, call: _Call) -> tuple[int, Future[None]]:
        self._asked += 1
        self._calls[self._asked] = call
        return self._asked, thread.submit(self._run, self._asked)

    def _run(self, ticket: int) -> None:
        # The thread knows the call by its number alone: a widget whose last name went here would die here.
        try:
            result = self._calls[ticket].work()
        except Problem as problem:
            self.later(self._fail, ticket, problem.with_traceback(None))
        except BaseException as error:  # noqa: BLE001 - the background bridge: whatever it is, somebody waits
            self.later(self._report, ticket, error)
        else:
            self.later(self._succeed, ticket, result)

    def _deliver(self) -> None:
        # One arrival for each signal: what raises here is that callback's bug and holds nothing else back.
        try:
            if self._arrivals:
                self._arrivals.popleft()()
        finally:
            if not self._calls and not self._arrivals:
                self.idle.emit()

    def _succeed(self, ticket: int, result: object) -> None:
        call = self._calls.pop(ticket)
        touched = result if isinstance(result, Touched) else getattr(result, "touched", None)
        if isinstance(touched, Touched):
            self.touched.emit(touched)
        if call.then is not None and call.wanted():
            call.then(result)

    def _fail(self, ticket: int, problem: Problem) -> None:
        call = self._calls.pop(ticket)
        if not call.wanted():
            return
        if call.failed is None:
            self.problem_occurred.emit(problem)
        else:
            call.failed(problem)

    def _report(self, ticket: int, error: BaseException) -> None:
        self._fail(ticket, self._on_bug(error))


def _always() -> bool:
    return True
