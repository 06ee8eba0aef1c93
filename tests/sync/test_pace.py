"""Waiting between exchanges and within one: spread out, bounded, as the centre asks, and never for good."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from operator import truediv
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.problems import Problem
from gridworker.i18n import problem_text
from gridworker.sync.pace import (
    FIRST_S,
    HOPELESS,
    LONGEST_S,
    MINUTE_MS,
    MOST_OPS,
    ORDER_MOST_MS,
    REST_MOST_MS,
    TRIES,
    PacedRemote,
    Rhythm,
    ops_at_once,
    spread_ms,
    wait_s,
)
from gridworker.sync.remote import Refused
from gridworker.wire.envelope import MAX_GROUP
from gridworker.wire.messages import (
    Pace,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    Refusal,
    RegisterReply,
    RegisterRequest,
)

chances = st.floats(0, 1, allow_nan=False, exclude_max=True)
moments = st.integers(0, 4_000_000_000_000)
intervals = st.integers(1, 24 * 60).map(lambda minutes: minutes * MINUTE_MS)
orders = st.integers(-(10**15), 10**15)


@given(st.integers(0, 10_000), chances)
def test_a_wait_is_bounded(failures: int, chance: float) -> None:
    assert FIRST_S <= wait_s(failures, dice=lambda: chance) <= LONGEST_S


@given(st.integers(1, 40), chances)
def test_a_further_failure_never_shortens_the_wait(failures: int, chance: float) -> None:
    assert wait_s(failures + 1, dice=lambda: chance) >= wait_s(failures, dice=lambda: chance)


def test_a_hundred_laptops_that_failed_together_come_back_one_by_one() -> None:
    waits = sorted(wait_s(9, dice=partial(truediv, n, 100)) for n in range(100))
    assert waits[-1] - waits[0] > 400
    assert sum(later - sooner < 0.5 for sooner, later in pairwise(waits)) < 5


# ------------------------------------------------------------------------------------------------- the rhythm


def busy(retry_ms: int | None = None) -> Problem:
    """The centre's word that it has no time now."""
    return Refused(503, Refusal(code="pace", retry_after_ms=retry_ms)).problem


@given(moments, orders, st.integers(0, 10**12), intervals, chances)
def test_nobody_comes_sooner_than_asked_and_no_order_holds_for_good(
    now_ms: int, asked: int, later: int, interval_ms: int, chance: float
) -> None:
    rhythm = Rhythm().failed(busy(asked), now_ms)
    at = now_ms + later
    closed = rhythm.closed_ms(at)
    assert closed == max(0, min(max(asked, 0), ORDER_MOST_MS) - later)
    waits = (rhythm, rhythm.asked())
    for each in waits:
        wait = each.wait_ms(at, interval_ms=interval_ms, dice=lambda: chance)
        assert closed <= wait <= max(2 * interval_ms + MINUTE_MS, closed + 2_000)


@given(moments, st.integers(1, 10**9), st.integers(1, 10**12))
def test_a_clock_that_was_set_back_silences_no_laptop(now_ms: int, asked: int, back: int) -> None:
    assert Rhythm().failed(busy(asked), now_ms).closed_ms(now_ms - back) == 0


@given(st.integers(1, 30), moments, chances)
def test_a_click_forgets_what_failed_and_keeps_the_order_to_wait(
    failures: int, now_ms: int, chance: float
) -> None:
    rhythm = Rhythm()
    for _ in range(failures):
        rhythm = rhythm.failed(Problem("server_unreachable", url=""), now_ms)
    assert rhythm.failures == failures
    assert rhythm.asked() == Rhythm()
    assert rhythm.asked().opens_ms(now_ms, dice=lambda: chance) == 0
    ordered = rhythm.failed(busy(5_000), now_ms).asked()
    assert ordered.failures == 0
    assert 5_000 <= ordered.opens_ms(now_ms, dice=lambda: chance) < 7_000


