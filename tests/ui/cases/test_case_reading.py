"""What the database tells of cases: the steps taken here that had their effect, and the usual categories."""

from gridworker.actions.cases import CaseDraft, cancel_case, report_case, solve_case
from gridworker.db.author import Author
from gridworker.db.cases import own_steps, usual_categories
from gridworker.db.outbox import start_replica
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import ScopeId
from gridworker.ui.cases.listing import read_detail, read_keys
from gridworker.wire.messages import Grant
from tests.ui.visits.grid import NOON, Office

HOUR_MS = 3_600_000


def become_worker(tx: Transaction) -> None:
    """Enrol without a centre nearby."""
    start_replica(tx.driver, tx.new_id())
    grant = Grant("g:3", "grid_worker", "第三网格")
    scope = ScopeId("g:3")
    tx.set_author(Author(user_name="张晓", user_id="u1", scope=scope, grants=(grant,), enrolled=True))


def test_steps_taken_here_are_known_with_their_words(office: Office) -> None:
    office.database.write(become_worker)
    (case,) = office.database.write(report_case, CaseDraft(title="路灯", category="C0102"), day="1").ids
    office.now_ms = NOON + HOUR_MS
    office.database.write(solve_case, case, "已换灯泡")
    (step,) = office.desk.look(own_steps, case)
    assert (step.source, step.target, step.wall_ms) == ("reported", "self_solved", NOON + HOUR_MS)
    detail = office.desk.look(read_detail, case)
    assert detail is not None
    assert [(s.who, s.label, s.words) for s in detail.steps] == [
        ("张晓", "", ""),
        ("张晓", "自办自结", "已换灯泡"),
    ]


def test_a_step_that_the_centre_did_not_take_is_no_step(office: Office) -> None:
    office.database.write(become_worker)
    (case,) = office.database.write(report_case, CaseDraft(title="路灯", category="C0102"), day="1").ids
    office.database.write(cancel_case, case, "看错了")
    office.database.write(_hold_everything)
    assert office.desk.look(own_steps, case) == []


def _hold_everything(tx: Transaction) -> None:
    tx.driver.execute(
        "INSERT INTO archive(op_id,kind,entity_id,env,code,acked_ms)"
        " SELECT op_id,kind,entity_id,env,'held',0 FROM outbox"
    )
    tx.driver.execute("DELETE FROM outbox")


def test_the_usual_categories_are_those_reported_most_often(office: Office) -> None:
    for title, category in (("a", "C0901"), ("b", "C0102"), ("c", "C0901")):
        office.database.write(report_case, CaseDraft(title=title, category=category), day="1")
    assert office.desk.look(usual_categories) == ["C0901", "C0102"]


def test_what_came_back_stands_on_top_of_every_list_that_holds_it(office: Office) -> None:
    ids = [
        office.database.write(report_case, CaseDraft(title=title, category="C01"), day="1").ids
        for title in "ab"
    ]
    (old,) = ids[0]
    office.database.write(_send_back, old)
    for name in ("open", "all"):
        found = office.desk.look(read_keys, name)
        assert found.keys[0] == office.desk.look(lambda reader: reader.key_of(Case, old))
        assert len(found.keys) == 2


def _send_back(tx: Transaction, id: str) -> None:
    tx.driver.execute("UPDATE case_ SET body=json_set(body,'$.state','sent_back') WHERE id=?", (id,))
