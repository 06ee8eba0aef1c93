"""Disputes: what may be decided about each sort, and that every word of it is in a table."""

import pytest

from gridworker.domain.choices import CHOICES
from gridworker.domain.disputes import SIDES, VERDICTS, Dispute, choices_of
from gridworker.domain.records import RecordId, fields_of, parents_of
from gridworker.domain.roles import ROLES


@pytest.mark.parametrize("sort", [choice.code for choice in CHOICES["dispute_sort"]])
def test_something_may_be_decided_about_every_sort(sort: str) -> None:
    assert choices_of(sort)
    assert set(choices_of(sort)) <= {choice.code for choice in CHOICES["dispute_choice"]}


def test_every_choice_has_its_word() -> None:
    assert {choice.code for choice in CHOICES["dispute_choice"]} == {*SIDES, *VERDICTS}


def test_nobody_may_write_a_dispute() -> None:
    assert not any(Dispute.kind in role.writes for role in ROLES.values())


def test_a_dispute_goes_where_its_record_goes_and_one_that_is_told_to_a_person_stays() -> None:
    assert parents_of(Dispute, {"target_id": "r1"}) == ("r1",)
    assert parents_of(Dispute, {"target_id": "", "pair": ["a", "b"]}) == ()


def test_values_of_any_shape_are_kept() -> None:
    dispute = Dispute(
        sort="conflict",
        target_kind="resident",
        target_id=RecordId("r1"),
        opened_ms=1,
        state="open",
        base=["1"],
        incoming={"a": [None, True]},
    )
    assert (dispute.base, dispute.incoming, dispute.server) == (["1"], {"a": [None, True]}, None)
    assert fields_of(Dispute)["sort"].choices == "dispute_sort"
