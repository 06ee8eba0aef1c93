"""Since the last look: what others have changed in the grids of this laptop, and what was decided."""

from collections.abc import Mapping

import msgspec

from gridworker.db.checkpoint import read_cursors
from gridworker.db.lives import EPOCH
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.areas import Area
from gridworker.domain.disputes import Dispute
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, RecordId, Touched

LOOKED = "looked"
"""The fact of the last look."""
_LIFE = 8
"""How many signs of an epoch stand before the dot in a revision."""
_NAMED = 8


class Look(msgspec.Struct, frozen=True):
    """When somebody looked (ms UTC), and up to which commit of which life of the centre he saw everything."""

    at_ms: int
    epoch: str
    seq: int


class Unseen(msgspec.Struct, frozen=True):
    """What came since: records changed by others by kind, the newest of them, and what people decided.

    A record that was changed here as well is left out: the centre names no author of a change. So is one that
    came from another grid, whose content is not new.
    """

    since_ms: int
    changed: Mapping[str, int]
    newest: list[tuple[str, RecordId]]
    raised: int
    """Matters to be decided that came up."""
    decided: int
    handed_over: int

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.changed or self.raised or self.decided or self.handed_over)


def last_look(reader: Reader) -> Look | None:
    """The last look, or None where nobody has looked in this life of the centre."""
    known = reader.meta(LOOKED)
    look = msgspec.json.decode(known, type=Look) if known else None
    return look if look is not None and look.epoch == (reader.meta(EPOCH) or "") else None


def may_look(reader: Reader) -> bool:
    """Whether anything of the centre's is here yet that somebody may have seen."""
    return bool(read_cursors(reader))


def unseen(reader: Reader) -> Unseen | None:
    """What came since the last look; None where there was none to count from."""
    look = last_look(reader)
    if look is None:
        return None
    mine = {id for (id,) in reader.rows_of(_MINE, (look.at_ms,))}
    news = [
        (seq, kind.kind, RecordId(id))
        for kind in KINDS.values()
        if kind not in (Dispute, Area)
        for seq, id in _rows_after(reader, kind, look)
        if id not in mine
    ]
    changed: dict[str, int] = {}
    for _seq, kind_name, _id in news:
        changed[kind_name] = changed.get(kind_name, 0) + 1
    raised, decided = _matters_after(reader, look)
    (handed,) = reader.rows_of("SELECT count(*) FROM handed_over WHERE at_ms>? AND seen=0", (look.at_ms,))[0]
    newest = [(kind_name, id) for _seq, kind_name, id in sorted(news, reverse=True)[:_NAMED]]
    return Unseen(look.at_ms, changed, newest, raised, decided, handed)


def note_look(tx: Transaction) -> Touched:
    """From now on everything that is here counts as seen."""
    seq = max((cursor.seq for cursor in read_cursors(tx).values()), default=0)
    look = Look(tx.now_ms, tx.meta(EPOCH) or "", max(seq, 0))
    tx.set_meta(LOOKED, msgspec.json.encode(look).decode())
    return Touched()


def _rows_after(reader: Reader, kind: type[Record], look: Look) -> list[tuple[int, str]]:
    """The commit number and id of every row that the centre has said otherwise since."""
    sql = (
        f"SELECT CAST(substr(rev, {_LIFE + 2}) AS INTEGER) AS seq, id FROM {table_name(kind)}"
        f" WHERE substr(rev, 1, {_LIFE})=? AND CAST(substr(rev, {_LIFE + 2}) AS INTEGER)>?"
    )
    return [(seq, id) for seq, id in reader.rows_of(sql, (look.epoch[:_LIFE], look.seq))]


def _matters_after(reader: Reader, look: Look) -> tuple[int, int]:
    """How many matters came up, and how many others decided or settled."""
    me = reader.author.user_id
    ids = [RecordId(id) for _seq, id in _rows_after(reader, Dispute, look)]
    found = [stored.record for stored in reader.get_many(Dispute, ids)]
    raised = sum(each.state == "open" for each in found)
    return raised, sum(each.state != "open" and each.decided_by != me for each in found)


_MINE = "SELECT DISTINCT entity_id FROM archive WHERE acked_ms>?"
