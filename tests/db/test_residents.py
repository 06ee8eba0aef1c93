"""Finding people: every way of typing them, the likeliest first, and no text that breaks the search."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gridworker.db.buildings import room_at
from gridworker.db.database import Database
from gridworker.db.residents import (
    ORDERS,
    normalise,
    resident_keys,
    residents_of_household,
    residents_of_room,
    search_residents,
)
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from tests.db.laptop import look

PEOPLE = {
    "wang": Resident(
        name="王秀兰",
        phones=("13800138000", "0999-87654321"),
        id_number="999001194401020023",
        birth="1944-01-02",
        place="3-2-501",
        building_id=RecordId("b3"),
        room_id=RecordId("m501"),
        household_id=RecordId("h1"),
        relation="head",
    ),
    "shan": Resident(name="单雄信", place="3-2-502", building_id=RecordId("b3"), birth="1990-05-05"),
    "ouyang": Resident(name="欧阳修", place="12-1-101", building_id=RecordId("b12"), status="moved_out"),
    "lv": Resident(name="吕布", place="3-2-B101", building_id=RecordId("b3")),
    "wang2": Resident(
        name="王伟",
        phones=("13900139000",),
        id_number="99900119900505123X",
        place="5-101",
        room_id=RecordId("m501"),
    ),
    "anna": Resident(name="Anna Müller", place="A-1-302", lives_alone=True),
    "ali": Resident(name="阿里·买买提", place="", household_id=RecordId("h1"), birth="2001-01-01"),
}


@pytest.fixture
def people(database: Database) -> Database:
    """A few people in two estates."""
    estates = [(RecordId("e1"), Estate(name="幸福里")), (RecordId("e2"), Estate(name="阳光花园"))]
    buildings = [
        (RecordId("b3"), Building(number="3", estate_id=RecordId("e1"))),
        (RecordId("b12"), Building(number="12", estate_id=RecordId("e2"))),
    ]
    database.write(lambda tx: tx.create_many([*estates, *buildings]))
    database.write(lambda tx: tx.create_many([(RecordId(id), person) for id, person in PEOPLE.items()]))
    return database


def names(database: Database, keys: Sequence[int]) -> list[str]:
    """The ids of rows."""
    return [each.id for each in look(database, lambda reader: reader.rows(Resident, keys))]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        # name and given name
        ("王", ["wang2", "wang"]),
        ("王秀", ["wang"]),
        ("秀兰", ["wang"]),
        ("王 秀 兰", ["wang"]),
        ("欧阳", ["ouyang"]),
        ("修", ["ouyang"]),
        ("Anna", ["anna"]),
        ("阿里·买", ["ali"]),
        # pinyin and initials, also of the second reading
        ("wangxiu", ["wang"]),
        ("WANG", ["wang2", "wang"]),
        ("wang'xiu'lan", ["wang"]),
        ("wxl", ["wang"]),
        ("ｗｘｌ", ["wang"]),
        ("sxx", ["shan"]),
        ("dxx", ["shan"]),
        ("shanxiong", ["shan"]),
        ("oyx", ["ouyang"]),
        ("lvbu", ["lv"]),
        ("lü", ["lv"]),
        ("lubu", ["lv"]),
        # tails of both phones
        ("8000", ["wang"]),
        ("13800138000", ["wang"]),
        ("138 0013 8000", ["wang"]),
        ("138-0013-8000", ["wang"]),
        ("4321", ["wang"]),
        # id number: tail, beginning, all of it
        ("0023", ["wang"]),
        ("123X", ["wang2"]),
        ("123x", ["wang2"]),
        ("999001", ["wang", "wang2"]),
        ("999001194401020023", ["wang"]),
        # place in any form
        ("3#2-5", ["wang", "shan"]),
        ("3-2-501", ["wang"]),
        ("3栋2单元501", ["wang"]),
        ("3号楼二单元5", ["wang", "shan"]),
        ("3 2 501", ["wang"]),
        ("3栋", ["wang", "shan", "lv"]),
        ("5-101", ["wang2"]),
        # words of the estate, alone and with a place
        ("幸福", ["wang", "shan", "lv"]),
        ("幸福里3栋2单元502", ["shan"]),
        ("阳光花园12-1-101", ["ouyang"]),
        ("阳光花园3-2-501", ["wang"]),
        # nothing
        ("", []),
        ("   ", []),
        ("张", []),
        ("12", []),
        ("zzz", []),
    ],
)
def test_every_way_of_typing_somebody_finds_him(people: Database, typed: str, found: list[str]) -> None:
    assert names(people, look(people, search_residents, typed)) == found


def test_the_way_that_is_meant_most_often_comes_first(database: Database) -> None:
    people = [("a", "刘伊"), ("b", "李"), ("c", "李娜")]
    database.write(lambda tx: tx.create_many([(RecordId(id), Resident(name=name)) for id, name in people]))
    assert names(database, look(database, search_residents, "li")) == ["b", "c", "a"]
    assert names(database, look(database, search_residents, "ly")) == ["a"]


def test_nobody_is_found_twice(people: Database) -> None:
    keys = look(people, search_residents, "999001")
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("typed", ["王", "wang", "8000", "3-2", "幸福里"])
def test_no_more_are_found_than_asked_for(people: Database, typed: str) -> None:
    found = look(people, search_residents, typed)
    assert look(people, search_residents, typed, 1) == found[:1]
    assert look(people, search_residents, typed, 2) == found[:2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@example("'; DROP TABLE resident; --")
@example('" OR 1=1')
@example("%_王%")
@example("\ud83d")
@example("王\udc00\x00")
@example("\U0010ffff")
@example("١٢٣٤")
@example("³-²-¹")
@example("ǆ" * 1000)
@example("3-2-" * 500)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_no_text_breaks_the_search_or_the_database(people: Database, typed: str) -> None:
    keys = look(people, search_residents, typed)
    assert len(keys) <= len(PEOPLE)
    assert look(people, lambda reader: reader.count(Resident)) == len(PEOPLE)


def test_what_means_nothing_finds_nobody(people: Database) -> None:
    for typed in ("%", "_", "' OR '1'='1", "*", "-", "#", "·"):
        assert look(people, search_residents, typed) == []


def test_typing_is_folded_before_it_is_looked_up() -> None:
    assert normalise(" Ｗang’s 秀\u3000兰 ") == "wangs秀兰"


# --------------------------------------------------------------------------------------------------- lists


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("address", ["wang", "shan", "lv", "wang2", "ouyang", "anna", "ali"]),
        ("name", ["ali", "anna", "lv", "ouyang", "shan", "wang2", "wang"]),
        ("age", ["wang", "shan", "ali", "ouyang", "lv", "wang2", "anna"]),
        ("newest", list(reversed(PEOPLE))),
    ],
)
def test_the_list_has_four_orders(people: Database, order: str, expected: list[str]) -> None:
    assert set(ORDERS) == {"address", "name", "age", "newest"}
    assert names(people, look(people, resident_keys, order=order)) == expected


def test_the_list_is_filtered(people: Database) -> None:
    assert names(people, look(people, resident_keys, status="moved_out")) == ["ouyang"]
    assert len(look(people, resident_keys, status="active")) == 6
    assert names(people, look(people, resident_keys, alone=True)) == ["anna"]


def test_a_household_begins_with_its_head(people: Database) -> None:
    members = look(people, residents_of_household, RecordId("h1"))
    assert [each.id for each in members] == ["wang", "ali"]
    assert {each.id for each in look(people, residents_of_room, RecordId("m501"))} == {"wang", "wang2"}


def test_search_follows_a_correction(people: Database) -> None:
    people.write(lambda tx: tx.change(Resident, RecordId("wang"), name="李秀兰", phones=("13700137000",)))
    assert names(people, look(people, search_residents, "lxl")) == ["wang"]
    assert look(people, search_residents, "8000") == []
    assert names(people, look(people, search_residents, "7000")) == ["wang"]


def test_every_way_of_searching_uses_an_index(people: Database) -> None:
    columns = (
        "initials",
        "initials_2",
        "pinyin",
        "phone_tail",
        "phone_tail_2",
        "id_tail",
        "id_number",
        "name",
    )
    for column in (*columns, "given", "place"):
        sql = (
            f"EXPLAIN QUERY PLAN SELECT n FROM resident WHERE {column}>=? AND {column}<? ORDER BY {column}, n"
        )
        (plan,) = look(people, lambda reader, sql=sql: reader.rows_of(sql, ("a", "b")))
        assert re.match(f"SEARCH resident USING (COVERING )?INDEX ix_resident_{column} ", plan[3])


def test_a_room_of_the_matrix_is_found_by_its_place(people: Database) -> None:
    people.write(lambda tx: tx.create(Room(building_id=RecordId("b3"), place="3-2-501")))
    assert [each.record.building_id for each in look(people, room_at, "3-2-501")] == ["b3"]
