"""Reviews: a leader decides, offline too; a worker cannot decide about her own work."""

from typing import Any

import pytest

from gridworker.actions.reviews import accept_visit, decide_case, return_visit
from gridworker.db.database import Database
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.visits import Visit
from tests.db.laptop import OTHER_GRID, PaperCentre, assert_consistent, look, operations, put

V1, C1 = RecordId("v1"), RecordId("c1")
VISIT = {"resident_ids": ["r1"], "visited_ms": 1, "method": "home", "outcome": "met", "note": "很好"}
CASE = {"title": "灯", "category": "C0101", "found_ms": 1}


def bring(database: Database, **changes: Any) -> None:
    """A visit and a case of a worker of the other grid."""
    rows = (put("visit", V1, {**VISIT, **changes}, scope=OTHER_GRID), put("case", C1, CASE, scope=OTHER_GRID))
    PaperCentre(database).say(*rows)


def visit(database: Database) -> Visit:
    """The visit as it is now."""
    found = look(database, lambda reader: reader.get(Visit, V1))
    assert found is not None
    return found.record


def case(database: Database) -> Case:
    """The case as it is now."""
    found = look(database, lambda reader: reader.get(Case, C1))
    assert found is not None
    return found.record


def test_a_leader_accepts_a_visit_and_signs(leader: Database) -> None:
    bring(leader)
    leader.write(accept_visit, V1, " 辛苦了 ")
    found = visit(leader)
    assert (found.state, found.review_remark, found.reviewer_name, found.note) == (
        "accepted",
        "辛苦了",
        "张网格",
        "很好",
    )
    assert found.reviewed_ms is not None
    (operation,) = operations(leader)
    assert (operation.verb, operation.actor, operation.scope) == ("transition", "u9", OTHER_GRID)
    assert set(operation.set) == {"review_remark", "reviewer_name", "reviewed_ms"}
    assert_consistent(leader)


def test_a_leader_accepts_without_words(leader: Database) -> None:
    bring(leader)
    leader.write(accept_visit, V1)
    assert (visit(leader).state, visit(leader).review_remark) == ("accepted", "")


def test_a_leader_returns_a_visit_with_a_remark(leader: Database) -> None:
    bring(leader)
    leader.write(return_visit, V1, "吃饭怎么解决？")
    assert (visit(leader).state, visit(leader).review_remark) == ("returned", "吃饭怎么解决？")


@pytest.mark.parametrize("remark", ["", "   ", "\x00"])
def test_nobody_returns_a_visit_without_saying_why(leader: Database, remark: str) -> None:
    bring(leader, review_remark="上次的意见", state="accepted")
    with pytest.raises(Problem, match="field_required"):
        leader.write(return_visit, V1, remark)
    assert visit(leader).state == "accepted"
    assert operations(leader) == []


@pytest.mark.parametrize("action", [accept_visit, return_visit])
def test_a_worker_reviews_no_visit(worker: Database, action: Any) -> None:
    PaperCentre(worker).say(put("visit", V1, VISIT))
    with pytest.raises(Problem, match="illegal_step"):
        worker.write(action, V1, "很好")
    assert visit(worker).state == "recorded"
    assert operations(worker) == []


def test_a_visit_is_accepted_once(leader: Database) -> None:
    bring(leader)
    leader.write(accept_visit, V1)
    with pytest.raises(Problem, match="illegal_step"):
        leader.write(accept_visit, V1)
    leader.write(return_visit, V1, "想起一件事")
    assert visit(leader).state == "returned"


@pytest.mark.parametrize(
    ("target", "remark"), [("accepted", ""), ("sent_back", "在哪里？"), ("refused", "不归社区管")]
)
def test_a_leader_decides_about_a_case(leader: Database, target: str, remark: str) -> None:
    bring(leader)
    leader.write(decide_case, C1, target, remark)
    found = case(leader)
    assert (found.state, found.remark, found.reviewer_name) == (target, remark, "张网格")


@pytest.mark.parametrize("target", ["sent_back", "refused"])
def test_sending_back_and_refusing_say_why(leader: Database, target: str) -> None:
    bring(leader)
    with pytest.raises(Problem, match="field_required"):
        leader.write(decide_case, C1, target, " ")
    assert case(leader).state == "reported"


@pytest.mark.parametrize("target", ["closed", "filed", "reported", "of_a_newer_program"])
def test_steps_that_the_table_does_not_have_are_refused(leader: Database, target: str) -> None:
    bring(leader)
    with pytest.raises(Problem, match="illegal_step"):
        leader.write(decide_case, C1, target, "话")
    assert operations(leader) == []


@pytest.mark.parametrize("target", ["accepted", "sent_back", "refused"])
def test_a_worker_decides_about_no_case(worker: Database, target: str) -> None:
    PaperCentre(worker).say(put("case", C1, CASE))
    with pytest.raises(Problem, match="illegal_step"):
        worker.write(decide_case, C1, target, "话")


def test_deciding_about_what_is_gone_says_so(leader: Database) -> None:
    for action in (accept_visit, return_visit):
        with pytest.raises(Problem, match="record_gone"):
            leader.write(action, V1, "话")
