"""Poison: an operation that makes the centre fail is set aside after some attempts and blocks nobody."""

import logging
from collections.abc import Callable

from gridworker.server.faults import place_of
from gridworker.server.push import BOLD, Caution
from gridworker.server.refusals import Refused
from gridworker.wire.messages import PushReply

ATTEMPTS = 3
ONE = Caution(max_groups=1)
ASIDE = Caution(max_groups=1, set_aside=True)

_log = logging.getLogger(__name__)


def push_past_poison(attempt: Callable[[Caution], PushReply]) -> PushReply:
    """Push a request; after a failure group by group, setting aside the group that goes on failing.

    `attempt` takes in the whole request with the given caution, in a transaction of its own.
    """
    reply = _try(attempt, BOLD, times=1)
    reached = -1
    while reply is None:
        stepped = _try(attempt, ONE, times=ATTEMPTS) or attempt(ASIDE)
        # A step that comes no further has found everything done, and brings all results together.
        reply = stepped if stepped.last_seq == reached else None
        reached = stepped.last_seq
    return reply


def _try(attempt: Callable[[Caution], PushReply], caution: Caution, *, times: int) -> PushReply | None:
    for _ in range(times):
        try:
            return attempt(caution)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an operation does to us must not stop its successors
            _log.error("a push failed: %s", place_of(error))
    return None
