"""One writer at a time, snapshots for readers, and nothing of a failed action."""

import threading
from pathlib import Path

import pytest

from gridworker.db.database import Database
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from tests.db.laptop import PaperCentre, assert_chained, look, opened


def count(database: Database) -> int:
    """How many people there are."""
    return look(database, lambda reader: reader.count(Resident))


def test_nothing_of_an_action_that_raises_is_kept(laptop: Database) -> None:
    def fail(tx: Transaction) -> None:
        tx.create(Resident(name="王秀兰"))
        tx.set_meta("half", "done")
        raise Problem("name_missing")

    with pytest.raises(Problem, match="name_missing"):
        laptop.write(fail)
    assert count(laptop) == 0
    assert look(laptop, lambda reader: reader.meta("half")) is None
    assert PaperCentre(laptop).waiting() == []


def test_the_database_goes_on_after_an_action_that_raises(laptop: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        laptop.write(lambda tx: 1 // 0)
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))
    assert count(laptop) == 1


def test_a_write_inside_a_write_is_refused_at_once(laptop: Database) -> None:
    with pytest.raises(RuntimeError, match="pass the action's own transaction on"):
        laptop.write(lambda tx: laptop.write(lambda inner: None))
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))
    assert count(laptop) == 1


def test_writers_of_many_threads_are_served_one_after_another(laptop: Database) -> None:
    def work() -> None:
        for _ in range(20):
            laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(laptop) == 80
    assert_chained(PaperCentre(laptop).waiting())


def test_a_snapshot_does_not_change_while_it_is_read(laptop: Database) -> None:
    with laptop.read() as reader:
        before = reader.count(Resident)
        thread = threading.Thread(target=laptop.write, args=(lambda tx: tx.create(Resident(name="王秀兰")),))
        thread.start()
        thread.join()
        assert reader.count(Resident) == before
        with laptop.read() as inner:
            assert inner.count(Resident) == before
    assert count(laptop) == before + 1


def fail_after_reading(reader: Reader) -> None:
    """Read something, then break off."""
    reader.count(Resident)
    raise ZeroDivisionError


def test_a_reader_left_by_an_exception_holds_no_snapshot(laptop: Database) -> None:
    with pytest.raises(ZeroDivisionError), laptop.read() as reader:
        fail_after_reading(reader)
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))
    assert count(laptop) == 1


def test_what_was_written_is_there_after_closing(path: Path) -> None:
    with opened(path) as database:
        person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    with opened(path) as database:
        found = look(database, lambda reader: reader.get(Resident, person))
    assert found is not None
    assert found.record.name == "王秀兰"


def test_closing_waits_for_the_running_write(path: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        started.set()
        go_on.wait(10)
        tx.create(Resident(name="王秀兰"))

    with opened(path) as database:
        thread = threading.Thread(target=database.write, args=(slow,))
        thread.start()
        started.wait(10)
        threading.Timer(0.05, go_on.set).start()
    thread.join()
    with opened(path) as database:
        assert count(database) == 1
