"""Grids given, taken away and begun anew: rows follow the grants, and one's own work is never lost by it."""

import pytest

from gridworker.db.checkpoint import STAGED_CURSORS, read_cursors
from gridworker.db.transaction import Transaction
from gridworker.sync import exchange
from tests.db.laptop import assert_consistent, cursors_of, look, operations
from tests.sync.laptop import (
    GRID_2,
    GRID_3,
    Centre,
    Laptop,
    add,
    asked,
    change,
    counts,
    names,
    people,
    sync_with_work,
    visit,
    visits,
)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commit comes on a page of its own."""
    monkeypatch.setattr(exchange, "PAGE_BYTES", 1)


def staged_cursors(laptop: Laptop) -> dict[str, int]:
    """How far each scope has been staged."""
    found = look(laptop.database, read_cursors, STAGED_CURSORS)
    return {scope: cursor.seq for scope, cursor in found.items()}


def test_a_withdrawn_grant_takes_the_records_away(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    wang.sync()
    centre.withdraw(wang, GRID_3)
    exchanged = wang.sync()
    assert names(wang) == []
    assert [grant.scope for grant in look(wang.database, lambda reader: reader.author).grants] == [GRID_2]
    assert exchanged.touched.everything


def test_a_new_grant_brings_the_records_of_that_grid(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    li = centre.laptop("li")
    add(li, "李建国")
    li.sync()
    centre.grant(li, GRID_3)
    li.sync()
    assert names(li) == sorted(["王秀兰", "李建国"])


def test_a_grant_taken_and_given_again_leaves_exactly_what_is_there(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    gone, kept = add(zhang, "走了"), add(zhang, "留下")
    zhang.sync()
    wang.sync()
    centre.withdraw(wang, GRID_3)
    wang.sync()
    zhang.database.write(lambda tx: tx.delete(type(people(zhang)[gone]), gone, why="迁出"))
    change(zhang, kept, note="新")
    zhang.sync()
    centre.grant(wang, GRID_3, "grid_leader")
    wang.sync()
    assert {person.name: person.note for person in people(wang).values()} == {"留下": "新"}


def test_work_on_records_of_a_grid_taken_away_is_sent_and_kept(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    centre.withdraw(wang, GRID_3)
    sync_with_work(wang, lambda: change(wang, person, note="王芳写的"))
    assert names(wang) == []
    assert [operation.set["note"][1] for operation in operations(wang.database)] == ["王芳写的"]
    wang.sync()
    assert counts(wang) == (0, 0, 0, 1)
    (question,) = asked(wang)
    assert (question.code, question.reason, question.operation.set["note"][1]) == (
        "held",
        "scope",
        "王芳写的",
    )
    assert names(wang) == []
    zhang.sync()
    assert people(zhang)[person].note == ""


def test_a_new_record_that_is_held_stays_and_says_so(zhang: Laptop) -> None:
    zhang.sync()
    person = add(zhang, scope=GRID_2)
    visited = visit(zhang, person)
    zhang.sync()
    assert (list(people(zhang)), list(visits(zhang))) == ([person], [visited])
    assert {question.reason for question in asked(zhang)} == {"scope"}
    assert counts(zhang) == (0, 0, 0, 2)
    change(zhang, person, note="还在写")
    zhang.sync()
    assert people(zhang)[person].note == "还在写"
    assert (counts(zhang), asked(zhang)[0].reason) == ((0, 0, 0, 3), "missing")


def test_a_record_that_was_taken_in_and_then_left_my_grids_is_mine_no_longer(
    centre: Centre, zhang: Laptop
) -> None:
    zhang.sync()
    add(zhang)
    sync_with_work(zhang, lambda: centre.withdraw(zhang, GRID_3))
    assert names(zhang) == []
    assert counts(zhang) == (0, 1, 0, 0)


def test_a_new_record_of_which_nothing_was_said_stays(centre: Centre, zhang: Laptop) -> None:
    """An acknowledgement without results and rows, as no good centre sends it."""
    zhang.sync()
    add(zhang)

    def silent(reply: object) -> object:
        if not hasattr(reply, "entries"):
            return reply
        fields = {name: getattr(reply, name) for name in reply.__struct_fields__}  # type: ignore[attr-defined]  # a struct
        return type(reply)(**{**fields, "entries": [], "results": []})

    zhang.line.on_the_way_back = silent
    zhang.sync()
    assert names(zhang) == ["王秀兰"]


def test_an_unsent_document_that_this_program_cannot_read_stays_when_its_grid_goes(
    centre: Centre, zhang: Laptop
) -> None:
    zhang.sync()
    centre.withdraw(zhang, GRID_3)
    person = add(zhang)

    def set_aside(tx: Transaction) -> None:
        tx.driver.execute("INSERT INTO extra SELECT id, 'resident', scope, '', body FROM resident")
        tx.driver.execute("DELETE FROM resident")

    zhang.database.write(set_aside)
    zhang.sync()
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT id FROM extra")) == [(person,)]


# --------------------------------------------------------------------------------- pulls of several pages


@pytest.mark.usefixtures("small_pages")
def test_a_pull_that_was_killed_goes_on_from_its_last_page(zhang: Laptop, wang: Laptop) -> None:
    wang.sync()
    for number in range(4):
        add(zhang, f"居民{number}")
        zhang.sync()
    wang.sync_until(2)
    assert names(wang) == []
    first = staged_cursors(wang)[GRID_3]
    assert abs(first) > cursors_of(wang.database)[GRID_3].seq
    wang.line.requests.clear()
    wang.sync()
    assert wang.line.requests[0].cursors[GRID_3].seq == first
    assert len(names(wang)) == 4
    assert_consistent(wang.database)


@pytest.mark.usefixtures("small_pages")
def test_a_scope_begun_anew_during_a_pull_costs_the_other_scopes_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    wang.sync()
    for number in range(2):
        add(wang, f"二网格{number}", scope=GRID_2)
        wang.sync()
    fresh = centre.laptop("wang")
    add(fresh, "自己的", scope=GRID_3)  # so that it is no first fill
    fresh.sync_until(4)
    assert staged_cursors(fresh)
    add(zhang, "三网格")
    zhang.sync()
    centre.execute("UPDATE scope SET gen = 2 WHERE id = :scope", scope=GRID_3)
    fresh.sync()
    assert names(fresh) == sorted(["二网格0", "二网格1", "三网格", "自己的"])
    assert cursors_of(fresh.database)[GRID_3].gen == 2
    assert_consistent(fresh.database)


def test_a_scope_begun_anew_loses_what_is_no_longer_in_it(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang, "不再有")
    add(zhang, "还有")
    zhang.sync()
    wang.sync()
    forget(centre, person)
    centre.execute("UPDATE scope SET gen = 2 WHERE id = :scope", scope=GRID_3)
    wang.sync()
    assert names(wang) == ["还有"]


def test_a_scope_begun_anew_and_empty_is_emptied(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    forget(centre, person)
    centre.execute("UPDATE scope SET gen = 2 WHERE id = :scope", scope=GRID_3)
    wang.sync()
    assert names(wang) == []
    assert cursors_of(wang.database)[GRID_3].gen == 2


def forget(centre: Centre, person: str) -> None:
    """Drop a record from the feed without a word, as an old tombstone is dropped."""
    centre.execute("DELETE FROM scope_entry WHERE entity_id = :id", id=person)
    centre.execute("DELETE FROM entity WHERE id = :id", id=person)


@pytest.mark.usefixtures("small_pages")
def test_pages_of_a_grid_that_was_taken_away_before_the_last_one_are_not_installed(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    wang.sync()
    add(wang, "二网格", scope=GRID_2)
    add(zhang, "三网格")
    zhang.sync()
    wang.sync_until(2)
    assert staged_cursors(wang)
    centre.withdraw(wang, GRID_3)
    wang.sync()
    assert names(wang) == ["二网格"]
    assert GRID_3 not in cursors_of(wang.database)


@pytest.mark.usefixtures("small_pages")
def test_pages_staged_before_a_fork_are_still_good(zhang: Laptop, wang: Laptop) -> None:
    add(zhang, "先")
    zhang.sync()
    backup = zhang.back_up()
    add(zhang, "中")
    zhang.sync()
    for number in range(3):
        add(wang, f"组长{number}", scope=GRID_3)
        wang.sync()
    zhang.restore(backup)
    zhang.sync_until(2)
    assert staged_cursors(zhang)
    add(zhang, "后")
    zhang.sync()
    wang.sync()
    zhang.sync()
    assert names(zhang) == names(wang) == sorted(["先", "中", "后", "组长0", "组长1", "组长2"])
    assert_consistent(zhang.database)
