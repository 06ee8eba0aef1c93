"""The clock of this laptop: by how much it differs from the centre's, and since when that is known."""

from typing import TYPE_CHECKING

from gridworker.db.reader import Reader
from gridworker.wire.envelope import ClockReading

if TYPE_CHECKING:
    from gridworker.db.transaction import Transaction

_OFFSET, _SEEN = "clock_offset_ms", "clock_seen_ms"


def note_clock(tx: "Transaction", server_ms: int) -> None:
    """Compare this laptop's clock with what the centre has just said of the time."""
    tx.set_meta(_OFFSET, str(server_ms - tx.now_ms))
    tx.set_meta(_SEEN, str(tx.now_ms))


def clock_reading(reader: Reader, now_ms: int) -> ClockReading | None:
    """What is known of this clock now; None before the first word of a centre."""
    offset, seen = reader.meta(_OFFSET), reader.meta(_SEEN)
    if offset is None or seen is None:
        return None
    return ClockReading(int(offset), now_ms - int(seen))
