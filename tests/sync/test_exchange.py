"""The exchange between real laptops and the real centre: what is meant arrives and comes back."""

import pytest

from gridworker.actions.cases import CaseDraft, report_case
from gridworker.actions.reviews import decide_case, return_visit
from gridworker.actions.visits import resubmit_visit
from gridworker.db.reader import Reader
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server.check import check
from gridworker.sync import exchange
from gridworker.wire.envelope import decode_operation
from gridworker.wire.messages import Pace, PushReply, PushRequest
from tests.db.laptop import assert_consistent, document, look, operations
from tests.sync.laptop import (
    GRID_3,
    Centre,
    Laptop,
    add,
    all_of,
    asked,
    change,
    counts,
    names,
    people,
    record_as_newer,
    sync_with_work,
    visit,
    visits,
)


def test_a_visit_reaches_the_leader(zhang: Laptop, wang: Laptop) -> None:
    visited = visit(zhang, add(zhang), "血压偏高")
    zhang.sync()
    wang.sync()
    assert visits(wang)[visited].note == "血压偏高"


def test_a_returned_visit_comes_back_with_the_remark_and_is_answered(zhang: Laptop, wang: Laptop) -> None:
    visited = visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    wang.database.write(return_visit, visited, "请补充血压")
    wang.sync()
    zhang.sync()
    found = visits(zhang)[visited]
    assert (found.state, found.review_remark, found.reviewer_name) == ("returned", "请补充血压", "王芳")
    zhang.database.write(resubmit_visit, visited, "血压 130/80")
    zhang.sync()
    wang.sync()
    assert {each.note for each in visits(wang).values()} == {"", "血压 130/80"}
    assert {each.state for each in visits(wang).values()} == {"recorded"}


def test_an_accepted_case_comes_back_accepted(zhang: Laptop, wang: Laptop) -> None:
    draft = CaseDraft(title="楼道堆物", category="C0506")
    zhang.database.write(lambda tx: report_case(tx, draft, day="20261123"))
    zhang.sync()
    wang.sync()
    (case_id,) = all_of(wang, Case)
    wang.database.write(decide_case, case_id, "accepted")
    wang.sync()
    zhang.sync()
    (case,) = all_of(zhang, Case).values()
    assert (case.state, case.reviewer_name) == ("accepted", "王芳")


