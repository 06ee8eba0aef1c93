"""Clocks: when something really happened, by the author's clock and what he knows of its error."""

from typing import NamedTuple

from gridworker.wire.envelope import Operation

MAX_AGE_MS = 14 * 86_400_000
"""How long a comparison with the centre's time says something of a clock."""
SLACK_MS = 5 * 60_000
"""Nothing happens later than it arrives, by more than clocks differ."""


class Moment(NamedTuple):
    """When an operation was meant (ms UTC), and whether that is sure enough to prefer its value."""

    at_ms: int
    good: bool


def moment_of(op: Operation | None, received_ms: int) -> Moment:
    """The author's time corrected by his last comparison; the time of arrival where that says nothing."""
    if op is None or op.clock is None or not 0 <= op.clock.age_ms <= MAX_AGE_MS:
        return Moment(received_ms, False)
    at_ms = op.wall_ms + op.clock.offset_ms
    # What comes from the future comes from a clock that jumped.
    good = 0 < at_ms <= received_ms + SLACK_MS
    return Moment(min(at_ms, received_ms), True) if good else Moment(received_ms, False)
