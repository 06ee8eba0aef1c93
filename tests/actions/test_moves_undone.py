"""Undoing what was not given away yet: as if it had never been meant, and never after it may have been."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.actions.moves import Root, hand_over, may_take_back, take_back
from gridworker.db.moves import waiting_moves
from gridworker.db.offers import withdraw
from gridworker.db.outbox import pending_operations, start_replica, waiting_after
from gridworker.db.reader import Reader
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.sync.bundles import export_bundle
from gridworker.wire.envelope import first_link, open_envelope
from gridworker.wire.messages import PushRequest
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import GRID_2, Centre, Laptop, add, change, counts, names, people, visit


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre with a worker of grid 3, one of grid 2 and a leader of both."""
    centre = Centre(tmp_path)
    yield centre
    assert centre.store.read(check) == []
    centre.close()


@pytest.fixture
def wang(centre: Centre) -> Laptop:
    """The leader of grids 2 and 3."""
    return centre.laptop("wang")


def person(laptop: Laptop, name: str = "王秀兰") -> RecordId:
    """A resident of grid 3."""
    return add(laptop, name, scope=ScopeId("g:3"))


def give(laptop: Laptop, *residents: RecordId) -> None:
    """Hand over."""
    roots = [Root("resident", id) for id in residents]
    laptop.database.write(hand_over, roots, ScopeId(GRID_2), why="搬家")


def undo(laptop: Laptop, *residents: RecordId) -> None:
    """Take it back."""
    laptop.database.write(take_back, [Root("resident", id) for id in residents])


def may_undo(laptop: Laptop) -> bool:
    """Whether what waits may be taken back."""
    return look(laptop.database, lambda reader: may_take_back(reader, waiting_moves(reader)))


def queue(laptop: Laptop) -> list[tuple[int, str, str]]:
    """Number, verb and record of what waits; every link follows the one before."""
    envelopes = look(laptop.database, lambda reader: waiting_after(reader.driver, 0, 10_000, 1 << 30))
    operations = [open_envelope(each) for each in envelopes]
    for before, after in pairwise(envelopes):
        assert after.link.prev == before.link.hash
        assert after.link.seq == before.link.seq + 1
    if envelopes and envelopes[0].link.seq == 1:
        assert envelopes[0].link.prev == first_link(envelopes[0].link.replica)
    return [(each.link.seq, op.verb, op.id) for each, op in zip(envelopes, operations, strict=True)]


def test_a_move_that_nobody_has_seen_leaves_no_trace(centre: Centre, wang: Laptop) -> None:
    resident = person(wang)
    wang.sync()
    give(wang, resident)
    assert may_undo(wang)
    undo(wang, resident)
    assert queue(wang) == []
    assert look(wang.database, lambda reader: pending_operations(reader.driver, resident)) == []
    assert_consistent(wang.database)
    wang.sync()
    assert names(wang) == ["王秀兰"]
    assert centre.rows("SELECT scope FROM entity WHERE id = :id", id=resident) == [("g:3",)]
    change(wang, resident, note="留下")
    wang.sync()
    assert counts(wang)[0] == 0
    assert centre.rows("SELECT count(*) FROM op_log") == [(2,)]


def test_what_was_written_down_after_it_moves_up_and_arrives(centre: Centre, wang: Laptop) -> None:
    stays, goes = person(wang, "留下"), person(wang, "搬走")
    wang.sync()
    change(wang, goes, note="先")
    give(wang, goes)
    change(wang, goes, note="后")
    visit(wang, stays)
    undo(wang, goes)
    assert [(seq, verb) for seq, verb, _ in queue(wang)] == [(3, "patch"), (4, "patch"), (5, "append")]
    assert_consistent(wang.database)
    assert people(wang)[goes].note == "后"
    wang.sync()
    assert counts(wang) == (0, 5, 0, 0)
    assert_consistent(wang.database)


def test_a_group_is_taken_back_as_one(centre: Centre, wang: Laptop) -> None:
    one, other = person(wang, "甲"), person(wang, "乙")
    give(wang, one, other)
    with pytest.raises(Problem, match="already_sent"):
        undo(wang, one)
    assert len(queue(wang)) == 4
    undo(wang, one, other)
    assert [verb for _, verb, _ in queue(wang)] == ["create", "create"]


