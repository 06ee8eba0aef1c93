"""A quarter of the simulated worlds: laptops, a centre and faults keep every promise."""

import pytest

from tests.faults.worlds import FOURTH, assert_met_every_fault, outcome_of


@pytest.mark.parametrize("seed", FOURTH)
def test_a_world_of_laptops_and_faults_keeps_every_promise(seed: int) -> None:
    assert outcome_of(seed).violation == ""


@pytest.mark.timeout(600)
def test_these_worlds_meet_every_fault_there_is() -> None:
    assert_met_every_fault(FOURTH)
