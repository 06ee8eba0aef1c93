"""The pace: when the next exchange may and should begin, and the short rests within one."""

from collections.abc import Callable
from functools import partial
from math import ceil, gcd
from typing import TypeVar

import msgspec

from gridworker.domain.problems import Problem
from gridworker.sync.remote import Refused, Remote
from gridworker.wire.messages import Pace, PushReply, PushRequest, Refusal

Reply = TypeVar("Reply", bound=msgspec.Struct)

FIRST_S = 2.0
LONGEST_S = 15 * 60.0
"""Limits of the wait; a person who asks does not wait at all (docs/protocol.md, pace)."""
MINUTE_MS = 60_000
WINDOW_MINUTES = 10
"""Every laptop has its place in a window of this length, which the centre tells it."""
ORDER_MOST_MS = 60 * MINUTE_MS
"""No order to wait holds longer: a wrong one must not silence a laptop for good."""
REST_MOST_MS = 10_000
"""So long a rest is part of an exchange; a longer one ends it."""
TRIES = 4
"""How often one request is sent to a centre that asks for patience, before the exchange ends."""
MOST_OPS = 200
HOPELESS = frozenset(
    {
        "token_refused",
        "other_server",
        "other_user",
        "upgrade_needed",
        "not_enrolled",
        "server_url_bad",
        "server_regressed",
        "mass_removal",
        "sync_stopped",
    }
)
"""Problems that only a person can end: the ordinary rhythm is enough for them."""
_ORDERS = frozenset({"pace", "too_often"})
"""Refusals that only ask to come again."""


def wait_s(failures: int, *, dice: Callable[[], float]) -> float:
    """Seconds until the next try after so many failures in a row.

    Anything up to a limit that doubles with each failure (`dice` gives 0 … 1), so that laptops that failed
    together do not come back together.
    """
    limit = min(FIRST_S * 2.0 ** min(max(failures - 1, 0), 16), LONGEST_S)
    return max(FIRST_S, dice() * limit)


def ops_at_once(asked: int) -> int:
    """How many operations to send in one request where the centre asks for so many."""
    return min(max(asked, 1), MOST_OPS)


def order_ms(asked_ms: int | None) -> int:
    """How long to obey where the centre asks for so many ms of patience, or does not say how many."""
    return min(max(round(FIRST_S * 1000) if asked_ms is None else asked_ms, 0), ORDER_MOST_MS)


def spread_ms(interval_ms: int) -> int:
    """Over how long the exchanges of all laptops are spread so that each keeps its interval exactly.

    The longest part of the window, in whole minutes, of which the interval is a multiple.
    """
    return gcd(max(interval_ms // MINUTE_MS, 1), WINDOW_MINUTES) * MINUTE_MS


class Rhythm(msgspec.Struct, frozen=True):
    """What decides when the next exchange begins; times in ms of the laptop's own clock."""

    failures: int = 0
    """Exchanges that failed in a row."""
    ordered_ms: int = 0
    order_ms: int = 0
    """When the centre asked to be left alone, and for how long."""
    place_ms: int | None = None
    """An instant of this laptop's place in the window, which comes again and again."""

    def succeeded(self, pace: Pace | None, now_ms: int) -> "Rhythm":
        """After a good exchange in which the centre said this about its pace."""
        told = pace.next_pull_ms if pace else 0
        return Rhythm(place_ms=now_ms + told if told > 0 else self.place_ms)

    def failed(self, problem: Problem, now_ms: int) -> "Rhythm":
        """After another one."""
        again = Rhythm(place_ms=self.place_ms)
        if problem.code not in HOPELESS:
            again = msgspec.structs.replace(again, failures=self.failures + 1)
        asked = problem.values.get("retry_ms")
        if isinstance(asked, int):
            again = msgspec.structs.replace(again, ordered_ms=now_ms, order_ms=order_ms(asked))
        return again

    def asked(self) -> "Rhythm":
        """After a person has asked for an exchange: what failed is forgotten, an order to wait is not."""
        return msgspec.structs.replace(self, failures=0)

    def closed_ms(self, now_ms: int) -> int:
        """For how long the centre wants to be left alone; where the clock was set back it is not known."""
        gone = now_ms - self.ordered_ms
        return max(0, self.order_ms - gone) if gone >= 0 else 0

    def opens_ms(self, now_ms: int, *, dice: Callable[[], float]) -> int:
        """In how many ms one may come who was asked to wait, a little later than that; 0 for all others."""
        closed = self.closed_ms(now_ms)
        return closed + int(dice() * FIRST_S * 1000) if closed else 0

    def wait_ms(self, now_ms: int, *, interval_ms: int, dice: Callable[[], float]) -> int:
        """In how many ms to exchange without being asked, where that is done every `interval_ms`."""
        return max(self._wanted_ms(now_ms, interval_ms, dice), self.opens_ms(now_ms, dice=dice))

    def _wanted_ms(self, now_ms: int, interval_ms: int, dice: Callable[[], float]) -> int:
        if self.failures:
            return min(ceil(wait_s(self.failures, dice=dice) * 1000), interval_ms)
        spread = spread_ms(interval_ms)
        if self.place_ms is None:
            return interval_ms + int(dice() * spread)
        return interval_ms + (self.place_ms - now_ms - interval_ms) % spread


class PacedRemote:
    """A line on which one rests as long as the centre asks, where that is short enough for one exchange.

    `rest` waits for so many seconds, or raises what ends the exchange. A request that the centre was too busy
    for is sent again as it was: it had no effect.
    """

    def __init__(self, remote: Remote, rest: Callable[[float], object]) -> None:
        self.heard: Pace | None = None
        """The last word of the centre about its pace."""
        self._remote = remote
        self._rest = rest
        self._before_push_ms = 0

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """See Remote."""
        self._rest_before(request)
        return self._patiently(request, reply, partial(self._remote.call, request, reply))

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """See Remote."""
        self._rest_before(request)
        return partial(self._patiently, request, reply, self._remote.begin(request, reply))

    def _patiently(self, request: msgspec.Struct, reply: type[Reply], answer: Callable[[], Reply]) -> Reply:
        for _ in range(TRIES - 1):
            try:
                return self._heard(answer())
            except Refused as refused:
                wait_ms = order_ms(refused.refusal.retry_after_ms)
                if refused.refusal.code not in _ORDERS or wait_ms > REST_MOST_MS:
                    raise
            self._rest(wait_ms / 1000)
            answer = partial(self._remote.call, request, reply)
        return self._heard(answer())

    def _rest_before(self, request: msgspec.Struct) -> None:
        wait_ms = self._before_push_ms if isinstance(request, PushRequest) else 0
        if not wait_ms:
            return
        self._before_push_ms = 0
        if wait_ms > REST_MOST_MS:
            raise Refused(429, Refusal(code="too_often", retry_after_ms=wait_ms))
        self._rest(wait_ms / 1000)

    def _heard(self, reply: Reply) -> Reply:
        pace = getattr(reply, "pace", None)
        if isinstance(pace, Pace):
            self.heard = pace
            if isinstance(reply, PushReply):
                self._before_push_ms = order_ms(pace.retry_after_ms)
        return reply