def test_what_was_sent_is_not_taken_back_though_the_reply_was_lost(centre: Centre, wang: Laptop) -> None:
    resident = person(wang)
    wang.sync()
    give(wang, resident)
    wang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem):
        wang.sync()
    wang.line.heal()
    wang.reopen()
    assert not may_undo(wang)
    with pytest.raises(Problem, match="already_sent"):
        undo(wang, resident)
    wang.sync()
    assert centre.rows("SELECT scope FROM entity WHERE id = :id", id=resident) == [("g:2",)]


def test_what_never_left_for_want_of_a_line_may_have_left_for_all_one_knows(
    centre: Centre, wang: Laptop
) -> None:
    resident = person(wang)
    give(wang, resident)
    wang.line.lose_request = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem):
        wang.sync()
    assert not may_undo(wang)


def test_what_is_on_a_stick_is_not_taken_back(centre: Centre, wang: Laptop, tmp_path: Path) -> None:
    resident = person(wang)
    wang.sync()
    give(wang, resident)
    export_bundle(wang.database, tmp_path, app="test")
    with pytest.raises(Problem, match="already_sent"):
        undo(wang, resident)


def test_in_a_queue_that_began_anew_nothing_is_taken_back(centre: Centre, wang: Laptop) -> None:
    resident = person(wang)
    wang.sync()
    give(wang, resident)
    wang.database.write(lambda tx: start_replica(tx.driver, "another"))
    assert not may_undo(wang)


def test_what_is_not_there_is_not_taken_back(centre: Centre, wang: Laptop) -> None:
    person(wang)
    for nothing in ((), ("unknown",)):
        with pytest.raises(Problem, match="already_sent"):
            wang.database.write(withdraw, nothing)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_exchange_that_is_killed_leaves_nothing_that_may_be_taken_back(
    centre: Centre, wang: Laptop, *, steps: int
) -> None:
    resident = person(wang)
    wang.sync()
    give(wang, resident)
    wang.sync_until(steps)
    assert not may_undo(wang)


def test_what_is_written_down_while_a_request_is_made_waits_for_the_next(
    centre: Centre, wang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = person(wang, "甲"), person(wang, "乙")
    wang.sync()
    give(wang, first)
    left: list[Callable[[], Any]] = [lambda: give(wang, second)]

    def read_later(*arguments: Any) -> Any:
        if left:
            left.pop()()
        return waiting_after(*arguments)

    monkeypatch.setattr("gridworker.sync.exchange.waiting_after", read_later)
    sent: list[int] = []

    def note(request: Any) -> Any:
        if isinstance(request, PushRequest):
            sent.append(len(request.ops))
        return request

    wang.line.on_the_way = note
    wang.sync()
    assert sent == [1, 1]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(st.lists(st.sampled_from(["note", "visit", "move", "undo", "sync", "reopen"]), max_size=14))
def test_after_any_work_both_sides_agree(tmp_path_factory: pytest.TempPathFactory, work: list[str]) -> None:
    centre = Centre(tmp_path_factory.mktemp("any"))
    laptop = centre.laptop("wang")
    resident = person(laptop)
    for at, step in enumerate(work):
        _do(laptop, resident, step, str(at))
        assert_consistent(laptop.database)
        queue(laptop)
    laptop.sync()
    assert counts(laptop)[0] == 0
    said = centre.rows("SELECT scope FROM entity WHERE id = :id", id=resident)
    stored = look(laptop.database, lambda reader: reader.get(Resident, resident))
    assert stored is not None
    assert said == [(stored.scope,)]
    assert centre.store.read(check) == []
    centre.close()


def _do(laptop: Laptop, resident: RecordId, step: str, words: str) -> None:
    waiting = look(laptop.database, waiting_moves)
    match step:
        case "note":
            change(laptop, resident, note=words)
        case "visit":
            visit(laptop, resident)
        case "move" if not waiting and _scope(laptop, resident) != GRID_2:
            give(laptop, resident)
        case "undo" if look(laptop.database, lambda reader: may_take_back(reader, waiting)):
            undo(laptop, resident)
        case "sync":
            laptop.sync()
        case "reopen":
            laptop.reopen()


def _scope(laptop: Laptop, resident: RecordId) -> str:
    def scope(reader: Reader) -> str:
        stored = reader.get(Resident, resident)
        return stored.scope if stored else ""

    return look(laptop.database, scope)
