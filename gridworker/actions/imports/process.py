"""The import in a process of its own: the window stays free, and killing the process harms nothing."""

import multiprocessing
from collections.abc import Callable, Mapping
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

from gridworker.actions.imports.commit import commit_register
from gridworker.actions.imports.messages import (
    AskPage,
    AskSkipped,
    Commit,
    Event,
    Failed,
    Order,
    PageRead,
    Progressed,
    Ready,
    Remap,
    Saved,
    SkippedRead,
    Start,
    Stopped,
    decode_event,
    decode_order,
    encode,
)
from gridworker.actions.imports.plan import make_plan
from gridworker.actions.imports.preview import PageName, Preview
from gridworker.actions.imports.register import Register, read_register
from gridworker.actions.imports.report import report_of
from gridworker.db.database import Database
from gridworker.domain.problems import Problem

Opener = Callable[[Path, bytes], Database]
"""Opens a database by path and key; a function at the top of a module, so that a new process can find it."""


class ImportJob:
    """One import under way, seen from the window; nothing here waits, `poll` is called by a timer.

    Order of life: Progressed… → Ready → pages, remaps → `commit` → Progressed… → Saved. After Failed,
    Saved or Stopped nothing more comes. Always `close` it.
    """

    def __init__(self, start: Start, opener: Opener) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=serve, args=(theirs, opener), name="gridworker-import", daemon=True
        )
        self._process.start()
        theirs.close()
        self._committing = False
        self._over = False
        self._send(start)

    @property
    def pid(self) -> int | None:
        """The process number."""
        return self._process.pid

    def poll(self) -> list[Event]:
        """Every event since the last call; never waits."""
        events: list[Event] = []
        while not self._over:
            try:
                if not self._pipe.poll():
                    break
                events.append(decode_event(self._pipe.recv_bytes()))
            except (EOFError, OSError):
                events.append(self._stopped())
            self._over = isinstance(events[-1], Failed | Saved | Stopped)
        return events

    def ask_page(self, name: PageName, offset: int = 0, limit: int = 100) -> None:
        """Ask for rows of a list; PageRead brings them."""
        self._send(AskPage(name, offset, limit))

    def ask_skipped(self, offset: int = 0, limit: int = 100) -> None:
        """Ask for left-out rows; SkippedRead brings them."""
        self._send(AskSkipped(offset, limit))

    def remap(self, chosen: Mapping[int, str | None]) -> None:
        """Read the file again with other meanings of its columns; Ready comes again."""
        self._send(Remap(dict(chosen)))

    def commit(self) -> None:
        """Write everything; from here on only Saved, Failed or Stopped end it."""
        self._committing = True
        self._send(Commit())

    def cancel(self) -> bool:
        """Give up and write nothing; False once `commit` was called: then only the end tells."""
        if self._committing and not self._over:
            return False
        self._over = True
        self._process.kill()
        return True

    def close(self) -> None:
        """Let go of the process; what it was still writing has not happened."""
        self._over = True
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()

    def _send(self, order: Order) -> None:
        try:
            self._pipe.send_bytes(encode(order))
        except OSError:  # the process is gone: poll says so
            return

    def _stopped(self) -> Stopped:
        self._process.join(timeout=1)
        return Stopped(self._process.exitcode)


def serve(pipe: "Connection[bytes, bytes]", opener: Opener) -> None:
    """The life of the import process: it ends with the import, or when nobody listens any more."""
    try:
        _serve(pipe, opener)
    except Problem as problem:
        pipe.send_bytes(encode(Failed(problem.code, {k: str(v) for k, v in problem.values.items()})))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _serve(pipe: "Connection[bytes, bytes]", opener: Opener) -> None:
    start = decode_order(pipe.recv_bytes())
    if not isinstance(start, Start):
        raise TypeError("the first order of an import is Start")
    with closing(opener(Path(start.database), start.key)) as database:
        work = _Work(pipe, database, start)
        work.plan(start.chosen)
        while work.obey(decode_order(pipe.recv_bytes())):
            pass


class _Work:
    def __init__(self, pipe: "Connection[bytes, bytes]", database: Database, start: Start) -> None:
        self._pipe = pipe
        self._database = database
        self._file = Path(start.file)
        self._today = start.today
        self._register: Register | None = None
        self._preview: Preview | None = None

    def plan(self, chosen: Mapping[int, str | None]) -> None:
        """Read and compare; Ready tells the result."""
        register = read_register(self._file, today=self._today, chosen=chosen, progress=self._progress)
        with self._database.read() as reader:
            plan = make_plan(register, reader, today=self._today, progress=self._progress)
        self._register, self._preview = register, Preview(plan)
        self._tell(Ready(report_of(plan), register.layout))

    def obey(self, order: Order) -> bool:
        """Carry out one order; False after the last one."""
        assert self._register is not None
        assert self._preview is not None
        match order:
            case AskPage(name, offset, limit):
                self._tell(PageRead(self._preview.page(name, offset, limit)))
            case AskSkipped(offset, limit):
                self._tell(SkippedRead(offset, self._preview.skipped(offset, limit)))
            case Remap(chosen):
                self.plan(chosen)
            case Commit():
                write = self._database.write
                self._tell(
                    Saved(write(commit_register, self._register, today=self._today, progress=self._progress))
                )
                return False
            case Start():
                raise TypeError("an import starts once")
        return True

    def _progress(self, phase: str, done: int, total: int) -> None:
        self._tell(Progressed(phase, done, total))

    def _tell(self, event: Event) -> None:
        self._pipe.send_bytes(encode(event))
