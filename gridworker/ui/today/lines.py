"""Today's list as lines: headings of lanes and stairs, and under them who, where and why."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from gridworker.db.care import DueVisit
from gridworker.db.promises import Promise
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _, pgettext
from gridworker.ui.moments import day_words
from gridworker.ui.quick_visit.who import CARE_COLOURS
from gridworker.ui.today.work import Work, home_of
from gridworker.ui.visits.words import age_words, choice_tag, day_of_month, place_words, since_words


class Kind(StrEnum):
    """What a line is: a heading, or something to do."""

    LANE = "lane"
    STAIR = "stair"
    DUE = "due"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    PROMISE = "promise"


CAME_BACK = (Kind.RETURNED, Kind.SENT_BACK)
"""What the leader wants to have looked at again."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line; `key` stays the same as long as it is about the same thing."""

    kind: Kind
    key: str
    name: str
    age: str = ""
    where: str = ""
    why: str = ""
    lamp: str = ""
    state: str = ""
    tag: tuple[str, str] | None = None
    resident_ids: tuple[RecordId, ...] = ()
    home: str = ""
    record_id: RecordId | None = None

    @property
    def is_heading(self) -> bool:
        """Whether it only heads others."""
        return self.kind in (Kind.LANE, Kind.STAIR)


def lines_of(work: Work) -> list[Line]:
    """Every line in the order shown; lanes with nothing in them are left out."""
    high = [visit for visit in work.due if _is_pressing(visit)]
    urgent = [
        *(_returned(visit, work) for visit in work.returned),
        *(_sent_back(case, work) for case in work.sent_back),
        *(_due(visit, work, lane="urgent") for visit in high),
    ]
    usual = [visit for visit in work.due if not _is_pressing(visit)]
    promises = [_promise(promise, work) for promise in work.promises]
    return [
        *_lane("urgent", _("要紧"), urgent),
        *_lane("visits", pgettext("screen", "走访"), list(_stairs(usual, work)), count=len(usual)),
        *_lane("promises", _("约定"), promises),
    ]


def reason_words(visit: DueVisit, away_until: date | None, today: date) -> str:
    """上次走访 9月2日 + 7 天，规则 R1; or that nobody came yet; or that an absence is over."""
    due = visit.due
    if away_until is not None:
        return _("外出至{day}后，规则 {rule}").format(day=day_of_month(away_until, today), rule=due.rule.id)
    if due.last_day is None:
        return _("建档后尚未走访，规则 {rule}").format(rule=due.rule.id)
    return _("上次走访 {day} + {days} 天，规则 {rule}").format(
        day=day_of_month(due.last_day, today), days=due.rule.interval_days, rule=due.rule.id
    )


def _is_pressing(visit: DueVisit) -> bool:
    return visit.due.rule.tier == "high" and visit.due.overdue_days > 0


def _lane(key: str, title: str, lines: Sequence[Line], *, count: int | None = None) -> list[Line]:
    if not lines:
        return []
    shown = str(len(lines) if count is None else count)
    return [Line(kind=Kind.LANE, key=f"lane:{key}", name=title, state=shown), *lines]


def _stairs(due: Sequence[DueVisit], work: Work) -> Iterator[Line]:
    """The visits in walking order, each stair under its heading; one estate after the other."""
    stairs: dict[tuple[str, str, str], list[DueVisit]] = {}
    for visit in due:
        building, unit = _stair_of(visit.resident.record)
        estate = work.estates.get(visit.resident.record.building_id or "", "")
        stairs.setdefault((estate, building, unit), []).append(visit)
    estates = list(dict.fromkeys(estate for estate, _building, _unit in stairs))
    for stair in sorted(stairs, key=lambda each: estates.index(each[0])):
        visits = stairs[stair]
        homes = len({home_of(visit.resident) for visit in visits})
        yield Line(
            kind=Kind.STAIR,
            key=f"stair:{'/'.join(stair)}",
            name=_stair_words(*stair),
            state=_("{homes} 户 {people} 人").format(homes=homes, people=len(visits)),
        )
        yield from (_due(visit, work, lane="visits") for visit in visits)


