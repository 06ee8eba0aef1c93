"""Visits: what the quick form asks for is stored whole, and what is wrong with it stores nothing."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.actions.typed import tidy
from gridworker.actions.visits import (
    HAZARD_AREA,
    MAX_NOTE,
    VISIT_DRAFT,
    VisitDraft,
    record_visit,
    resubmit_visit,
    withdraw_visit,
)
from gridworker.db.database import Database
from gridworker.db.drafts import read_draft, save_draft
from gridworker.db.visits import count_since
from gridworker.dictionaries import case_dictionary
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import (
    GRID,
    OTHER_GRID,
    START_MS,
    PaperCentre,
    assert_consistent,
    look,
    operations,
    put,
)

WANG, LI, ZHAO = RecordId("r1"), RecordId("r2"), RecordId("r3")
ROOM = RecordId("m1")


def settle(database: Database) -> None:
    """Three people: two of one room, one elsewhere in another grid."""
    PaperCentre(database).say(
        put("resident", WANG, {"name": "王秀兰", "room_id": ROOM, "address": "3栋501", "place": "3-501"}),
        put("resident", LI, {"name": "李建国", "room_id": ROOM, "address": "3栋501", "place": "3-501"}),
        put("resident", ZHAO, {"name": "赵敏", "room_id": "m2", "address": "5栋101"}, scope=OTHER_GRID),
    )


@pytest.fixture
def grid(worker: Database) -> Database:
    """The worker's laptop with people on it."""
    settle(worker)
    return worker


def every(database: Database, kind: type[Any]) -> list[Stored[Any]]:
    """All records of a kind, oldest first."""
    return look(database, lambda reader: list(reader.all(kind)))


def only(database: Database, kind: type[Any]) -> Any:
    """The one record of a kind."""
    (stored,) = every(database, kind)
    return stored.record


def record(database: Database, *people: RecordId, **parts: Any) -> RecordId:
    """Record a visit and give its id."""
    touched = database.write(record_visit, VisitDraft(resident_ids=people, **parts))
    return next(each.id for each in reversed(every(database, Visit)) if each.id in touched.ids)


def test_whom_how_and_outcome_are_enough(grid: Database) -> None:
    touched = grid.write(record_visit, VisitDraft(resident_ids=(WANG,)))
    visit = only(grid, Visit)
    assert (visit.method, visit.outcome, visit.state, visit.note) == ("home", "met", "recorded", "")
    assert (visit.who, visit.address, visit.room_id) == ("王秀兰", "3栋501", ROOM)
    assert (visit.worker_id, visit.worker_name) == ("u1", "张网格")
    assert visit.visited_ms > START_MS
    assert touched.kinds == {"visit"}
    assert [(o.verb, o.kind, o.scope) for o in operations(grid)] == [("append", "visit", GRID)]


def test_what_was_typed_is_stored_without_what_nobody_sees(grid: Database) -> None:
    record(grid, WANG, note="  很好\r\n\x00下周再来\ud83d ", promise="带药\x07", promise_day="2026-01-02")
    visit = only(grid, Visit)
    assert (visit.note, visit.promise, visit.promise_day) == ("很好\n下周再来", "带药", "2026-01-02")


def test_a_visit_of_yesterday_keeps_its_time(grid: Database) -> None:
    record(grid, WANG, visited_ms=START_MS - 86_400_000)
    assert only(grid, Visit).visited_ms == START_MS - 86_400_000


def test_one_visit_counts_for_everybody_who_was_met(grid: Database) -> None:
    visit = record(grid, WANG, LI)
    found = only(grid, Visit)
    assert (found.resident_ids, found.who) == ((WANG, LI), "王秀兰、李建国")
    assert (found.room_id, found.address) == (ROOM, "3栋501")
    for target in (WANG, LI, ROOM):
        assert [each.id for each in look(grid, lambda r, t=target: r.linked(Visit, t))] == [visit]


def test_a_person_named_twice_is_visited_once(grid: Database) -> None:
    record(grid, WANG, WANG)
    assert only(grid, Visit).resident_ids == (WANG,)


def test_a_visit_of_two_homes_is_no_rooms_own(grid: Database) -> None:
    PaperCentre(grid).say(put("resident", "r4", {"name": "孙", "room_id": "m9", "address": "3栋502"}))
    record(grid, WANG, RecordId("r4"))
    found = only(grid, Visit)
    assert (found.room_id, found.address) == (None, "3栋501、3栋502")


