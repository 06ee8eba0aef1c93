"""The list of residents: keys filtered, sorted and searched, lines with care and visits, twins."""

from collections.abc import Sequence

import pytest

from gridworker.db.database import Database
from gridworker.db.resident_lines import (
    FILTERS,
    found_keys,
    holders,
    line_keys,
    line_of,
    namesakes,
    resident_lines,
    sorted_keys,
)
from gridworker.db.residents import ORDERS
from gridworker.domain.care import CareProfile
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import look

PEOPLE = (
    (
        "wang",
        Resident(
            name="王秀兰", birth="1944-01-02", place="3-2-501", lives_alone=True, phones=("13800138000",)
        ),
    ),
    ("li", Resident(name="李建国", birth="1990-05-05", place="3-2-502", status="away")),
    ("sun", Resident(name="孙福", place="12-1-101", id_number="99900119900505123X")),
    ("qian", Resident(name="钱文", birth="1970-01-01", place="", status="moved_out")),
)


@pytest.fixture
def people(database: Database) -> Database:
    """Four people, one of them in care."""
    store(database, PEOPLE)
    store(database, [("care", CareProfile(resident_id=RecordId("wang"), groups=("elder_alone",)))])
    return database


def store(database: Database, records: Sequence[tuple[str, Record]]) -> None:
    """Store records under these ids."""
    database.write(lambda tx: tx.create_many([(RecordId(id), record) for id, record in records]))


def names(database: Database, keys: list[int]) -> list[str]:
    """Who these keys are."""
    lines = look(database, resident_lines, keys)
    return [line.resident.id if line else "" for line in lines]


def visit(days: int, outcome: str = "met") -> Visit:
    """A visit to the woman in care, so many days after the beginning of time."""
    return Visit(
        resident_ids=(RecordId("wang"),), visited_ms=days * 86_400_000, method="home", outcome=outcome
    )


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("living", {"wang", "li", "sun"}),
        ("alone", {"wang"}),
        ("care", {"wang"}),
        ("all", {"wang", "li", "sun", "qian"}),
    ],
)
def test_each_filter_leaves_its_people(people: Database, only: str, expected: set[str]) -> None:
    assert set(names(people, look(people, line_keys, only=only))) == expected


def test_somebody_whose_care_has_ended_is_not_in_care(people: Database) -> None:
    store(people, [("care2", CareProfile(resident_id=RecordId("li")))])
    assert names(people, look(people, line_keys, only="care")) == ["wang"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("only", FILTERS)
def test_both_directions_hold_the_same_people(people: Database, order: str, only: str) -> None:
    up = look(people, line_keys, order=order, only=only)
    assert sorted(look(people, line_keys, order=order, only=only, descending=True)) == sorted(up)


def test_unknown_ages_and_places_are_last_in_both_directions(people: Database) -> None:
    for descending in (False, True):
        assert (
            names(people, look(people, line_keys, order="age", only="all", descending=descending))[-1]
            == "sun"
        )
        by_place = look(people, line_keys, order="address", only="all", descending=descending)
        assert names(people, by_place)[-1] == "qian"


def test_what_was_found_is_filtered_and_can_be_sorted(people: Database) -> None:
    among = frozenset(look(people, line_keys))
    found = look(people, found_keys, "3-2-5", among=among)
    assert names(people, found) == ["wang", "li"]
    assert names(people, look(people, sorted_keys, found, order="age", descending=True)) == ["li", "wang"]
    assert look(people, found_keys, "钱文", among=among) == []
    assert look(people, sorted_keys, [], order="age", descending=False) == []


def test_a_search_in_a_narrow_filter_looks_further(database: Database) -> None:
    crowd = [(f"p{n}", Resident(name="王伟", lives_alone=n == 1_900)) for n in range(2_000)]
    store(database, crowd)
    alone = frozenset(look(database, line_keys, only="alone"))
    assert names(database, look(database, found_keys, "wangw", among=alone, narrow=True)) == ["p1900"]


def test_a_line_knows_the_last_visit_and_the_last_effective_one(people: Database) -> None:
    store(people, [("v1", visit(10)), ("v2", visit(20)), ("v3", visit(30, "not_home"))])
    found = look(people, line_of, RecordId("wang"))
    assert found is not None
    _key, line = found
    assert (line.last_ms, line.effective_ms) == (30 * 86_400_000, 20 * 86_400_000)
    assert line.profile is not None
    assert line.profile.groups == ("elder_alone",)


def test_somebody_without_visits_or_care_has_a_bare_line(people: Database) -> None:
    found = look(people, line_of, RecordId("sun"))
    assert found is not None
    assert (found[1].profile, found[1].last_ms, found[1].effective_ms) == (None, None, None)


def test_lines_come_in_the_order_of_the_keys_with_none_for_one_gone(people: Database) -> None:
    keys = look(people, line_keys, only="all")
    assert names(people, [keys[1], 999_999, keys[0]]) == [
        *names(people, [keys[1]]),
        "",
        *names(people, [keys[0]]),
    ]
    assert look(people, line_of, RecordId("nobody")) is None


def test_two_profiles_of_one_person_make_one_line(people: Database) -> None:
    store(people, [("again", CareProfile(resident_id=RecordId("wang"), groups=("veteran",)))])
    keys = look(people, line_keys, only="care")
    assert names(people, keys) == ["wang"]


def test_namesakes_are_found_by_characters_and_by_sound(people: Database) -> None:
    assert names(people, look(people, namesakes, "王秀蓝", pinyin="wangxiulan")) == ["wang"]
    assert names(people, look(people, namesakes, "孙福", pinyin="")) == ["sun"]
    assert look(people, namesakes, "周甲", pinyin="zhoujia") == []


def test_holders_of_a_number_or_phone_are_found(people: Database) -> None:
    assert names(people, look(people, holders, id_number="99900119900505123X", phones=())) == ["sun"]
    assert names(people, look(people, holders, id_number="", phones=("13800138000",))) == ["wang"]