def test_a_worker_sees_only_his_own_grid(centre: Centre, zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    li = centre.laptop("li")
    add(li, "李建国")
    li.sync()
    zhang.sync()
    assert (names(li), names(zhang)) == (["李建国"], ["王秀兰"])


def test_nothing_new_is_one_request(zhang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    zhang.line.calls.clear()
    zhang.sync()
    assert zhang.line.calls == ["PullRequest"]


def test_the_same_field_changed_twice_keeps_both_values(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(zhang, person, note="甲")
    change(wang, person, note="乙")
    zhang.sync()
    wang.sync()
    (question,) = asked(wang)
    (conflict,) = question.conflicts
    assert (conflict.base, conflict.server, conflict.incoming) == ("", "甲", "乙")
    assert (conflict.server_actor, people(wang)[person].note) == (zhang.user_id, "甲")
    assert_consistent(wang.database)


def test_who_goes_on_editing_after_a_conflict_continues_it(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(zhang, person, note="甲")
    zhang.sync()
    change(wang, person, note="乙")
    sync_with_work(wang, lambda: change(wang, person, note="丙"))
    assert people(wang)[person].note == "丙"
    assert_consistent(wang.database)
    wang.sync()
    assert people(wang)[person].note == "甲"
    assert centre.rows("SELECT server, incoming, trail, state FROM conflict") == [
        ('"甲"', '"丙"', '["乙"]', "open")
    ]
    change(wang, person, note="丙")
    wang.sync()
    assert people(wang)[person].note == "丙"
    assert centre.rows("SELECT state FROM conflict") == [("settled",)]
    assert_consistent(wang.database)


def test_different_fields_changed_at_once_are_both_kept(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(zhang, person, note="甲")
    change(wang, person, phones=("13800138000",))
    zhang.sync()
    wang.sync()
    zhang.sync()
    for laptop in (zhang, wang):
        merged = people(laptop)[person]
        assert (merged.note, merged.phones) == ("甲", ("13800138000",))
        assert asked(laptop) == []


def test_the_same_words_in_another_spelling_are_no_conflict(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang, note="e\u0301tage")
    zhang.sync()
    wang.sync()
    change(zhang, person, note="\u00e9tage ")
    change(wang, person, note="二楼")
    zhang.sync()
    wang.sync()
    zhang.sync()
    assert asked(wang) == asked(zhang) == []
    assert people(zhang)[person].note == people(wang)[person].note == "二楼"
    change(zhang, person, note="")
    change(wang, person, note="")
    zhang.sync()
    wang.sync()
    assert asked(wang) == []
    assert_consistent(wang.database)


def test_phones_in_another_order_are_another_value(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang, phones=("13800138000", "13900139000"))
    zhang.sync()
    wang.sync()
    change(zhang, person, phones=("13900139000", "13800138000"))
    change(wang, person, phones=("13800138000",))
    zhang.sync()
    wang.sync()
    (question,) = asked(wang)
    assert question.conflicts[0].server == ["13900139000", "13800138000"]


def test_a_refused_step_keeps_the_words_and_falls_back(zhang: Laptop, wang: Laptop) -> None:
    visited = visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    zhang.database.write(lambda tx: tx.delete(Visit, visited, why="撤销"))
    wang.database.write(return_visit, visited, "请补充")
    zhang.sync()
    wang.sync()
    (question,) = asked(wang)
    assert question.code == "held"
    assert question.operation.set["review_remark"] == ("", "请补充")


def test_a_deletion_of_what_others_have_changed_is_held_and_the_record_returns(
    zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(wang, person, note="王芳写的")
    wang.sync()
    zhang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    assert names(zhang) == []
    zhang.sync()
    assert people(zhang)[person].note == "王芳写的"
    assert [(question.code, question.reason) for question in asked(zhang)] == [("held", "edited")]


def test_a_record_made_and_withdrawn_before_it_was_sent_leaves_no_trace(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    wang.sync()
    person = add(zhang)
    change(zhang, person, note="改")
    zhang.database.write(lambda tx: tx.delete(Resident, person, why="录错"))
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == []
    assert counts(zhang) == (0, 3, 0, 0)
    assert asked(zhang) == []
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT * FROM hidden")) == []
    assert centre.store.read(check) == []


def test_a_record_withdrawn_while_it_is_on_its_way_goes_at_the_next_exchange(
    zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    sync_with_work(zhang, lambda: zhang.database.write(lambda tx: tx.delete(Resident, person, why="录错")))
    assert names(zhang) == []
    assert_consistent(zhang.database)
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == []
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT * FROM hidden")) == []


def test_groups_stay_whole_at_the_limits_of_a_request(
    zhang: Laptop, wang: Laptop, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = (1, 3, 50, 2, 7, 1, 50)
    for size in sizes:
        add_group(zhang, size)
    zhang.line.on_the_way_back = lambda reply: shrink(reply, 9)
    monkeypatch.setattr(exchange, "PUSH_BYTES", 3_000)
    zhang.sync()
    pushes = [request for request in zhang.line.requests if isinstance(request, PushRequest)]
    assert len(pushes) > 4
    for request in pushes:
        first, last = decode_operation(request.ops[0]).group, decode_operation(request.ops[-1]).group
        assert first is None or first.index == 0
        assert last is None or last.index == last.size - 1
    wang.sync()
    assert len(people(wang)) == sum(sizes)
    assert centre.store.read(check) == []


def add_group(laptop: Laptop, size: int) -> None:
    """So many residents in one action."""
    laptop.database.write(
        lambda tx: tx.create_many([(tx.new_id(), Resident(name="居民")) for _ in range(size)])
    )


def shrink(reply: object, max_ops: int) -> object:
    """The same reply of a centre that wants to hear less at a time."""
    if not isinstance(reply, PushReply):
        return reply
    return PushReply(
        results=reply.results, last_seq=reply.last_seq, chain=reply.chain, pace=Pace(max_ops=max_ops)
    )


def test_what_is_too_large_for_the_centre_is_refused_while_its_author_looks(
    zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang)
    before = operations(zhang.database)
    with pytest.raises(Problem, match="record_too_large") as raised:
        change(zhang, person, note="长" * 30_000)
    assert raised.value.values["limit"] == 24 * 1024
    with pytest.raises(Problem, match="record_too_large"):
        add(zhang, note="长" * 30_000)
    with pytest.raises(Problem, match="operation_too_large"):
        zhang.database.write(lambda tx: tx.delete(Resident, person, why="长" * 30_000))
    assert operations(zhang.database) == before
    assert names(zhang) == ["王秀兰"]
    change(zhang, person, note="短")
    zhang.sync()
    wang.sync()
    assert people(wang)[person].note == "短"


def test_a_field_of_a_newer_program_survives_the_round_trip(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    record_as_newer(zhang, "resident", person, "patch", set={"shoe_size": (None, 41)})
    zhang.sync()
    wang.sync()
    change(wang, person, note="改")
    wang.sync()
    fresh = centre.laptop("wang")
    fresh.sync()
    found = document(fresh.database, "resident", person)
    assert found is not None
    assert (found["shoe_size"], found["note"]) == (41, "改")


def test_records_of_a_kind_of_a_newer_program_come_and_go(
    zhang: Laptop, wang: Laptop, centre: Centre
) -> None:
    def kept(reader: Reader) -> list[tuple[str, ...]]:
        return reader.rows_of("SELECT kind, id, scope FROM extra")

    wang.sync()
    record_as_newer(zhang, "pet", "pet-1", "create", values={"name": "旺财"})
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == [("pet", "pet-1", GRID_3)]
    record_as_newer(zhang, "pet", "pet-1", "delete", why="送人")
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == []
    record_as_newer(zhang, "pet", "pet-1", "undelete")
    zhang.sync()
    wang.sync()
    assert look(wang.database, kept) == [("pet", "pet-1", GRID_3)]
    centre.withdraw(wang, GRID_3)
    wang.sync()
    assert look(wang.database, kept) == []
