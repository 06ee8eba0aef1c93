"""The state machines: tables that agree with the choices, the roles and the fields of their kinds."""

import pytest

from gridworker.domain.choices import CHOICES
from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, fields_of
from gridworker.domain.roles import ROLES, may_write
from gridworker.domain.transitions import TRANSITIONS, Transition, legal, steps_from

STEPS = [(kind, step) for kind, steps in TRANSITIONS.items() for step in steps]
FINAL = {"visit": set(), "case": {"closed", "cancelled", "refused"}}


def state_field(kind: type[Record]) -> str | None:
    """The field that a state machine moves."""
    return next((name for name, field in fields_of(kind).items() if field.merge is Merge.STATE), None)


def states(kind: str) -> set[str]:
    """Every state that a record of this kind may have."""
    name = state_field(KINDS[kind])
    assert name is not None
    table = fields_of(KINDS[kind])[name].choices
    assert table is not None
    return {choice.code for choice in CHOICES[table]}


def first(kind: str) -> str:
    """The state in which a record begins."""
    return {"visit": "recorded", "case": "reported"}[kind]


def test_exactly_the_kinds_with_a_state_have_a_table() -> None:
    assert TRANSITIONS.keys() == {name for name, kind in KINDS.items() if state_field(kind)}


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_every_step_is_between_states_that_people_have_words_for(kind: str, step: Transition) -> None:
    assert {step.source, step.target} <= states(kind)
    assert step.source != step.target
    assert step.label


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_every_step_can_be_taken_by_roles_that_may_write_what_it_must_bring(
    kind: str, step: Transition
) -> None:
    assert step.roles
    assert set(step.roles) <= ROLES.keys()
    assert set(step.required) <= fields_of(KINDS[kind]).keys()
    for role in step.roles:
        assert kind in ROLES[role].writes
        assert all(may_write(role, KINDS[kind], field) for field in step.required)


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_there_is_one_step_between_two_states(kind: str) -> None:
    pairs = [(step.source, step.target) for step in TRANSITIONS[kind]]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_the_table_answers_for_every_pair_of_states(kind: str) -> None:
    known = {(step.source, step.target): step for step in TRANSITIONS[kind]}
    for source in states(kind):
        for target in states(kind):
            assert legal(kind, source, target) is known.get((source, target))


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_every_state_of_the_table_is_reached_from_the_first_one(kind: str) -> None:
    reached, rest = {first(kind)}, list(TRANSITIONS[kind])
    for _ in rest:
        reached |= {step.target for step in rest if step.source in reached}
    assert {state for step in rest for state in (step.source, step.target)} <= reached


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_nothing_is_stuck_but_in_a_final_state(kind: str) -> None:
    targets = {step.target for step in TRANSITIONS[kind]}
    sources = {step.source for step in TRANSITIONS[kind]}
    assert targets - sources == FINAL[kind]


@pytest.mark.parametrize("kind", TRANSITIONS)
@pytest.mark.parametrize("role", ROLES)
def test_the_buttons_of_a_card_are_legal_steps(kind: str, role: str) -> None:
    for state in states(kind):
        for step in steps_from(kind, state, role):
            assert legal(kind, state, step.target) is step
            assert role in step.roles


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_what_comes_back_says_why(kind: str, step: Transition) -> None:
    if step.target in ("returned", "sent_back", "refused"):
        assert any("remark" in field for field in step.required)
        assert "grid_worker" not in step.roles


def test_a_kind_or_state_of_a_newer_program_has_no_steps() -> None:
    assert legal("pet", "a", "b") is None
    assert legal("case", "of_a_newer_program", "closed") is None
    assert steps_from("pet", "a", "grid_worker") == ()
