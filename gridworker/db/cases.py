"""Reading cases: lists by state, counts, and the next temporary number."""

from collections.abc import Sequence

from gridworker.db.reader import Reader
from gridworker.domain.cases import Case

OPEN_STATES = ("reported", "sent_back", "accepted", "filed", "handling", "resolved", "self_solved")


def case_keys(reader: Reader, *, states: Sequence[str] = ()) -> list[int]:
    """The row keys of cases, newest first."""
    where, parameters = "1", tuple(states)
    if states:
        where = f"coalesce(state, 'reported') IN ({','.join('?' * len(states))})"
    return reader.keys(Case, order="found_ms DESC, n DESC", where=where, parameters=parameters)


def count_by_state(reader: Reader) -> dict[str, int]:
    """How many cases are in each state."""
    return dict(reader.rows_of("SELECT coalesce(state, 'reported'), count(*) FROM case_ GROUP BY 1"))


def next_temp_no(reader: Reader, device: str, day: str) -> str:
    """The next number of a case on this laptop for a day (yyyymmdd), until the centre gives its own."""
    prefix = f"L{device[-3:].upper()}-{day}-"
    used = reader.rows_of(
        "SELECT json_extract(body,'$.temp_no') FROM case_ WHERE json_extract(body,'$.temp_no') LIKE ?", (prefix + "%",)
    )
    highest = max((int(row[0].removeprefix(prefix)) for row in used), default=0)
    return f"{prefix}{highest + 1}"
