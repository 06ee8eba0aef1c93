"""Seeded bugs: what people do wrong when they build this, put into the product from outside, to be caught.

Each entry replaces functions of the product while a world runs; the product knows nothing of it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import msgspec

from gridworker.db import checkpoint, layers, lives, outbox, transaction
from gridworker.server import disputes, intake, journal, merge, pull, shelf
from gridworker.server.pull import Page
from gridworker.server.values import rule_of
from gridworker.sync import exchange
from gridworker.sync.exchange import Exchange


class Bug(NamedTuple):
    """One mistake: its name, within how many seeds and by which invariants it is caught, and its making."""

    name: str
    seeds: int
    caught: tuple[str, ...]
    swaps: Sequence[tuple[object, str, Callable[[Any], Any]]]
    """Owner, name, and what is made of the sound function."""


@contextmanager
def seeded(bug: Bug) -> Iterator[None]:
    """The product with one mistake in it."""
    with ExitStack() as stack:
        for owner, name, make in bug.swaps:
            stack.enter_context(swapped(owner, name, make))
        yield


@contextmanager
def swapped(owner: object, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """One attribute is another thing for a while."""
    sound = getattr(owner, name)
    setattr(owner, name, make(sound))
    try:
        yield
    finally:
        setattr(owner, name, sound)


def _instead(result: Any) -> Callable[[Any], Any]:
    """A function that does nothing and gives always the same."""
    return lambda _sound: lambda *_args, **_kwargs: result


# ------------------------------------------------------------------------------------------- the laptop


def _resends_nothing(sound: Any) -> Any:
    """What was sent once is never sent again, whether anybody heard it or not."""
    sent: set[str] = set()

    def waiting_after(*args: Any) -> Any:
        ops = [one for one in sound(*args) if one.link.hash not in sent]
        sent.update(one.link.hash for one in ops)
        return ops

    return waiting_after


def _retires_early(sound: Any) -> Any:
    """An operation leaves the queue when it was sent, not when its effect was read."""

    def push_and_forget(self: Exchange) -> Iterator[Any]:
        for progress in sound(self):
            self.database.write(_retire_all)
            yield progress

    return push_and_forget


def _retire_all(tx: Any) -> None:
    tx.driver.execute(
        "INSERT OR IGNORE INTO archive(op_id,kind,entity_id,env,code,acked_ms) "
        "SELECT op_id,kind,entity_id,env,'applied',created_ms FROM outbox"
    )
    tx.driver.execute("DELETE FROM outbox")


def _shows_base(sound: Any) -> Any:
    """A new row of the centre hides what waits for this record."""
    return lambda base, ops: base if base is not None else sound(base, ops)


def _installs_last(sound: Any) -> Any:
    """Of a pull in several pages only the last one is installed."""
    return lambda pages: sound(list(pages)[-1:])


def _drops_queue(sound: Any) -> Any:
    """A new life begins without what waited in the old one."""

    def start_replica(driver: Any, replica: str, **options: Any) -> Any:
        driver.execute("DELETE FROM outbox")
        return sound(driver, replica, **options)

    return start_replica


def _writes_twice(sound: Any) -> Any:
    """The effect is in one transaction and the operation in another one."""

    def append_operations(driver: Any, head: Any, operations: Any) -> Any:
        driver.execute("COMMIT")
        driver.execute("BEGIN IMMEDIATE")
        return sound(driver, head, operations)

    return append_operations


def _alone(envelopes: Any) -> Iterator[list[Any]]:
    for one in envelopes:
        yield [one]


def _hears_no_gone(sound: Any) -> Any:
    """What has left a scope stays on the laptop."""
    return lambda driver, news: sound(driver, msgspec.structs.replace(news, gone={}))


def _never_sweeps(sound: Any) -> Any:
    """What is here for a scope that was taken away or begins anew stays."""
    nothing: frozenset[str] = frozenset()
    return lambda driver, news: sound(driver, msgspec.structs.replace(news, removed=nothing, reset=nothing))


def _sends_nothing_again(sound: Any) -> Any:
    """After a restore of the centre only what waits is sent."""
    return lambda driver, replica, **_options: sound(driver, replica)


def _trusts_old_rows(_sound: Any) -> Any:
    """After a restore of the centre the rows of its lost future are not swept."""
    return lambda _tx, news, _last: news


# ------------------------------------------------------------------------------------------- the centre


def _overwrites(sound: Any) -> Any:
    """The last writer wins."""

    def merge_field(attempt: Any, draft: Any, field: str, pair: Any) -> None:
        current = draft.body.get(field, rule_of(attempt.op.kind, field).default)
        sound(attempt, draft, field, (current, pair[1]))

    return merge_field


def _resurrects(verbs: Any) -> Any:
    """An edit brings a deleted record back."""

    def patch(attempt: Any, entity: Any) -> Any:
        return verbs["patch"](attempt, msgspec.structs.replace(entity, deleted=False))

    return {**verbs, "patch": patch}


def _cuts_commit(sound: Any) -> Any:
    """A page ends in the middle of a commit."""

    def read_page(tx: Any, readings: Any, **options: Any) -> Any:
        page = sound(tx, readings, **options)
        return Page(page.entries[:3], page.upto, page.done) if len(page.entries) > 3 else page

    return read_page


def _skips_ahead(sound: Any) -> Any:
    """A page that is not the last one sets the cursors to the centre's head."""

    def read_page(tx: Any, readings: Any, *, head: Any, want_bytes: int) -> Any:
        page = sound(tx, readings, head=head, want_bytes=want_bytes)
        return page if page.done else Page(page.entries, head.seq, False)

    return read_page


