"""The merge by itself: one operation, one record, and no value is ever lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.roles import ROLES
from gridworker.domain.transitions import TRANSITIONS, legal
from gridworker.server.merge import apply_operation
from gridworker.server.outcomes import Attempt, Clash, Entity, OpenConflict, Outcome
from gridworker.server.values import canonical, rule_of, same
from gridworker.wire.envelope import Operation

ME, OTHER = "zhang", "li"
DOCUMENT = {"name": "安宁", "phones": ["13800000000"], "note": "住三楼"}


def op(verb: Any, kind: str = "resident", **more: Any) -> Operation:
    """An operation of mine."""
    named: dict[str, Any] = {"op_id": "op", "actor": ME, "device": "d", "id": "r1", "scope": "g:a"}
    return Operation(kind=kind, verb=verb, wall_ms=1, **named, **more)


def entity(body: dict[str, Any], kind: str = "resident", author: str = ME, **more: Any) -> Entity:
    """A record that its author alone has written."""
    return Entity(id="r1", kind=kind, scope="g:a", body=body, author=author, editor=author, **more)


def decide(
    operation: Operation, before: Entity | None, role: str | None = "grid_worker", **more: Any
) -> Outcome:
    """What becomes of it."""
    return apply_operation(Attempt(op=operation, entity=before, role=role, **more))


def patched(changes: dict[str, tuple[Any, Any]], body: dict[str, Any] = DOCUMENT, **more: Any) -> Outcome:
    """What becomes of a patch of a resident."""
    return decide(op("patch", set=changes), entity(body), **more)


def after(outcome: Outcome) -> dict[str, Any]:
    """The document that an operation left."""
    assert outcome.entity is not None
    return outcome.entity.body


def test_a_field_that_nobody_touched_takes_the_new_value() -> None:
    outcome = patched({"note": ("住三楼", "住四楼")})
    assert outcome.code == "applied"
    assert after(outcome) == {**DOCUMENT, "note": "住四楼"}


def test_a_field_that_already_says_so_is_no_change() -> None:
    assert patched({"note": ("住二楼", "住三楼 ")}).code == "noop"


def test_two_writers_of_one_field_leave_three_values_and_overwrite_nothing() -> None:
    outcome = patched({"note": ("住二楼", "住四楼")})
    assert (outcome.code, outcome.entity) == ("conflict", None)
    assert outcome.clashes == (
        Clash(field="note", base="住二楼", server="住三楼", incoming="住四楼", why="concurrent"),
    )


def test_the_other_fields_of_an_operation_in_conflict_are_taken() -> None:
    outcome = patched({"note": ("住二楼", "住四楼"), "phones": (["13800000000"], ["13900000000"])})
    assert outcome.code == "conflict"
    assert after(outcome) == {**DOCUMENT, "phones": ["13900000000"]}


def test_nothing_empty_and_the_default_are_the_same() -> None:
    assert patched({"sex": (None, "male")}).code == "applied"
    assert patched({"sex": ("", "male")}).code == "applied"
    assert patched({"address": (None, "幸福里1号")}).code == "applied"
    assert patched({"lives_alone": (None, True)}).code == "applied"
    assert patched({"status": ("active", "")}).code == "noop"


def test_an_emptied_field_is_left_out_of_the_document() -> None:
    assert "note" not in after(patched({"note": ("住三楼", None)}))


def test_text_is_compared_in_one_normal_form() -> None:
    assert patched({"name": ("e\u0301va", "Eva")}, {"name": "\u00e9va "}).code == "applied"


def test_true_is_not_one() -> None:
    assert canonical([1]) != canonical([True])


def test_a_derived_field_goes_to_the_last_writer_without_a_word() -> None:
    outcome = patched({"id_state": ("missing", "format_bad")}, {"name": "安宁", "id_state": "ok"})
    assert outcome.code == "applied"
    assert after(outcome)["id_state"] == "format_bad"


def test_sets_keep_what_both_added_and_drop_what_one_removed() -> None:
    before = entity({"resident_id": "r", "groups": ["a", "c"]}, "care_profile")
    outcome = decide(op("patch", "care_profile", set={"groups": (["a", "b"], ["b", "d"])}), before)
    assert outcome.code == "applied"
    assert after(outcome)["groups"] == ["c", "d"]


def test_a_field_of_a_newer_program_is_kept_and_merged() -> None:
    outcome = patched({"blood_type": (None, "O"), "note": ("住三楼", "")}, {**DOCUMENT, "shoe_size": 41})
    assert after(outcome) == {"name": "安宁", "phones": ["13800000000"], "shoe_size": 41, "blood_type": "O"}


def test_a_kind_of_a_newer_program_is_kept_and_merged() -> None:
    created = decide(op("create", "drone", values={"a": 1}), None)
    assert after(created) == {"a": 1}
    assert decide(op("patch", "drone", set={"a": (1, 2)}), entity({"a": 3}, "drone")).code == "conflict"


def test_a_document_that_no_program_could_read_is_held() -> None:
    assert decide(op("create", values={"name": 7}), None).reason == "schema"
    assert decide(op("create", values={}), None).reason == "schema"
    assert patched({"phones": (["13800000000"], "13900000000")}).reason == "schema"


def test_a_record_is_not_created_twice() -> None:
    assert decide(op("create", values=DOCUMENT), entity(DOCUMENT)).reason == "exists"
    assert decide(op("create", values=DOCUMENT), entity(DOCUMENT, deleted=True)).reason == "exists"


def test_without_a_grant_everything_is_held() -> None:
    assert decide(op("create", values=DOCUMENT), None, None).reason == "scope"
    assert patched({"note": ("住三楼", "")}, role=None).reason == "scope"


def test_a_role_writes_only_its_kinds() -> None:
    assert decide(op("create", values=DOCUMENT), None, "it_admin").reason == "role"
    assert decide(op("create", "area", values={"level": "grid", "name": "n"}), None).reason == "role"
    assert decide(op("create", "drone", values={}), None, "auditor").reason == "role"


def test_an_unknown_record_is_missing_and_a_deleted_one_deleted() -> None:
    assert decide(op("patch", set={}), None).reason == "missing"
    gone = entity(DOCUMENT, deleted=True)
    assert decide(op("patch", set={"note": ("住三楼", "")}), gone).reason == "deleted"
    assert decide(op("transition", source="a", target="b"), gone).reason == "deleted"


VISIT = {"resident_ids": ["r"], "visited_ms": 1, "method": "home", "outcome": "met"}


def visit(author: str = ME, **more: Any) -> Entity:
    """A visit of mine."""
    return entity({**VISIT, **more}, "visit", author)


def step(source: str, target: str, kind: str = "visit", **changes: tuple[Any, Any]) -> Operation:
    """A transition with the fields it brings."""
    return op("transition", kind, source=source, target=target, set=changes)


def test_a_visit_is_appended_and_never_patched() -> None:
    assert decide(op("append", "visit", values=VISIT), None).code == "applied"
    assert decide(op("patch", "visit", set={"note": (None, "x")}), visit()).reason == "state"


def test_a_leader_returns_a_visit_with_a_remark_and_the_worker_hands_it_in_again() -> None:
    returned = decide(step("recorded", "returned", review_remark=("", "请补充")), visit(), "grid_leader")
    assert returned.entity is not None
    assert (after(returned)["state"], after(returned)["review_remark"]) == ("returned", "请补充")
    again = decide(step("returned", "recorded", note=("", "已补充")), returned.entity)
    assert after(again)["note"] == "已补充"
    assert "state" not in after(again), "the first state is the default"


def test_a_return_without_a_remark_is_held() -> None:
    assert decide(step("recorded", "returned"), visit(), "grid_leader").reason == "state"


def test_a_worker_cannot_accept_his_own_visit() -> None:
    assert decide(step("recorded", "accepted"), visit()).reason == "role"


def test_a_step_from_a_state_that_has_passed_is_held() -> None:
    case = entity({"title": "t", "category": "c", "found_ms": 1, "state": "accepted"}, "case")
    assert decide(step("reported", "cancelled", "case"), case).reason == "state"
    assert decide(step("accepted", "reported", "case"), case).reason == "state"


def test_a_second_reviewer_fills_gaps_and_his_other_words_are_a_conflict() -> None:
    before = visit(state="returned", review_remark="请补充")
    same_words = step("recorded", "returned", review_remark=("", "请补充"), reviewer_name=("", "王芳"))
    first = decide(same_words, before, "grid_leader")
    assert (first.code, after(first)["reviewer_name"]) == ("noop", "王芳")
    other_words = step("recorded", "returned", review_remark=("", "请核实"))
    second = decide(other_words, before, "grid_leader")
    assert (second.code, second.clashes[0].incoming) == ("conflict", "请核实")


def test_a_transition_brings_no_field_that_the_role_may_not_write() -> None:
    own_words = step("returned", "recorded", review_remark=("", "我自己"))
    outcome = decide(own_words, visit(state="returned"))
    assert [(one.field, one.why) for one in outcome.clashes] == [("review_remark", "not_allowed")]
    assert "review_remark" not in after(outcome)


def test_a_patch_cannot_move_a_state() -> None:
    case = entity({"title": "t", "category": "c", "found_ms": 1}, "case")
    outcome = decide(op("patch", "case", set={"state": ("reported", "closed")}), case, "grid_leader")
    assert [(one.field, one.why) for one in outcome.clashes] == [("state", "not_allowed")]
    assert outcome.entity is None


@pytest.mark.parametrize(
    "state, role, reason",
    [
        ("reported", "grid_worker", ""),
        ("self_solved", "grid_worker", ""),
        ("accepted", "grid_worker", "state"),
        ("closed", "grid_leader", "state"),
        ("accepted", "grid_leader", ""),
    ],
)
def test_a_case_begins_where_one_step_of_its_author_leads(state: str, role: str, reason: str) -> None:
    values = {"title": "t", "category": "c", "found_ms": 1, "state": state}
    assert decide(op("create", "case", values=values), None, role).reason == reason


def test_a_new_record_leaves_out_fields_of_other_roles_and_keeps_their_values() -> None:
    values = {"title": "t", "category": "c", "found_ms": 1, "remark": "同意"}
    outcome = decide(op("create", "case", values=values), None)
    assert "remark" not in after(outcome)
    kept = [(one.field, one.incoming, one.why) for one in outcome.clashes]
    assert kept == [("remark", "同意", "not_allowed")]


def test_a_worker_deletes_what_only_he_has_written() -> None:
    mine = decide(op("delete"), entity(DOCUMENT))
    assert mine.entity is not None
    assert (mine.code, mine.entity.deleted) == ("applied", True)
    assert decide(op("delete"), entity(DOCUMENT, author="")).reason == "edited"
    assert decide(op("delete"), entity(DOCUMENT, author=OTHER)).reason == "role"


def test_a_second_writer_ends_the_first_ones_sole_authorship() -> None:
    changed = decide(op("patch", set={"note": ("住三楼", "住四楼")}), entity(DOCUMENT, author=OTHER))
    assert changed.entity is not None
    assert (changed.entity.author, changed.entity.editor) == ("", ME)


def test_a_leader_deletes_unless_somebody_wrote_meanwhile() -> None:
    others = entity(DOCUMENT, author=OTHER, rev_seq=7)
    assert decide(op("delete"), others, "grid_leader", base_seq=7).code == "applied"
    assert decide(op("delete"), others, "grid_leader", base_seq=6).reason == "edited"


def test_only_an_undelete_brings_a_record_back() -> None:
    gone = entity(DOCUMENT, deleted=True)
    back = decide(op("undelete"), gone)
    assert back.entity is not None
    assert not back.entity.deleted
    assert decide(op("undelete"), entity(DOCUMENT, author=OTHER, deleted=True)).reason == "role"
    assert decide(op("undelete"), entity(DOCUMENT)).code == "noop"
    assert decide(op("delete"), gone).code == "noop"


def conflict(incoming: Any, actor: str = ME) -> OpenConflict:
    """An open conflict about the note."""
    return OpenConflict(id="c1", field="note", incoming=incoming, actor=actor)


def test_an_author_who_goes_on_in_a_conflict_continues_it() -> None:
    outcome = patched({"note": ("住四楼", "住五楼")}, conflicts=[conflict("住四楼")])
    assert [(one.chained, one.incoming) for one in outcome.clashes] == [("c1", "住五楼")]


def test_somebody_else_opens_his_own_conflict() -> None:
    outcome = patched({"note": ("住四楼", "住五楼")}, conflicts=[conflict("住四楼", OTHER)])
    assert [one.chained for one in outcome.clashes] == [None]


def test_a_conflict_is_settled_when_its_value_wins_or_its_author_agrees() -> None:
    assert patched({"note": ("住三楼", "住四楼")}, conflicts=[conflict("住四楼", OTHER)]).settled == ("c1",)
    assert patched({"note": ("住四楼", "住三楼")}, conflicts=[conflict("住四楼")]).settled == ("c1",)
    assert patched({"note": ("住四楼", "住三楼")}, conflicts=[conflict("住四楼", OTHER)]).settled == ()


# ------------------------------------------------------------------------------------------------ properties

STATES = {
    kind: sorted({s for step in steps for s in (step.source, step.target)})
    for kind, steps in TRANSITIONS.items()
}
BEGUN = {"visit": VISIT, "case": {"title": "t", "category": "c", "found_ms": 1}}


@given(st.data())
def test_every_step_from_every_state_by_every_role_has_one_outcome(data: st.DataObject) -> None:
    """The table is total: whatever is asked, the state is that of a legal step, or nothing has moved."""
    kind = data.draw(st.sampled_from(sorted(TRANSITIONS)))
    state, source, target = (data.draw(st.sampled_from([*STATES[kind], "unheard_of"])) for _ in range(3))
    role = data.draw(st.sampled_from([*ROLES, None]))
    words = {
        "note" if kind == "visit" else "text": ("", "话"),
        "remark": ("", "x"),
        "review_remark": ("", "x"),
    }
    words = {**words, "result": ("", "好")} if kind == "case" else words
    before = entity({**BEGUN[kind], "state": state}, kind)
    outcome = decide(step(source, target, kind, **words), before, role)
    assert outcome.code in ("applied", "noop", "conflict", "held")
    now = state if outcome.entity is None else after(outcome).get("state", STATES_FIRST[kind])
    if now == state:
        return
    taken = legal(kind, state, target)
    assert (now, taken is not None and role in taken.roles) == (target, True)
    assert taken is not None
    assert state == source or taken.rebaseable


STATES_FIRST = {"visit": "recorded", "case": "reported"}

WORDS = st.sampled_from(["", "甲", "乙", "丙", " 甲", None])
FIELDS = st.sampled_from(["note", "address", "place", "blood_type"])
BODIES = st.dictionaries(FIELDS, WORDS.filter(bool), max_size=4).map(lambda body: {"name": "安宁", **body})
CHANGES = st.dictionaries(FIELDS, st.tuples(WORDS, WORDS), max_size=4)


@given(BODIES, CHANGES)
def test_no_value_is_lost(body: dict[str, Any], changes: dict[str, tuple[Any, Any]]) -> None:
    outcome = patched(changes, body)
    result = after(outcome) if outcome.entity else body
    for field in {*body, *changes}:
        rule = rule_of("resident", field)
        meant = [body.get(field), *(changes[field][1:] if field in changes else ())]
        kept = [result.get(field), *(one.old for one in outcome.changes if one.field == field)]
        clashes = [one for one in outcome.clashes if one.field == field]
        kept += [value for one in clashes for value in (one.server, one.incoming)]
        assert all(any(same(value, one, rule) for one in kept) for value in meant)


@given(BODIES, CHANGES)
def test_a_change_counts_once_however_often_it_is_decided(
    body: dict[str, Any], changes: dict[str, tuple[Any, Any]]
) -> None:
    once = patched(changes, body)
    first = after(once) if once.entity else body
    twice = patched(changes, first)
    assert twice.entity is None or after(twice) == first
    assert {one.field for one in twice.clashes} == {one.field for one in once.clashes}


@given(BODIES, CHANGES, CHANGES)
def test_changes_of_different_fields_commute(
    body: dict[str, Any], one: dict[str, tuple[Any, Any]], other: dict[str, tuple[Any, Any]]
) -> None:
    other = {field: pair for field, pair in other.items() if field not in one}
    assert run(body, one, other) == run(body, other, one)


def run(body: dict[str, Any], *many: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The document after several patches."""
    for changes in many:
        outcome = patched(changes, body)
        body = after(outcome) if outcome.entity else body
    return body


SETS = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)


@given(SETS, SETS, SETS)
def test_sets_add_and_remove_what_their_author_meant(
    current: list[str], old: list[str], new: list[str]
) -> None:
    before = entity({"resident_id": "r", "groups": current}, "care_profile")
    outcome = decide(op("patch", "care_profile", set={"groups": (old, new)}), before)
    result = set(after(outcome).get("groups", [])) if outcome.entity else set(current)
    assert outcome.clashes == ()
    if not same(current, new, rule_of("care_profile", "groups")):
        assert result == (set(current) - (set(old) - set(new))) | (set(new) - set(old))


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(DOCUMENTS)
def test_a_value_is_the_same_as_itself_after_a_journey(value: Any) -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(value)) if encodable(value) else value
    assert canonical(travelled) == canonical(value)


def encodable(value: Any) -> bool:
    """Whether a value can travel at all."""
    try:
        msgspec.json.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return False
    return True
