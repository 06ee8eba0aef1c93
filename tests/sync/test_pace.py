"""Waiting between tries: later each time, spread out, bounded, and never sooner than the centre asked."""

from functools import partial
from itertools import pairwise
from operator import truediv

from hypothesis import given
from hypothesis import strategies as st

from gridworker.sync.pace import FIRST_S, LONGEST_S, wait_s

chances = st.floats(0, 1, allow_nan=False)


@given(st.integers(0, 10_000), chances, st.integers(0, 600_000))
def test_a_wait_is_bounded_and_not_sooner_than_asked(failures: int, chance: float, asked_ms: int) -> None:
    waited = wait_s(failures, dice=lambda: chance, asked_ms=asked_ms)
    assert FIRST_S - 1e-6 <= waited - asked_ms / 1000 <= LONGEST_S + 1e-6


@given(st.integers(1, 40), chances)
def test_a_further_failure_never_shortens_the_wait(failures: int, chance: float) -> None:
    assert wait_s(failures + 1, dice=lambda: chance) >= wait_s(failures, dice=lambda: chance)


def test_a_hundred_laptops_that_failed_together_come_back_one_by_one() -> None:
    waits = sorted(wait_s(9, dice=partial(truediv, n, 100)) for n in range(100))
    assert waits[-1] - waits[0] > 400
    assert sum(later - sooner < 0.5 for sooner, later in pairwise(waits)) < 5
