"""Erasure: what was purged at the centre is purged here, also out of what its authors sent."""

from collections.abc import Iterable

from gridworker.db.blobs import erase_blobs_of
from gridworker.db.news import News
from gridworker.db.traces import drop_drafts
from gridworker.db.transaction import Transaction


def erase_purged(tx: Transaction, news: News) -> None:
    """Drop every word about purged records: archive, questions, drafts; and what waits would be refused."""
    ids = sorted({id for (_, id), reason in news.reasons.items() if reason == "purged"})
    if not ids:
        return
    drop_drafts(tx, ids)
    erase_blobs_of(tx, ids)
    _drop(tx, "DELETE FROM inbox WHERE entity_id=?", ids)
    _drop(tx, "DELETE FROM archive WHERE entity_id=?", ids)
    _drop(tx, "DELETE FROM hidden WHERE id=?", ids)


def _drop(tx: Transaction, sql: str, ids: Iterable[str]) -> None:
    tx.driver.executemany(sql, [(id,) for id in ids])
