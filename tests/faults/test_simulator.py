"""The simulator: a dead injector and a violation are bad, known mistakes are caught, a seed is a run."""

import msgspec
import pytest

from tests.faults.simulator.bugs import BUGS, Bug, seeded
from tests.faults.simulator.run import (
    DEVICE_DAYS,
    EXPECTED,
    LONG_RUN,
    Outcome,
    Total,
    add_up,
    run_seeds,
    simulate,
)

SHORT = 12
"""Days of a world in which a mistake is to be caught."""


def test_a_long_run_fails_where_an_injector_is_dead() -> None:
    dead = Outcome(1, LONG_RUN, 1, {**dict.fromkeys(EXPECTED, 1), "cloned": 0}, {}, {}, "")
    assert add_up([dead], 1.0).missing == ["cloned"]
    assert not add_up([dead], 1.0).good
    assert add_up([msgspec.structs.replace(dead, device_days=DEVICE_DAYS)], 1.0).good


def test_a_run_with_a_violation_is_not_good() -> None:
    whole = Outcome(1, LONG_RUN, 1, dict.fromkeys(EXPECTED, 1), {}, {}, "")
    assert add_up([whole], 1.0).good
    assert not add_up([msgspec.structs.replace(whole, violation="I2")], 1.0).good


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    one, other = simulate(3, days=5), simulate(3, days=5)
    assert one.operations > 50
    assert msgspec.to_builtins(one) == msgspec.to_builtins(other)
    total: Total = run_seeds([3, 4], processes=2, days=5)
    assert total.digests == [one.digest, simulate(4, days=5).digest]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_known_mistake_is_caught_within_its_seeds(bug: Bug) -> None:
    with seeded(bug):
        found = next(
            filter(None, (simulate(seed, days=SHORT).violation for seed in range(1, bug.seeds + 1))), ""
        )
    assert found.startswith(bug.caught), found
