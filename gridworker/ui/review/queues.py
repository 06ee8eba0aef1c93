"""The leader's queues: what waits in which grid, how old the oldest is, and the lines of one queue."""

import msgspec

from gridworker.db.reader import Reader
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.i18n import N_

WAITING: dict[str, tuple[type[Visit] | type[Case], str]] = {
    "visits": (Visit, "coalesce(state, 'recorded')='recorded' AND json_extract(body,'$.corrects') IS NULL"),
    "cases": (Case, "coalesce(state, 'reported')='reported'"),
    "solved": (Case, "state='self_solved'"),
    "returned": (Visit, "state='returned'"),
    "decided": (Visit, "state='accepted'"),
}
"""Each queue: its kind and the condition on computed columns."""
TITLES = {
    "visits": N_("待审走访"),
    "cases": N_("待受理事件"),
    "solved": N_("待结案事件"),
    "returned": N_("已退回走访"),
    "decided": N_("已审走访"),
}
TIME_COLUMN: dict[str, str] = {"visit": "visited_ms", "case": "found_ms"}


class Queue(msgspec.Struct, frozen=True):
    """How much waits in one queue, and since when (ms UTC)."""

    name: str
    count: int
    oldest_ms: int | None


class Overview(msgspec.Struct, frozen=True):
    """All queues, and the row keys of the one that is shown."""

    queues: tuple[Queue, ...]
    keys: list[int]


def read_overview(reader: Reader, shown: str, scope: str) -> Overview:
    """Count every queue and list one, oldest first; `scope` narrows to one grid."""
    queues = tuple(_count(reader, name, scope) for name in WAITING)
    kind, condition = WAITING[shown]
    column = TIME_COLUMN[kind.kind]
    order = f"{column} DESC, n DESC" if shown in ("returned", "decided") else f"{column}, n"
    where, parameters = _within(condition, scope)
    return Overview(queues, reader.keys(kind, order=order, where=where, parameters=parameters))


def kind_of(queue: str) -> type[Visit] | type[Case]:
    """The kind that a queue holds."""
    return WAITING[queue][0]


def records(reader: Reader, queue: str, keys: list[int]) -> dict[int, Stored[Record]]:
    """The records of a page by their row keys."""
    kind = kind_of(queue)
    found = reader.rows(kind, keys)
    numbered = {reader.key_of(kind, RecordId(each.id)): each for each in found}
    return {key: each for key, each in numbered.items() if key is not None}


def _count(reader: Reader, name: str, scope: str) -> Queue:
    kind, condition = WAITING[name]
    where, parameters = _within(condition, scope)
    table = "case_" if kind is Case else "visit"
    sql = f"SELECT count(*), min({TIME_COLUMN[kind.kind]}) FROM {table} WHERE {where}"
    count, oldest = reader.rows_of(sql, parameters)[0]
    return Queue(name, count, oldest)


def _within(condition: str, scope: str) -> tuple[str, tuple[str, ...]]:
    return (f"{condition} AND scope=?", (scope,)) if scope else (condition, ())
