"""The record kinds: every one is declared completely, and none has a field that should not be asked for."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from gridworker.domain.fields import Merge, Sensitivity
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, fields_of
from gridworker.settings import resource_path

EVERY = list(KINDS.values())
SAMPLES: dict[type, Any] = {str: "x", int: 1, bool: True}


def sample(kind: type[Record]) -> Record:
    """The smallest record of a kind."""
    hints = get_type_hints(kind)
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    return msgspec.convert({name: value_of(hints[name]) for name in required}, kind)


def value_of(hint: Any) -> Any:
    """Some value of a type."""
    if get_origin(hint) is tuple:
        return [value_of(get_args(hint)[0])]
    return SAMPLES[getattr(hint, "__supertype__", hint)]


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_is_known_by_its_own_name(kind: type[Record]) -> None:
    assert KINDS[kind.kind] is kind
    assert re.fullmatch("[a-z_]+", kind.kind)
    assert re.search("[\u4e00-\u9fff]", kind.label)


def test_no_two_kinds_have_the_same_word() -> None:
    assert len({kind.label for kind in EVERY}) == len(EVERY)


@pytest.mark.parametrize("kind", EVERY)
def test_every_field_is_declared_with_a_word_of_its_own(kind: type[Record]) -> None:
    fields = fields_of(kind)
    assert tuple(fields) == kind.__struct_fields__
    labels = [field.label for field in fields.values()]
    assert all(re.search("[\u4e00-\u9fff]", label) for label in labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("kind", EVERY)
def test_a_column_of_a_register_means_one_field(kind: type[Record]) -> None:
    words = [word for field in fields_of(kind).values() for word in {field.label, *field.headers}]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("kind", EVERY)
def test_computed_columns_and_links_name_fields_that_exist(kind: type[Record]) -> None:
    names = set(kind.__struct_fields__)
    assert {column.path for column in kind.computed} <= {f"$.{name}" for name in names}
    assert {column.type for column in kind.computed} <= {"TEXT", "INTEGER"}
    assert set(kind.links) <= names
    columns = [column.name for column in kind.computed] + list(kind.derived.names if kind.derived else ())
    assert len(set(columns)) == len(columns)
    assert not set(columns) & {"n", "id", "scope", "rev", "body", "base"}
    if kind.derived:
        assert set(kind.derived.indexed) <= set(kind.derived.names)


@pytest.mark.parametrize("kind", EVERY)
def test_the_type_of_a_computed_column_is_that_of_its_field(kind: type[Record]) -> None:
    hints = get_type_hints(kind)
    for column in kind.computed:
        is_number = "int" in str(hints[column.path.removeprefix("$.")])
        assert (column.type == "INTEGER") == is_number


@pytest.mark.parametrize("kind", EVERY)
def test_a_record_goes_through_json_and_leaves_out_what_says_nothing(kind: type[Record]) -> None:
    record = sample(kind)
    body = msgspec.json.encode(record)
    assert msgspec.json.decode(body, type=kind) == record
    assert set(msgspec.json.decode(body)) == {f.name for f in msgspec.structs.fields(kind) if f.required}


@pytest.mark.parametrize("kind", EVERY)
def test_fields_of_a_newer_program_do_not_stop_the_reading(kind: type[Record]) -> None:
    body = msgspec.to_builtins(sample(kind))
    assert msgspec.convert({**body, "of_a_newer_program": [1]}, kind) == sample(kind)


@pytest.mark.parametrize("kind", EVERY)
def test_a_record_is_never_changed_in_place(kind: type[Record]) -> None:
    record = sample(kind)
    with pytest.raises(AttributeError):
        setattr(record, kind.__struct_fields__[0], "y")


@pytest.mark.parametrize("kind", EVERY)
def test_a_kind_has_at_most_one_state(kind: type[Record]) -> None:
    states = [name for name, field in fields_of(kind).items() if field.merge is Merge.STATE]
    assert states in ([], ["state"])


def test_no_field_asks_what_must_not_be_asked() -> None:
    table = tomllib.loads(Path(resource_path("dictionaries/forbidden_columns.toml")).read_text("utf-8"))
    forbidden = {word for word in strings(table) if len(word) > 1}
    assert "民族" in forbidden
    words = {
        word for kind in EVERY for field in fields_of(kind).values() for word in (field.label, *field.headers)
    }
    assert words & forbidden == set()


def strings(value: object) -> list[str]:
    """Every string of a table, however deep."""
    if isinstance(value, dict):
        return [word for inner in value.values() for word in strings(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_health_id_numbers_and_care_are_guarded() -> None:
    guarded = {
        (kind.kind, name)
        for kind in EVERY
        for name, field in fields_of(kind).items()
        if field.sensitivity is Sensitivity.SENSITIVE
    }
    assert guarded >= {
        ("resident", "id_number"),
        ("resident", "lives_alone"),
        ("care_profile", "groups"),
        ("visit", "condition"),
        ("visit", "note"),
    }
