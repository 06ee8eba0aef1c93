"""The honest counters, what waits, and what people must look at."""

from gridworker.db.database import Database
from gridworker.db.standing import exchanges, questions, standing, waiting_operations
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from tests.db.laptop import START_MS, PaperCentre, conflict, look, put

R1 = RecordId("r1")


def change(database: Database, note: str) -> None:
    """One operation."""
    database.write(lambda tx: tx.change(Resident, R1, note=note))


def test_nothing_recorded_is_nothing(database: Database) -> None:
    found = look(database, standing)
    assert (found.recorded, found.last_saved_ms, found.consistent_ms) == (0, None, None)


def test_every_operation_is_counted_once_wherever_it_is(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    for note in "一二三四五六":
        change(laptop, note)
    assert look(laptop, standing).waiting == 6
    for code in ("applied", "noop", "conflict", "held"):
        centre.accept(code=code, count=1)
    found = look(laptop, standing)
    assert (found.waiting, found.accepted, found.conflicts, found.held) == (2, 2, 1, 1)
    assert found.recorded == 6
    assert found.consistent_ms == START_MS + centre.seq


def test_the_last_save_is_remembered_after_it_has_been_sent(centre: PaperCentre, laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王")))
    saved = look(laptop, standing).last_saved_ms
    centre.accept()
    assert saved is not None
    assert look(laptop, standing).last_saved_ms == saved


def test_a_record_made_without_a_centre_is_saved_too(database: Database) -> None:
    database.write(lambda tx: tx.create(Resident(name="王")))
    assert look(database, standing).last_saved_ms is not None


def test_what_waits_is_listed_oldest_first(laptop: Database) -> None:
    person = laptop.write(lambda tx: tx.create(Resident(name="王")))
    laptop.write(lambda tx: tx.change(Resident, person, note="新"))
    found = look(laptop, waiting_operations)
    assert [(each.seq, each.kind, each.id, each.verb) for each in found] == [
        (1, "resident", person, "create"),
        (2, "resident", person, "patch"),
    ]
    assert found[0].created_ms < found[1].created_ms
    assert len(look(laptop, waiting_operations, 1)) == 1


def test_questions_come_newest_first_with_their_reason(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "王"}))
    for note in ("一", "二", "三"):
        change(laptop, note)
    centre.accept(code="held", reason="role", count=1)
    found = conflict("note", base="一", server="他", incoming="二")
    centre.accept(code="conflict", conflicts=[found], count=1)
    centre.accept(code="applied")
    newest, oldest = look(laptop, questions)
    assert (newest.code, newest.conflicts, newest.operation.set) == (
        "conflict",
        (found,),
        {"note": ("一", "二")},
    )
    assert (oldest.code, oldest.reason, oldest.conflicts) == ("held", "role", ())


def test_the_exchange_log_is_read_newest_first(database: Database) -> None:
    rows = [(1, 2, "ok", 3, 4), (5, 6, "server_slow", 0, 0)]
    sql = "INSERT INTO exchange_log(started_ms,ended_ms,outcome,pushed,pulled) VALUES (?,?,?,?,?)"
    database.write(lambda tx: tx.driver.executemany(sql, rows))
    assert [each.outcome for each in look(database, exchanges)] == ["server_slow", "ok"]
    assert len(look(database, exchanges, 1)) == 1