def test_people_of_two_grids_get_a_visit_in_each(leader: Database) -> None:
    settle(leader)
    leader.write(record_visit, VisitDraft(resident_ids=(ZHAO, WANG, LI), hazard="楼道堆物"))
    visits = {each.scope: each.record for each in every(leader, Visit)}
    assert visits[GRID].resident_ids == (WANG, LI)
    assert visits[OTHER_GRID].resident_ids == (ZHAO,)
    (case,) = every(leader, Case)
    assert (case.scope, case.record.address) == (OTHER_GRID, "5栋101")
    groups = {o.group.id for o in operations(leader) if o.group}
    assert len(groups) == 1
    assert [o.group.size for o in operations(leader) if o.group] == [3, 3, 3]


# -------------------------------------------------------------------------------------------------- hazards


def test_a_hazard_becomes_a_case_linked_to_its_visit(grid: Database) -> None:
    visit = record(grid, WANG, hazard=" 楼道堆物，堵住消防通道 ")
    (case,) = every(grid, Case)
    assert case.record.text == case.record.title == "楼道堆物，堵住消防通道"
    assert (case.record.visit_id, case.record.room_id, case.record.place) == (visit, ROOM, "3-501")
    assert (case.record.source, case.record.state, case.scope) == ("visit", "reported", GRID)
    assert re.fullmatch("LABC-2025[0-9]{4}-1", case.record.temp_no)
    assert [(o.kind, o.group.index, o.group.size) for o in operations(grid) if o.group] == [
        ("visit", 0, 2),
        ("case", 1, 2),
    ]
    assert case.record.category in {category.area for category in case_dictionary().categories}
    assert case.record.category == HAZARD_AREA


def test_a_long_hazard_has_a_short_title(grid: Database) -> None:
    record(grid, WANG, hazard="长" * 200)
    case = only(grid, Case)
    assert (len(case.title), len(case.text)) == (60, 200)


# ------------------------------------------------------------------------------------------- what is refused

WRONG = [
    ({"resident_ids": ()}, "nobody_chosen"),
    ({"resident_ids": (RecordId("nobody"),)}, "person_gone"),
    ({"resident_ids": (WANG, RecordId("nobody"))}, "person_gone"),
    ({"note": "长" * (MAX_NOTE + 1)}, "note_too_long"),
    ({"hazard": "长" * 801}, "text_too_long"),
    ({"promise": "长" * 801}, "text_too_long"),
    ({"visited_ms": START_MS + 10**9}, "visit_in_future"),
]


@pytest.mark.parametrize(("parts", "code"), WRONG)
def test_what_cannot_be_stored_stores_nothing_and_keeps_the_draft(
    grid: Database, parts: dict[str, Any], code: str
) -> None:
    draft = VisitDraft(**{"resident_ids": (WANG,), "hazard": "楼道堆物", **parts})
    grid.write(save_draft, VISIT_DRAFT, draft)
    with pytest.raises(Problem, match=code):
        grid.write(record_visit, draft)
    assert every(grid, Visit) == []
    assert every(grid, Case) == []
    assert operations(grid) == []
    assert look(grid, read_draft, VISIT_DRAFT, VisitDraft) == draft


def test_a_stored_visit_leaves_no_draft(grid: Database) -> None:
    draft = VisitDraft(resident_ids=(WANG,))
    grid.write(save_draft, VISIT_DRAFT, draft)
    grid.write(record_visit, draft)
    assert look(grid, read_draft, VISIT_DRAFT, VisitDraft) is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=60), st.text(max_size=60))
def test_no_words_break_a_visit(grid: Database, note: str, hazard: str) -> None:
    visit = record(grid, WANG, note=note, hazard=hazard)
    found = look(grid, lambda reader: reader.get(Visit, visit))
    assert found is not None
    assert found.record.note == tidy(note)
    assert len(look(grid, lambda reader: reader.linked(Case, visit))) == bool(tidy(hazard))


# ------------------------------------------------------------------------------------- taking back, answering


def test_a_slip_of_the_finger_is_taken_back_with_its_case(grid: Database) -> None:
    visit = record(grid, WANG, hazard="楼道堆物")
    touched = grid.write(withdraw_visit, visit)
    assert every(grid, Visit) == every(grid, Case) == []
    assert touched.kinds == {"visit", "case"}
    assert [o.verb for o in operations(grid)] == ["append", "create", "delete", "delete"]


