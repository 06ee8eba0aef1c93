"""Cases: reported whole or not at all, solved, completed and withdrawn by the steps of the table."""

from typing import Any

import msgspec
import pytest

from gridworker.actions.cases import (
    CASE_DRAFT,
    MAX_TEXT,
    CaseDraft,
    cancel_case,
    report_case,
    resubmit_case,
    solve_case,
)
from gridworker.db.database import Database
from gridworker.db.drafts import read_draft, save_draft
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from tests.db.laptop import GRID, OTHER_GRID, PaperCentre, assert_consistent, look, operations, put

DAY = "20251125"
LAMP = CaseDraft(title="路灯不亮", category="C0101")


def only(database: Database) -> Stored[Case]:
    """The one case."""
    (stored,) = look(database, lambda reader: list(reader.all(Case)))
    return stored


def report(database: Database, draft: CaseDraft = LAMP) -> RecordId:
    """Report a case and give its id."""
    database.write(report_case, draft, day=DAY)
    return look(database, lambda reader: list(reader.all(Case)))[-1].id


def test_a_title_and_a_category_are_enough(worker: Database) -> None:
    report(worker)
    case = only(worker)
    assert (case.record.title, case.record.category, case.record.state) == ("路灯不亮", "C0101", "reported")
    assert (case.record.temp_no, case.scope) == ("LABC-20251125-1", GRID)
    assert (case.record.worker_id, case.record.worker_name) == ("u1", "张网格")
    assert case.record.found_ms > 0
    assert [o.verb for o in operations(worker)] == ["create"]


def test_every_field_of_the_form_is_stored(worker: Database) -> None:
    texts = {
        "title": "标题",
        "category": "C0101",
        "edition": "2026",
        "text": "说明",
        "address": "东门",
        "place": "3-1",
    }
    ids = {"room_id": RecordId("m"), "resident_id": RecordId("r"), "visit_id": RecordId("v")}
    codes = {"source": "call", "urgency": "urgent", "scale": "group"}
    reporter = {"reporter_name": "李", "reporter_phone": "13800138000", "found_ms": 5}
    draft = msgspec.convert({**texts, **ids, **codes, **reporter}, CaseDraft)
    report(worker, draft)
    record = only(worker).record
    fields = [name for name in CaseDraft.__struct_fields__ if name != "solved"]
    assert {name: getattr(record, name) for name in fields} == {name: getattr(draft, name) for name in fields}


def test_two_cases_of_a_day_have_two_numbers(worker: Database) -> None:
    report(worker)
    report(worker)
    cases = look(worker, lambda reader: list(reader.all(Case)))
    assert [case.record.temp_no for case in cases] == ["LABC-20251125-1", "LABC-20251125-2"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "case_title_missing"),
    ({"title": " \n"}, "case_title_missing"),
    ({"category": ""}, "case_category_missing"),
    ({"text": "长" * (MAX_TEXT + 1)}, "text_too_long"),
    ({"title": "长" * (MAX_TEXT + 1)}, "text_too_long"),
    ({"solved": "长" * (MAX_TEXT + 1)}, "text_too_long"),
]


@pytest.mark.parametrize(("parts", "code"), WRONG)
def test_what_cannot_be_stored_stores_nothing_and_keeps_the_draft(
    worker: Database, parts: dict[str, Any], code: str
) -> None:
    draft = msgspec.structs.replace(LAMP, **parts)
    worker.write(save_draft, CASE_DRAFT, draft)
    with pytest.raises(Problem, match=code):
        worker.write(report_case, draft, day=DAY)
    assert look(worker, lambda reader: reader.count(Case)) == 0
    assert operations(worker) == []
    assert look(worker, read_draft, CASE_DRAFT, CaseDraft) == draft
    report(worker)
    assert only(worker).record.temp_no == "LABC-20251125-1"
    assert look(worker, read_draft, CASE_DRAFT, CaseDraft) is None


