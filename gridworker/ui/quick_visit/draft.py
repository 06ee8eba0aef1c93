"""What the quick form holds while it is filled in: the words as typed, kept across a crash."""

from datetime import date, datetime

import msgspec

from gridworker.actions.visit_times import parse_coming_day, parse_spoken_moment
from gridworker.actions.visits import VISIT_DRAFT, VisitDraft, record_visit, withdraw_visit
from gridworker.db.drafts import drop_draft, newest_draft, read_draft, save_draft
from gridworker.db.promises import FOLLOW_UP
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId, Touched
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.ui.visits.words import WITHOUT_CONDITION

SLOT = f"{VISIT_DRAFT}:"
"""Drafts are kept by the first person visited, so that a second one never takes the place of the first."""


class QuickDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Every field of the quick form as it stands; days and the time are still the words typed."""

    resident_ids: tuple[RecordId, ...] = ()
    method: str = "home"
    outcome: str = "met"
    condition: str = "normal"
    needs: tuple[str, ...] = ()
    hazard: str = ""
    promise: str = ""
    promise_day: str = ""
    next_day: str = ""
    note: str = ""
    when: str = ""
    kept: bool = False
    """Whether what was promised before has been kept."""

    @property
    def slot(self) -> str:
        """The name under which it is kept."""
        return SLOT + next(iter(self.resident_ids), "")

    @property
    def worth_keeping(self) -> bool:
        """Whether anything was entered beside whom it is about."""
        return self != QuickDraft(resident_ids=self.resident_ids)


class FieldFault(Exception):
    """A field whose words make no sense, and the sentence that says how to mend it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(field)
        self.field = field
        self.sentence = sentence


class KeptDraft(msgspec.Struct, frozen=True):
    """A draft that was found again, and when it was last saved."""

    draft: QuickDraft
    saved_ms: int


def visit_of(draft: QuickDraft, now: datetime, *, visit_type: str) -> VisitDraft:
    """The visit that the form says took place. Raises FieldFault for words that are no day or time."""
    if not draft.resident_ids:
        raise FieldFault("who", _("还没有选人：输入姓名、拼音首字母或房号，按回车选中。"))
    return VisitDraft(
        resident_ids=draft.resident_ids,
        method=draft.method,
        outcome=draft.outcome,
        condition="normal" if draft.outcome in WITHOUT_CONDITION else draft.condition,
        visit_type=FOLLOW_UP if draft.kept else visit_type,
        needs=draft.needs,
        hazard=draft.hazard,
        promise=draft.promise,
        promise_day=_promise_day(draft, now.date()),
        next_day=_coming(draft.next_day, "next_day", now.date()),
        note=draft.note,
        visited_ms=_visited_ms(draft.when, now),
    )


def _visited_ms(typed: str, now: datetime) -> int | None:
    if not typed.strip():
        return None
    moment = parse_spoken_moment(typed, now)
    if moment is None:
        raise FieldFault("when", _("看不懂这个时间，可以写：昨天 16:30、9点半、11.22 下午3点。"))
    if moment > now:
        raise FieldFault("when", _("走访时间还没有到，请改成已经过去的时间。"))
    return int(moment.timestamp() * 1000)


def _promise_day(draft: QuickDraft, today: date) -> str | None:
    day = _coming(draft.promise_day, "promise_day", today)
    if day and not draft.promise.strip():
        raise FieldFault("promise", _("写了日期，还没有写约定什么。"))
    return day


def _coming(typed: str, field: str, today: date) -> str | None:
    if not typed.strip():
        return None
    day = parse_coming_day(typed, today)
    if day is None:
        raise FieldFault(field, _("看不懂这个日期，可以写：明天、周三、11.30、3天后。"))
    if day < today:
        raise FieldFault(field, _("这一天已经过去，请写今天或以后的日期。"))
    return day.isoformat()


def keep_draft(tx: Transaction, draft: QuickDraft, *, instead_of: str = "") -> Touched:
    """Keep a draft under its own name, and forget the one it grew from."""
    if instead_of and instead_of != draft.slot:
        drop_draft(tx, instead_of)
    save_draft(tx, draft.slot, draft)
    return tx.touched


def forget_draft(tx: Transaction, slot: str) -> Touched:
    """The draft has become a visit or was thrown away."""
    drop_draft(tx, slot)
    return tx.touched


def save_visit(tx: Transaction, visit: VisitDraft, slots: tuple[str, ...]) -> Touched:
    """Store the visit and forget the drafts that it grew from."""
    record_visit(tx, visit)
    for slot in slots:
        drop_draft(tx, slot)
    return tx.touched


def take_back(tx: Transaction, visit_ids: list[RecordId], draft: QuickDraft) -> Touched:
    """Withdraw what was just recorded and keep its words as a draft again."""
    for visit_id in visit_ids:
        withdraw_visit(tx, visit_id)
    return keep_draft(tx, draft)


def visits_among(reader: Reader, touched: Touched) -> list[RecordId]:
    """The visits among the records that one save touched: one for each grid."""
    return [visit.id for visit in reader.get_many(Visit, sorted(touched.ids))]


def find_draft(reader: Reader, resident_ids: tuple[RecordId, ...]) -> KeptDraft | None:
    """The draft about these people, or for nobody in particular the one saved last."""
    wanted = QuickDraft(resident_ids=resident_ids).slot
    newest = newest_draft(reader, wanted)
    if newest is None:
        return None
    name, saved_ms = newest
    draft = read_draft(reader, name, QuickDraft)
    return KeptDraft(draft, saved_ms) if draft else None