def test_a_case_that_was_reported_on_its_own_stays(grid: Database) -> None:
    visit = record(grid, WANG, hazard="楼道堆物")
    own = Case(title="灯坏了", category="C0101", found_ms=1, visit_id=visit)
    grid.write(lambda tx: tx.create(own))
    grid.write(withdraw_visit, visit)
    assert only(grid, Case) == own


def test_a_case_that_others_work_on_stays(grid: Database) -> None:
    visit = record(grid, WANG, hazard="楼道堆物")
    (case,) = every(grid, Case)
    PaperCentre(grid).accept(
        put("case", case.id, {**as_values(case.record), "state": "accepted"}), put_visit(grid)
    )
    grid.write(withdraw_visit, visit)
    assert only(grid, Case).state == "accepted"


def as_values(found: Record) -> dict[str, Any]:
    """A record as a document."""
    return {name: getattr(found, name) for name in found.__struct_fields__}


def put_visit(database: Database, **changes: Any) -> Any:
    """The one visit as the centre says it."""
    (stored,) = every(database, Visit)
    return put("visit", stored.id, {**as_values(stored.record), **changes})


def test_a_visit_that_a_leader_has_read_is_not_taken_back(grid: Database) -> None:
    visit = record(grid, WANG)
    PaperCentre(grid).accept(put_visit(grid, state="accepted"))
    with pytest.raises(Problem, match="illegal_step"):
        grid.write(withdraw_visit, visit)
    assert len(every(grid, Visit)) == 1


def test_taking_back_what_is_gone_says_so(grid: Database) -> None:
    with pytest.raises(Problem, match="record_gone"):
        grid.write(withdraw_visit, RecordId("gone"))


@pytest.fixture
def returned(grid: Database) -> RecordId:
    """A visit that a leader sent back."""
    visit = record(grid, WANG, note="见到本人", needs=("meals",), hazard="楼道堆物", promise="带药")
    remark = {"review_remark": "吃饭怎么解决？", "reviewer_name": "陈组长", "reviewed_ms": 5}
    (case,) = every(grid, Case)
    PaperCentre(grid).accept(
        put_visit(grid, state="returned", **remark), put("case", case.id, as_values(case.record))
    )
    return visit


def test_an_answer_is_a_visit_of_its_own_that_counts_nothing_twice(
    grid: Database, returned: RecordId
) -> None:
    before = look(grid, count_since, 0)
    grid.write(resubmit_visit, returned, " 社区食堂送餐 ")
    old, addition = every(grid, Visit)
    assert (old.id, old.record.state, old.record.note) == (returned, "recorded", "见到本人")
    assert (addition.record.corrects, addition.record.note) == (returned, "社区食堂送餐")
    assert addition.record.visited_ms == old.record.visited_ms
    assert addition.record.resident_ids == (WANG,)
    assert (addition.record.state, addition.record.review_remark, addition.record.reviewer_name) == (
        "recorded",
        "",
        "",
    )
    assert (addition.record.needs, addition.record.hazard, addition.record.promise) == ((), "", "")
    assert look(grid, count_since, 0) == before
    assert len(every(grid, Case)) == 1
    assert_consistent(grid)


@pytest.mark.parametrize(
    ("note", "code"), [("  ", "field_required"), ("长" * (MAX_NOTE + 1), "note_too_long")]
)
def test_an_answer_says_something(grid: Database, returned: RecordId, note: str, code: str) -> None:
    with pytest.raises(Problem, match=code):
        grid.write(resubmit_visit, returned, note)
    assert len(every(grid, Visit)) == 1


def test_only_a_returned_visit_is_answered(grid: Database) -> None:
    visit = record(grid, WANG)
    with pytest.raises(Problem, match="illegal_step"):
        grid.write(resubmit_visit, visit, "补充")
    with pytest.raises(Problem, match="record_gone"):
        grid.write(resubmit_visit, RecordId("gone"), "补充")
    assert len(every(grid, Visit)) == 1


def test_a_laptop_without_a_centre_records_visits_too(alone: Database) -> None:
    person = alone.write(lambda tx: tx.create(Resident(name="王")))
    record(alone, person, hazard="楼道堆物")
    assert only(alone, Visit).worker_id == "local"
    assert only(alone, Case).temp_no.startswith("LCAL-")