def _never_removes(sound: Any) -> Any:
    """Nobody tells a laptop that a scope is not its user's any more."""
    return lambda *args, **kwargs: msgspec.structs.replace(sound(*args, **kwargs), removed=[])


def _shows_everything(sound: Any) -> Any:
    """Every user sees the second grid."""
    return lambda user_id, grants: (*dict.fromkeys((*sound(user_id, grants), "g:2")),)


def _blind_fork(sound: Any) -> Any:
    """A number that came before is taken for the same operation, whatever its hash."""

    def seen_before(slots: Any, envelope: Any) -> Any:
        _, result = slots.get(envelope.link.seq, (None, None))
        return result if result is not None else sound(slots, envelope)

    return seen_before


BUGS = (
    Bug("no_dedup", 6, ("I11:", "told:"), [(journal.Journal, "logged", _instead(None))]),
    Bug("no_resend", 4, ("told:", "I11:"), [(exchange, "waiting_after", _resends_nothing)]),
    Bug("no_retract", 4, ("I1:",), [(checkpoint, "drop_reasons", _hears_no_gone)]),
    Bug("skip_cursor", 4, ("I1:",), [(pull, "_read_page", _skips_ahead)]),
    Bug("lww", 4, ("I3:",), [(merge, "_merge_field", _overwrites)]),
    Bug("no_sweep", 4, ("I7:", "I1:"), [(checkpoint, "drop_reasons", _never_sweeps)]),
    Bug("resurrect", 8, ("I10:",), [(merge, "_VERBS", _resurrects)]),
    Bug("ack_early", 2, ("I9:",), [(Exchange, "_push", _retires_early)]),
    Bug("ack_by_number", 6, ("I2:",), [(checkpoint, "acknowledged", _instead(True))]),
    Bug("no_fork", 4, ("told:", "I11:"), [(exchange, "begin_new_replica", _instead(None))]),
    Bug(
        "blind_fork",
        6,
        ("I2:",),
        [(intake, "_seen_before", _blind_fork), (checkpoint, "acknowledged", _instead(True))],
    ),
    Bug("drop_queue", 4, ("I9:", "I12:", "I2:"), [(lives, "start_replica", _drops_queue)]),
    Bug("keep_removed", 6, ("I7:",), [(pull, "PullReply", _never_removes)]),
    Bug(
        "half_group",
        4,
        ("I6:",),
        [(intake, "_whole_groups", lambda _: _alone), (outbox, "_groups", lambda _: _alone)],
    ),
    Bug("cut_seq", 4, ("I1:",), [(pull, "_read_page", _cuts_commit)]),
    Bug("drop_conflict", 4, ("I3:",), [(disputes.Disputes, "write", _instead(None))]),
    Bug("lost_result", 2, ("I9:",), [(pull, "_results", _instead([]))]),
    Bug("naive_fold", 6, ("I9:",), [(layers, "fold", _shows_base)]),
    Bug("half_checkpoint", 4, ("I1:",), [(checkpoint, "gather", _installs_last)]),
    Bug("two_commits", 10, ("I9:", "I12:"), [(transaction, "append_operations", _writes_twice)]),
    Bug("show_everything", 2, ("I7:",), [(pull, "visible_scopes", _shows_everything)]),
    Bug("no_archive", 12, ("I2:",), [(lives, "start_replica", _sends_nothing_again)]),
    Bug("lost_future", 12, ("I1:", "I7:"), [(checkpoint, "_read_anew", _trusts_old_rows)]),
    Bug("no_sums", 2, ("I3:", "I1:"), [(shelf, "_ledger", lambda sound: lambda *_: type(sound([], None))())]),
)
