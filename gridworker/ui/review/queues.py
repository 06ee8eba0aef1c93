"""Reading the leader's queues: how much waits where, how old the oldest is, and the rows of one queue."""

from collections.abc import Sequence
from typing import cast

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.states import in_states
from gridworker.db.tables import table_name
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.ui.cases.listing import CaseDetail
from gridworker.ui.cases.listing import read_detail as read_case
from gridworker.ui.review.decisions import QUEUES, RECENT_MS, WAITING, Reviewed
from gridworker.ui.review.words import Waits
from gridworker.ui.visits.listing import VisitDetail
from gridworker.ui.visits.listing import read_detail as read_visit

TIME_COLUMN = {Visit: "visited_ms", Case: "found_ms"}


class Queue(msgspec.Struct, frozen=True):
    """How much waits in one queue, and since when (ms UTC)."""

    name: str
    count: int
    oldest_ms: int | None


class Overview(msgspec.Struct, frozen=True):
    """All queues, and the row keys of the one that is shown."""

    queues: tuple[Queue, ...]
    shown: str
    keys: list[int]

    @property
    def waiting(self) -> int:
        """How much waits for the leader."""
        return sum(queue.count for queue in self.queues if queue.name in WAITING)


class VisitFolder(msgspec.Struct, frozen=True):
    """One visit with everything that was added to it later."""

    detail: VisitDetail
    additions: tuple[Stored[Visit], ...]


def read_overview(reader: Reader, shown: str, scopes: Sequence[str], *, now_ms: int) -> Overview:
    """Count every queue of these grids and list one: the oldest first, of what is decided the newest."""
    queues = tuple(_count(reader, name, scopes, now_ms) for name in QUEUES)
    queue = QUEUES[shown]
    time = TIME_COLUMN[queue.kind]
    order = f"{time} DESC, n DESC" if queue.newest_first else f"{time}, n"
    where, parameters = _condition(shown, scopes, now_ms)
    return Overview(queues, shown, reader.keys(queue.kind, order=order, where=where, parameters=parameters))


def read_rows(reader: Reader, kind: Reviewed, keys: Sequence[int]) -> Sequence[Waits]:
    """The records of these keys that are there."""
    return cast(Sequence[Waits], reader.rows(kind, keys))


def read_page(reader: Reader, kind: Reviewed, keys: Sequence[int]) -> Sequence[Waits | None]:
    """The records of these keys, None for one that is gone."""
    rows = read_rows(reader, kind, keys)
    if len(rows) == len(keys):
        return rows
    return [next(iter(read_rows(reader, kind, [key])), None) for key in keys]


def read_folder(reader: Reader, stored: Waits) -> VisitFolder | CaseDetail | None:
    """One record in full, or None if it is gone."""
    if isinstance(stored.record, Case):
        return read_case(reader, stored.id)
    detail = read_visit(reader, stored.id)
    return VisitFolder(detail, _additions(reader, detail.visit)) if detail else None


def _additions(reader: Reader, visit: Stored[Visit]) -> tuple[Stored[Visit], ...]:
    """What the worker wrote when the visit came back: linked visits to the same person, oldest first."""
    person = next(iter(visit.record.resident_ids), RecordId(""))
    found = reader.linked(Visit, person)
    return tuple(reversed([each for each in found if each.record.corrects == visit.id]))


def _count(reader: Reader, name: str, scopes: Sequence[str], now_ms: int) -> Queue:
    kind = QUEUES[name].kind
    where, parameters = _condition(name, scopes, now_ms)
    sql = f"SELECT count(*), min({TIME_COLUMN[kind]}) FROM {table_name(kind)} WHERE {where}"
    count, oldest = reader.rows_of(sql, parameters)[0]
    return Queue(name, count, oldest)


def _condition(name: str, scopes: Sequence[str], now_ms: int) -> tuple[str, tuple[object, ...]]:
    """The records of a queue; an addition is read with the visit that it adds to."""
    queue = QUEUES[name]
    where, states = in_states(queue.kind, queue.states)
    where = f"{where} AND scope IN ({','.join('?' * len(scopes))})"
    if queue.kind is Visit:
        where += " AND json_extract(body,'$.corrects') IS NULL"
    if name == "decided":
        where += f" AND visited_ms>{int(now_ms - RECENT_MS)}"
    return where, (*states, *scopes)
