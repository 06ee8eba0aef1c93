"""Clocks: a value is shown before another one only where both clocks are known; none wins for good."""

import pytest

from gridworker.server.clocks import MAX_AGE_MS, SLACK_MS, Moment, moment_of
from gridworker.wire.envelope import ClockReading, Operation
from tests.server.laptop import Centre, Laptop
from tests.server.matters import body_of, decide, disputes, two_workers

NOW = 1_764_000_000_000
A_DAY = 86_400_000


def at(wall_ms: int, offset_ms: int | None, age_ms: int = 1000) -> Moment:
    """When something was meant that arrives now."""
    clock = ClockReading(offset_ms, age_ms) if offset_ms is not None else None
    op = Operation(
        op_id="o",
        actor="u",
        device="d",
        wall_ms=wall_ms,
        kind="resident",
        id="r",
        scope="g",
        verb="patch",
        clock=clock,
    )
    return moment_of(op, NOW)


def test_a_clock_that_was_compared_lately_is_corrected() -> None:
    assert at(NOW - A_DAY, 5000) == Moment(NOW - A_DAY + 5000, True)


@pytest.mark.parametrize(
    "moment",
    [
        at(NOW, None),
        at(NOW, 0, MAX_AGE_MS + 1),
        at(NOW, 0, -1),
        at(4_070_908_800_000, 0),
        at(4_070_908_800_000, 0, 4_070_908_800_000 - NOW),
        at(-NOW, 0),
        at(NOW, SLACK_MS + 1),
        at(NOW, 1 << 62),
    ],
)
def test_a_clock_that_may_have_jumped_says_nothing(moment: Moment) -> None:
    assert moment == Moment(NOW, False)


def fresh_conflict(centre: Centre, mine_ms: int, age_ms: int = 1000) -> tuple[Laptop, Laptop]:
    """Two workers with other phone numbers; the second one's clock says that he was told at `mine_ms`."""
    one, other = two_workers(centre)
    now = centre.clock()
    good = ClockReading(0, 1000)
    one.do("patch", "r1", set={"phones": (["13800000000"], ["1"])}, wall_ms=now, clock=good)
    change = {"phones": (["13800000000"], ["2"])}
    result = other.do("patch", "r1", set=change, wall_ms=now + mine_ms, clock=ClockReading(0, age_ms))
    assert (result.code, result.conflicts[0].server) == ("conflict", ["1"])
    return one, other


def test_the_surely_later_phone_number_is_shown_until_somebody_decides(centre: Centre) -> None:
    one, _ = fresh_conflict(centre, 500)
    assert body_of(centre, "r1")["phones"] == ["2"]
    [(matter, found)] = disputes(centre).items()
    assert (found.state, found.why, found.made_sure) == ("open", "fresh", True)
    assert decide(one, matter, "server", set={"phones": (["2"], ["1"])}).code == "applied"
    assert body_of(centre, "r1")["phones"] == ["1"]


def test_an_earlier_phone_number_is_not_shown(centre: Centre) -> None:
    fresh_conflict(centre, -500)
    assert body_of(centre, "r1")["phones"] == ["1"]


def test_a_clock_in_2099_wins_nothing(centre: Centre) -> None:
    """§4.7: last write wins with a wrong clock."""
    years = 70 * 365 * A_DAY
    one, _ = fresh_conflict(centre, years, age_ms=years)
    assert body_of(centre, "r1")["phones"] == ["1"]
    rows = centre.rows("SELECT clock_good, event_ms <= recv_ms FROM op_log ORDER BY n")
    assert [tuple(map(bool, row)) for row in rows] == [(False, True), (True, True), (False, True)]
    assert one.do("patch", "r1", set={"note": ("住二楼", "三楼")}).code == "applied", "others go on"


def test_who_goes_on_from_a_value_that_is_shown_has_not_decided_about_the_other(centre: Centre) -> None:
    _, other = fresh_conflict(centre, 500)
    assert other.do("patch", "r1", set={"phones": (["2"], ["3"])}).code == "applied"
    assert [found.state for found in disputes(centre).values()] == ["open"]


def test_fields_that_do_not_age_never_follow_a_clock(centre: Centre) -> None:
    one, other = two_workers(centre)
    now, good = centre.clock(), ClockReading(0, 1000)
    one.do("patch", "r1", set={"note": ("住二楼", "甲")}, wall_ms=now, clock=good)
    other.do("patch", "r1", set={"note": ("住二楼", "乙")}, wall_ms=now + 500, clock=good)
    assert body_of(centre, "r1")["note"] == "甲"
