"""A quarter of the simulated worlds: laptops, a centre and faults keep every promise."""

import pytest

from tests.faults.simulator.run import simulate
from tests.faults.worlds import SECOND


@pytest.mark.parametrize("seed", SECOND)
def test_a_world_of_laptops_and_faults_keeps_every_promise(seed: int) -> None:
    assert simulate(seed).violation == ""
