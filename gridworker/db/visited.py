"""Reading at how many doors somebody has been."""

from gridworker.db.reader import Reader

_DOORS = (
    "SELECT count(DISTINCT coalesce(json_extract(body,'$.room_id'), json_extract(body,'$.resident_ids[0]')))"
    " FROM visit WHERE visited_ms>=? AND json_extract(body,'$.corrects') IS NULL"
)


def count_doors_since(reader: Reader, since_ms: int) -> int:
    """How many rooms were visited since a moment; without a room the first person counts."""
    return int(reader.rows_of(_DOORS, (since_ms,))[0][0])