def _stair_of(resident: Resident) -> tuple[str, str]:
    parts = resident.place.split("-")
    return (parts[0] if len(parts) > 1 else "", parts[1] if len(parts) > 2 else "")


def _stair_words(estate: str, building: str, unit: str) -> str:
    if not building:
        return estate or _("地址不详")
    place = _("{building}栋").format(building=building)
    if unit:
        place = _("{building}栋{unit}单元").format(building=building, unit=unit)
    return f"{estate} {place}".strip()


def _due(visit: DueVisit, work: Work, *, lane: str) -> Line:
    resident, due = visit.resident.record, visit.due
    late = due.overdue_days
    away = resident.status == "away"
    return Line(
        kind=Kind.DUE,
        key=f"{lane}:{visit.resident.id}",
        name=resident.name,
        age=age_words(resident, work.today),
        where=place_words(resident),
        why=reason_words(visit, work.away_until.get(visit.resident.id), work.today),
        lamp="late" if late > 0 else "soon",
        state=_("逾期 {days} 天").format(days=late) if late > 0 else _("今天到期"),
        tag=choice_tag("person_status", "away") if away else (_(due.rule.label), CARE_COLOURS[due.rule.tier]),
        resident_ids=(visit.resident.id,),
        home=home_of(visit.resident),
    )


def _returned(visit: Stored[Visit], work: Work) -> Line:
    record = visit.record
    reviewer = record.reviewer_name or _("网格长")
    return Line(
        kind=Kind.RETURNED,
        key=f"returned:{visit.id}",
        name=record.who,
        where=_where(record.resident_ids, work) or record.address,
        why=_("{reviewer}：{remark}").format(reviewer=reviewer, remark=record.review_remark),
        lamp="stop",
        state=_returned_on(record.reviewed_ms, work.today),
        tag=(_("走访退回"), "orange"),
        resident_ids=record.resident_ids,
        record_id=visit.id,
    )


def _sent_back(case: Stored[Case], work: Work) -> Line:
    record = case.record
    reviewer = record.reviewer_name or _("网格长")
    return Line(
        kind=Kind.SENT_BACK,
        key=f"sent_back:{case.id}",
        name=record.title,
        where=record.address,
        why=_("{reviewer}：{remark}").format(reviewer=reviewer, remark=record.remark),
        lamp="stop",
        state=_returned_on(record.reviewed_ms, work.today),
        tag=(_("事件退回"), "orange"),
        record_id=case.id,
    )


def _returned_on(at_ms: int | None, today: date) -> str:
    return since_words(at_ms, today) if at_ms else ""


def _promise(promise: Promise, work: Work) -> Line:
    late = (work.today - promise.day).days if promise.day else -1
    first = work.people.get(promise.resident_ids[0]) if promise.resident_ids else None
    return Line(
        kind=Kind.PROMISE,
        key=f"promise:{promise.visit_id}:{promise.words}",
        name=promise.who,
        age=age_words(first.record, work.today) if first and len(promise.resident_ids) == 1 else "",
        where=_where(promise.resident_ids, work) or promise.address,
        why=promise.words or _("约好再次走访"),
        lamp="late" if late > 0 else "soon" if late == 0 else "none",
        state=_promise_state(promise.day, work.today),
        resident_ids=promise.resident_ids,
        home=home_of(first) if first else "",
    )


def _promise_state(day: date | None, today: date) -> str:
    if day is None:
        return _("没定日子")
    late = (today - day).days
    return _("超期 {days} 天").format(days=late) if late > 0 else day_words(day, today)


def _where(ids: Sequence[RecordId], work: Work) -> str:
    person = work.people.get(ids[0]) if ids else None
    return place_words(person.record) if person else ""
