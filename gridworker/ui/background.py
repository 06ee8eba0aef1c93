"""The bridge between the window and slow work: three threads, and one door back to the main thread."""

from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal

from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Failed = Callable[[Problem], object]


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
        self._waiting = 0
        self._latest: dict[Hashable, int] = {}
        self._reading: dict[Hashable, Future[None]] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-writer")
        self._net = ThreadPoolExecutor(1, thread_name_prefix="net")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def waiting(self) -> int:
        """How many calls have not yet been answered."""
        return self._waiting

    def write(
        self,
        fn: Callable[[*Ts], T],
        *args: *Ts,
        then: Callable[[T], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Call `fn` on the writer thread, after every write asked for before."""
        self._start(self._writer, lambda: fn(*args), then, failed)

    def net(
        self,
        fn: Callable[[*Ts], T],
        *args: *Ts,
        then: Callable[[T], object] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Call `fn` on the network thread, after everything asked of it before."""
        self._start(self._net, lambda: fn(*args), then, failed)

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
        older = self._reading.pop(key, None)
        if older is not None and older.cancel():
            self._answered()

        def wanted() -> bool:
            return self._latest[key] == turn

        self._reading[key] = self._start(self._reader, lambda: fn(*args), then, failed, wanted=wanted)

    def later(self, fn: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call `fn` on the main thread soon; for progress, from any thread."""
        self._arrivals.append(lambda: fn(*args))
        self._arrived.emit()

    def announce(self, touched: Touched) -> None:
        """Tell every screen that records changed; from any thread."""
        self.later(self.touched.emit, touched)

    def drain(self, timeout_ms: int = 10_000) -> None:
        """Wait until every call is answered, while events go on; for tests."""
        if not self._waiting and not self._arrivals:
            return
        loop = QEventLoop()
        self.idle.connect(loop.quit)
        timer = QTimer(singleShot=True)
        timer.timeout.connect(loop.quit)
        timer.start(timeout_ms)
        while (self._waiting or self._arrivals) and timer.isActive():
            loop.exec()
        self.idle.disconnect(loop.quit)
        if self._waiting:
            raise TimeoutError(f"{self._waiting} calls were not answered within {timeout_ms} ms")

    def shutdown(self) -> None:
        """Finish every write, give up what has not begun of the rest, and deliver what came of it."""
        self._reader.shutdown(cancel_futures=True)
        self._net.shutdown(cancel_futures=True)
        self._writer.shutdown()
        while self._arrivals:
            self._deliver()
        self._waiting = 0

    def _start(
        self,
        thread: ThreadPoolExecutor,
        call: Callable[[], T],
        then: Callable[[T], object] | None,
        failed: Failed | None,
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Future[None]:
        def run() -> None:
            try:
                result = call()
            except Problem as problem:
                self.later(self._fail, problem, failed, wanted)
            except BaseException as error:  # noqa: BLE001 - the background bridge: whatever it is, somebody waits
                self.later(self._report, error, failed, wanted)
            else:
                self.later(self._succeed, result, then, wanted)

        self._waiting += 1
        return thread.submit(run)

    def _deliver(self) -> None:
        # One arrival for each signal: what raises here is that callback's bug and holds nothing else back.
        try:
            if self._arrivals:
                self._arrivals.popleft()()
        finally:
            if not self._waiting and not self._arrivals:
                self.idle.emit()

    def _succeed(self, result: T, then: Callable[[T], object] | None, wanted: Callable[[], bool]) -> None:
        self._answered()
        touched = result if isinstance(result, Touched) else getattr(result, "touched", None)
        if isinstance(touched, Touched):
            self.touched.emit(touched)
        if then is not None and wanted():
            then(result)

    def _fail(self, problem: Problem, failed: Failed | None, wanted: Callable[[], bool]) -> None:
        self._answered()
        if not wanted():
            return
        if failed is None:
            self.problem_occurred.emit(problem)
        else:
            failed(problem)

    def _report(self, error: BaseException, failed: Failed | None, wanted: Callable[[], bool]) -> None:
        self._fail(self._on_bug(error), failed, wanted)

    def _answered(self) -> None:
        self._waiting -= 1
