"""Values of fields: when two of them are the same, and what the record kinds say of each field."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import fields_of
from gridworker.domain.roles import may_write

_EMPTY = (None, "", ())
_KINDS_KEPT = 256
"""Names of kinds come from clients; what is remembered of them has an end."""


class Rule(msgspec.Struct, frozen=True):
    """What merging needs to know of one field; fields of newer programs are plain and have no default."""

    merge: Merge = Merge.PLAIN
    default: Any = None
    optional: bool = False
    """Left out of a document where it is empty or equals its default."""
    reviewed: bool = False
    """A change by somebody who does not review is told to those who do."""


_UNKNOWN = Rule()


@lru_cache(_KINDS_KEPT)
def rules_of(kind: str) -> Mapping[str, Rule]:
    """The rules of all declared fields of a kind; none for a kind of a newer program."""
    if kind not in KINDS:
        return {}
    declared = fields_of(KINDS[kind])
    return {
        field.name: Rule(
            declared[field.name].merge,
            None if field.required else field.default,
            optional=not field.required,
            reviewed=declared[field.name].reviewed or declared[field.name].merge is Merge.CRITICAL,
        )
        for field in msgspec.structs.fields(KINDS[kind])
    }


def rule_of(kind: str, field: str) -> Rule:
    """The rule of one field."""
    return rules_of(kind).get(field, _UNKNOWN)


@lru_cache(_KINDS_KEPT)
def state_field(kind: str) -> str | None:
    """The field that holds the state of a kind, or None where it has no states."""
    return next((name for name, rule in rules_of(kind).items() if rule.merge is Merge.STATE), None)


@lru_cache(_KINDS_KEPT)
def set_fields(kind: str) -> frozenset[str]:
    """The fields of a kind that are sets."""
    return frozenset(name for name, rule in rules_of(kind).items() if rule.merge is Merge.SET)


@lru_cache(_KINDS_KEPT)
def closed_fields(role: str, kind: str) -> frozenset[str]:
    """The declared fields of a kind that a role may not write."""
    if kind not in KINDS:
        return frozenset()
    return frozenset(
        name
        for name, field in fields_of(KINDS[kind]).items()
        if field.merge is Merge.CENTRE or not may_write(role, KINDS[kind], name)
    )


def canonical(value: Any, default: Any = None) -> Any:
    """A form in which equal values compare equal; None for whatever is empty or equals the default."""
    if value is None:
        return None
    plain = _plain(value)
    if plain in _EMPTY or (default is not None and plain == _plain(default)):
        return None
    return plain


def same(one: Any, other: Any, rule: Rule) -> bool:
    """Whether two values say the same: NFC, trimmed, and empty in every spelling equal to the default."""
    if one == other and type(one) is type(other) is str:
        return True  # by far the most frequent case
    return bool(canonical(one, rule.default) == canonical(other, rule.default))


def put(body: dict[str, Any], field: str, value: Any, rule: Rule) -> None:
    """Write a value into a document; an optional field that says nothing is left out."""
    if rule.optional and canonical(value, rule.default) is None:
        body.pop(field, None)
    else:
        body[field] = value


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, bool):
        return (bool, value)  # True is not 1, and a type is no value of JSON
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        pairs = tuple(sorted((key, _plain(item)) for key, item in value.items()))
        return (dict, *pairs) if pairs else ()
    return value