@pytest.mark.parametrize("code", sorted(HOPELESS))
def test_what_only_a_person_can_end_is_tried_again_in_the_ordinary_rhythm(code: str) -> None:
    rhythm = Rhythm(failures=5).failed(Problem(code), 0)
    assert rhythm.wait_ms(0, interval_ms=15 * MINUTE_MS, dice=lambda: 0.0) == 15 * MINUTE_MS


@given(intervals, moments, st.integers(1, 10 * MINUTE_MS), chances)
def test_a_laptop_keeps_its_place_and_its_interval(
    interval_ms: int, now_ms: int, next_pull_ms: int, chance: float
) -> None:
    rhythm = Rhythm().succeeded(Pace(next_pull_ms=next_pull_ms), now_ms)
    wait_ms = partial(rhythm.wait_ms, interval_ms=interval_ms, dice=lambda: chance)
    first = wait_ms(now_ms)
    assert interval_ms <= first < interval_ms + spread_ms(interval_ms)
    assert (first - next_pull_ms) % spread_ms(interval_ms) == 0
    assert wait_ms(now_ms + first) == interval_ms, (
        "once in its place it comes exactly as often as it is set to"
    )


def test_a_place_that_the_centre_no_longer_names_is_kept_and_an_older_centre_names_none() -> None:
    placed = Rhythm().succeeded(Pace(next_pull_ms=7_000), 100)
    assert placed.succeeded(Pace(), 10**6).place_ms == placed.succeeded(None, 10**6).place_ms == 7_100
    assert Rhythm().succeeded(Pace(), 100).place_ms is None
    assert placed.failed(busy(3), 200).place_ms == 7_100


def test_laptops_that_are_switched_on_together_do_not_come_together() -> None:
    waits = {
        Rhythm().wait_ms(0, interval_ms=15 * MINUTE_MS, dice=partial(truediv, n, 300)) for n in range(300)
    }
    assert len(waits) == 300
    assert max(waits) - min(waits) > 4 * MINUTE_MS


# ----------------------------------------------------------------------------------------- within an exchange

REGISTER = RegisterRequest(epoch="e", replica="r")
PULL = PullRequest(epoch="e", replica="r", cursors={})
PUSH = PushRequest(epoch="e", replica="r", ops=[])
GOOD = RegisterReply(7)


class Scripted:
    """A Remote that answers as it is told, and a way to rest that only takes notes."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []
        self.rests: list[float] = []
        self.line = PacedRemote(self, self.rests.append)

    def call(self, request: Any, reply: Any) -> Any:
        """The next answer."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, reply)
        return answer

    def begin(self, request: Any, reply: Any) -> Callable[[], Any]:
        """The same, when it is waited for."""
        return lambda: self.call(request, reply)


def refused(code: str, retry_ms: int | None, status: int = 503) -> Refused:
    """A refusal with a wish."""
    return Refused(status, Refusal(code=code, retry_after_ms=retry_ms))


def pushed(**pace: int) -> PushReply:
    """A reply to a push with such a pace."""
    return PushReply(results=[], last_seq=1, chain="c", pace=Pace(**pace))


