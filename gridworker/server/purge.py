"""Purge: what is known of a person is erased for good, as the law lets him demand; that it was, stays."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, Executable, bindparam, select, text

from gridworker.domain.attachments import Attachment
from gridworker.domain.disputes import Dispute
from gridworker.server.among import among, listed
from gridworker.server.blob_rubbish import shred_blobs
from gridworker.server.journal import SHREDDED
from gridworker.server.links import linked_to
from gridworker.server.outcomes import Entity
from gridworker.server.shelf import Commit, Shelf
from gridworker.server.store import next_seq, read_head
from gridworker.server.tables import CONFLICT, DUPLICATE, ENTITY, HISTORY, OP_LOG


def purge(tx: Connection, record_ids: Iterable[str], now_ms: int) -> list[str]:
    """Erase these records, their photos and what is disputed about them; gives the ids of those there were.

    What their authors wrote is taken out of the log, whose hashes and results stay. Other records that point
    to them (visits, cases) are records of their own. The photos' files go with `finish_shredding`.
    """
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete=ON")
    known = set(tx.execute(_KNOWN, {"ids": listed(record_ids)}).scalars())
    ids = known | _of_kind(tx, linked_to(tx, known), Attachment.kind)
    ids |= _matters_of(tx, ids)
    if not ids:
        return []
    shelf = Shelf(tx, ids)
    for record_id in sorted(ids):
        entity = shelf.look_up(record_id)
        if entity is not None:
            shelf.put(_emptied(entity))
    epoch, seq = read_head(tx).epoch, next_seq(tx)
    shelf.write(Commit(seq, epoch, now_ms))
    _shred(tx, ids)
    shred_blobs(tx, ids)
    for statement in _TELL:
        tx.execute(statement, {"ids": listed(ids), "seq": seq})
    return sorted(known)


def _emptied(entity: Entity) -> Entity:
    return msgspec.structs.replace(entity, body={}, deleted=True, purged=True, author="", editor="")


def written_by(tx: Connection, ids: Iterable[str]) -> set[str]:
    """The operations that hold words about these records: those that name them, and that changed them."""
    bound = {"ids": listed(ids)}
    return {op_id for statement in _WRITTEN for op_id in tx.execute(statement, bound).scalars()}


def _matters_of(tx: Connection, ids: set[str]) -> set[str]:
    found = _of_kind(tx, linked_to(tx, ids), Dispute.kind)
    return found | set(tx.execute(_CONFLICTS, {"ids": listed(ids)}).scalars())


def _of_kind(tx: Connection, ids: set[str], kind: str) -> set[str]:
    return set(tx.execute(_KIND, {"ids": listed(ids), "kind": kind}).scalars())


def _shred(tx: Connection, ids: set[str]) -> None:
    op_ids = {"ids": listed(written_by(tx, ids))}
    for statement in _SHRED_LOG:
        tx.execute(statement, op_ids | {"shredded": SHREDDED})
    for statement in _SHRED:
        tx.execute(statement, {"ids": listed(ids)})


_KNOWN = select(ENTITY.c.id).where(among(ENTITY.c.id, "ids"))
_KIND = select(ENTITY.c.id).where(among(ENTITY.c.id, "ids"), ENTITY.c.kind == bindparam("kind"))
_CONFLICTS = (
    select(CONFLICT.c.id).join(ENTITY, ENTITY.c.id == CONFLICT.c.id).where(among(CONFLICT.c.entity_id, "ids"))
)
_WRITTEN = (
    select(OP_LOG.c.op_id).where(among(OP_LOG.c.entity_id, "ids")),
    select(HISTORY.c.op_id).where(among(HISTORY.c.entity_id, "ids")),
    select(CONFLICT.c.op_id).where(among(CONFLICT.c.entity_id, "ids")),
)
_OPS = among(OP_LOG.c.op_id, "ids")
_SHRED_LOG: tuple[Executable, ...] = (
    OP_LOG.update().where(_OPS).values(body=text(":shredded"), conflicts=""),
    text("DELETE FROM twin WHERE op_id IN (SELECT op_id FROM op_log WHERE body = :shredded)"),
)
_SHRED: tuple[Executable, ...] = (
    HISTORY.update().where(among(HISTORY.c.entity_id, "ids")).values(old="null", new="null"),
    CONFLICT.update()
    .where(among(CONFLICT.c.entity_id, "ids"))
    .values(base="null", server="null", incoming="null", trail="[]", state="settled"),
    text("DELETE FROM set_member WHERE entity_id IN (SELECT id FROM entity WHERE purged)"),
    text("DELETE FROM identity_claim WHERE entity_id IN (SELECT id FROM entity WHERE purged)"),
    DUPLICATE.delete().where(among(DUPLICATE.c.first, "ids") | among(DUPLICATE.c.second, "ids")),
)
_GONE = "entity_id IN (SELECT id FROM entity WHERE purged AND rev_seq = :seq)"
# Everybody who ever had it hears of it: his archive holds what he wrote.
_TELL = (
    text(f"UPDATE scope_entry SET seq = :seq, present = false, reason = 'purged' WHERE {_GONE}"),
    text(f"UPDATE scope SET last_seq = :seq WHERE id IN (SELECT scope FROM scope_entry WHERE {_GONE})"),
)
