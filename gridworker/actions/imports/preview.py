"""The preview of an import, page by page: what each person's rows would do, and why somebody should look."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import msgspec

from gridworker.actions.imports.drafts import Doubt
from gridworker.actions.imports.matching import Change
from gridworker.actions.imports.plan import Plan, RowVerb
from gridworker.actions.imports.rows import SkippedRow
from gridworker.domain.records import RecordId

PageName = Literal["all", "new", "changed", "same", "doubtful", "repeated"]


class PlanRow(msgspec.Struct, frozen=True):
    """One person of the register: source rows as Excel counts, values, what would change, every doubt."""

    row: int
    rows: tuple[int, ...]
    verb: RowVerb
    name: str
    address: str
    values: dict[str, Any]
    changes: tuple[Change, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    record_id: RecordId | None = None


class Page(msgspec.Struct, frozen=True):
    """A piece of one list of the preview; `total` counts the whole list."""

    name: PageName
    offset: int
    total: int
    rows: tuple[PlanRow, ...]


class Preview:
    """The lists of a plan; each is worked out once, rows only when they are asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        every = range(len(plan.drafts))
        self._lists: dict[PageName, Sequence[int]] = {
            "all": every,
            "new": [i for i in every if plan.verb(i) == "new"],
            "changed": [i for i in every if plan.verb(i) == "changed"],
            "same": [i for i in every if plan.verb(i) == "same"],
            "doubtful": [i for i in every if plan.doubts(i)],
            "repeated": [i for i in every if len(plan.drafts[i].rows) > 1],
        }

    def page(self, name: PageName, offset: int = 0, limit: int = 100) -> Page:
        """Some rows of one list."""
        if name not in get_args(PageName):
            raise ValueError(f"no such list: {name!r}; there are {', '.join(get_args(PageName))}")
        indexes = self._lists[name]
        rows = tuple(self._row(index) for index in indexes[offset : offset + limit])
        return Page(name, offset, len(indexes), rows)

    def skipped(self, offset: int = 0, limit: int = 100) -> tuple[SkippedRow, ...]:
        """Some of the rows that were left out."""
        return tuple(self._plan.register.skipped[offset : offset + limit])

    def _row(self, index: int) -> PlanRow:
        draft, match, home = (
            self._plan.drafts[index],
            self._plan.matches[index],
            self._plan.places.home_of[index],
        )
        return PlanRow(
            draft.rows[0],
            tuple(draft.rows),
            self._plan.verb(index),
            draft.name,
            home.address if home else "",
            draft.values,
            match.changes,
            self._plan.doubts(index),
            match.stored.id if match.stored else None,
        )