def test_a_case_solved_on_the_spot_is_reported_and_solved_in_one_step(worker: Database) -> None:
    report(worker, msgspec.structs.replace(LAMP, solved=" 换了灯泡 "))
    record = only(worker).record
    assert (record.state, record.result, record.handling) == ("self_solved", "换了灯泡", "solved_on_spot")
    create, step = operations(worker)
    assert (create.verb, step.verb, step.source, step.target) == (
        "create",
        "transition",
        "reported",
        "self_solved",
    )
    assert create.group is not None
    assert step.group is not None
    assert create.group.id == step.group.id
    assert create.values.get("state", "reported") == "reported"
    assert_consistent(worker)


def test_a_case_belongs_to_the_grid_of_what_it_is_about(leader: Database) -> None:
    PaperCentre(leader).say(
        put("resident", "r1", {"name": "王"}, scope=OTHER_GRID),
        put("room", "m1", {"building_id": "b", "place": "3-1"}, scope=OTHER_GRID),
    )
    report(leader, msgspec.structs.replace(LAMP, resident_id=RecordId("r1")))
    report(leader, msgspec.structs.replace(LAMP, room_id=RecordId("m1")))
    report(leader, msgspec.structs.replace(LAMP, resident_id=RecordId("unknown")))
    cases = look(leader, lambda reader: list(reader.all(Case)))
    assert [case.scope for case in cases] == [OTHER_GRID, OTHER_GRID, GRID]


# ---------------------------------------------------------------------------------------------------- steps


def test_a_reported_case_can_be_solved_by_oneself(worker: Database) -> None:
    case = report(worker)
    worker.write(solve_case, case, "换了灯泡")
    assert only(worker).record.state == "self_solved"
    with pytest.raises(Problem, match="illegal_step"):
        worker.write(solve_case, case, "又换了")


def test_solving_says_what_was_done(worker: Database) -> None:
    case = report(worker)
    with pytest.raises(Problem, match="field_required"):
        worker.write(solve_case, case, "  ")
    assert only(worker).record.state == "reported"


def send_back(database: Database, case: RecordId) -> None:
    """The leader asks for more."""
    values = {**msgspec.to_builtins(only(database).record), "state": "sent_back", "remark": "在哪里？"}
    PaperCentre(database).accept(put("case", case, values, rev=9))


def test_a_returned_case_is_sent_in_again_with_its_completed_text(worker: Database) -> None:
    case = report(worker)
    send_back(worker, case)
    worker.write(resubmit_case, case, "东门第二盏")
    record = only(worker).record
    assert (record.state, record.text, record.remark) == ("reported", "东门第二盏", "在哪里？")
    (operation,) = operations(worker)
    assert operation.set == {"text": ("", "东门第二盏")}
    assert_consistent(worker)


@pytest.mark.parametrize(("text", "code"), [("", "field_required"), ("长" * (MAX_TEXT + 1), "text_too_long")])
def test_a_completed_text_says_something(worker: Database, text: str, code: str) -> None:
    case = report(worker, msgspec.structs.replace(LAMP, text="原来的话"))
    send_back(worker, case)
    with pytest.raises(Problem, match=code):
        worker.write(resubmit_case, case, text)
    assert only(worker).record.text == "原来的话"


def test_a_withdrawn_case_stays_on_its_list(worker: Database) -> None:
    case = report(worker)
    worker.write(cancel_case, case, " 看错了 ")
    assert only(worker).record.state == "cancelled"
    assert operations(worker)[-1].why == "看错了"
    with pytest.raises(Problem, match="illegal_step"):
        worker.write(resubmit_case, case, "还是报吧")


def test_steps_of_a_case_that_is_gone_say_so(worker: Database) -> None:
    for action in (solve_case, resubmit_case, cancel_case):
        with pytest.raises(Problem, match="record_gone"):
            worker.write(action, RecordId("gone"), "话")
