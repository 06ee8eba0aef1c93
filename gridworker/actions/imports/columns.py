"""What each column of a register means, by its heading; forbidden columns are never read."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import msgspec

from gridworker.actions.imports.dictionaries import (
    Forbidden,
    deciding_words,
    extra_headings,
    forbidden_groups,
    whole_headings,
    words_of_others,
)
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, fields_of
from gridworker.domain.residents import Resident

Verdict = Literal["mapped", "ignored", "dropped"]

SERIAL = "serial"
TARGETS: Mapping[str, tuple[type[Record], str] | None] = {
    "name": (Resident, "name"),
    "sex": (Resident, "sex"),
    "birth": (Resident, "birth"),
    "id_number": (Resident, "id_number"),
    "phones": (Resident, "phones"),
    "relation": (Resident, "relation"),
    "address": (Resident, "address"),
    "estate": (Estate, "name"),
    "building": (Building, "number"),
    "unit": (Room, "unit"),
    "room": (Room, "number"),
    "floor": (Room, "floor"),
    "use": (Room, "use"),
    "hukou_region": (Resident, "hukou_region"),
    "hukou_match": (Resident, "hukou_match"),
    "status": (Resident, "status"),
    "lives_alone": (Resident, "lives_alone"),
    "note": (Resident, "note"),
    SERIAL: None,
}
"""What a column can mean, and the declared field behind it; a serial number is known and not kept."""

SEVERAL = frozenset({"phones", "note"})
"""Meanings that several columns of one register may share."""

_ENOUGH = 0.5
_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】|〔[^〕]*〕|必填|选填|[\s*★☆※:;,.。、_\-]+")


class ColumnUse(msgspec.Struct, frozen=True):
    """What happens to a column (index from 0): its meaning, how sure that is (0–1), or why it is dropped."""

    index: int
    heading: str
    verdict: Verdict
    target: str = ""
    confidence: float = 0.0
    reason: str = ""
    samples: tuple[str, ...] = ()


def plain_heading(text: object) -> str:
    """A heading without spaces, line breaks, brackets and stars, half-width."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text or ""))).upper()


@cache
def headings() -> Mapping[str, str]:
    """Every known heading in its plain form, with the meaning of its column."""
    known: dict[str, str] = {}
    for target, source in TARGETS.items():
        for word in (*_declared(source), *extra_headings().get(target, ())):
            known.setdefault(plain_heading(word), target)
    return known


def forbidden_group(heading: str) -> Forbidden | None:
    """The group that forbids a heading, or None."""
    plain = plain_heading(heading)
    whole = "".join(unicodedata.normalize("NFKC", heading).split()).upper()
    for group in forbidden_groups():
        if plain in group.exact or any(word in whole for word in group.words):
            return group
    return None


@cache
def meaning_of(heading: str) -> tuple[str, float]:
    """The meaning of a heading and how sure it is: ("", 0) where it means nothing that is kept."""
    plain = plain_heading(heading)
    if not plain or forbidden_group(heading):
        return "", 0.0
    exact = headings().get(plain)
    if exact:
        return exact, 1.0
    if any(word in plain for word in words_of_others()):
        return "", 0.0
    return _closest(plain)


def map_columns(heads: Sequence[tuple[str, str]]) -> tuple[ColumnUse, ...]:
    """Map columns by (heading, heading above); of two with one meaning the surer, then the left one wins."""
    uses = [_use(index, upper, lower) for index, (lower, upper) in enumerate(heads)]
    best: dict[str, int] = {}
    for use in uses:
        held = best.get(use.target)
        if use.target and (held is None or use.confidence > uses[held].confidence):
            best[use.target] = use.index
    return tuple(use if _kept(use, best) else _ignored(use) for use in uses)


def override(columns: Sequence[ColumnUse], chosen: Mapping[int, str | None]) -> tuple[ColumnUse, ...]:
    """The same columns with the user's own choice; a forbidden column stays forbidden.

    Raises Problem `column_forbidden`; a choice takes its meaning away from the column that was guessed.
    """
    taken = {target for target in chosen.values() if target and target not in SEVERAL}
    unknown = taken - TARGETS.keys()
    if unknown or any(index not in range(len(columns)) for index in chosen):
        raise ValueError(
            f"no such column or meaning: {sorted(unknown) or sorted(chosen)}; there are {list(TARGETS)}"
        )
    return tuple(_chosen(use, chosen, taken) for use in columns)


def _chosen(use: ColumnUse, chosen: Mapping[int, str | None], taken: set[str]) -> ColumnUse:
    if use.index not in chosen:
        return _ignored(use) if use.target in taken else use
    target = chosen[use.index]
    if target and use.verdict == "dropped":
        raise Problem("column_forbidden", column=use.heading)
    if not target:
        return use if use.verdict == "dropped" else _ignored(use)
    return ColumnUse(use.index, use.heading, "mapped", target, 1.0, samples=use.samples)


def _declared(source: tuple[type[Record], str] | None) -> tuple[str, ...]:
    if source is None:
        return ()
    field = fields_of(source[0])[source[1]]
    return (field.label, *field.headers)


def _use(index: int, upper: str, lower: str) -> ColumnUse:
    shown = lower or upper
    for heading in (lower, upper):
        group = forbidden_group(heading) if heading else None
        if group:
            return ColumnUse(index, shown, "dropped", reason=group.reason)
    target, confidence = meaning_of(lower) if lower else meaning_of(upper)
    plain_upper = plain_heading(upper)
    if lower and any(word in plain_upper for word in words_of_others()):
        target, confidence = "", 0.0
    return ColumnUse(index, shown, "mapped" if target else "ignored", target, confidence)


def _kept(use: ColumnUse, best: Mapping[str, int]) -> bool:
    return not use.target or use.target in SEVERAL or best[use.target] == use.index


def _ignored(use: ColumnUse) -> ColumnUse:
    return ColumnUse(use.index, use.heading, "ignored", samples=use.samples)


def _closest(plain: str) -> tuple[str, float]:
    """The longest known heading of two or more characters inside this one."""
    for target, words in deciding_words().items():
        if any(word in plain for word in words):
            return target, _ENOUGH
    inside = [word for word in headings() if len(word) > 1 and word in plain and word not in whole_headings()]
    if not inside:
        return "", 0.0
    word = max(inside, key=len)
    return headings()[word], max(_ENOUGH, round(0.9 * len(word) / len(plain), 2))
