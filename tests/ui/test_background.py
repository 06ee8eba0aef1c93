"""The bridge: results and failures come back, in order, once, on the main thread."""

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.ui.background import Background
from gridworker.ui.garbage import MainThreadGarbage

WANG = Touched(frozenset({RecordId("wang")}), frozenset({"resident"}))


@dataclass
class Bugs:
    """What `on_bug` was given."""

    seen: list[BaseException]

    def __call__(self, error: BaseException) -> Problem:
        """Keep it as the report would."""
        self.seen.append(error)
        return Problem("bug_reported", path="report.txt")


@pytest.fixture
def bugs() -> Bugs:
    """A report desk."""
    return Bugs([])


@pytest.fixture
def background(qapp: QObject, bugs: Bugs) -> Iterator[Background]:
    """A bridge that is taken down after the test."""
    bridge = Background(bugs)
    yield bridge
    bridge.shutdown()


def test_a_result_arrives_on_the_main_thread(background: Background) -> None:
    heard: list[tuple[str, str]] = []

    def work(words: str) -> str:
        return f"{words} on {threading.current_thread().name.rsplit('_', 1)[0]}"

    def hear(result: str) -> None:
        heard.append((result, threading.current_thread().name))

    background.write(work, "write", then=hear)
    background.drain()
    background.net(work, "net", then=hear)
    background.drain()
    background.read("key", work, "read", then=hear)
    background.drain()
    assert heard == [
        ("write on db-writer", "MainThread"),
        ("net on net", "MainThread"),
        ("read on reader", "MainThread"),
    ]


def test_writes_are_done_one_after_the_other_in_the_order_asked_for(background: Background) -> None:
    done: list[int] = []
    for number in range(50):
        background.write(done.append, number)
    background.drain()
    assert done == list(range(50))


def test_only_the_latest_read_of_a_key_is_answered(background: Background) -> None:
    go = threading.Event()
    heard: list[str] = []
    ran: list[str] = []

    def slow(query: str) -> str:
        go.wait(5)
        ran.append(query)
        return query

    for query in ("w", "wa", "wan", "wang"):
        background.read("search", slow, query, then=heard.append)
    background.read("other", slow, "count", then=heard.append)
    go.set()
    background.drain()
    assert heard == ["wang", "count"]
    assert "wa" not in ran  # what had not begun is never begun


def test_a_problem_goes_to_whoever_asked(background: Background, bugs: Bugs) -> None:
    heard: list[str] = []
    background.write(_full_disk, failed=lambda problem: heard.append(problem.code))
    background.drain()
    assert heard == ["disk_full"]
    assert bugs.seen == []


def test_a_problem_that_nobody_handles_is_told_to_the_window(background: Background, qtbot: QtBot) -> None:
    with qtbot.waitSignal(background.problem_occurred) as told:
        background.net(_full_disk)
    assert told.args is not None
    assert told.args[0].code == "disk_full"


def test_an_unexpected_error_is_reported_and_never_leaves_anybody_waiting(
    background: Background, bugs: Bugs
) -> None:
    heard: list[str] = []

    def broken() -> int:
        return 1 // 0

    background.write(broken, failed=lambda problem: heard.append(problem.code))
    background.read("key", broken, failed=lambda problem: heard.append(problem.code))
    background.drain()
    assert [type(error) for error in bugs.seen] == [ZeroDivisionError, ZeroDivisionError]
    assert heard == ["bug_reported", "bug_reported"]
    assert background.waiting == 0


def test_a_stale_read_that_fails_is_reported_but_bothers_nobody(background: Background, bugs: Bugs) -> None:
    started, go = threading.Event(), threading.Event()
    heard: list[object] = []

    def broken() -> None:
        started.set()
        go.wait(5)
        raise RuntimeError("stale")

    background.read("search", broken, failed=heard.append)
    started.wait(5)
    background.read("search", lambda: "fresh", then=heard.append)
    go.set()
    background.drain()
    assert heard == ["fresh"]
    assert len(bugs.seen) == 1


def test_touched_records_are_announced_before_the_caller_hears(background: Background) -> None:
    order: list[str] = []
    background.touched.connect(lambda touched: order.append(f"announced {sorted(touched.ids)}"))
    background.write(lambda: WANG, then=lambda _result: order.append("then"))
    background.drain()
    assert order == ["announced ['wang']", "then"]


