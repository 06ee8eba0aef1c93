"""Residents: added, corrected field by field, looked after, and away for a time that ends."""

from typing import Any

import pytest

from gridworker.actions.residents import (
    ResidentDraft,
    add_resident,
    correct_resident,
    note_absence,
    set_care,
)
from gridworker.db.care import profile_of
from gridworker.db.database import Database
from gridworker.db.residents import search_residents
from gridworker.domain.care import CareProfile
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from tests.db.laptop import GRID, OTHER_GRID, PaperCentre, assert_consistent, look, operations, put

R1 = RecordId("r1")
TODAY = "2026-03-10"
ID_NUMBER = "999435194902188346"


def only(database: Database) -> Stored[Resident]:
    """The one resident."""
    (stored,) = look(database, lambda reader: list(reader.all(Resident)))
    return stored


def add(database: Database, **parts: Any) -> Resident:
    """Add somebody."""
    database.write(add_resident, ResidentDraft(**{"name": "王秀兰", **parts}))
    return only(database).record


def build(database: Database) -> None:
    """Two estates with a room of the same short form, and a household in one of them."""
    PaperCentre(database).say(
        put("estate", "e1", {"name": "幸福里"}),
        put("estate", "e2", {"name": "阳光花园"}),
        put("building", "b1", {"number": "3", "estate_id": "e1"}),
        put("building", "b2", {"number": "3", "estate_id": "e2"}),
        put("room", "m1", {"building_id": "b1", "place": "3-2-501"}),
        put("room", "m2", {"building_id": "b2", "place": "3-2-501"}),
        put("room", "m3", {"building_id": "b1", "place": "3-2-502"}),
        put("household", "h1", {"room_id": "m1"}),
        put("household", "h3", {"room_id": "m3"}),
        put("household", "h4", {"room_id": "m3"}),
    )


# --------------------------------------------------------------------------------------------------- adding


def test_a_name_is_enough(worker: Database) -> None:
    record = add(worker, name=" 王 秀 兰 ")
    assert record == Resident(name="王秀兰")
    assert [(o.verb, o.scope, o.values) for o in operations(worker)] == [("create", GRID, {"name": "王秀兰"})]


@pytest.mark.parametrize("name", ["", "  ", "\x00", "无"])
def test_without_a_name_nobody_is_added(worker: Database, name: str) -> None:
    with pytest.raises(Problem, match="name_missing"):
        worker.write(add_resident, ResidentDraft(name=name))
    assert look(worker, lambda reader: reader.count(Resident)) == 0


def test_an_id_number_that_is_right_tells_birth_and_sex(worker: Database) -> None:
    record = add(worker, id_number=ID_NUMBER)
    assert (record.id_state, record.birth, record.sex) == ("ok", "1949-02-18", "female")


def test_what_was_typed_counts_more_than_what_a_number_tells(worker: Database) -> None:
    record = add(worker, id_number=ID_NUMBER, birth="1950-01-01", sex="male")
    assert (record.birth, record.sex) == ("1950-01-01", "male")


@pytest.mark.parametrize(
    ("number", "state"), [("999435194902188347", "check_bad"), ("99943519490", "format_bad"), ("", "missing")]
)
def test_a_broken_id_number_is_kept_with_its_state_and_proves_nothing(
    worker: Database, number: str, state: str
) -> None:
    record = add(worker, id_number=number)
    assert (record.id_number, record.id_state) == (number, state)
    assert (record.birth, record.sex) == (None, "unknown")


def test_phones_are_kept_in_the_form_in_which_they_are_found(worker: Database) -> None:
    record = add(
        worker, phones=("138 0013 8000", "0999-87654321/13900139000", "没有", "12345", "13800138000")
    )
    assert record.phones == ("13800138000", "0999-87654321", "13900139000", "12345")
    assert len(look(worker, search_residents, "8000")) == 1


def test_an_address_finds_its_room_where_only_one_is_meant(worker: Database) -> None:
    build(worker)
    record = add(worker, address="幸福里 3号楼2单元501室")
    assert (record.room_id, record.building_id, record.household_id) == ("m1", "b1", "h1")
    assert (record.place, record.address) == ("3-2-501", "幸福里3栋2单元501")


def test_an_address_that_may_mean_two_rooms_finds_none(worker: Database) -> None:
    build(worker)
    record = add(worker, address="3#2-501")
    assert (record.room_id, record.building_id, record.household_id) == (None, None, None)
    assert record.place == "3-2-501"


def test_of_two_households_in_a_room_none_is_chosen(worker: Database) -> None:
    build(worker)
    record = add(worker, address="3-2-502")
    assert (record.room_id, record.household_id) == ("m3", None)


def test_an_address_that_nobody_understands_is_kept(worker: Database) -> None:
    record = add(worker, address=" 桥头小卖部 ")
    assert (record.address, record.place) == ("桥头小卖部", "")


# ----------------------------------------------------------------------------------------------- correcting


def draft_of(record: Resident, **changes: Any) -> ResidentDraft:
    """The form of somebody as it opens, with changes."""
    fields = {name: getattr(record, name) for name in ResidentDraft.__struct_fields__}
    return ResidentDraft(**{**fields, **changes})


