"""The exchange between real laptops and the real centre: what is meant arrives and comes back."""

from gridworker.actions.cases import CaseDraft, report_case
from gridworker.actions.reviews import decide_case, return_visit
from gridworker.actions.visits import resubmit_visit
from gridworker.domain.cases import Case
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server.check import check
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import (
    Centre,
    Laptop,
    add,
    all_of,
    asked,
    change,
    counts,
    names,
    people,
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
