"""The list of matters: what waits, or what was decided, one row each, out of one snapshot."""

from datetime import date

import msgspec

from gridworker.actions.disputes import decided_disputes
from gridworker.actions.matters import Matter, matters
from gridworker.db.reader import Reader
from gridworker.domain.areas import community_in
from gridworker.domain.disputes import Dispute
from gridworker.domain.records import Stored
from gridworker.i18n import _
from gridworker.ui.disputes.sheets import read_sheet
from gridworker.ui.disputes.words import about_words, decided_words, short_words, tag_of
from gridworker.ui.sync_centre.reasons import VERBS


class Row(msgspec.Struct, frozen=True):
    """One row: `matter` while it waits, `decided` once it was decided."""

    id: str
    title: str
    gist: str
    tag: tuple[str, str]
    at_ms: int
    grid: str
    due: bool
    matter: Matter | None = None
    decided: Stored[Dispute] | None = None

    @property
    def dispute(self) -> Stored[Dispute] | None:
        """The dispute behind it, if it is one."""
        return self.matter.dispute if self.matter is not None else self.decided


class Listing(msgspec.Struct, frozen=True):
    """Everything the screen lists."""

    waiting: list[Row]
    decided: list[Row]

    @property
    def due(self) -> int:
        """How much waits for this user."""
        return sum(row.due for row in self.waiting)


def read_listing(reader: Reader, today: date, now_ms: int) -> Listing:
    """Read it."""
    waiting = [_row(reader, each, now_ms) for each in matters(reader, today)]
    decided = [_decided_row(reader, each, now_ms) for each in decided_disputes(reader)]
    return Listing(waiting, decided)


def _row(reader: Reader, matter: Matter, now_ms: int) -> Row:
    if matter.dispute is None:
        return _question_row(reader, matter, now_ms)
    record = matter.dispute.record
    return Row(
        id=matter.id,
        title=_title(reader, matter.dispute),
        gist=short_words(reader, record),
        tag=_state_tag(matter, tag_of(record)),
        at_ms=matter.at_ms,
        grid=_grid(reader, matter.dispute.scope),
        due=matter.is_due,
        matter=matter,
    )


def _question_row(reader: Reader, matter: Matter, now_ms: int) -> Row:
    sheet = read_sheet(reader, matter, now_ms)
    return Row(
        id=matter.id,
        title=sheet.title,
        gist=sheet.says[0] if sheet.says else "",
        tag=_state_tag(matter, sheet.tag),
        at_ms=matter.at_ms,
        grid=_grid(reader, matter.question.operation.scope) if matter.question else "",
        due=matter.is_due,
        matter=matter,
    )


def _decided_row(reader: Reader, stored: Stored[Dispute], now_ms: int) -> Row:
    return Row(
        id=stored.id,
        title=_title(reader, stored),
        gist=decided_words(reader, stored.record, now_ms),
        tag=(_("待送"), "blue") if stored.pending else (_("已核定"), "green"),
        at_ms=stored.record.decided_ms,
        grid=_grid(reader, stored.scope),
        due=False,
        decided=stored,
    )


def _title(reader: Reader, stored: Stored[Dispute]) -> str:
    record = stored.record
    words = about_words(reader, record)
    verb = _(VERBS.get(record.verb, record.verb)) if record.sort in ("held", "late_action") else ""
    return " · ".join(filter(None, (words, verb)))


def _state_tag(matter: Matter, tag: tuple[str, str]) -> tuple[str, str]:
    """What was put off, and what others decide, is told before its sort."""
    if matter.put_off:
        return _("以后再说"), "grey"
    return tag if matter.choices or matter.dispute is None else (_("待网格长"), "grey")


def _grid(reader: Reader, scope: str) -> str:
    titles = {grant.scope: grant.title for grant in reader.author.grants}
    return grid_words(titles.get(scope, "")) if len(titles) > 1 else ""


def grid_words(title: str) -> str:
    """第三网格 of 幸福里社区第三网格."""
    return title.removeprefix(community_in(title)) or title
