"""Reading: typed records, pages by row key, and links, all from one snapshot."""

import pytest

from gridworker.db.database import Database
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.db.laptop import look


@pytest.fixture
def people(database: Database) -> Database:
    """Twelve hundred people, more than one statement takes."""
    records = [(RecordId(f"r{n:04}"), Resident(name=f"王{n}")) for n in range(1_200)]
    database.write(lambda tx: tx.create_many(records))
    return database


def test_a_page_has_the_order_that_was_asked_for(people: Database) -> None:
    keys = look(people, lambda reader: reader.keys(Resident, order="n DESC"))
    rows = look(people, lambda reader: reader.rows(Resident, keys))
    assert [each.id for each in rows] == [f"r{n:04}" for n in reversed(range(1_200))]


def test_rows_that_are_gone_are_left_out_of_a_page(people: Database) -> None:
    keys = look(people, lambda reader: reader.keys(Resident, order="n"))[:3]
    people.write(lambda tx: tx.delete(Resident, RecordId("r0001"), why=""))
    rows = look(people, lambda reader: reader.rows(Resident, keys))
    assert [each.id for each in rows] == ["r0000", "r0002"]


def test_records_are_given_in_the_order_of_their_ids(people: Database) -> None:
    ids = [RecordId(f"r{n:04}") for n in (1_100, 3, 700)]
    found = look(people, lambda reader: reader.get_many(Resident, [*ids, RecordId("nobody")]))
    assert [each.id for each in found] == ids


def test_a_key_belongs_to_a_record(people: Database) -> None:
    key = look(people, lambda reader: reader.key_of(Resident, RecordId("r0005")))
    assert key is not None
    assert [each.id for each in look(people, lambda reader: reader.rows(Resident, [key]))] == ["r0005"]
    assert look(people, lambda reader: reader.key_of(Resident, RecordId("nobody"))) is None


def test_people_are_counted_with_and_without_a_condition(people: Database) -> None:
    assert look(people, lambda reader: reader.count(Resident)) == 1_200
    assert look(people, lambda reader: reader.count(Resident, "name=?", ("王7",))) == 1


def test_a_timeline_has_the_newest_first_and_an_end(database: Database) -> None:
    visits = [
        (RecordId(f"v{n}"), Visit(resident_ids=(RecordId("r"),), visited_ms=n, method="home", outcome="met"))
        for n in range(5)
    ]
    database.write(lambda tx: tx.create_many(visits))
    found = look(database, lambda reader: reader.linked(Visit, RecordId("r"), 3))
    assert [each.id for each in found] == ["v4", "v3", "v2"]


def test_what_is_not_there_is_none(database: Database) -> None:
    with database.read() as reader:
        assert reader.get(Resident, RecordId("r")) is None
        assert reader.document(Resident, RecordId("r")) is None
        assert reader.meta("nothing") is None