def test_only_what_differs_is_changed(worker: Database) -> None:
    build(worker)
    values = {"name": "王秀兰", "note": "旧", "place": "3-2-501", "address": "3栋2单元501", "room_id": "m1"}
    PaperCentre(worker).say(put("resident", R1, {**values, "building_id": "b1", "household_id": "h1"}))
    worker.write(correct_resident, R1, draft_of(only(worker).record, note="新"))
    (operation,) = operations(worker)
    assert operation.set == {"note": ("旧", "新")}
    assert_consistent(worker)


def test_nobody_loses_his_room_because_his_phone_is_corrected(worker: Database) -> None:
    build(worker)
    home = {
        "place": "3-2-501",
        "address": "3栋2单元501",
        "room_id": "m2",
        "building_id": "b2",
        "household_id": "h9",
    }
    PaperCentre(worker).say(put("resident", R1, {"name": "王", **home}))
    worker.write(correct_resident, R1, draft_of(only(worker).record, phones=("13800138000",)))
    record = only(worker).record
    assert (record.room_id, record.building_id, record.household_id) == ("m2", "b2", "h9")
    assert set(operations(worker)[0].set) == {"phones"}


def test_another_address_is_another_home(worker: Database) -> None:
    build(worker)
    PaperCentre(worker).say(
        put("resident", R1, {"name": "王", "address": "旧址", "room_id": "m3", "household_id": "h3"})
    )
    worker.write(correct_resident, R1, draft_of(only(worker).record, address="幸福里3-2-501"))
    record = only(worker).record
    assert (record.room_id, record.household_id, record.place) == ("m1", "h1", "3-2-501")


def test_the_same_again_is_no_change(worker: Database) -> None:
    record = add(worker, id_number=ID_NUMBER, phones=("13800138000",), address="3-2-501", note="话")
    person = only(worker).id
    worker.write(correct_resident, person, draft_of(record))
    assert len(operations(worker)) == 1


def test_who_is_gone_cannot_be_corrected_or_looked_after(worker: Database) -> None:
    actions: list[Any] = [
        lambda tx: correct_resident(tx, R1, ResidentDraft(name="王")),
        lambda tx: set_care(tx, R1, ("elder_alone",), today=TODAY),
        lambda tx: note_absence(tx, R1, TODAY, TODAY),
    ]
    for action in actions:
        with pytest.raises(Problem, match="record_gone"):
            worker.write(action)
    assert operations(worker) == []


# ----------------------------------------------------------------------------------------------------- care


def profile(database: Database) -> Stored[CareProfile]:
    """The care profile of the person."""
    found = look(database, profile_of, R1)
    assert found is not None
    return found


@pytest.fixture
def cared(leader: Database) -> Database:
    """A leader's laptop with somebody of the other grid."""
    PaperCentre(leader).say(put("resident", R1, {"name": "王"}, scope=OTHER_GRID))
    return leader


def test_care_begins_today_in_the_grid_of_the_person(cared: Database) -> None:
    cared.write(set_care, R1, ("elder_alone", "elder_alone"), today=TODAY)
    found = profile(cared)
    assert (found.scope, found.record.groups, found.record.since) == (OTHER_GRID, ("elder_alone",), TODAY)


def test_care_is_changed_in_the_profile_that_is_there(cared: Database) -> None:
    cared.write(set_care, R1, ("elder_alone",), today=TODAY)
    cared.write(set_care, R1, ("elder_alone", "low_income"), today="2026-04-01")
    cared.write(set_care, R1, (), today="2026-05-01")
    assert (profile(cared).record.groups, profile(cared).record.since) == ((), TODAY)
    assert [o.verb for o in operations(cared)] == ["create", "patch", "patch"]
    assert operations(cared)[1].set == {"groups": (["elder_alone"], ["elder_alone", "low_income"])}


def test_an_absence_pauses_care_and_has_an_end(cared: Database) -> None:
    cared.write(set_care, R1, ("elder_alone",), today=TODAY)
    cared.write(note_absence, R1, "2026-03-11", "2026-03-20")
    found = profile(cared).record
    assert (found.away_from, found.away_to, found.groups) == ("2026-03-11", "2026-03-20", ("elder_alone",))


def test_an_absence_may_come_before_any_care(cared: Database) -> None:
    cared.write(note_absence, R1, "2026-03-11", "2026-03-11")
    assert profile(cared).scope == OTHER_GRID
    cared.write(set_care, R1, ("elder_alone",), today=TODAY)
    assert profile(cared).record.away_to == "2026-03-11"
    assert look(cared, lambda reader: reader.count(CareProfile)) == 1


@pytest.mark.parametrize(
    ("away_from", "away_to"),
    [
        ("2026-03-11", "2026-03-10"),
        ("2026-03-11", ""),
        ("", "2026-03-10"),
        ("2026-03-11", "以后"),
        ("2026-03-11", "2026-02-30"),
        ("20260311", "20260312"),
        ("2026-03-11", "9999-12-31"),
    ],
)
def test_an_absence_without_a_proper_end_is_refused(cared: Database, away_from: str, away_to: str) -> None:
    with pytest.raises(Problem, match="absence_order"):
        cared.write(note_absence, R1, away_from, away_to)
    assert look(cared, profile_of, R1) is None
