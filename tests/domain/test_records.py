"""Records: links, columns for search, the walking order, and the one message that something changed."""

from typing import Annotated, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.dictionaries import pinyin_table
from gridworker.domain.addresses import Address, place_key, walk_key
from gridworker.domain.cases import Case
from gridworker.domain.fields import Field
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, RecordId, Touched, fields_of, grid_scope, link_ids
from gridworker.domain.residents import Resident, search_values, walk_order
from gridworker.domain.visits import Visit

R1, R2, M1, V1 = RecordId("r1"), RecordId("r2"), RecordId("m1"), RecordId("v1")


# ---------------------------------------------------------------------------------------------------- links


def test_links_are_the_ids_of_declared_fields() -> None:
    visit = Visit(resident_ids=(R1, R2), visited_ms=0, method="home", outcome="met", room_id=M1, corrects=V1)
    assert set(link_ids(visit)) >= {R1, R2, M1}
    case = Case(title="灯", category="C", found_ms=0, visit_id=V1)
    assert list(link_ids(case)) == [V1]


def test_what_names_nobody_links_to_nothing() -> None:
    assert list(link_ids(Visit(resident_ids=(), visited_ms=0, method="home", outcome="met"))) == []
    assert list(link_ids(Resident(name="王", household_id=RecordId("h1")))) == []


# -------------------------------------------------------------------------------------------------- touched

ids = st.frozensets(st.sampled_from([R1, R2, M1]))
kinds = st.frozensets(st.sampled_from(list(KINDS)))
changes = st.builds(Touched, ids, kinds, st.booleans())


@given(changes, changes, changes)
def test_changes_can_be_put_together_in_any_order(a: Touched, b: Touched, c: Touched) -> None:
    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a == a | Touched()


@given(changes)
def test_a_screen_looks_again_when_one_of_its_kinds_changed(change: Touched) -> None:
    for name, kind in KINDS.items():
        assert change.concerns(kind) == (change.everything or name in change.kinds)
    assert change.concerns(*KINDS.values()) == bool(change.everything or change.kinds)


def test_a_grid_has_a_scope() -> None:
    assert grid_scope(RecordId("7")) == "g:7"


def test_a_field_without_declaration_is_a_bug() -> None:
    class Pet(Record, frozen=True, kw_only=True):
        kind: ClassVar[str] = "pet"
        label: ClassVar[str] = "宠物"
        name: Annotated[str, Field("名字")]
        teeth: int = 0

    with pytest.raises(TypeError, match=r"Pet.teeth needs Annotated"):
        fields_of(Pet)


# --------------------------------------------------------------------------------------------------- search

people = st.builds(
    Resident,
    name=st.text(max_size=12),
    phones=st.lists(st.text(max_size=14), max_size=3).map(tuple),
    id_number=st.text(max_size=20),
    place=st.text(max_size=12) | st.from_regex(r"[0-9A-Z²甲]{0,3}-[0-9²]{0,2}-B?[0-9²]{0,5}", fullmatch=True),
)


@given(people)
def test_every_person_can_be_indexed_whatever_was_written(person: Resident) -> None:
    values = search_values(person, pinyin_table())
    assert Resident.derived is not None
    assert len(values) == len(Resident.derived.names)
    assert all(value is None or isinstance(value, str) for value in values)


def test_a_person_is_indexed_by_every_way_of_typing_him() -> None:
    person = Resident(
        name="单雄信",
        phones=("13800138000", "0999-87654321"),
        id_number="99900119440102002X",
        place="3-2-501",
    )
    assert Resident.derived is not None
    found = dict(zip(Resident.derived.names, search_values(person, pinyin_table()), strict=True))
    assert found["given"] == "雄信"
    assert (found["pinyin"], found["initials"], found["initials_2"]) == ("shanxiongxin", "sxx", "dxx")
    assert str(found["phone_tail"]).startswith("0008")
    assert str(found["phone_tail_2"]).startswith("1234")
    assert str(found["id_tail"]).startswith("X200")


# ---------------------------------------------------------------------------------------------------- walk

numbers = st.integers(1, 120).map(str)
rooms = st.tuples(st.integers(1, 40), st.integers(1, 20)).map(lambda pair: f"{pair[0]}{pair[1]:02d}")
addresses = st.builds(
    lambda building, unit, room: Address(building=building, unit=unit, floor=int(room[:-2]), room=room),
    numbers | st.sampled_from("ABC"),
    st.none() | st.integers(1, 12).map(str),
    rooms,
)


@given(addresses, addresses)
def test_places_are_walked_in_the_order_of_addresses(one: Address, other: Address) -> None:
    by_place = walk_order(place_key(one)) < walk_order(place_key(other))
    by_address = walk_key(one) < walk_key(other)
    assert by_place == by_address


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3-1-101", "12-1-101"),
        ("3-1-101", "3-2-1801"),
        ("3-2-601", "3-2-501"),
        ("3-2-1001", "3-2-901"),
        ("3-2-501", "3-2-502"),
        ("12-1-101", "A-1-101"),
        ("A-1-101", ""),
        ("3-2-501", "3"),
    ],
)
def test_one_walks_by_building_and_unit_from_the_top_floor_down(before: str, after: str) -> None:
    assert walk_order(before) < walk_order(after)


@given(st.text())
def test_every_place_has_its_turn(place: str) -> None:
    assert walk_order(place)
