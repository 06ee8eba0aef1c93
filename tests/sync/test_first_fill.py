"""The first fill over a line: it may be killed, grants may change, and nobody's work gets in its way."""

import contextlib

import pytest

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.first_fill import begin_fill, is_filling, may_fill
from gridworker.domain.problems import Problem
from gridworker.domain.records import ScopeId
from gridworker.domain.residents import Resident
from gridworker.sync import exchange
from gridworker.wire.messages import PullRequest
from tests.db.laptop import assert_consistent, cursors_of, look
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add, change, counts, names, people, visits

EVERYBODY = sorted(f"{grid}网格{number}" for grid in "二三" for number in range(3))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commit comes on a page of its own."""
    monkeypatch.setattr(exchange, "FILL_PAGE_BYTES", 1)


@pytest.fixture
def full(centre: Centre) -> Laptop:
    """A leader's laptop whose six residents the centre has, each from a commit of its own."""
    laptop = centre.laptop("wang", "full")
    for number in range(3):
        for grid, scope in (("二", GRID_2), ("三", GRID_3)):
            add(laptop, f"{grid}网格{number}", scope=scope)
            laptop.sync()
    return laptop


@pytest.mark.parametrize("stop_after", range(1, 9))
def test_a_fill_that_was_killed_goes_on_and_is_whole(full: Laptop, wang: Laptop, stop_after: int) -> None:
    wang.sync_until(stop_after)
    wang.sync()
    assert not look(wang.database, is_filling)
    assert names(wang) == EVERYBODY
    asked = [r.cursors.get(GRID_2) for r in wang.line.requests if isinstance(r, PullRequest)]
    assert asked.count(None) <= 2, "it began anew"
    wang.sync()
    assert people(wang) == people(full)
    assert_consistent(wang.database)


def test_a_fill_over_a_line_that_breaks_again_and_again_ends(full: Laptop, wang: Laptop) -> None:
    broken = iter([False, False, True, False, True, True, False, True])
    wang.line.lose_reply = lambda request: isinstance(request, PullRequest) and next(broken, False)
    for _ in range(6):
        with contextlib.suppress(Problem):
            wang.sync()
    assert names(wang) == EVERYBODY
    assert_consistent(wang.database)


def test_what_changes_while_the_fill_is_interrupted_is_right_at_its_end(full: Laptop, wang: Laptop) -> None:
    wang.sync_until(3)
    seen = list(people(wang))
    assert seen
    change(full, seen[0], note="新")
    full.sync()
    other = next(id for id in people(full) if id not in seen)
    full.database.write(lambda tx: tx.delete(Resident, other, why="迁出"))
    full.sync()
    wang.sync()
    assert people(wang) == people(full)
    assert len(people(wang)) == 5


def test_a_grid_taken_away_while_the_fill_is_interrupted_is_gone_at_its_end(
    centre: Centre, full: Laptop, wang: Laptop
) -> None:
    wang.sync_until(4)
    assert look(wang.database, is_filling)
    centre.withdraw(wang, GRID_3)
    wang.sync()
    assert names(wang) == [name for name in EVERYBODY if name.startswith("二")]
    assert GRID_3 not in cursors_of(wang.database)
    assert [grant.scope for grant in look(wang.database, lambda reader: reader.author).grants] == [GRID_2]


def test_a_grid_given_while_the_fill_is_interrupted_is_there_at_its_end(centre: Centre, full: Laptop) -> None:
    zhang = centre.laptop("zhang")
    zhang.sync_until(3)
    assert look(zhang.database, is_filling)
    centre.grant(zhang, GRID_2)
    zhang.sync()
    assert names(zhang) == EVERYBODY


def test_no_work_is_taken_half_while_the_fill_is_under_way(full: Laptop, wang: Laptop) -> None:
    wang.sync_until(3)
    someone = next(iter(people(wang)))
    with pytest.raises(Problem, match="still_filling"):
        wang.database.write(record_visit, VisitDraft(resident_ids=(someone,)))
    assert (visits(wang), counts(wang)) == ({}, (0, 0, 0, 0))
    wang.sync()
    wang.database.write(record_visit, VisitDraft(resident_ids=(someone,)))
    wang.sync()
    full.sync()
    assert len(visits(full)) == 1


def test_without_a_grid_no_work_is_taken_while_the_fill_is_under_way_either(
    centre: Centre, full: Laptop, wang: Laptop
) -> None:
    wang.sync_until(3)
    for scope in (GRID_2, GRID_3):
        centre.withdraw(wang, scope)
    author = look(wang.database, lambda reader: reader.author)
    wang.database.write(lambda tx: tx.set_author(type(author)(user_id=author.user_id, enrolled=True)))
    with pytest.raises(Problem, match="still_filling"):
        add(wang)
    assert names(full) == EVERYBODY


def test_a_record_made_just_before_the_fill_began_is_no_part_of_it(full: Laptop, wang: Laptop) -> None:
    steps = wang.exchange().steps()
    while next(steps).phase != "hello":
        pass
    original = wang.database.write

    def write(action, *args, **kwargs):  # type: ignore[no-untyped-def]  # as Database.write
        if action is begin_fill and names(wang) == []:
            original(lambda tx: tx.create(Resident(name="自己的"), scope=ScopeId(GRID_3)))
        return original(action, *args, **kwargs)

    wang.database.write = write  # type: ignore[method-assign]  # the moment between two steps
    for _ in steps:
        pass
    assert not look(wang.database, is_filling)
    assert names(wang) == sorted([*EVERYBODY, "自己的"])
    wang.sync()
    assert counts(wang) == (0, 1, 0, 0)
    full.sync()
    assert "自己的" in names(full)
    assert_consistent(wang.database)


def test_a_database_in_which_somebody_works_is_never_filled(zhang: Laptop) -> None:
    assert look(zhang.database, may_fill)
    add(zhang)
    assert not zhang.database.write(begin_fill)
    assert not look(zhang.database, is_filling)
    add(zhang, "李建国")


def test_a_restored_empty_database_that_had_worked_before_is_found_out(full: Laptop, wang: Laptop) -> None:
    backup = wang.back_up()
    add(wang, "先", scope=GRID_3)
    wang.sync()
    wang.restore(backup)
    wang.sync()
    add(wang, "后", scope=GRID_3)
    wang.sync()
    full.sync()
    assert names(full) == names(wang) == sorted([*EVERYBODY, "先", "后"])
