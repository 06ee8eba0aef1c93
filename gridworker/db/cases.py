"""Reading cases: lists by state, counts, and the temporary numbers of this laptop."""

from collections.abc import Sequence

from gridworker.db.reader import Reader
from gridworker.db.states import count_states, in_states
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId
from gridworker.wire.envelope import Operation, decode_envelope, decode_operation

OPEN_STATES = ("reported", "sent_back", "accepted", "filed", "handling", "resolved", "self_solved")
TEMP_NO = "temp_no"
"""The fact in `meta` of which temporary number was given last."""


def case_keys(reader: Reader, *, states: Sequence[str] = ()) -> list[int]:
    """The row keys of cases, newest first."""
    where, parameters = in_states(Case, states) if states else ("1", ())
    return reader.keys(Case, order="found_ms DESC, n DESC", where=where, parameters=parameters)


def count_by_state(reader: Reader) -> dict[str, int]:
    """How many cases are in each state."""
    return count_states(reader, Case)


def next_temp_no(reader: Reader, device: str, day: str) -> str:
    """The next number of a case on this laptop for a day (yyyymmdd), until the centre gives its own."""
    prefix = f"L{device[-3:].upper()}-{day}-"
    last = reader.meta(TEMP_NO) or ""
    used = int(last.removeprefix(prefix)) if last.startswith(prefix) else 0
    return f"{prefix}{used + 1}"


def take_temp_no(tx: Transaction, day: str) -> str:
    """Give the next number away."""
    number = next_temp_no(tx, tx.me.device_id, day)
    tx.set_meta(TEMP_NO, number)
    return number


def own_steps(reader: Reader, case_id: RecordId) -> list[Operation]:
    """The steps of a case that were taken on this laptop and had their effect, oldest first."""
    sql = (
        "SELECT env FROM archive WHERE entity_id=? AND code NOT IN ('conflict','held') AND env<>x''"
        " UNION ALL SELECT env FROM outbox WHERE entity_id=? AND again=0"
    )
    taken = [decode_operation(decode_envelope(env)) for (env,) in reader.rows_of(sql, (case_id, case_id))]
    return sorted((each for each in taken if each.verb == "transition"), key=lambda each: each.wall_ms)


def usual_categories(reader: Reader, limit: int = 6) -> list[str]:
    """The categories that are reported here most often."""
    sql = "SELECT category FROM case_ GROUP BY category ORDER BY count(*) DESC, category LIMIT ?"
    return [str(category) for (category,) in reader.rows_of(sql, (limit,))]
