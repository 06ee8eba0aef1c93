"""An import that is killed at any moment has happened wholly or not at all."""

import random
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from benchmarks.registers import write_register
from gridworker.actions.imports.report import Report
from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.db.imports import batches, rows_of_batch
from gridworker.db.standing import standing
from gridworker.domain.kinds import KINDS
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
from tests.db.laptop import PaperCentre, assert_chained, assert_consistent, enrolment, look
from tests.faults.processes import Victim, run

PEOPLE = 5_000
MOMENTS = (
    ("打开", 1, 0.4),
    ("读取", 2, 0.3),
    ("比对", 1, 0.3),
    ("写入", 1, 0.15),
    ("写入", 2, 0.15),
    ("写入", 3, 0.1),
)
"""After which word of its progress, heard how often, and within how many seconds the import is killed."""


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A messy register of 5,000 people."""
    path = tmp_path / "register.xlsx"
    write_register(path, PEOPLE)
    return path


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A laptop that is enrolled, so that every record is an operation as well."""
    folder = tmp_path / "profile"
    with closing(open_profile(folder)) as database:
        database.write(store_enrolment, enrolment("grid_worker"), "http://127.0.0.1:9")
    return folder


@pytest.mark.timeout(300)
def test_a_killed_import_is_all_or_nothing_and_can_be_done_again(profile: Path, register: Path) -> None:
    chance = random.Random()
    killed = 0
    for word, times, within_s in MOMENTS:
        victim = Victim("import", str(register), "--profile", str(profile))
        killed += victim.kill_after(word, times, chance, within_s=within_s)
        with closing(open_profile(profile)) as database:
            assert_all_or_nothing(database)
    assert killed >= 3, "it ended before it could be killed"
    report = msgspec.json.decode(
        run("import", str(register), "--profile", str(profile), "--json"), type=Report
    )
    with closing(open_profile(profile)) as database:
        assert look(database, lambda reader: reader.count(Resident)) == report.residents
        assert_all_or_nothing(database)


def assert_all_or_nothing(database: Database) -> None:
    """Records, their operations and the batch's own list name the same records."""
    with database.read() as reader:
        there = {stored.id for kind in KINDS.values() for stored in reader.all(kind)}
        listed = [row for batch in batches(reader) for row in rows_of_batch(reader, batch.id)]
        assert {row.record_id for row in listed if row.verb == "create"} == there
        assert standing(reader).waiting == len(there)
        assert len(batches(reader)) == (1 if there else 0)
    assert_consistent(database)
    assert_chained(PaperCentre(database).waiting())
