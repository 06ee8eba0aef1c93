"""Lives of the centre: after its database was restored from a backup it begins a new one.

Every laptop then sends again what had been acknowledged to it, and reads everything anew.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, select, text

from gridworker.server.store import read_head
from gridworker.server.tables import ENTITY, SCOPE, SCOPE_ENTRY
from gridworker.wire.sums import EMPTY, revision, shift, term

NOTHING = (0, EMPTY)
"""What a scope without records holds."""


def begin_life(tx: Connection, epoch: str) -> None:
    """Give the database a new life, and every scope the sum that its records have in it."""
    tx.execute(_NEW_LIFE, {"epoch": epoch})
    found = sums_of(tx)
    for scope in tx.execute(select(SCOPE.c.id)).scalars().all():
        n, acc = found.get(scope, NOTHING)
        tx.execute(_STORE, {"scope": scope, "n": n, "acc": acc})


def sums_of(tx: Connection) -> Mapping[str, tuple[int, str]]:
    """How many records each scope holds and their audit sum, counted from the records themselves."""
    epoch = read_head(tx).epoch
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, str] = defaultdict(lambda: EMPTY)
    for scope, record_id, seq, body in tx.execute(_RECORDS):
        counts[scope] += 1
        sums[scope] = shift(sums[scope], term(scope, record_id, revision(epoch, seq), body.encode()))
    return {scope: (count, sums[scope]) for scope, count in counts.items()}


_RECORDS = (
    select(SCOPE_ENTRY.c.scope, ENTITY.c.id, ENTITY.c.rev_seq, ENTITY.c.body)
    .join(ENTITY, ENTITY.c.id == SCOPE_ENTRY.c.entity_id)
    .where(SCOPE_ENTRY.c.present)
    .execution_options(yield_per=1_000)
)
_NEW_LIFE = text("UPDATE sync_head SET epoch = :epoch")
_STORE = text("UPDATE scope SET n = :n, acc = :acc WHERE id = :scope")
