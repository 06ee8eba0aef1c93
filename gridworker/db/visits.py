"""Reading visits: the list, the last effective one of each person, and what waits for review."""

from collections.abc import Sequence

from gridworker.db.reader import Reader
from gridworker.db.states import in_states
from gridworker.db.unions import COPIES, survivors_of
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit


def visit_keys(reader: Reader, *, state: str = "", scopes: Sequence[str] = ()) -> list[int]:
    """The row keys of visits, newest first, of one review state or of all."""
    where, parameters = ["1"], list(scopes)
    if scopes:
        where.append(f"scope IN ({','.join('?' * len(scopes))})")
    if state:
        condition, states = in_states(Visit, [state])
        where.append(condition)
        parameters.extend(states)
    return reader.keys(
        Visit, order="visited_ms DESC, n DESC", where=" AND ".join(where), parameters=parameters
    )


def last_effective_visits(reader: Reader) -> dict[RecordId, int]:
    """When each person who has a care profile was last really met or reached (ms UTC)."""
    sql = (
        "SELECT p.resident_id, (SELECT max(met_ms) FROM link WHERE target=p.resident_id AND kind='visit')"
        " FROM care_profile p"
    )
    last = {RecordId(id): met_ms for id, met_ms in reader.rows_of(sql) if met_ms is not None}
    for survivor in set(survivors_of(reader).values()):
        sql = f"SELECT max(met_ms) FROM link WHERE target IN ({COPIES}) AND kind='visit'"
        [(met_ms,)] = reader.rows_of(sql, (survivor, survivor))
        if met_ms is not None:
            last[survivor] = met_ms
    return last


def last_visit(reader: Reader, resident_id: RecordId) -> Stored[Visit] | None:
    """The visit to a person that was recorded last, whatever came of it."""
    visits = reader.linked(Visit, resident_id, 1)
    return visits[0] if visits else None


def count_since(reader: Reader, since_ms: int) -> int:
    """How many visits were made since a moment; an addition to a visit is not another one."""
    return reader.count(Visit, "visited_ms>=? AND json_extract(body,'$.corrects') IS NULL", (since_ms,))
