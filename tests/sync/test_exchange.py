"""The exchange between real laptops and the real centre: what arrives, comes back, never happens twice."""

import contextlib
from collections import Counter

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.actions.cases import CaseDraft, report_case
from gridworker.actions.reviews import decide_case, return_visit
from gridworker.actions.visits import VisitDraft, record_visit, resubmit_visit
from gridworker.db.database import Database
from gridworker.db.standing import questions, standing
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server import accounts
from gridworker.server.check import check
from gridworker.wire.messages import PullRequest, PushRequest
from tests.sync.conftest import GRID_2, GRID_3, Centre, Laptop


def add(laptop: Laptop, name: str = "王秀兰") -> RecordId:
    return laptop.database.write(lambda tx: tx.create(Resident(name=name)))


def visit(laptop: Laptop, person: RecordId, note: str = "") -> RecordId:
    touched = laptop.database.write(record_visit, VisitDraft(resident_ids=(person,), note=note))
    return next(iter(touched.ids))


def records(database: Database, kind: type[Record]) -> dict[str, Record]:
    with database.read() as reader:
        return {stored.id: stored.record for stored in reader.all(kind)}


def test_a_visit_reaches_the_leader(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    visited = visit(zhang, person, "血压偏高")
    zhang.sync()
    wang.sync()
    assert records(wang.database, Visit)[visited].note == "血压偏高"  # type: ignore[attr-defined]  # a Visit


def test_a_returned_visit_comes_back_with_the_remark_and_is_answered(zhang: Laptop, wang: Laptop) -> None:
    visited = visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    wang.database.write(return_visit, visited, "请补充血压")
    wang.sync()
    zhang.sync()
    with zhang.database.read() as reader:
        stored = reader.get(Visit, visited)
    assert stored is not None
    assert (stored.record.state, stored.record.review_remark, stored.record.reviewer_name) == (
        "returned",
        "请补充血压",
        "王芳",
    )
    zhang.database.write(resubmit_visit, visited, "血压 130/80")
    zhang.sync()
    wang.sync()
    again = records(wang.database, Visit)
    assert {v.note for v in again.values()} == {"", "血压 130/80"}  # type: ignore[attr-defined]  # Visits


def test_an_accepted_case_comes_back_accepted(zhang: Laptop, wang: Laptop) -> None:
    draft = CaseDraft(title="楼道堆物", category="C0506")
    zhang.database.write(lambda tx: report_case(tx, draft, day="20261123"))
    zhang.sync()
    wang.sync()
    (case_id,) = records(wang.database, Case)
    wang.database.write(decide_case, RecordId(case_id), "accepted")
    wang.sync()
    zhang.sync()
    (case,) = records(zhang.database, Case).values()
    assert isinstance(case, Case)
    assert (case.state, case.reviewer_name) == ("accepted", "王芳")


def test_a_worker_sees_only_his_own_grid(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    li = centre.laptop("li")
    add(li, "李建国")
    li.sync()
    zhang.sync()
    assert [p.name for p in records(li.database, Resident).values()] == ["李建国"]  # type: ignore[attr-defined]  # residents
    assert [p.name for p in records(zhang.database, Resident).values()] == ["王秀兰"]  # type: ignore[attr-defined]  # residents


def test_a_lost_reply_has_its_effect_once(zhang: Laptop, wang: Laptop) -> None:
    visit(zhang, add(zhang))
    zhang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_slow"):
        zhang.sync()
    with zhang.database.read() as reader:
        assert standing(reader).waiting == 2
    zhang.line.lose_reply = lambda _request: False
    zhang.sync()
    wang.sync()
    assert len(records(wang.database, Visit)) == 1
    with zhang.database.read() as reader:
        assert (standing(reader).waiting, standing(reader).accepted) == (0, 2)


def test_a_repeated_request_has_its_effect_once(zhang: Laptop, wang: Laptop) -> None:
    zhang.line.repeat = lambda _request: True
    visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    assert len(records(wang.database, Visit)) == 1


def test_nothing_counts_as_synced_that_the_centre_did_not_acknowledge(zhang: Laptop) -> None:
    add(zhang)
    zhang.line.lose_request = lambda request: isinstance(request, PullRequest)
    with pytest.raises(Problem, match="server_unreachable"):
        zhang.sync()
    with zhang.database.read() as reader:
        assert (standing(reader).waiting, standing(reader).accepted) == (1, 0)


def test_the_same_field_changed_twice_keeps_both_values(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    zhang.database.write(lambda tx: tx.change(Resident, person, note="甲"))
    wang.database.write(lambda tx: tx.change(Resident, person, note="乙"))
    zhang.sync()
    wang.sync()
    with wang.database.read() as reader:
        (question,) = questions(reader)
        stored = reader.get(Resident, person)
    assert stored is not None
    assert (stored.pending, stored.record.note) == (False, "甲")
    (conflict,) = question.conflicts
    assert (conflict.base, conflict.server, conflict.incoming) == ("", "甲", "乙")


def test_different_fields_changed_at_once_are_both_kept(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    zhang.database.write(lambda tx: tx.change(Resident, person, note="甲"))
    wang.database.write(lambda tx: tx.change(Resident, person, phones=("13800138000",)))
    zhang.sync()
    wang.sync()
    zhang.sync()
    for laptop in (zhang, wang):
        merged = records(laptop.database, Resident)[person]
        assert isinstance(merged, Resident)
        assert (merged.note, merged.phones) == ("甲", ("13800138000",))
        with laptop.database.read() as reader:
            assert questions(reader) == []


def test_a_refused_step_keeps_the_words_and_falls_back(zhang: Laptop, wang: Laptop) -> None:
    visited = visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    zhang.database.write(lambda tx: tx.delete(Visit, visited, why="撤销"))
    wang.database.write(return_visit, visited, "请补充")
    zhang.sync()
    wang.sync()
    with wang.database.read() as reader:
        (question,) = questions(reader)
    assert question.code == "held"
    assert question.operation.set["review_remark"] == ("", "请补充")


def test_a_field_of_a_newer_program_survives_the_round_trip(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    put_unknown_field(centre, zhang, person)
    wang.sync()
    wang.database.write(lambda tx: tx.change(Resident, person, note="改"))
    wang.sync()
    fresh = centre.laptop("wang")
    fresh.sync()
    with fresh.database.read() as reader:
        found = reader.document(Resident, person)
    assert found is not None
    assert (found[0]["shoe_size"], found[0]["note"]) == (41, "改")


def put_unknown_field(centre: Centre, laptop: Laptop, person: RecordId) -> None:
    """Write as a newer program would: a patch that names a field this one does not know."""

    def newer(tx):  # type: ignore[no-untyped-def]  # a transaction in, nothing out
        operation = tx._operation("resident", person, GRID_3, "patch", set={"shoe_size": (None, 41)})
        tx._operations.append(operation)

    laptop.database.write(newer)
    laptop.sync()


def test_nothing_new_is_one_request(zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    zhang.line.calls.clear()
    zhang.sync()
    assert zhang.line.calls == ["PullRequest"]


def test_a_withdrawn_grant_takes_the_records_away(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    wang.sync()
    with wang.database.read() as reader:
        user = reader.author.user_id
    centre.store.write(lambda tx: accounts.withdraw(tx, user, GRID_3))
    wang.sync()
    assert records(wang.database, Resident) == {}
    with wang.database.read() as reader:
        assert [grant.scope for grant in reader.author.grants] == [GRID_2]


def test_a_new_grant_brings_the_records_of_that_grid(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    li = centre.laptop("li")
    add(li, "李建国")
    li.sync()
    with li.database.read() as reader:
        user = reader.author.user_id
    centre.store.write(lambda tx: accounts.grant(tx, user, GRID_3, role="grid_worker", clock=centre.clock))
    li.sync()
    assert len(records(li.database, Resident)) == 2


def test_another_life_of_the_server_stops_everything_and_changes_nothing(tmp_path, zhang: Laptop) -> None:  # type: ignore[no-untyped-def]  # a path
    add(zhang)
    zhang.sync()
    add(zhang, "赵大勇")
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    other = Centre(other_folder)
    try:
        zhang.line.centre = other
        with pytest.raises(Problem):
            zhang.sync()
    finally:
        other.close()
    with zhang.database.read() as reader:
        assert standing(reader).waiting == 1
    assert len(records(zhang.database, Resident)) == 2


def test_a_database_restored_from_a_backup_loses_and_doubles_nothing(zhang: Laptop, wang: Laptop) -> None:
    backup = zhang.path.with_suffix(".backup")
    add(zhang, "先")
    zhang.sync()
    zhang.database.close()
    backup.write_bytes(zhang.path.read_bytes())
    zhang.database = zhang.centre.open(zhang.path)
    add(zhang, "中")
    zhang.sync()
    zhang.database.close()
    zhang.path.write_bytes(backup.read_bytes())
    zhang.database = zhang.centre.open(zhang.path)
    add(zhang, "后")
    zhang.sync()
    wang.sync()
    names = Counter(p.name for p in records(wang.database, Resident).values())  # type: ignore[attr-defined]  # residents
    assert names == Counter({"先": 1, "中": 1, "后": 1})


@pytest.mark.parametrize("stop_after", range(12))
def test_an_exchange_may_stop_after_any_step(centre: Centre, stop_after: int) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    add(wang, "组长录入")
    wang.sync()
    for index in range(5):
        visit(zhang, add(zhang, f"居民{index}"))
    for _, _step in zip(range(stop_after), zhang.exchange().steps(), strict=False):
        pass
    zhang.reopen()
    zhang.sync()
    wang.sync()
    assert records(zhang.database, Visit) == records(wang.database, Visit)
    assert len(records(wang.database, Resident)) == 6
    with zhang.database.read() as reader:
        assert standing(reader).waiting == 0
    assert centre.store.read(check) == []


actions = st.lists(
    st.tuples(
        st.sampled_from(["add", "visit", "note", "phone", "sync"]), st.integers(0, 1), st.integers(0, 5)
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=actions, faults=st.lists(st.booleans(), max_size=20))
def test_two_laptops_always_converge(tmp_path_factory, steps, faults) -> None:  # type: ignore[no-untyped-def]  # strategies
    centre = Centre(tmp_path_factory.mktemp("centre"))
    try:
        _live(centre, steps, iter(faults))
        laptops = centre.laptops
        for _ in range(2):
            for laptop in laptops:
                laptop.line.lose_reply = lambda _request: False
                laptop.sync()
        documents = [_documents(laptop) for laptop in laptops]
        assert documents[0] == documents[1]
        assert centre.store.read(check) == []
    finally:
        centre.close()


def _live(centre: Centre, steps, faults) -> None:  # type: ignore[no-untyped-def]  # strategies
    laptops = [centre.laptop("zhang"), centre.laptop("wang")]
    for laptop in laptops:
        laptop.sync()
        laptop.line.lose_reply = lambda _request: next(faults, False)
    home = {"scope": GRID_3}
    for verb, which, number in steps:
        laptop = laptops[which]
        people = list(records(laptop.database, Resident))
        if verb == "add":
            laptop.database.write(lambda tx, n=number: tx.create(Resident(name=f"居民{n}"), **home))
        elif verb == "sync":
            with contextlib.suppress(Problem):
                laptop.sync()
        elif people:
            person = RecordId(people[number % len(people)])
            if verb == "visit":
                visit(laptop, person)
            else:
                field = {"note": {"note": f"{which}{number}"}, "phone": {"phones": (f"1380013800{number}",)}}[
                    verb
                ]
                laptop.database.write(lambda tx, p=person, f=field: tx.change(Resident, p, **f))


def _documents(laptop: Laptop) -> dict[str, bytes]:
    with laptop.database.read() as reader:
        return {
            stored.id: msgspec.json.encode(stored.record, order="deterministic")
            for kind in (Resident, Visit)
            for stored in reader.all(kind)
        }
