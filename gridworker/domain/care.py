"""Care: who wants to be looked after how often, and when the next visit is due, with the reason."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated, ClassVar

import msgspec

from gridworker.domain.fields import Field, Merge, Sensitivity
from gridworker.domain.records import Column, Record, RecordId

EFFECTIVE_OUTCOMES = frozenset({"met", "met_family", "phone_ok"})
"""Only these fulfil the duty; an away notice pauses it (domain facts, visits)."""


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """An emergency contact or helper of a person."""

    name: str
    relation: str = ""
    phone: str = ""


class CareProfile(Record, frozen=True, kw_only=True):
    """The care that a resident receives: groups, helpers, and an away notice with its end (关爱档案)."""

    kind: ClassVar[str] = "care_profile"
    label: ClassVar[str] = "关爱档案"
    about: ClassVar[tuple[str, ...]] = ("resident_id",)
    computed: ClassVar[tuple[Column, ...]] = (Column("resident_id", "$.resident_id"),)

    resident_id: Annotated[RecordId, Field("居民")]
    groups: Annotated[
        tuple[str, ...],
        Field(
            "关爱类别",
            headers=("人员类别", "类别"),
            merge=Merge.SET,
            sensitivity=Sensitivity.SENSITIVE,
            reviewed=True,
        ),
    ] = ()
    away_from: Annotated[str | None, Field("外出自")] = None
    away_to: Annotated[str | None, Field("外出至")] = None
    contacts: Annotated[tuple[Contact, ...], Field("紧急联系人", headers=("紧急联系人及电话",))] = ()
    since: Annotated[str | None, Field("建档日期")] = None
    note: Annotated[str, Field("备注")] = ""


class CareRule(msgspec.Struct, frozen=True):
    """How often people of one group are visited; a table that a street may replace."""

    id: str
    group: str
    label: str
    tier: str
    interval_days: int
    methods: tuple[str, ...] = ("home", "phone", "street", "video", "delegated")
    source: str = ""


class Due(msgspec.Struct, frozen=True):
    """When a person is next to be visited and why; `overdue_days` is negative while there is time."""

    resident_id: RecordId
    due_day: date
    rule: CareRule
    last_day: date | None
    overdue_days: int


def rule_for(groups: Iterable[str], rules: Mapping[str, CareRule]) -> CareRule | None:
    """The strictest rule of all groups; unknown groups of a newer table are passed over."""
    known = [rules[group] for group in groups if group in rules]
    return min(known, key=lambda rule: (rule.interval_days, rule.id), default=None)


def next_due(
    profile: CareProfile, last_day: date | None, *, rules: Mapping[str, CareRule], today: date
) -> Due | None:
    """When this person is due: last effective visit plus interval, never before an away notice ends.

    Nobody is forgotten: without any visit the start of the profile counts, and without that, today.
    """
    rule = rule_for(profile.groups, rules)
    if rule is None:
        return None
    if last_day is not None:
        due_day = last_day + timedelta(days=rule.interval_days)
    else:
        due_day = date.fromisoformat(profile.since) if profile.since else today
    back = _back_day(profile, today)
    if back is not None:
        due_day = max(due_day, back)
    return Due(profile.resident_id, due_day, rule, last_day, (today - due_day).days)


def _back_day(profile: CareProfile, today: date) -> date | None:
    if not profile.away_to or (profile.away_from and profile.away_from > today.isoformat()):
        return None
    return date.fromisoformat(profile.away_to) + timedelta(days=1)


def groups_by_facts(*, lives_alone: bool, age: int | None) -> tuple[str, ...]:
    """Care groups that follow from a register's plain facts: an elder who lives alone."""
    if not lives_alone or age is None or age < 60:
        return ()
    return ("elder80_alone",) if age >= 80 else ("elder_alone",)
