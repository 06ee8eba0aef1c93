"""Code tables: one word for one code, and a table for every field that names one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.choices import CHOICES, code_of, label_of
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, fields_of

COLOURS = {"grey", "green", "blue", "teal", "purple", "yellow", "orange", "red"}
FIELDS = [
    (kind, name, field.choices)
    for kind in KINDS.values()
    for name, field in fields_of(kind).items()
    if field.choices
]


@pytest.mark.parametrize("table", CHOICES)
def test_codes_and_words_are_unique_in_their_table(table: str) -> None:
    choices = CHOICES[table]
    assert len({choice.code for choice in choices}) == len(choices)
    assert len({choice.label for choice in choices}) == len(choices)


@pytest.mark.parametrize("table", CHOICES)
def test_codes_are_identifiers_and_words_are_chinese(table: str) -> None:
    for choice in CHOICES[table]:
        assert re.fullmatch("[a-z][a-z0-9_]*", choice.code)
        assert re.search("[\u4e00-\u9fff]", choice.label)
        assert choice.colour in COLOURS


@pytest.mark.parametrize("table", CHOICES)
def test_a_word_and_its_code_find_each_other(table: str) -> None:
    for choice in CHOICES[table]:
        assert label_of(table, choice.code) == choice.label
        assert code_of(table, choice.label) == choice.code


@given(st.sampled_from(list(CHOICES)), st.text())
def test_a_code_of_a_newer_program_is_shown_as_it_is(table: str, code: str) -> None:
    if code not in {choice.code for choice in CHOICES[table]}:
        assert label_of(table, code) == code
    if code not in {choice.label for choice in CHOICES[table]}:
        assert code_of(table, code) is None


@pytest.mark.parametrize(("kind", "name", "table"), FIELDS)
def test_every_field_with_choices_has_its_table_and_begins_inside_it(
    kind: type[Record], name: str, table: str
) -> None:
    codes = {choice.code for choice in CHOICES[table]}
    default = kind.__struct_defaults__
    defaults = dict(zip(reversed(kind.__struct_fields__), reversed(default), strict=False))
    begins = defaults.get(name, "")
    if isinstance(begins, str) and begins:
        assert begins in codes


def test_every_table_is_used_by_a_field() -> None:
    assert {table for _, _, table in FIELDS} == CHOICES.keys()
