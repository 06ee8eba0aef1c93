"""What people do where the centre would take many rows away: look at it, agree, think again."""

from gridworker.db import brake
from gridworker.db.brake import StoppedRemoval
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched


def stopped_removal(reader: Reader) -> StoppedRemoval | None:
    """What waits for a person's word, with `agreed_ms` once it was given; None where nothing waits."""
    return brake.stopped_removal(reader)


def agree_to_removal(tx: Transaction, seen: StoppedRemoval) -> Touched:
    """Let the next exchange take away exactly what was seen.

    Raises Problem `removal_changed` where something else waits by now, or nothing: look again, then decide.
    """
    _require(tx, seen)
    brake.note_agreement(tx)
    return Touched()


def keep_waiting(tx: Transaction, seen: StoppedRemoval) -> Touched:
    """Take an agreement back before the next exchange; raises Problem `removal_changed` as above."""
    _require(tx, seen)
    brake.take_back_agreement(tx)
    return Touched()


def _require(tx: Transaction, seen: StoppedRemoval) -> None:
    waiting = brake.stopped_removal(tx)
    if waiting is None or waiting.digest != seen.digest:
        raise Problem("removal_changed")
