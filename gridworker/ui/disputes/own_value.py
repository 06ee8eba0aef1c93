"""A value of one's own for a disputed field: whether one may be typed, and what was typed."""

from typing import Any, get_type_hints

import msgspec

from gridworker.domain.choices import CHOICES
from gridworker.domain.dates import parse_day
from gridworker.domain.fields import Field, Mask, Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.phones import parse_phones
from gridworker.domain.records import fields_of
from gridworker.i18n import _

YES, NO = "yes", "no"
_CLOSED = frozenset({Merge.LINK, Merge.DERIVED, Merge.STATE, Merge.CENTRE})


def may_type(kind: str, field: str) -> bool:
    """Whether a field holds words, a day, or one of a few choices, and not what only the program fills in."""
    declared = _declared(kind, field)
    if declared is None or declared.merge in _CLOSED or field.endswith(("_id", "_ids", "_ms", "place")):
        return False
    hint = _type_of(kind, field)
    return hint in (str, str | None, bool) or declared.mask is Mask.PHONE


def choices_of_field(kind: str, field: str) -> list[tuple[str, str]]:
    """Codes and words where one chooses; nothing where one types."""
    declared = _declared(kind, field)
    if _type_of(kind, field) is bool:
        return [(YES, _("是")), (NO, _("否"))]
    if declared is None or not declared.choices or _type_of(kind, field) not in (str, str | None):
        return []
    return [(choice.code, _(choice.label)) for choice in CHOICES.get(declared.choices, ())]


def typed_value(kind: str, field: str, typed: str) -> Any:
    """What was typed or chosen, as the field holds it; raises ValueError with a sentence for the person."""
    hint, text = _type_of(kind, field), typed.strip()
    if hint is bool:
        return typed == YES
    if choices_of_field(kind, field):
        return text
    if hint == tuple[str, ...]:
        return _phones(text)
    if _is_day(field):
        return _day(text)
    if not text and hint is str and field == "name":
        raise ValueError(_("姓名不能空着。"))
    return msgspec.convert(text or (None if hint == str | None else ""), hint)


def _phones(text: str) -> list[str]:
    found = parse_phones(text)
    if text and not found.numbers:
        raise ValueError(_("没有看出电话号码，请再看一遍。"))
    return list(found.numbers)


def _day(text: str) -> str | None:
    if not text:
        return None
    day = parse_day(text).day
    if day is None:
        raise ValueError(_("没有看出是哪一天，请写成 1944-03-02 这样。"))
    return day


def _is_day(field: str) -> bool:
    return field == "birth" or field.endswith("_day") or field in ("since", "away_from", "away_to")


def _declared(kind: str, field: str) -> Field | None:
    return fields_of(KINDS[kind]).get(field) if kind in KINDS else None


def _type_of(kind: str, field: str) -> Any:
    return get_type_hints(KINDS[kind]).get(field) if kind in KINDS else None
