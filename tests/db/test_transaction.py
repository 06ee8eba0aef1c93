"""Every change is stored with its operation, in one step, with the values its author saw."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.db.author import LOCAL_SCOPE
from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment, store_grants
from gridworker.db.transaction import MAX_BODY_BYTES, Transaction
from gridworker.domain.care import CareProfile, Contact
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.wire.envelope import MAX_GROUP
from gridworker.wire.messages import Grant
from tests.db.laptop import (
    GRID,
    OTHER_GRID,
    PaperCentre,
    assert_chained,
    assert_consistent,
    document,
    enrolment,
    gone,
    look,
    operations,
    put,
)

R1, R2 = RecordId("r1"), RecordId("r2")


def visit(*people: RecordId) -> Visit:
    """A visit to some people."""
    return Visit(resident_ids=people, visited_ms=1, method="home", outcome="met")


def test_a_new_record_and_its_operation_are_one_step(laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王秀兰", phones=("13800138000",))))
    (operation,) = operations(laptop)
    assert (operation.verb, operation.kind, operation.id) == ("create", "resident", person)
    assert (operation.scope, operation.actor, operation.device) == (GRID, "u1", "d-abc")
    assert operation.values == document(laptop, "resident", person)
    assert operation.base_rev is None
    assert_consistent(laptop)


def test_what_is_only_ever_added_to_is_appended(laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(visit(R1)))
    assert [operation.verb for operation in operations(laptop)] == ["append"]


def test_a_record_may_be_made_in_another_grid(leader: Database) -> None:
    leader.write(lambda tx: tx.create(Resident(name="王秀兰"), scope=OTHER_GRID))
    assert [operation.scope for operation in operations(leader)] == [OTHER_GRID]


def test_the_operations_of_one_action_stand_or_fall_together(laptop: Database) -> None:
    def action(tx: Any) -> None:
        person = tx.create(Resident(name="王秀兰"))
        tx.create(CareProfile(resident_id=person))
        tx.change(Resident, person, note="独居")

    laptop.write(action)
    groups = [operation.group for operation in operations(laptop)]
    assert [(g.index, g.size) for g in groups if g] == [(0, 3), (1, 3), (2, 3)]
    assert len({g.id for g in groups if g}) == 1


@pytest.mark.parametrize(
    ("size", "grouped"), [(1, False), (2, True), (MAX_GROUP, True), (MAX_GROUP + 1, False)]
)
def test_a_group_is_as_large_as_the_protocol_allows(laptop: Database, size: int, grouped: bool) -> None:
    records = [(RecordId(f"r{n}"), Resident(name="王")) for n in range(size)]
    laptop.write(lambda tx: tx.create_many(records))
    assert {operation.group is not None for operation in operations(laptop)} == {grouped}


def test_thousands_of_records_make_one_chain(laptop: Database) -> None:
    records = [(RecordId(f"r{n:04}"), Resident(name="王秀兰")) for n in range(4_100)]

    def create(tx: Transaction) -> Touched:
        tx.create_many(records)
        return tx.touched

    touched = laptop.write(create)
    waiting = PaperCentre(laptop).waiting()
    assert [operation.id for operation in operations(laptop)] == [id for id, _ in records]
    assert_chained(waiting)
    assert touched.ids == {id for id, _ in records}
    assert touched.kinds == {"resident"}


def test_the_same_id_twice_is_a_bug_and_overwrites_nothing(laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰"), id=R1))
    with pytest.raises(Exception, match=r"UNIQUE constraint failed: resident\.id"):
        laptop.write(lambda tx: tx.create(Resident(name="李"), id=R1))
    assert document(laptop, "resident", R1) == {"name": "王秀兰"}
    assert len(operations(laptop)) == 1


def test_a_change_names_the_old_value_and_only_what_differs(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王秀兰", "note": "旧"}, rev=7))
    assert laptop.write(lambda tx: tx.change(Resident, R1, name="王秀兰", note="新", why="本人更正"))
    (operation,) = operations(laptop)
    assert operation.set == {"note": ("旧", "新")}
    assert (operation.base_rev, operation.why, operation.verb) == ("e1.7", "本人更正", "patch")
    assert_consistent(laptop)


def test_a_change_that_changes_nothing_is_none(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王秀兰"}))
    assert not laptop.write(lambda tx: tx.change(Resident, R1, name="王秀兰", note="", phones=()))
    assert operations(laptop) == []


def test_the_second_change_sees_the_first(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    laptop.write(lambda tx: tx.change(Resident, R1, note="一"))
    laptop.write(lambda tx: tx.change(Resident, R1, note="二"))
    assert [operation.set["note"] for operation in operations(laptop)] == [("", "一"), ("一", "二")]
    assert look(laptop, lambda r: r.document(Resident, R1)) == ({"name": "王", "note": "二"}, {"name": "王"})
    assert_consistent(laptop)


def test_fields_of_a_newer_program_survive_a_change(centre: PaperCentre, laptop: Database) -> None:
    newer = {"name": "王", "shoe_size": 41, "pets": [{"name": "旺财"}]}
    centre.say(put("resident", R1, newer))
    laptop.write(lambda tx: tx.change(Resident, R1, note="新"))
    assert document(laptop, "resident", R1) == {**newer, "note": "新"}
    assert operations(laptop)[0].set == {"note": ("", "新")}


def test_the_old_value_is_given_with_its_unknown_parts(centre: PaperCentre, laptop: Database) -> None:
    contacts = [{"name": "李", "phone": "1", "wechat": "li"}]
    centre.say(put("care_profile", "p1", {"resident_id": "r1", "contacts": contacts}))
    changed = (Contact("李", phone="2"),)
    laptop.write(lambda tx: tx.change(CareProfile, RecordId("p1"), contacts=changed))
    assert operations(laptop)[0].set == {"contacts": (contacts, [{"name": "李", "phone": "2"}])}


def test_a_value_of_the_wrong_type_is_a_bug_and_changes_nothing(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    with pytest.raises(msgspec.ValidationError):
        laptop.write(lambda tx: tx.change(Resident, R1, name=5))
    assert document(laptop, "resident", R1) == {"name": "王"}
    assert operations(laptop) == []


def test_a_record_that_is_not_there_cannot_be_changed(laptop: Database) -> None:
    for action in (
        lambda tx: tx.change(Resident, R1, note="新"),
        lambda tx: tx.move(Visit, R1, "accepted"),
        lambda tx: tx.delete(Resident, R1, why=""),
    ):
        with pytest.raises(Problem, match="record_gone"):
            laptop.write(action)
    assert operations(laptop) == []


def test_a_record_too_large_for_the_centre_is_refused_while_its_author_looks(laptop: Database) -> None:
    for action in (
        lambda tx: tx.create(Resident(name="王", note="长" * MAX_BODY_BYTES)),
        lambda tx: tx.change(Resident, tx.create(Resident(name="王")), note="长" * MAX_BODY_BYTES),
    ):
        with pytest.raises(Problem, match="record_too_large"):
            laptop.write(action)
    assert operations(laptop) == []


def test_the_largest_record_can_be_changed_as_a_whole(laptop: Database) -> None:
    room = MAX_BODY_BYTES - 100
    person = laptop.write(lambda tx: tx.create(Resident(name="王", note="a" * room)))
    assert laptop.write(lambda tx: tx.change(Resident, person, note="b" * room))
    assert len(operations(laptop)) == 2


# ------------------------------------------------------------------------------------------------- states


def test_a_legal_step_brings_its_fields(centre: PaperCentre, leader: Database) -> None:
    centre.say(put("visit", "v1", msgspec.to_builtins(visit(R1)), rev=3))
    leader.write(lambda tx: tx.move(Visit, RecordId("v1"), "returned", review_remark="请补充"))
    (operation,) = operations(leader)
    assert (operation.verb, operation.source, operation.target) == ("transition", "recorded", "returned")
    assert operation.set == {"review_remark": ("", "请补充")}
    found = look(leader, lambda reader: reader.get(Visit, RecordId("v1")))
    assert found is not None
    assert (found.record.state, found.pending) == ("returned", True)
    assert_consistent(leader)


def test_a_step_that_the_table_does_not_have_is_refused(centre: PaperCentre, leader: Database) -> None:
    centre.say(put("visit", "v1", {**msgspec.to_builtins(visit(R1)), "state": "accepted"}))
    with pytest.raises(Problem, match="illegal_step"):
        leader.write(lambda tx: tx.move(Visit, RecordId("v1"), "recorded"))


def test_a_step_of_another_role_is_refused(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("visit", "v1", msgspec.to_builtins(visit(R1))))
    with pytest.raises(Problem, match="illegal_step"):
        laptop.write(lambda tx: tx.move(Visit, RecordId("v1"), "accepted"))
    assert operations(laptop) == []


def test_the_role_that_counts_is_the_one_in_the_grid_of_the_record(database: Database) -> None:
    database.write(store_enrolment, enrolment("grid_worker", "grid_leader"), "url")
    centre = PaperCentre(database)
    values = msgspec.to_builtins(visit(R1))
    centre.say(put("visit", "v1", values), put("visit", "v2", values, scope=OTHER_GRID))
    with pytest.raises(Problem, match="illegal_step"):
        database.write(lambda tx: tx.move(Visit, RecordId("v1"), "accepted"))
    database.write(lambda tx: tx.move(Visit, RecordId("v2"), "accepted"))
    assert [operation.id for operation in operations(database)] == ["v2"]


def test_a_step_without_what_it_must_bring_is_refused(centre: PaperCentre, leader: Database) -> None:
    centre.say(put("visit", "v1", msgspec.to_builtins(visit(R1))))
    with pytest.raises(Problem, match="field_required") as raised:
        leader.write(lambda tx: tx.move(Visit, RecordId("v1"), "returned", review_remark=""))
    assert raised.value.values == {"field": "review_remark"}


# ---------------------------------------------------------------------------------------------- deletions


def test_a_deletion_hides_the_record_and_waits_for_the_centre(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王"}, rev=4))
    laptop.write(lambda tx: tx.delete(Resident, R1, why="重复"))
    assert document(laptop, "resident", R1) is None
    (operation,) = operations(laptop)
    assert (operation.verb, operation.why, operation.base_rev) == ("delete", "重复", "e1.4")


@pytest.mark.parametrize("code", ["held", "conflict"])
def test_a_record_comes_back_when_its_deletion_is_not_agreed_to(
    centre: PaperCentre, laptop: Database, code: str
) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    laptop.write(lambda tx: tx.change(Resident, R1, note="新"))
    laptop.write(lambda tx: tx.delete(Resident, R1, why=""))
    centre.accept(code=code)
    assert document(laptop, "resident", R1) == {"name": "王"}
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM hidden")) == []
    assert_consistent(laptop)


def test_a_deletion_that_is_agreed_to_leaves_nothing(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    laptop.write(lambda tx: tx.delete(Resident, R1, why=""))
    centre.accept(gone("resident", R1, rev=9))
    assert document(laptop, "resident", R1) is None
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM hidden")) == []


def test_a_record_that_was_never_sent_is_deleted_with_its_operations_in_order(laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    laptop.write(lambda tx: tx.delete(Resident, person, why="误录"))
    assert [operation.verb for operation in operations(laptop)] == ["create", "delete"]
    assert document(laptop, "resident", person) is None
    assert_chained(PaperCentre(laptop).waiting())


def test_deleting_takes_the_links_along(laptop: Database) -> None:
    case = laptop.write(lambda tx: tx.create(Case(title="灯坏了", category="C", found_ms=1, resident_id=R1)))
    laptop.write(lambda tx: tx.delete(Case, case, why=""))
    assert look(laptop, lambda reader: reader.linked(Case, R1)) == []
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM link")) == []


# -------------------------------------------------------------------------------------------------- links


def test_a_timeline_follows_the_link_of_a_case(laptop: Database) -> None:
    case = laptop.write(lambda tx: tx.create(Case(title="灯坏了", category="C", found_ms=1, resident_id=R1)))
    laptop.write(lambda tx: tx.change(Case, case, resident_id=R2))
    assert look(laptop, lambda reader: reader.linked(Case, R1)) == []
    assert [each.id for each in look(laptop, lambda reader: reader.linked(Case, R2))] == [case]


def test_a_timeline_follows_the_link_that_the_centre_changed(centre: PaperCentre, laptop: Database) -> None:
    values = {"title": "灯坏了", "category": "C", "found_ms": 1}
    centre.say(put("case", "c1", {**values, "resident_id": "r1"}))
    centre.say(put("case", "c1", {**values, "resident_id": "r2"}, rev=2))
    assert look(laptop, lambda reader: reader.linked(Case, R1)) == []
    assert [each.id for each in look(laptop, lambda reader: reader.linked(Case, R2))] == ["c1"]


# ------------------------------------------------------------------------------------- without a centre


def test_without_a_centre_records_have_no_operations(database: Database) -> None:
    person = database.write(lambda tx: tx.create(Resident(name="王"), scope=OTHER_GRID))
    database.write(lambda tx: tx.change(Resident, person, note="新"))
    found = look(database, lambda reader: reader.get(Resident, person))
    assert found is not None
    assert (found.scope, found.rev, found.pending) == (LOCAL_SCOPE, None, True)
    assert look(database, lambda reader: reader.rows_of("SELECT * FROM outbox")) == []
    database.write(lambda tx: tx.delete(Resident, person, why=""))
    assert look(database, lambda reader: reader.count(Resident)) == 0


def test_without_a_grid_records_wait_for_one(path: Path, database: Database) -> None:
    database.write(store_enrolment, enrolment(), "url")
    person = database.write(lambda tx: tx.create(Resident(name="王")))
    assert operations(database) == []
    database.write(store_grants, [Grant(GRID, "grid_worker", "一网格")], "张")
    (operation,) = operations(database)
    assert (operation.id, operation.scope, operation.verb) == (person, GRID, "create")
    assert_consistent(database)
