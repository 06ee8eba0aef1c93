"""Roles: who may write what, and that nobody who only looks may write at all."""

import pytest

from gridworker.domain.cases import Case
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import fields_of
from gridworker.domain.residents import Resident
from gridworker.domain.roles import ROLES, may_write
from gridworker.domain.visits import REVIEWERS, Visit


def test_roles_write_kinds_that_exist() -> None:
    for role in ROLES.values():
        assert role.writes <= KINDS.keys()
        assert ROLES[role.id] is role
        assert role.label


def test_every_kind_can_be_written_by_somebody() -> None:
    # Disputes are the centre's own records: people decide about them.
    assert {kind for role in ROLES.values() for kind in role.writes} == KINDS.keys() - {"dispute"}


def test_the_reviewers_are_the_roles_that_review() -> None:
    assert set(REVIEWERS) == {role.id for role in ROLES.values() if role.reviews}


def test_fields_are_kept_for_roles_that_exist_and_may_write_their_kind() -> None:
    for kind in KINDS.values():
        for field in fields_of(kind).values():
            assert set(field.roles) <= ROLES.keys()
            assert all(kind.kind in ROLES[role].writes for role in field.roles)


@pytest.mark.parametrize("role", ["it_admin", "auditor", "", "of_a_newer_server"])
def test_who_only_looks_writes_nothing(role: str) -> None:
    for kind in KINDS.values():
        assert not any(may_write(role, kind, field) for field in [*fields_of(kind), "new_field"])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("field", ["review_remark", "reviewer_name", "reviewed_ms"])
def test_only_reviewers_write_what_a_review_says(role: str, field: str) -> None:
    assert may_write(role, Visit, field) == (role in REVIEWERS)


def test_a_worker_writes_her_own_words_and_a_field_of_a_newer_program() -> None:
    assert may_write("grid_worker", Visit, "note")
    assert may_write("grid_worker", Case, "text")
    assert not may_write("grid_worker", Case, "remark")
    assert may_write("grid_worker", Resident, "field_of_a_newer_program")
    assert not may_write("grid_worker", KINDS["area"], "name")
