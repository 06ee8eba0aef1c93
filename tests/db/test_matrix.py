"""The doors of a building with people, care and newest visits, and the list of buildings."""

from collections.abc import Sequence

import pytest

from gridworker.db.database import Database
from gridworker.db.matrix import Door, building_lines, doors
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import look

DAY_MS = 86_400_000
B3, M501, M502 = RecordId("b3"), RecordId("m501"), RecordId("m502")


def person(name: str, **fields: object) -> Resident:
    """Somebody in 501."""
    return Resident(name=name, building_id=B3, room_id=M501, **fields)  # type: ignore[arg-type]  # a test says which fields


def store(database: Database, records: Sequence[tuple[str, Record]]) -> None:
    """Store records under these ids."""
    database.write(lambda tx: tx.create_many([(RecordId(id), record) for id, record in records]))


@pytest.fixture
def block(database: Database) -> Database:
    """Two estates, three buildings, two rooms, three people."""
    store(
        database,
        [
            ("e1", Estate(name="幸福里")),
            ("e2", Estate(name="阳光花园")),
            ("b12", Building(number="12", estate_id=RecordId("e1"))),
            ("b3", Building(number="3", estate_id=RecordId("e1"))),
            ("b1", Building(number="1", estate_id=RecordId("e2"))),
            ("m501", Room(building_id=B3, place="3-2-501", unit="2", floor=5, number="501")),
            ("m502", Room(building_id=B3, place="3-2-502", unit="2", floor=5, number="502")),
            ("son", person("李明", birth="1990-01-01")),
            ("head", person("李建国", relation="head", birth="1960-01-01")),
            ("gone", person("李强", status="moved_out", birth="1950-01-01")),
            ("care", CareProfile(resident_id=RecordId("head"), groups=("elder_alone",))),
            ("k1", Case(title="水管渗漏", category="C0201", found_ms=1, room_id=M501)),
            ("k2", Case(title="旧事", category="C0201", found_ms=1, room_id=M501, state="closed")),
        ],
    )
    return database


def door_of(database: Database, room: RecordId) -> Door:
    """One door."""
    return next(each for each in look(database, doors, B3) if each.flat.room.id == room)


def visit(*whom: str, days: int, outcome: str = "met", needs: tuple[str, ...] = ()) -> Visit:
    """A visit so many days after the beginning of time."""
    ids = tuple(map(RecordId, whom))
    return Visit(resident_ids=ids, visited_ms=days * DAY_MS, method="home", outcome=outcome, needs=needs)


def test_buildings_are_in_the_order_of_estates_and_numbers(block: Database) -> None:
    lines = look(block, building_lines)
    assert [(line.estate, line.building.record.number, line.rooms) for line in lines] == [
        ("幸福里", "3", 2), ("幸福里", "12", 0), ("阳光花园", "1", 0),
    ]  # fmt: skip


def test_those_who_live_there_come_head_first_and_those_who_left_do_not_count(block: Database) -> None:
    door = door_of(block, M501)
    assert [each.record.name for each in door.people] == ["李建国", "李明"]
    assert len(door.flat.people) == 3
    assert door.head is not None
    assert door.head.id == "head"
    assert door.flat.open_cases == 1


def test_an_empty_room_is_a_door_too(block: Database) -> None:
    door = door_of(block, M502)
    assert (door.people, door.care, door.met, door.head) == ((), (), (), None)


def test_care_and_newest_visits_belong_to_their_people(block: Database) -> None:
    store(
        block,
        [
            ("v1", visit("head", days=10, needs=("repair",))),
            ("v2", visit("head", "son", days=20, outcome="not_home", needs=("meals",))),
            ("v3", visit("gone", days=30)),
        ],
    )
    door = door_of(block, M501)
    assert [profile.resident_id for profile in door.care] == ["head"]
    met = dict(door.met)
    assert set(met) == {"head", "son"}
    head = met[RecordId("head")]
    assert (head.last_ms, head.effective_ms, head.needs) == (20 * DAY_MS, 10 * DAY_MS, ("meals",))
    assert met[RecordId("son")].effective_ms is None


def test_a_building_of_nobody_is_empty(block: Database) -> None:
    assert look(block, doors, RecordId("b12")) == []
