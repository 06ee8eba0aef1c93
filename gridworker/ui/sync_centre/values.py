"""Fields and their values as people read them: labels, chosen words, days, and what a mask hides."""

from typing import Any

from gridworker.domain.choices import CHOICES
from gridworker.domain.fields import Mask, Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.masks import mask_id, mask_phone
from gridworker.domain.records import fields_of
from gridworker.i18n import _
from gridworker.ui.visits.words import china_time, choice_words, listed

MASKS = {Mask.ID_NUMBER: mask_id, Mask.PHONE: mask_phone}
"""What stays hidden until the eye is pressed; names are known to whoever works in the grid."""


def field_words(kind: str, field: str) -> str:
    """A field's label, or its own name where this program does not know it."""
    declared = fields_of(KINDS[kind]).get(field) if kind in KINDS else None
    return _(declared.label) if declared else field


def value_words(kind: str, field: str, value: Any) -> str:
    """A field's value."""
    if value in (None, "", [], ()):
        return _("（空）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list | tuple):
        return listed(value_words(kind, field, each) for each in value)
    declared = fields_of(KINDS[kind]).get(field) if kind in KINDS else None
    if declared and declared.choices and declared.choices in CHOICES and isinstance(value, str):
        return choice_words(declared.choices, value)
    if field.endswith("_ms") and isinstance(value, int):
        return f"{china_time(value):%Y-%m-%d %H:%M}"
    return str(value)


def masked_words(kind: str, field: str, value: Any) -> str:
    """The same with its middle hidden, or nothing where nothing of this field is hidden."""
    declared = fields_of(KINDS[kind]).get(field) if kind in KINDS else None
    mask = MASKS.get(declared.mask) if declared else None
    if mask is None or value in (None, "", [], ()):
        return ""
    every = value if isinstance(value, list | tuple) else [value]
    return listed(mask(str(each)) for each in every)


def is_told(kind: str, field: str) -> bool:
    """Whether a field says something to people: ids of other records do not, nor what is derived."""
    if kind not in KINDS or field not in fields_of(KINDS[kind]):
        return False
    links = (*KINDS[kind].links, "worker_id", "place", "edition")
    merge = fields_of(KINDS[kind])[field].merge
    return merge not in (Merge.LINK, Merge.DERIVED) and field not in links and not field.endswith("_id")
