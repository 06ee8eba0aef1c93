"""Worlds of the simulator for the tests: 50 seeds, 10,000 device-days, in four files that processes share."""

from functools import cache

from tests.faults.simulator.run import LONG_RUN, Outcome, add_up, simulate

FIRST, SECOND, THIRD, FOURTH = range(1, 14), range(14, 26), range(26, 39), range(39, 51)


@cache
def outcome_of(seed: int) -> Outcome:
    """What came of one world; several tests look at it."""
    return simulate(seed)


def assert_met_every_fault(seeds: range) -> None:
    """In these worlds together every fault of the tables has really happened."""
    total = add_up([outcome_of(seed) for seed in seeds], 1.0)
    assert total.device_days >= LONG_RUN
    assert total.missing == []
    assert total.good
