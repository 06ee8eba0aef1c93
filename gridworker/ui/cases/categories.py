"""Finding the category of a case: by its name, by what people call it, by pinyin, and from the title."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import msgspec

from gridworker.dictionaries import case_dictionary, pinyin_table
from gridworker.domain.cases import CaseCategory

GUESSES = 3
"""How many categories a title proposes at most."""


class Spelt(msgspec.Struct, frozen=True):
    """A category with everything it can be found by."""

    category: CaseCategory
    words: tuple[str, ...]
    spellings: tuple[str, ...]
    pairs: frozenset[str]


def find(typed: str) -> list[str]:
    """The codes of the categories that fit what was typed, the best first."""
    text = typed.strip().lower()
    ranked = [(rank, n) for n, each in enumerate(_spelt()) if (rank := _rank(each, text)) is not None]
    return [_spelt()[n].category.code for _rank_of, n in sorted(ranked)]


def guess(title: str) -> list[str]:
    """The codes of the categories that a title speaks of, the surest first."""
    said = _pairs(title)
    scores = [(len(said & each.pairs), -n) for n, each in enumerate(_spelt())]
    best = sorted((score for score in scores if score[0]), reverse=True)[:GUESSES]
    return [_spelt()[-n].category.code for _score, n in best]


def offered(typed: str, title: str, usual: Sequence[str]) -> list[str]:
    """What to choose from: what fits, or with nothing typed the guesses, the usual ones, then all."""
    if typed.strip():
        return find(typed)
    every = [each.category.code for each in _spelt()]
    known = [code for code in usual if code in every]
    return list(dict.fromkeys([*guess(title), *known, *every]))


def _rank(each: Spelt, text: str) -> int | None:
    category = each.category
    area = case_dictionary().areas[category.area]
    tests = (
        category.name.startswith(text),
        text in category.name,
        any(text in word or word in text for word in each.words),
        any(spelling.startswith(text) for spelling in each.spellings),
        text in area,
        bool(category.gb) and category.gb.startswith(text),
        len(text) > 2 and bool(_pairs(text) & each.pairs),
    )
    return next((rank for rank, fits in enumerate(tests) if fits), None)


@cache
def _spelt() -> tuple[Spelt, ...]:
    return tuple(_spell(category) for category in case_dictionary().categories)


def _spell(category: CaseCategory) -> Spelt:
    table, said = pinyin_table(), (category.name, *category.words)
    spellings = [spelling for word in said for spelling in (table.spell(word), *table.spell_initials(word))]
    pairs = frozenset().union(*(_pairs(word) for word in said))
    return Spelt(category, category.words, tuple(dict.fromkeys(spellings)), pairs)


def _pairs(text: str) -> frozenset[str]:
    """Every two Chinese characters that stand side by side."""
    return frozenset(a + b for a, b in pairwise(text) if a > "\u2fff" and b > "\u2fff")