@pytest.mark.parametrize("code", ["pace", "too_often"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_short_wait_is_part_of_the_exchange_and_the_request_is_sent_again_as_it_was(
    code: str, begun: bool
) -> None:
    centre = Scripted(refused(code, 1_500), refused(code, 200), GOOD)
    ask = (
        centre.line.begin(REGISTER, RegisterReply)
        if begun
        else partial(centre.line.call, REGISTER, RegisterReply)
    )
    assert ask() == GOOD
    assert centre.asked == [REGISTER] * 3
    assert centre.rests == [1.5, 0.2]


def test_a_centre_that_does_not_say_how_long_is_given_two_seconds() -> None:
    centre = Scripted(refused("pace", None), GOOD)
    assert centre.line.call(REGISTER, RegisterReply) == GOOD
    assert centre.rests == [FIRST_S]


def test_a_long_wait_ends_the_exchange_with_its_length() -> None:
    centre = Scripted(refused("pace", REST_MOST_MS + 1))
    with pytest.raises(Refused) as raised:
        centre.line.call(REGISTER, RegisterReply)
    problem = raised.value.problem
    assert (problem.code, problem.values["retry_ms"], centre.rests) == ("server_busy", REST_MOST_MS + 1, [])
    assert all(problem_text(problem.code, problem.values))


def test_a_centre_that_is_always_busy_is_left_alone_after_some_tries() -> None:
    centre = Scripted(*(refused("pace", 10) for _ in range(99)))
    with pytest.raises(Refused):
        centre.line.call(REGISTER, RegisterReply)
    assert len(centre.asked) == TRIES


@pytest.mark.parametrize("code", ["regressed", "epoch", "quota", "internal"])
def test_every_other_refusal_is_an_answer(code: str) -> None:
    centre = Scripted(refused(code, 10))
    with pytest.raises(Refused, match=code):
        centre.line.call(REGISTER, RegisterReply)
    assert len(centre.asked) == 1


def test_who_is_told_to_rest_rests_before_the_next_push_and_only_once() -> None:
    page = PullReply(
        epoch="e", entries=[], cursors={}, removed=[], reset=[], done=True, head=1, server_ms=1, ack=None,
        results=[],
    )  # fmt: skip
    centre = Scripted(pushed(retry_after_ms=3_000), page, pushed(), pushed())
    centre.line.call(PUSH, PushReply)
    centre.line.call(PULL, PullReply)
    assert centre.rests == []
    centre.line.call(PUSH, PushReply)
    centre.line.call(PUSH, PushReply)
    assert centre.rests == [3.0]


def test_a_long_rest_before_a_push_ends_the_exchange_and_the_next_one_may_push() -> None:
    centre = Scripted(pushed(retry_after_ms=REST_MOST_MS + 1), pushed())
    centre.line.call(PUSH, PushReply)
    with pytest.raises(Refused) as raised:
        centre.line.call(PUSH, PushReply)
    assert raised.value.problem.values["retry_ms"] == REST_MOST_MS + 1
    centre.line.call(PUSH, PushReply)
    assert centre.rests == []


@given(st.lists(st.one_of(orders, st.none()), max_size=TRIES), orders)
def test_no_number_that_a_centre_may_say_makes_an_exchange_rest_long(
    asked: list[int | None], rest: int
) -> None:
    centre = Scripted(pushed(retry_after_ms=rest), *(refused("pace", each) for each in asked), pushed())
    centre.line.call(PUSH, PushReply)
    with suppress(Refused):
        centre.line.call(PUSH, PushReply)
    assert all(0 <= each <= REST_MOST_MS / 1000 for each in centre.rests)
    assert len(centre.rests) <= TRIES


def test_who_stops_the_exchange_while_it_rests_is_heard() -> None:
    def stop(_seconds: float) -> None:
        raise Problem("sync_stopped")

    centre = Scripted(refused("pace", 9_000), GOOD)
    centre.line = PacedRemote(centre, stop)
    with pytest.raises(Problem, match="sync_stopped"):
        centre.line.call(REGISTER, RegisterReply)


def test_what_was_heard_of_the_pace_is_remembered() -> None:
    centre = Scripted(pushed(next_pull_ms=5), GOOD)
    assert centre.line.heard is None
    centre.line.call(PUSH, PushReply)
    centre.line.call(REGISTER, RegisterReply)
    assert centre.line.heard == Pace(next_pull_ms=5)


@given(orders)
def test_a_push_is_never_larger_than_agreed_nor_empty(asked: int) -> None:
    assert 1 <= ops_at_once(asked) <= MOST_OPS
    assert ops_at_once(MAX_GROUP) == MAX_GROUP
    assert msgspec.json.decode(msgspec.json.encode(Pace(asked)), type=Pace).max_ops == asked