def test_a_result_that_carries_touched_records_announces_them_too(background: Background) -> None:
    @dataclass
    class Imported:
        touched: Touched
        rows: int

    heard: list[Touched] = []
    background.touched.connect(heard.append)
    background.net(lambda: Imported(WANG, 3))
    background.drain()
    assert heard == [WANG]


def test_progress_comes_from_a_working_thread_in_order(background: Background) -> None:
    heard: list[int] = []

    def work(tell: Callable[[int], None]) -> None:
        for number in range(20):
            tell(number)
        background.announce(WANG)

    announced: list[Touched] = []
    background.touched.connect(announced.append)
    background.write(work, lambda number: background.later(heard.append, number))
    background.drain()
    assert heard == list(range(20))
    assert announced == [WANG]


def test_a_callback_that_raises_holds_nothing_back(background: Background, qtbot: QtBot) -> None:
    heard: list[str] = []

    def broken(_result: str) -> None:
        raise RuntimeError("in a callback")

    with qtbot.capture_exceptions() as caught:
        background.write(lambda: "first", then=broken)
        background.write(lambda: "second", then=heard.append)
        background.drain()
    assert heard == ["second"]
    assert [str(error) for _kind, error, _trace in caught] == ["in a callback"]


def test_shutting_down_finishes_writes_and_gives_up_reads(qapp: QObject, bugs: Bugs) -> None:
    background = Background(bugs)
    go = threading.Event()
    done: list[int] = []
    heard: list[int] = []

    def hear(number: int, _none: None) -> None:
        heard.append(number)

    background.write(go.wait, 5)
    for number in range(5):
        background.write(done.append, number, then=partial(hear, number))
        background.read(number, go.wait, 5)
    threading.Timer(0.05, go.set).start()
    background.shutdown()
    assert done == heard == [0, 1, 2, 3, 4]
    assert background.waiting == 0


def test_draining_names_what_is_still_running(background: Background) -> None:
    go = threading.Event()
    background.write(go.wait, 5)
    with pytest.raises(TimeoutError, match="1 calls"):
        background.drain(20)
    go.set()
    background.drain()


class Widgetlike:
    """Something that may die on the main thread only, and says where it died."""

    died_on: ClassVar[list[threading.Thread]] = []

    def __init__(self) -> None:
        self.itself: Widgetlike | None = self

    def work(self) -> list[list[int]]:
        """Enough rubbish that the collector would come by, if it came by on this thread."""
        return [[number] for number in range(50_000)]

    def hear(self, _rubbish: list[list[int]]) -> None:
        """What a screen does with an answer."""

    def __del__(self) -> None:
        self.died_on.append(threading.current_thread())


def test_what_belongs_to_the_window_dies_on_the_main_thread_only(background: Background) -> None:
    Widgetlike.died_on.clear()
    for _turn in range(20):
        Widgetlike()
        background.write(Widgetlike().work)
    background.drain()
    gc.collect()
    assert len(Widgetlike.died_on) == 40
    assert set(Widgetlike.died_on) == {threading.main_thread()}


def test_the_last_name_of_a_callback_is_never_dropped_by_a_working_thread(background: Background) -> None:
    Widgetlike.died_on.clear()
    for _turn in range(200):
        screen = Widgetlike()
        screen.itself = None
        background.net(screen.work, then=screen.hear)
        del screen
        background.drain()
    assert len(Widgetlike.died_on) == 200
    assert set(Widgetlike.died_on) == {threading.main_thread()}


def test_garbage_is_collected_as_often_as_the_thresholds_say(qapp: QObject) -> None:
    garbage = MainThreadGarbage()
    assert not gc.isenabled()
    Widgetlike.died_on.clear()
    Widgetlike()
    rubbish = [[number] for number in range(2 * gc.get_threshold()[0])]
    assert not Widgetlike.died_on
    garbage.collect_due()
    assert len(Widgetlike.died_on) == 1
    assert len(rubbish) == 2 * gc.get_threshold()[0]
    garbage.stop()


def _full_disk() -> None:
    raise Problem("disk_full")
