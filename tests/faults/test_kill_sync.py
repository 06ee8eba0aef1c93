"""Laptops and the centre are killed at any moment of an exchange: nothing is lost, nothing is there twice."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.database import Database
from gridworker.db.standing import standing
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.profiles import open_profile
from gridworker.sync.session import Session
from tests.db.laptop import assert_consistent, look
from tests.faults.processes import CentreProcess, Victim, enrolled, run

PEOPLE, VISITS = 60, 700
"""So many operations fill several requests: a request takes at most 200."""


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[CentreProcess]:
    """A centre that runs."""
    centre = CentreProcess(tmp_path)
    centre.start()
    yield centre
    centre.stop()


def save_work(tx: Transaction, visits: int) -> set[str]:
    """A grid of people and many visits, in one transaction; the ids of everything."""
    people = [tx.create(Resident(name=f"居民{number}")) for number in range(PEOPLE)]
    for number in range(visits):
        record_visit(tx, VisitDraft(resident_ids=(people[number % PEOPLE],), note=f"第{number}次"))
    return {*people, *(stored.id for stored in tx.all(Visit))}


def save_visit(profile: Path, note: str) -> str:
    """One more visit, saved between two exchanges."""
    with closing(open_profile(profile)) as database:
        person = look(database, lambda reader: next(iter(reader.all(Resident))).id)
        draft = VisitDraft(resident_ids=(RecordId(person),), note=note)
        touched = database.write(record_visit, draft)
    return next(iter(touched.ids))


def records_of(database: Database) -> dict[str, Any]:
    """Every resident and visit of a laptop."""
    with database.read() as reader:
        return {stored.id: stored.record for kind in (Resident, Visit) for stored in reader.all(kind)}


def rows_at(centre: CentreProcess, sql: str) -> list[Any]:
    """What a query says about the centre's database."""

    def work(tx: Connection) -> list[Any]:
        return list(tx.execute(text(sql)).all())

    with centre.opened() as server:
        return server.store.read(work)


def assert_exactly_once(centre: CentreProcess, saved: set[str]) -> None:
    """The centre holds what was saved and nothing else, each from exactly one operation, and is healthy."""
    held = [row[0] for row in rows_at(centre, "SELECT id FROM entity WHERE kind IN ('resident','visit')")]
    logged = [
        row[0] for row in rows_at(centre, "SELECT entity_id FROM op_log WHERE kind IN ('resident','visit')")
    ]
    assert sorted(held) == sorted(saved)
    assert sorted(logged) == sorted(saved)
    assert centre.violations() == []


def assert_nothing_waits(profile: Path, saved: set[str]) -> None:
    """The laptop has everything, and knows that the centre has everything."""
    with closing(open_profile(profile)) as database:
        assert set(records_of(database)) == saved
        counted = look(database, standing)
        assert (counted.waiting, counted.accepted) == (0, len(saved))
        assert (counted.conflicts, counted.held) == (0, 0)
        assert_consistent(database)


@pytest.mark.timeout(300)
def test_a_killed_laptop_loses_and_doubles_nothing(centre: CentreProcess, tmp_path: Path) -> None:
    profile, leader, chance = tmp_path / "worker", tmp_path / "leader", random.Random()
    with closing(enrolled(profile, centre.url)) as database:
        saved = database.write(save_work, VISITS)
    enrolled(leader, centre.url, "wangfang").close()
    killed = 0
    for times, within_s in ((1, 0.01), (2, 0.1), (3, 0.3)):
        killed += Victim("sync", "--profile", str(profile)).kill_after("\n", times, chance, within_s=within_s)
        saved.add(save_visit(profile, f"第{times}次断电之后"))
    run("sync", "--profile", str(profile))
    for times, within_s in ((1, 0.01), (2, 0.2)):
        killed += Victim("sync", "--profile", str(leader)).kill_after("\n", times, chance, within_s=within_s)
    run("sync", "--profile", str(leader))
    assert killed >= 2, "the exchanges ended before they could be killed"
    assert_exactly_once(centre, saved)
    assert_nothing_waits(profile, saved)
    with closing(open_profile(profile)) as mine, closing(open_profile(leader)) as theirs:
        assert records_of(theirs) == records_of(mine)


LEAST_ROUNDS, MOST_KILLS = 4, 16
"""Rounds in any case, and at most: on a quick machine many exchanges end before the kill."""


@pytest.mark.timeout(300)
def test_a_killed_centre_loses_and_doubles_nothing(centre: CentreProcess, tmp_path: Path) -> None:
    profile, chance = tmp_path / "worker", random.Random()
    killed = 0
    with closing(enrolled(profile, centre.url)) as database:
        saved = database.write(save_work, VISITS)
        for number in range(MOST_KILLS):
            if killed and number >= LEAST_ROUNDS:
                break
            killed += exchange_while_killing(database, centre, chance.uniform(0.0, 0.12))
            touched = database.write(
                record_visit, VisitDraft(resident_ids=(sorted_person(database),), note=f"{number}")
            )
            saved |= touched.ids
            centre.start()
        Session(database, app="test").synchronise(lambda _progress: None)
    assert killed >= 1, "the exchanges ended before the centre could be killed"
    assert_exactly_once(centre, saved)
    assert_nothing_waits(profile, saved)


def sorted_person(database: Database) -> RecordId:
    """Somebody, always the same."""
    return look(database, lambda reader: min(stored.id for stored in reader.all(Resident)))


def exchange_while_killing(database: Database, centre: CentreProcess, after_s: float) -> bool:
    """An exchange during which the centre is killed; whether the laptop noticed, and said so by a Problem."""
    begun = threading.Event()

    def power_cut() -> None:
        begun.wait(60)
        time.sleep(after_s)
        centre.kill()

    killer = threading.Thread(target=power_cut)
    killer.start()
    try:
        Session(database, app="test").synchronise(lambda _progress: begun.set())
    except Problem as problem:
        if problem.code not in ("server_unreachable", "server_slow"):
            raise
        return True
    finally:
        begun.set()
        killer.join()
    return False
