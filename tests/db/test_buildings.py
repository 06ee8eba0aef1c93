"""The matrix: buildings in order, the people of each room, open cases and last visits."""

from datetime import date

import pytest

from gridworker.db.buildings import buildings, elders, flats, last_met_by_room, room_at
from gridworker.db.database import Database
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from tests.db.laptop import PaperCentre, look, put

B3 = RecordId("b3")


@pytest.fixture
def matrix(centre: PaperCentre, laptop: Database) -> Database:
    """Two buildings, three rooms, three people, cases and visits."""
    case = {"category": "C", "found_ms": 1}
    visit = {"method": "home", "outcome": "met"}
    centre.say(
        *(
            put("building", id, {"number": number})
            for id, number in (("b12", "12"), ("b3", "3"), ("ba", "A"))
        ),
        put("room", "m1", {"building_id": "b3", "place": "3-1-101"}),
        put("room", "m2", {"building_id": "b3", "place": "3-1-102"}),
        put("room", "m9", {"building_id": "b12", "place": "12-1-101"}),
        *(
            put(
                "resident",
                id,
                {"name": id, "building_id": "b3", "room_id": "m1", "relation": relation, "birth": b},
            )
            for id, relation, b in (
                ("r1", "son", "1970-01-01"),
                ("r2", "head", "1940-01-01"),
                ("r3", "spouse", "1966-03-11"),
            )
        ),
        put("case", "c1", {**case, "title": "一", "room_id": "m1"}),
        put("case", "c2", {**case, "title": "二", "room_id": "m1", "state": "closed"}),
        put("case", "c3", {**case, "title": "三", "room_id": "m1", "state": "handling"}),
        put("case", "c4", {**case, "title": "四", "room_id": "m9"}),
        put("visit", "v1", {**visit, "resident_ids": ["r1", "r2"], "visited_ms": 100}),
        put("visit", "v2", {**visit, "resident_ids": ["r2"], "visited_ms": 300}),
    )
    return laptop


def test_buildings_are_in_the_order_of_their_numbers(matrix: Database) -> None:
    assert [each.record.number for each in look(matrix, buildings)] == ["3", "12", "A"]


def test_a_room_has_its_people_and_its_open_cases(matrix: Database) -> None:
    first, second = look(matrix, flats, B3)
    assert (first.room.id, second.room.id) == ("m1", "m2")
    assert [each.id for each in first.people] == ["r2", "r3", "r1"]
    assert first.head is not None
    assert first.head.id == "r2"
    assert (first.open_cases, second.open_cases) == (2, 0)
    assert (second.people, second.head) == ((), None)


def test_who_comes_first_stands_for_a_room_without_a_head(matrix: Database) -> None:
    matrix.write(lambda tx: tx.change(Resident, RecordId("r2"), relation="parent"))
    head = look(matrix, flats, B3)[0].head
    assert head is not None
    assert head.id == "r2"


@pytest.mark.parametrize(("today", "count"), [(date(2026, 3, 10), 1), (date(2026, 3, 11), 2)])
def test_elders_are_those_of_sixty_and_more(matrix: Database, today: date, count: int) -> None:
    assert elders(look(matrix, flats, B3)[0], today) == count


def test_the_last_visit_of_a_room_is_that_of_anybody_in_it(matrix: Database) -> None:
    assert look(matrix, last_met_by_room, B3) == {"m1": 300}


def test_several_rooms_may_have_the_same_short_form(centre: PaperCentre, matrix: Database) -> None:
    centre.say(put("room", "m7", {"building_id": "ba", "place": "3-1-101"}))
    assert {each.id for each in look(matrix, room_at, "3-1-101")} == {"m1", "m7"}
