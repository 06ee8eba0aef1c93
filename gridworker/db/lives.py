"""Lives: a restored or copied database begins a new one, and so does everybody when the centre was restored.

What was recorded keeps its id in every life, so that sending it again has no second effect.
"""

from gridworker.db.checkpoint import ANEW, CURSORS, drop_stage
from gridworker.db.outbox import head_of, start_replica
from gridworker.db.transaction import Transaction

EPOCH, SERVER = "epoch", "server_id"


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
    tx.driver.execute("DELETE FROM meta WHERE k IN ('known_ack','acked')")
    start_replica(tx.driver, tx.new_id(), again=again)
