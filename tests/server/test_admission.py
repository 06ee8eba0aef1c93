"""Who is let in: rates of a device, a room with a bounded queue, appointments, the ten-minute window."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.server import admission
from gridworker.server.admission import (
    LIMITS,
    MINUTE_MS,
    WINDOW_MS,
    Bucket,
    Buckets,
    Gate,
    Limits,
    Rate,
    Room,
    device_of,
    next_appointment,
    next_pull_ms,
    place_ms,
    refill,
    wait_ms,
)
from gridworker.server.refusals import Refused
from gridworker.server.replicas import MAX_OPS

A, B = device_of("token-a"), device_of("token-b")
moments = st.integers(0, 4_000_000_000_000)
rates = st.builds(Rate, st.floats(0.1, 100), st.integers(1, 5_000))
SMALL = Limits(requests=Rate(1, 3), operations=Rate(1, 10), at_work=2, waiting=4, patience_ms=10**6)


def taken(buckets: Buckets, device: bytes, amount: int, now_ms: int) -> int | None:
    """None where so much was given, else in how many ms to come again."""
    try:
        buckets.take(device, amount, now_ms)
    except Refused as refused:
        return refused.refusal.retry_after_ms
    return None


# -------------------------------------------------------------------------------------------------- the rates


@given(rates, st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 300)), max_size=60), moments)
def test_no_device_ever_gets_more_than_its_rate(
    rate: Rate, asked: list[tuple[int, int]], start_ms: int
) -> None:
    buckets, now_ms, given_ = Buckets(rate), start_ms, 0
    for later, amount in asked:
        now_ms += later
        wanted = min(amount, rate.burst)
        if taken(buckets, A, amount, now_ms) is None:
            given_ += wanted
        assert given_ <= rate.burst + rate.per_s * (now_ms - start_ms) / 1000 + 1e-6


@given(rates, st.integers(1, 10_000), moments)
def test_who_comes_when_he_was_told_to_is_let_in(rate: Rate, amount: int, now_ms: int) -> None:
    buckets = Buckets(rate)
    buckets.take(A, rate.burst, now_ms)
    later = taken(buckets, A, amount, now_ms)
    assert later is not None
    assert later >= 1_000
    assert taken(buckets, A, amount, now_ms + later) is None


@given(rates, st.floats(0, 5_000), moments, st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_a_wait_is_the_time_until_there_is_enough(
    rate: Rate, level: float, now_ms: int, step: int, amount: int
) -> None:
    bucket = Bucket(min(level, rate.burst), now_ms)
    later = refill(bucket, rate, now_ms + step)
    assert bucket.level <= later.level <= rate.burst
    assert step > 0 or later.level == bucket.level, "a clock that goes back gives nothing"
    wait = wait_ms(bucket, rate, amount)
    assert refill(bucket, rate, now_ms + wait).level >= min(amount, rate.burst) - 1e-6
    assert wait == 0 or refill(bucket, rate, now_ms + wait - 1).level < min(amount, rate.burst) + 1e-6


def test_who_asks_too_often_is_told_so_and_when_to_come() -> None:
    buckets = Buckets(Rate(1, 2))
    buckets.take(A, 2, 0)
    with pytest.raises(Refused) as raised:
        buckets.take(A, 2, 0)
    refusal = raised.value.refusal
    assert (raised.value.status, refusal.code, refusal.retry_after_ms) == (429, "too_often", 2_000)


def test_one_device_that_asks_in_a_loop_takes_nothing_from_another() -> None:
    buckets = Buckets(Rate(10, 20))
    refusals = [taken(buckets, A, 1, now_ms) for now_ms in range(1_000)]
    assert refusals.count(None) == 20 + 9
    assert taken(buckets, B, 1, 1_000) is None


def test_the_limits_are_the_agreed_ones() -> None:
    assert (LIMITS.requests.per_s, LIMITS.operations.burst) == (10, 2_000)
    assert LIMITS.operations.per_s * 60 == pytest.approx(2_000)


def test_a_backlog_of_weeks_goes_through_without_a_refusal_by_who_rests_as_he_is_told() -> None:
    gate, now_ms, sent, rest = Gate(LIMITS, Room(LIMITS)), 0, 0, 0
    most = MAX_OPS
    while sent < 5_000:
        now_ms += rest + 50
        left = gate.charge(A, most, now_ms)
        sent += most
        pace = gate.pace(A, now_ms, left)
        most, rest = pace.max_ops, pace.retry_after_ms
    assert rest > 0
    assert 3_000 / 2_000 * MINUTE_MS * 0.9 < now_ms < 3_000 / 2_000 * MINUTE_MS * 1.2


def test_memory_of_devices_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_DEVICES_KEPT", 3)
    buckets = Buckets(Rate(1, 2))
    for token in "abcdefgh":
        buckets.take(device_of(token), 2, 0)
    assert len(buckets._buckets) == 3
    assert taken(buckets, device_of("h"), 1, 0) is not None
    assert taken(buckets, device_of("a"), 1, 0) is None, "who is forgotten begins anew"


# --------------------------------------------------------------------------------------------------- the room


def fill(room: Room, count: int) -> None:
    """Let so many in."""
    for _ in range(count):
        room.enter(0)


def test_a_full_room_gives_everybody_an_appointment_of_his_own() -> None:
    room = Room(SMALL)
    fill(room, 6)
    told = []
    for _ in range(100):
        with pytest.raises(Refused) as raised:
            room.enter(50)
        assert (raised.value.refusal.code, raised.value.status) == ("pace", 503)
        told.append(raised.value.refusal.retry_after_ms)
    assert told[0] == 1_000
    assert len(set(told)) == 100
    assert (room.inside, room.waiting, room.turned_away) == (6, 4, 100)
    room.leave()
    room.enter(60)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 10_000))
def test_an_appointment_is_never_at_once_and_never_far_away(last_ms: int, at_ms: int, gap_ms: float) -> None:
    wait = next_appointment(last_ms, at_ms, gap_ms=gap_ms) - at_ms
    assert 1_000 <= wait <= 5 * MINUTE_MS


def test_appointments_follow_each_other_as_fast_as_work_is_done() -> None:
    def spread(took_ms: float) -> int:
        room = Room(SMALL)
        for _ in range(200):
            room.enter(0)
            room.leave(took_ms)
        fill(room, 6)
        told = []
        for _ in range(10):
            with pytest.raises(Refused) as raised:
                room.enter(0)
            told.append(raised.value.refusal.retry_after_ms or 0)
        return told[-1] - told[0]

    assert spread(10) == pytest.approx(9 * 5, abs=9)
    assert spread(1_000) == pytest.approx(9 * 500, abs=9)


def test_the_slower_the_work_the_fewer_may_wait_but_never_fewer_than_are_at_work() -> None:
    room = Room(Limits(at_work=4, waiting=50, patience_ms=300))
    seen = []
    for took_ms in (1.0, 40.0, 400.0, 40_000.0):
        for _ in range(300):
            room.enter(0)
            room.leave(took_ms)
        seen.append(room.most_waiting)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 50
    assert seen[1] == pytest.approx(30, abs=2)
    assert seen[-1] == 4


@given(st.lists(st.booleans(), max_size=200))
def test_the_room_never_holds_more_than_it_may(steps: list[bool]) -> None:
    room, inside = Room(SMALL), 0
    for comes in steps:
        if comes:
            try:
                room.enter(0)
                inside += 1
            except Refused:
                assert inside == 6
        elif inside:
            room.leave(5.0)
            inside -= 1
        assert room.inside == inside <= SMALL.at_work + SMALL.waiting


def test_pages_and_pushes_become_small_while_many_wait() -> None:
    room = Room(SMALL)
    sizes, pushes = [], []
    for _ in range(6):
        sizes.append(room.page_bytes(6 << 20))
        pushes.append(room.max_ops())
        room.enter(0)
    assert sizes == [6 << 20] * 3 + [1 << 20, 256 << 10, 256 << 10]
    assert pushes == [MAX_OPS] * 4 + [MAX_OPS // 4] * 2
    assert room.page_bytes(1_000) == 1_000, "nobody gets more than he wants"


# ------------------------------------------------------------------------------------------------- the window


@given(st.binary(min_size=16, max_size=16), moments)
def test_a_place_comes_again_every_ten_minutes(device: bytes, now_ms: int) -> None:
    wait = next_pull_ms(device, now_ms)
    assert 1 <= wait <= WINDOW_MS
    assert (now_ms + wait) % WINDOW_MS == place_ms(device)
    assert next_pull_ms(device, now_ms + wait) == WINDOW_MS


def test_three_hundred_laptops_are_spread_over_the_window() -> None:
    places = Counter(place_ms(device_of(f"token-{n}")) // MINUTE_MS for n in range(300))
    assert sorted(places) == list(range(10))
    assert max(places.values()) < 60


def test_what_stands_for_a_device_is_not_its_token() -> None:
    assert device_of("token-a") == device_of(b"token-a") != B
    assert b"token" not in device_of("token-a")
    assert len(device_of("")) == 16
