"""How a line of the list of residents reads: care, due day, phones and ids behind their masks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from gridworker.db.resident_lines import ResidentLine
from gridworker.dictionaries import care_rules
from gridworker.domain.care import CareProfile, CareRule, Due
from gridworker.domain.masks import mask_id, mask_phone
from gridworker.domain.phones import format_phone
from gridworker.i18n import _, language
from gridworker.ui.moments import day_words
from gridworker.ui.visits.words import choice_tag

SOON_DAYS = 3
"""From so many days before it is due a visit is shown as coming."""
TIERS: Mapping[str, str] = {"high": "red", "key": "orange", "general": "yellow"}
"""The tag colour of a tier of care."""


def group_tag(group: str) -> tuple[str, str]:
    """The words and colour of a care group; one of a newer table is shown as it is."""
    return _group_tag(group, language())


@cache
def _group_tag(group: str, _language: str) -> tuple[str, str]:
    rule = care_rules().get(group)
    return (_(rule.label), TIERS.get(rule.tier, "grey")) if rule else (group, "grey")


def line_tags(line: ResidentLine) -> Sequence[tuple[str, str]]:
    """The status, if it is not the usual one, then the care groups, the strictest first."""
    status = line.resident.record.status
    tags = [] if status == "active" else [choice_tag("person_status", status)]
    if line.profile is None:
        return tags
    return tags + [group_tag(group) for group in sorted(line.profile.groups, key=_interval)]


def _interval(group: str) -> int:
    rule = care_rules().get(group)
    return rule.interval_days if rule else 0


def rule_words(rule: CareRule) -> str:
    """每7天走访一次（80岁以上独居老人）."""
    return _("每{days}天走访一次（{label}）").format(days=rule.interval_days, label=_(rule.label))


def due_words(due: Due | None, today: date) -> str:
    """超期 2 天, 今天, or the day it is due."""
    if due is None:
        return ""
    if due.overdue_days > 0:
        return _("超期 {days} 天").format(days=due.overdue_days)
    return day_words(due.due_day, today)


def due_lamp(due: Due | None) -> str:
    """The lamp of a due day."""
    if due is None:
        return ""
    if due.overdue_days > 0:
        return "late"
    return "soon" if due.overdue_days >= -SOON_DAYS else "ok"


def away_words(profile: CareProfile | None, today: date) -> str:
    """外出至12月2日, while somebody is away or will be."""
    if profile is None or not profile.away_to or profile.away_to < today.isoformat():
        return ""
    back = day_words(date.fromisoformat(profile.away_to), today)
    if profile.away_from and profile.away_from > today.isoformat():
        start = day_words(date.fromisoformat(profile.away_from), today)
        return _("{start}起外出，至{back}").format(start=start, back=back)
    return _("外出至{back}").format(back=back)


def shown_phone(number: str, *, masked: bool) -> str:
    """138****5678, or 138 0013 8000 where masks are off."""
    return mask_phone(number) if masked else format_phone(number)


def shown_id(number: str, *, masked: bool) -> str:
    """The id number behind its mask, or whole."""
    return mask_id(number) if masked else number


def joined(parts: Iterable[str], gap: str = " · ") -> str:
    """The parts that are not empty, in one line."""
    return gap.join(part for part in parts if part)
