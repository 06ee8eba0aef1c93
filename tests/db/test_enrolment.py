"""Enrolment: the laptop learns whom it belongs to, and what was recorded before is not lost."""

from pathlib import Path

import msgspec
import pytest

from gridworker.db.author import LOCAL_SCOPE
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL, TOKEN, store_enrolment, store_grants
from gridworker.db.lives import EPOCH
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.wire.messages import EnrolReply, Grant
from tests.db.laptop import (
    GRID,
    OTHER_GRID,
    PaperCentre,
    assert_chained,
    assert_consistent,
    document,
    enrolment,
    look,
    next_seq,
    opened,
    operations,
    put,
)

URL = "https://centre.example"


def enrol(database: Database, reply: EnrolReply) -> None:
    """Store what a centre answered."""
    database.write(store_enrolment, reply, URL)


def test_the_laptop_knows_its_user_and_its_centre(laptop: Database) -> None:
    with laptop.read() as reader:
        author = reader.author
        facts = [reader.meta(name) for name in (TOKEN, EPOCH, SERVER_URL)]
    assert facts == ["t", "e1", URL]
    assert (author.user_id, author.user_name, author.scope, author.role) == (
        "u1",
        "张网格",
        GRID,
        "grid_worker",
    )
    assert (author.scope_title, author.role_in(OTHER_GRID), author.enrolled) == (GRID, "", True)


def test_a_laptop_without_a_centre_is_its_workers_own(database: Database) -> None:
    author = look(database, lambda reader: reader.author)
    assert (author.scope, author.role, author.enrolled) == (LOCAL_SCOPE, "grid_worker", False)


def record_before(database: Database) -> tuple[RecordId, RecordId]:
    """A person, corrected twice, and a visit, all from the time before there was a centre."""
    person = database.write(lambda tx: tx.create(Resident(name="王")))
    database.write(lambda tx: tx.change(Resident, person, name="王秀", note="一"))
    database.write(lambda tx: tx.change(Resident, person, name="王秀兰"))
    visit = Visit(resident_ids=(person,), visited_ms=1, method="home", outcome="met", worker_id="local")
    return person, database.write(lambda tx: tx.create(visit))


def test_what_was_recorded_before_is_sent_as_it_is_now(database: Database) -> None:
    person, visit = record_before(database)
    enrol(database, enrolment("grid_worker"))
    sent = operations(database)
    assert [(o.verb, o.id, o.scope, o.actor) for o in sent] == [
        ("create", person, GRID, "u1"),
        ("append", visit, GRID, "u1"),
    ]
    assert sent[0].values == {"name": "王秀兰", "note": "一"} == document(database, "resident", person)
    assert_chained(PaperCentre(database).waiting())
    assert_consistent(database)


def test_what_was_recorded_before_gets_its_author(database: Database) -> None:
    _, visit = record_before(database)
    enrol(database, enrolment("grid_worker"))
    found = look(database, lambda reader: reader.get(Visit, visit))
    assert found is not None
    assert (found.record.worker_id, found.record.worker_name, found.scope) == ("u1", "张网格", GRID)
    assert operations(database)[1].values["worker_name"] == "张网格"


def test_thousands_of_records_are_adopted_in_their_order(database: Database) -> None:
    people = [(RecordId(f"r{n:04}"), Resident(name="王秀兰")) for n in range(2_300)]
    database.write(lambda tx: tx.create_many(people))
    enrol(database, enrolment("grid_worker"))
    assert [operation.id for operation in operations(database)] == [id for id, _ in people]
    assert look(database, lambda reader: reader.count(Resident, "scope=?", (GRID,))) == len(people)


def test_enrolling_again_sends_nothing_twice(database: Database) -> None:
    record_before(database)
    enrol(database, enrolment("grid_worker"))
    before = PaperCentre(database).waiting()
    enrol(database, msgspec.structs.replace(enrolment("grid_worker"), token="t2"))
    assert PaperCentre(database).waiting() == before
    assert look(database, lambda reader: reader.meta(TOKEN)) == "t2"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (msgspec.structs.replace(enrolment("grid_worker"), epoch="e2", server="x"), "other_server"),
        (enrolment("grid_worker", user_id="u2"), "other_user"),
    ],
)
def test_another_centre_or_user_changes_nothing(laptop: Database, reply: EnrolReply, code: str) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    facts = look(laptop, lambda reader: reader.rows_of("SELECT * FROM meta ORDER BY k"))
    with pytest.raises(Problem, match=code):
        enrol(laptop, reply)
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM meta ORDER BY k")) == facts
    assert next_seq(laptop) == 2


def test_the_active_grid_stays_where_it_may(leader: Database) -> None:
    author = look(leader, lambda reader: reader.author)
    other = msgspec.structs.replace(author, scope=OTHER_GRID)
    leader.write(lambda tx: tx.set_author(other))
    enrol(leader, enrolment("grid_leader", "grid_leader"))
    assert look(leader, lambda reader: reader.author).scope == OTHER_GRID
    leader.write(store_grants, [Grant(GRID, "grid_leader", "一网格")], "张")
    assert look(leader, lambda reader: reader.author).scope == GRID


def test_grants_that_are_known_change_nothing(laptop: Database) -> None:
    grants = list(look(laptop, lambda reader: reader.author).grants)
    assert not laptop.write(store_grants, grants, "张网格")
    assert laptop.write(store_grants, grants, "张三")
    assert look(laptop, lambda reader: reader.author).user_name == "张三"


def test_records_that_waited_for_a_grid_are_sent_once_there_is_one(database: Database) -> None:
    person, _ = record_before(database)
    enrol(database, enrolment())
    case = database.write(lambda tx: tx.create(Case(title="灯", category="C", found_ms=1)))
    assert operations(database) == []
    assert database.write(store_grants, [Grant(OTHER_GRID, "grid_worker", "二网格")], "张")
    assert (operations(database)[0].id, operations(database)[0].scope) == (person, OTHER_GRID)
    assert operations(database)[-1].id == case
    assert not database.write(store_grants, [Grant(OTHER_GRID, "grid_worker", "二网格")], "张")
    assert len(operations(database)) == 3
    assert_consistent(database)


def test_records_from_the_centre_are_not_adopted(path: Path) -> None:
    with opened(path) as database:
        enrol(database, enrolment("grid_worker"))
        PaperCentre(database).say(put("resident", "r1", {"name": "王"}))
        enrol(database, enrolment("grid_worker"))
        assert operations(database) == []
