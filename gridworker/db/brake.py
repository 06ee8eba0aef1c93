"""The brake: a checkpoint that would take many rows away without a reason waits until a person agrees.

What was agreed to are the very rows that were named; the agreement ends with the next checkpoint that is
installed, whether it took them or not.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from gridworker.db.membership import scopes_of
from gridworker.db.news import Key, News
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem

EXPLAINED = frozenset({"moved", "regrid", "merged", "purged"})
"""Why a record leaves without a question, beside a grant that is withdrawn; a mass of deletions is one."""
MOST_ROWS = 200
MOST_PERCENT = 30
"""More than this, of all that the centre had said, and nothing is removed (docs/decisions/0013-brake.md)."""
FEW_ROWS = 20
"""Fewer than this are never a mass, so that one of two rows is no alarm."""


class StoppedRemoval(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint would have taken away, and since when (ms UTC, the centre's clock) it waits."""

    digest: str
    """Names exactly these rows."""
    kinds: dict[str, int]
    """How many rows of each kind."""
    rows: int
    here: int
    """How many rows of the centre's are here in all."""
    since_ms: int
    agreed_ms: int | None = None
    """When somebody agreed (ms UTC, this laptop's clock); the next exchange will take them away."""
    agreed_by: str = ""
    """His name."""

    @property
    def percent(self) -> int:
        """How much of everything here would go, rounded; at least 1."""
        return max(1, round(self.rows * 100 / max(self.here, 1)))


class Mass(NamedTuple):
    """Rows that a checkpoint would take away without a reason, and how many there are here in all."""

    rows: Sequence[Key]
    here: int


def stopped_removal(reader: Reader) -> StoppedRemoval | None:
    """What waits for a person's word, or None where nothing was stopped."""
    found = reader.rows_of(_CURRENT)
    if not found:
        return None
    digest, kinds, rows, here, since_ms, agreed_ms, agreed_by = found[0]
    return StoppedRemoval(
        digest=digest,
        kinds=msgspec.json.decode(kinds, type=dict[str, int]),
        rows=rows,
        here=here,
        since_ms=since_ms,
        agreed_ms=agreed_ms,
        agreed_by=agreed_by,
    )


def heed_brake(reader: Reader) -> None:
    """Raise Problem `mass_removal` where the last checkpoint was stopped."""
    stopped = stopped_removal(reader)
    if stopped is not None:
        raise Problem("mass_removal", rows=stopped.rows, here=stopped.here, percent=stopped.percent)


def note_agreement(tx: Transaction) -> None:
    """Remember who agreed to what waits, and when."""
    me = (tx.now_ms, tx.me.user_id, tx.me.user_name)
    tx.driver.execute("UPDATE removal SET agreed_ms=?, agreed_id=?, agreed_by=? WHERE ended=''", me)


def take_back_agreement(tx: Transaction) -> None:
    """What waits goes on waiting."""
    tx.driver.execute("UPDATE removal SET agreed_ms=NULL, agreed_id='', agreed_by='' WHERE ended=''")


def is_mass(rows: int, here: int) -> bool:
    """Whether so many of all rows are more than a centre takes away without a word."""
    return rows > MOST_ROWS or (rows >= FEW_ROWS and rows * 100 > here * MOST_PERCENT)


def removal_to_stop(
    tx: Transaction, news: News, lost: Mapping[str, Sequence[str]], unsaid: Sequence[Key] = ()
) -> Mass | None:
    """What must not go yet; None where all is well, or somebody has agreed.

    `lost` are the rows that are about to be removed, `unsaid` those of one's own that the centre has taken
    in without a word of where they are now. What goes beyond an agreement is judged by itself.
    """
    rows = list(dict.fromkeys([*_unexplained(tx, news, lost), *unsaid]))
    if len(rows) < FEW_ROWS:
        return None
    here = _count_here(tx) + len(unsaid)
    agreed = _agreed_rows(tx)
    beyond = sum(key not in agreed for key in rows)
    return Mass(rows, here) if is_mass(beyond, here) else None


def note_stop(tx: Transaction, mass: Mass, server_ms: int) -> None:
    """Write down what was stopped; one that goes on keeps its beginning, another one needs its own word."""
    digest, before = digest_of(mass.rows), stopped_removal(tx)
    if before is not None and before.digest == digest:
        return
    end_stop(tx, "changed")
    kinds = msgspec.json.encode(Counter(kind for kind, _ in sorted(mass.rows))).decode()
    since_ms = before.since_ms if before else server_ms
    tx.driver.execute(_NOTE, (digest, kinds, len(mass.rows), mass.here, since_ms))
    tx.driver.executemany("INSERT INTO removal_row(kind,id) VALUES (?,?)", mass.rows)


def end_stop(tx: Transaction, how: str = "installed") -> None:
    """A checkpoint was installed: what was stopped has gone, or the centre has taken its word back."""
    tx.driver.execute("UPDATE removal SET ended=? WHERE ended=''", (how,))
    tx.driver.execute("DELETE FROM removal_row")


def digest_of(rows: Iterable[Key]) -> str:
    """A name for a set of rows: the same rows, the same name, in any order."""
    listed = sorted(f"{kind} {id}" for kind, id in rows)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def _unexplained(tx: Transaction, news: News, lost: Mapping[str, Sequence[str]]) -> list[Key]:
    """Of the rows that are about to go and that somebody sees, those of which nothing says why."""
    unseen = {id for (id,) in tx.rows_of("SELECT id FROM hidden")} if lost else set()
    keys = [(kind, id) for kind, ids in lost.items() for id in ids if id not in unseen]
    return [key for key in keys if not _is_explained(tx, news, key)]


def _is_explained(tx: Transaction, news: News, key: Key) -> bool:
    """A withdrawn scope explains itself; a scope that begins anew without a record says nothing of it."""
    said = news.reasons.get(key)
    if said is not None and said not in EXPLAINED:
        return False
    swept = news.reset and news.reset & scopes_of(tx, *key) - news.gone.get(key, set())
    return not swept


def _count_here(reader: Reader) -> int:
    parts = [f"SELECT count(*) FROM {table_name(kind)} WHERE rev IS NOT NULL" for kind in KINDS.values()]
    parts.append("SELECT count(*) FROM extra WHERE rev<>''")
    return sum(int(reader.rows_of(sql)[0][0]) for sql in parts)


def _agreed_rows(reader: Reader) -> set[Key]:
    stopped = stopped_removal(reader)
    if stopped is None or stopped.agreed_ms is None:
        return set()
    return {(kind, id) for kind, id in reader.rows_of("SELECT kind, id FROM removal_row")}


_CURRENT = "SELECT digest,kinds,row_count,here,since_ms,agreed_ms,agreed_by FROM removal WHERE ended=''"
_NOTE = (
    "INSERT INTO removal(digest,kinds,row_count,here,since_ms,agreed_id,agreed_by,ended)"
    " VALUES (?,?,?,?,?,'','','')"
)
