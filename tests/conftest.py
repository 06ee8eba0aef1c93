"""House rules of every test: offscreen, loopback only, no surprise in the log, nothing left behind."""

import gc
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

GRACE_S = 3.0
"""How long a thread or process that was told to stop may take to be gone."""

# Random examples every time, with the line that repeats a failure; a shared machine's speed is no failure.
settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

# ------------------------------------------------------------------------------------- sockets: loopback only

_HOSTS = re.compile(r"127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|localhost|", re.IGNORECASE)


def _guard_sockets(event: str, args: tuple[object, ...]) -> None:
    """Stop whoever asks for another machine; the exception passes every `except Exception`."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and not _HOSTS.fullmatch(name):
        pytest.fail(f"a test asked for {name}: tests speak to loopback only")


sys.addaudithook(_guard_sockets)

# ----------------------------------------------------------------------------------------- log: no surprises


class ExpectedLog:
    """The log records at WARNING or above that a test says will come."""

    def __init__(self) -> None:
        """Expect nothing yet."""
        self.patterns: list[str] = []

    def __call__(self, pattern: str) -> None:
        """Expect at least one record whose message matches the pattern."""
        self.patterns.append(pattern)

    def surprises(self, messages: list[str]) -> list[str]:
        """What came unexpected, and what was expected and did not come."""
        unexpected = [f"logged: {m}" for m in messages if not any(re.search(p, m) for p in self.patterns)]
        absent = [f"not logged: {p}" for p in self.patterns if not any(re.search(p, m) for m in messages)]
        return unexpected + absent


@pytest.fixture
def expect_log() -> ExpectedLog:
    """Call it with a pattern for each WARNING or ERROR that the test provokes."""
    return ExpectedLog()


@pytest.fixture(autouse=True)
def no_unexpected_log(expect_log: ExpectedLog, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logged a WARNING or worse without having said so."""
    yield
    records = [r for phase in ("setup", "call", "teardown") for r in caplog.get_records(phase)]
    loud = [f"{r.levelname} {r.name}: {r.getMessage()}" for r in records if r.levelno >= logging.WARNING]
    surprises = expect_log.surprises(loud)
    if surprises:
        pytest.fail("\n".join(surprises), pytrace=False)


# ------------------------------------------------------------------------------------ nothing is left behind


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, no_unexpected_log: None) -> Iterator[None]:
    """Fail a test that leaves a thread, a child process, a window or a file of its folder open."""
    threads, children, windows = set(threading.enumerate()), _children(), _windows()
    yield
    _settle(lambda: not (_new_threads(threads) or _children() - children))
    left = [f"thread {thread.name}" for thread in _new_threads(threads)]
    left += [f"child process {pid}" for pid in _children() - children]
    left += _left_windows(windows)
    folder = request.node.funcargs.get("tmp_path")
    left += _left_files(folder) if folder else []
    if left:
        pytest.fail("left behind: " + ", ".join(left), pytrace=False)


def _settle(done: Callable[[], bool]) -> None:
    end = time.monotonic() + GRACE_S
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t not in before and t.is_alive()]


def _children() -> set[int]:
    """Child processes of this one; Python's own resource tracker lives as long as the interpreter."""
    found: set[int] = set()
    for tasks in Path("/proc/self/task").glob("*/children"):
        try:
            found |= {int(pid) for pid in tasks.read_text().split()}
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {pid for pid in found if not _is_tracker(pid)}


def _is_tracker(pid: int) -> bool:
    try:
        return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


def _windows() -> set[int]:
    """Identities of the top-level widgets that exist, if Qt is in use at all."""
    return {id(widget) for widget in _top_level()}


def _top_level() -> list[object]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [w for w in widgets.QApplication.topLevelWidgets() if w.parent() is None]


def _left_windows(before: set[int]) -> list[str]:
    if not _windows() - before:
        return []
    core = sys.modules["PySide6.QtCore"]
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    gc.collect()
    return [f"window {type(w).__name__}" for w in _top_level() if id(w) not in before]


def _left_files(folder: Path) -> list[str]:
    if not _open_under(folder):
        return []
    gc.collect()
    return [f"open file {path}" for path in _open_under(folder)]


def _open_under(folder: Path) -> list[str]:
    targets = []
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            targets.append(os.readlink(entry))
        except OSError:
            continue
    return [target for target in targets if target.startswith(f"{folder}/")]
