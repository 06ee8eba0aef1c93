"""A value of one's own: typed where a person can type it, chosen from a list, refused with a sentence."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.kinds import KINDS
from gridworker.domain.records import fields_of
from gridworker.ui.disputes.own_value import choices_of_field, may_type, typed_value

FIELDS = [(kind, field) for kind, record in KINDS.items() for field in fields_of(record)]
TYPED = [(kind, field) for kind, field in FIELDS if may_type(kind, field)]


@pytest.mark.parametrize(
    ("kind", "field", "typed", "value"),
    [
        ("resident", "note", " 二楼 ", "二楼"),
        ("resident", "birth", "1944年3月2日", "1944-03-02"),
        ("resident", "birth", "", None),
        ("resident", "phones", "13800138000、0571-88888888", ["13800138000", "0571-88888888"]),
        ("resident", "phones", "", []),
        ("resident", "lives_alone", "yes", True),
        ("resident", "lives_alone", "no", False),
        ("resident", "relation", "spouse", "spouse"),
    ],
)
def test_what_was_typed_is_held_as_the_field_holds_it(kind: str, field: str, typed: str, value: Any) -> None:
    assert typed_value(kind, field, typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("birth", "去年", "没有看出是哪一天，请写成 1944-03-02 这样。"),
        ("phones", "没有", "没有看出电话号码，请再看一遍。"),
        ("name", " ", "姓名不能空着。"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(field: str, typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        typed_value("resident", field, typed)


def test_only_what_people_write_may_be_typed() -> None:
    closed = {"room_id", "household_id", "place", "id_state", "absorbed"}
    assert not any(may_type("resident", field) for field in closed)
    assert not may_type("visit", "visited_ms")
    assert not may_type("care_profile", "groups")
    assert not may_type("strange", "note")
    assert not may_type("resident", "strange")
    assert {"name", "birth", "phones", "note"} <= {field for kind, field in TYPED if kind == "resident"}


@given(st.sampled_from(TYPED), st.text(max_size=30))
def test_whatever_is_typed_fits_the_record_or_is_refused(about: tuple[str, str], typed: str) -> None:
    kind, field = about
    choices = choices_of_field(kind, field)
    with suppress(ValueError):
        value = typed_value(kind, field, choices[len(typed) % len(choices)][0] if choices else typed)
        hints = {each.encode_name: each.type for each in msgspec.structs.fields(KINDS[kind])}
        _fits(value, hints[field])


def _fits(value: Any, hint: Any) -> None:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as wrong:
        raise AssertionError(f"{value!r} is no {hint}") from wrong
