"""What the list of visits reads: keys with those that came back on top, counts, and one visit in full."""

from collections.abc import Sequence

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.states import count_states
from gridworker.db.visits import visit_keys
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit

ALL = ""
RETURNED = "returned"


class VisitKeys(msgspec.Struct, frozen=True):
    """The row keys of a list and how many visits are in each state."""

    keys: list[int]
    counts: dict[str, int]


class VisitDetail(msgspec.Struct, frozen=True):
    """One visit with the case its hazard became and the visit it adds to."""

    visit: Stored[Visit]
    cases: tuple[Stored[Case], ...]
    corrected: Stored[Visit] | None


def read_keys(reader: Reader, state: str) -> VisitKeys:
    """The keys of one state, or all of them with the returned ones on top."""
    keys = visit_keys(reader, state=state)
    if state == ALL:
        returned = visit_keys(reader, state=RETURNED)
        on_top = set(returned)
        keys = [*returned, *(key for key in keys if key not in on_top)]
    return VisitKeys(keys, count_states(reader, Visit))


def read_page(reader: Reader, keys: Sequence[int]) -> list[Stored[Visit] | None]:
    """The visits of these keys, None for one that is gone."""
    rows = reader.rows(Visit, keys)
    if len(rows) == len(keys):
        return list(rows)
    return [next(iter(reader.rows(Visit, [key])), None) for key in keys]


def read_detail(reader: Reader, id: RecordId) -> VisitDetail | None:
    """One visit in full, or None if it is gone."""
    visit = reader.get(Visit, id)
    if visit is None:
        return None
    corrects = visit.record.corrects
    return VisitDetail(
        visit, tuple(reader.linked(Case, id)), reader.get(Visit, corrects) if corrects else None
    )
