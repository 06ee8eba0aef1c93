"""A worker's and a leader's day by keys, as `dev.py run` takes it on a machine without a display."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from gridworker.db.database import Database
from gridworker.db.standing import standing
from gridworker.demo import stop_server
from gridworker.domain.cases import Case
from gridworker.domain.records import R, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.profiles import open_profile
from gridworker.tour.steps import ANSWER, CASE_TITLE, STEPS
from tests.faults.processes import ROOT, CentreProcess

TOUR_S = 240
LINE = re.compile(r"✓ (\d+) \S.* · (\d+) 键 · (\d+) 毫秒")
LEAST_COLOURS = 40
"""A picture of a screen has more colours than this; a blank one has one or two."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the demo of the tour lives; its server ends with the tests."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    stop_server(folder)


@pytest.fixture(scope="module")
def lines(home: Path) -> list[str]:
    """What the tour printed, after it has come to a good end."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "gridworker", "demo", "--tour", "--folder", str(home)]
    done = subprocess.run(
        [*command, "--out", str(home / "pictures")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TOUR_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def worker(home: Path, lines: list[str]) -> Iterator[Database]:
    """The worker's database after the day."""
    with closing(open_profile(home / "worker")) as database:
        yield database


@pytest.fixture(scope="module")
def leader(home: Path, lines: list[str]) -> Iterator[Database]:
    """The leader's database after the day."""
    with closing(open_profile(home / "leader")) as database:
        yield database


pytestmark = pytest.mark.timeout(TOUR_S + 60)


def test_every_step_is_told_with_its_keys_and_its_time(lines: list[str]) -> None:
    told = [LINE.fullmatch(line) for line in lines[:-1]]
    assert all(told), lines
    numbers = [tuple(map(int, step.groups())) for step in told if step]
    assert [number for number, _, _ in numbers] == list(range(1, len(STEPS) + 2))
    assert all(ms > 0 for _, _, ms in numbers)
    assert sum(keys for _, keys, _ in numbers) > 200


def test_every_picture_shows_a_screen(home: Path, lines: list[str]) -> None:
    pictures = sorted((home / "pictures").glob("*.png"))
    names = {path.stem.partition("-")[2] for path in pictures}
    assert {
        "first-start",
        "import-preview",
        "today",
        "quick-visit",
        "building",
        "sync-offline",
        "review",
    } <= names
    assert {"dark-today", "english-today", "dark-review", "english-review"} <= names
    assert [path.name for path in pictures if colours(path) < LEAST_COLOURS] == []


def colours(path: Path) -> int:
    """How many colours a picture of the size of the window has."""
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1366, 768)
    return len({image.pixel(x, y) for x in range(0, 1366, 3) for y in range(0, 768, 3)})


def test_the_leader_has_decided_about_what_the_worker_sent(leader: Database) -> None:
    visits, cases = records(leader, Visit), records(leader, Case)
    assert sorted(v.record.state for v in visits if v.record.state != "recorded") == ["accepted", "returned"]
    assert [c.record.title for c in cases if c.record.state == "accepted"] == [CASE_TITLE]
    with leader.read() as reader:
        assert standing(reader).waiting == 0


def test_the_worker_has_the_remark_and_has_answered_it(worker: Database) -> None:
    visits = {visit.id: visit.record for visit in records(worker, Visit)}
    (addition,) = (visit for visit in visits.values() if visit.corrects)
    answered = visits[addition.corrects] if addition.corrects else addition
    assert (addition.note, answered.state, answered.reviewer_name) == (ANSWER, "recorded", "王芳")
    assert answered.review_remark
    assert [c.record.reviewer_name for c in records(worker, Case) if c.record.state == "accepted"] == ["王芳"]
    with worker.read() as reader:
        counted = standing(reader)
    assert (counted.waiting, counted.conflicts, counted.held) == (0, 0, 0)


def test_both_know_the_same_people_and_the_centre_keeps_its_promises(
    worker: Database, leader: Database, home: Path
) -> None:
    people = {person.id: person.record for person in records(worker, Resident)}
    assert len(people) == 644
    assert {person.id: person.record for person in records(leader, Resident)} == people
    assert CentreProcess(home / "server", seed=False).violations() == []


def records(database: Database, kind: type[R]) -> list[Stored[R]]:
    """Every record of a kind."""
    with database.read() as reader:
        return list(reader.all(kind))
