"""The dictionaries of the import: headings, words, rows that are no people, forbidden columns."""

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from gridworker.domain.choices import CHOICES
from gridworker.settings import resource_path


class Forbidden(msgspec.Struct, frozen=True):
    """A group of columns that are never read, and the sentence that says why."""

    id: str
    words: tuple[str, ...]
    reason: str
    exact: tuple[str, ...] = ()


class RowWords(msgspec.Struct, frozen=True):
    """How rows begin that are no people."""

    totals: tuple[str, ...]
    signatures: tuple[str, ...]
    hints: tuple[str, ...]


@cache
def forbidden_groups() -> tuple[Forbidden, ...]:
    """The groups of columns that stay in the file."""
    return msgspec.convert(_table("forbidden_columns.toml")["group"], tuple[Forbidden, ...])


@cache
def forbidden_remarks() -> tuple[str, ...]:
    """Words that make a whole remark stay in the file."""
    return tuple(_table("forbidden_columns.toml")["remark"]["words"])


@cache
def extra_headings() -> Mapping[str, tuple[str, ...]]:
    """Further headings by the meaning of their column."""
    return {target: tuple(words) for target, words in _table("import_words.toml")["headings"].items()}


@cache
def words_of_others() -> tuple[str, ...]:
    """Words of headings that speak of somebody else than the person of the row."""
    return tuple(_table("import_words.toml")["others"]["words"])


@cache
def whole_headings() -> frozenset[str]:
    """Headings that mean something only as a whole, never inside a longer one."""
    return frozenset(_table("import_words.toml")["whole"]["words"])


@cache
def deciding_words() -> Mapping[str, tuple[str, ...]]:
    """Words that decide the meaning of a heading at once, by meaning."""
    return {target: tuple(words) for target, words in _table("import_words.toml")["first"].items()}


@cache
def row_words() -> RowWords:
    """How rows begin that are no people."""
    return msgspec.convert(_table("import_words.toml")["rows"], RowWords)


@cache
def codes_by_word(column: str) -> Mapping[str, str]:
    """The code for each word of a choice column: the labels of its table and what people write instead."""
    table = _CODE_TABLES.get(column, column)
    labels = {choice.label: choice.code for choice in CHOICES.get(table, ())}
    written = _table("import_words.toml")["words"].get(column, {})
    return labels | {word.upper(): code for code, words in written.items() for word in words}


_CODE_TABLES = {"status": "person_status", "use": "house_use"}


@cache
def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads((resource_path("dictionaries") / name).read_text("utf-8"))


@cache
def reasons() -> Mapping[str, str]:
    """The Chinese sentence of every doubt and of every kind of row that is left out."""
    return _texts("import_reasons.toml")


@cache
def report_lines() -> Mapping[str, str]:
    """The Chinese lines of a report, with named placeholders."""
    return _texts("import_report.toml")


def _texts(name: str) -> Mapping[str, str]:
    return {code: entry["text"] for code, entry in _table(name).items()}
