"""Lives: a restored or copied database begins a new one, and so does everybody when the centre was restored.

What was recorded keeps its id in every life, so that sending it again has no second effect.
"""

import msgspec

from gridworker.db.anchor import Anchor, Mark
from gridworker.db.checkpoint import ANEW, CURSORS, drop_stage
from gridworker.db.database import Database
from gridworker.db.outbox import Head, head_of, link_hash_at, start_replica
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem

EPOCH, SERVER = "epoch", "server_id"
PROFILE, HOME, LIVES = "profile_id", "home", "lives"
"""Facts in `meta`: the id of this database and its copies, where it was last opened, its former replicas."""
_LIVES_KEPT = 50


class _Home(msgspec.Struct, frozen=True):
    """The computer and the place that a database is used on; an empty one is not known."""

    machine: str
    place: str


def begin_new_replica(tx: Transaction) -> None:
    """Start a new life of this database: the queue is renumbered, its operations stay what they are."""
    _begin(tx, again=False)


def begin_new_epoch(tx: Transaction, epoch: str) -> None:
    """Go on with a centre that was restored from a backup.

    Everything that it had acknowledged in its former life is sent again before what waits, for it may have
    forgotten it; and every row is read anew, for it may never have heard of some.
    """
    tx.set_meta(EPOCH, epoch)
    tx.set_meta(ANEW, "1")
    drop_stage(tx)
    tx.driver.execute("DELETE FROM meta WHERE k=?", (CURSORS,))
    _begin(tx, again=True)


def _begin(tx: Transaction, *, again: bool) -> None:
    head = head_of(tx.driver)
    if head is not None:
        tx.set_meta("parent_replica", head.replica)
        lives = [*_former_lives(tx), head.replica][-_LIVES_KEPT:]
        tx.set_meta(LIVES, msgspec.json.encode(lives).decode())
    tx.driver.execute("DELETE FROM meta WHERE k IN ('known_ack','acked')")
    start_replica(tx.driver, tx.new_id(), again=again)


# ------------------------------------------------------------------------------------- found out at the start


def settle_life(database: Database, anchor: Anchor) -> bool:
    """Begin a new life where the file was restored or copied since it was last used; True where it was.

    From then on the anchor is told of every commit. Where this database cannot be written nothing is decided:
    the next start sees the same.
    """
    mark = anchor.read()  # first: what the database says afterwards can only be more
    with database.read() as reader:
        home = _home(reader)
        here = _Home(anchor.machine or home.machine, str(database.path.resolve()))
        known = home == here and not _is_behind(reader, mark)
    try:
        began = not known and database.write(_settle, mark, here)
    except Problem:
        return False
    with database.read() as reader:
        anchor.profile = reader.meta(PROFILE) or ""
        anchor.keep(head_of(reader.driver))
    database.anchor = anchor
    return began


def _settle(tx: Transaction, mark: Mark | None, here: _Home) -> bool:
    if tx.meta(PROFILE) is None:
        tx.set_meta(PROFILE, tx.new_id())
    stale = head_of(tx.driver) is not None and (_has_moved(_home(tx), here) or _is_behind(tx, mark))
    tx.set_meta(HOME, msgspec.json.encode(here).decode())
    if stale:
        begin_new_replica(tx)
    return stale


def _home(reader: Reader) -> _Home:
    known = reader.meta(HOME)
    return msgspec.json.decode(known, type=_Home) if known else _Home("", "")


def _has_moved(home: _Home, here: _Home) -> bool:
    """Whether it was last used elsewhere: nobody can tell a move from a copy, and a new life costs little."""
    return any(old and old != new for old, new in ((home.machine, here.machine), (home.place, here.place)))


def _is_behind(reader: Reader, mark: Mark | None) -> bool:
    """Whether its anchor has seen what this file never heard of; an older or foreign anchor says nothing."""
    head = head_of(reader.driver)
    if mark is None or head is None or mark.profile != reader.meta(PROFILE):
        return False
    if mark.replica != head.replica:
        return mark.replica not in _former_lives(reader)
    return not _has_been(reader, head, mark)


def _has_been(reader: Reader, head: Head, mark: Mark) -> bool:
    """Whether the queue once ended where the mark says; what was acknowledged since cannot be compared."""
    if mark.next_seq >= head.next_seq:
        return mark.head == head
    return link_hash_at(reader.driver, mark.next_seq - 1) in (None, mark.chain)


def _former_lives(reader: Reader) -> list[str]:
    known = reader.meta(LIVES)
    return msgspec.json.decode(known, type=list[str]) if known else []
