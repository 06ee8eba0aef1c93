"""Dictionaries with an edition: care rules and case categories, tables that a deployment may replace."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from gridworker.domain.care import CareRule
from gridworker.domain.cases import CaseCategory
from gridworker.domain.names import PinyinTable
from gridworker.settings import resource_path


class CaseDictionary(msgspec.Struct, frozen=True):
    """The two-level community dictionary of cases, with its edition."""

    edition: str
    areas: dict[str, str]
    categories: list[CaseCategory]

    def name_of(self, code: str) -> str:
        """The words of a category or of a whole area; an unknown code is shown as it is."""
        found = next((each.name for each in self.categories if each.code == code), None)
        return found or self.areas.get(code, code)

    def search(self, typed: str) -> list[CaseCategory]:
        """Categories whose name, area, synonyms or national code hold what was typed."""
        text = typed.strip()
        if not text:
            return self.categories
        return [
            c
            for c in self.categories
            if any(text in word for word in (c.name, self.areas[c.area], c.gb, *c.words))
        ]


class _CareTable(msgspec.Struct):
    edition: str
    source: str
    rules: list[CareRule]


def _table(name: str) -> Path:
    return resource_path("dictionaries") / name


@cache
def care_rules() -> Mapping[str, CareRule]:
    """The rule of each care group."""
    table = msgspec.convert(tomllib.loads(_table("care_rules.toml").read_text("utf-8")), _CareTable)
    return {rule.group: rule for rule in table.rules}


@cache
def case_dictionary() -> CaseDictionary:
    """The case categories in use."""
    return msgspec.convert(tomllib.loads(_table("case_categories.toml").read_text("utf-8")), CaseDictionary)


@cache
def pinyin_table() -> PinyinTable:
    """The pinyin table that set-up has generated."""
    return PinyinTable.from_bytes(resource_path("pinyin/table.bin").read_bytes())
