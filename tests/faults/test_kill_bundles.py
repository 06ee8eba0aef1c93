"""Sticks and power cuts: each side is killed at random moments, and in the end everything is there once."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from gridworker.db.standing import standing
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
from gridworker.sync.session import Session
from tests.db.laptop import assert_consistent, look
from tests.faults.processes import CentreProcess, Victim, enrolled, run

PEOPLE = 900


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[CentreProcess]:
    """A centre that runs."""
    centre = CentreProcess(tmp_path)
    centre.start()
    yield centre
    centre.stop()


def logged(centre: CentreProcess) -> list[str]:
    """The residents of whose making the centre knows."""

    def work(tx: Connection) -> list[str]:
        found = tx.execute(text("SELECT entity_id FROM op_log WHERE kind = 'resident' AND actor <> 'centre'"))
        return list(found.scalars())

    with centre.opened() as server:
        return server.store.read(work)


@pytest.mark.timeout(300)
def test_kills_on_the_way_lose_and_double_nothing(centre: CentreProcess, tmp_path: Path) -> None:
    profile, stick, chance = tmp_path / "worker", tmp_path / "stick", random.Random()
    stick.mkdir()
    with closing(enrolled(profile, centre.url)) as database:
        Session(database, app="test").synchronise(lambda _progress: None)
        before = logged(centre)
        saved = database.write(
            lambda tx: [tx.create(Resident(name=f"居民{number}")) for number in range(PEOPLE)]
        )
    export = ("bundle", "export", "--profile", str(profile), "--to", str(stick))
    taking = ("server", "bundle", "import", "--database", centre.database, str(stick))
    reading = ("bundle", "import", "--profile", str(profile), str(stick))
    killed = 0
    for times in (1, 3):
        killed += Victim(*export).kill_after("/", times, chance, within_s=0.05)
        for file in stick.glob("*.gwup"):
            file.unlink()  # whole or not there: the next one is a new one
    run(*export)
    for within_s in (1.0, 2.0, 3.0):
        killed += Victim(*taking).kill_after("", 0, chance, within_s=within_s)
    run(*taking)
    for times in (1, 2):
        killed += Victim(*reading).kill_after("/", times, chance, within_s=0.02)
    run(*reading)
    assert killed >= 3, "the commands ended before they could be killed"
    assert sorted(set(logged(centre)) - set(before)) == sorted(saved)
    assert len(logged(centre)) == len(before) + PEOPLE
    assert centre.violations() == []
    with closing(open_profile(profile)) as database:
        counted = look(database, standing)
        assert (counted.waiting, counted.accepted) == (0, PEOPLE)
        assert_consistent(database)
        Session(database, app="test").synchronise(lambda _progress: None)
        assert look(database, standing).accepted == PEOPLE
