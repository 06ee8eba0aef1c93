"""The import process: progress, pages and saving over a pipe, and a kill at the worst moment."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.registers import write_register
from gridworker.actions.imports.messages import (
    Event,
    Failed,
    PageRead,
    Progressed,
    Ready,
    Saved,
    SkippedRead,
    Start,
    Stopped,
)
from gridworker.actions.imports.process import ImportJob
from gridworker.domain.residents import Resident
from tests.actions.import_files import KEY, REAL, TODAY, count, open_database

WAIT_S = 60.0


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """An empty database on disk."""
    path = tmp_path / "gridworker.db"
    open_database(path, KEY).close()
    return path


@pytest.fixture
def start(database_path: Path) -> Iterator[Callable[[Path], ImportJob]]:
    """Starts imports and lets go of them at the end."""
    jobs: list[ImportJob] = []

    def begin(file: Path) -> ImportJob:
        jobs.append(ImportJob(Start(str(file), str(database_path), KEY, TODAY), open_database))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.close()


def wait_for(job: ImportJob, *kinds: type[Event]) -> list[Event]:
    """Every event until one of these kinds has come."""
    events: list[Event] = []
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        events += job.poll()
        if events and isinstance(events[-1], kinds):
            return events
        if events and isinstance(events[-1], Failed | Stopped):
            pytest.fail(f"ended by {events[-1]}")
        time.sleep(0.01)
    pytest.fail(f"waited too long; came so far: {events[-3:]}")


def known(path: Path) -> int:
    """How many residents are in a database, opened anew."""
    with closing(open_database(path, KEY)) as database:
        return count(database, Resident)


def test_an_import_goes_from_the_file_over_the_preview_to_the_database(
    start: Callable[[Path], ImportJob], database_path: Path
) -> None:
    job = start(REAL)
    events = wait_for(job, Ready)
    ready = events[-1]
    assert isinstance(ready, Ready)
    assert ready.report.new == 644
    assert {event.phase for event in events if isinstance(event, Progressed)} == {"open", "read", "match"}
    job.ask_page("doubtful", 10, 20)
    page = wait_for(job, PageRead)[-1]
    assert isinstance(page, PageRead)
    assert (page.page.total, len(page.page.rows)) == (50, 20)
    assert all(row.doubts for row in page.page.rows)
    job.ask_skipped()
    skipped = wait_for(job, SkippedRead)[-1]
    assert isinstance(skipped, SkippedRead)
    assert len(skipped.rows) == 8
    assert known(database_path) == 0
    job.commit()
    saved = wait_for(job, Saved)[-1]
    assert isinstance(saved, Saved)
    assert (saved.report.state, saved.report.new) == ("saved", 644)
    assert known(database_path) == 644


def test_columns_can_be_chosen_anew_before_saving(start: Callable[[Path], ImportJob]) -> None:
    job = start(REAL)
    wait_for(job, Ready)
    job.remap({12: None})
    ready = wait_for(job, Ready)[-1]
    assert isinstance(ready, Ready)
    assert "备注" in ready.report.ignored_columns


def test_a_problem_of_the_file_comes_with_its_code_and_values(
    start: Callable[[Path], ImportJob], tmp_path: Path
) -> None:
    failed = wait_for(start(tmp_path / "nowhere.xlsx"), Failed)[-1]
    assert failed == Failed("file_missing", {"file": "nowhere.xlsx"})


def test_a_cancelled_import_writes_nothing_and_says_nothing_more(
    start: Callable[[Path], ImportJob], database_path: Path
) -> None:
    job = start(REAL)
    wait_for(job, Progressed)
    assert job.cancel()
    assert job.poll() == []
    assert known(database_path) == 0


def test_once_saving_has_begun_there_is_no_cancelling(start: Callable[[Path], ImportJob]) -> None:
    job = start(REAL)
    wait_for(job, Ready)
    job.commit()
    assert not job.cancel()
    wait_for(job, Saved)
    assert job.cancel()


def test_polling_never_waits(start: Callable[[Path], ImportJob]) -> None:
    job = start(REAL)
    began = time.monotonic()
    job.poll()
    assert time.monotonic() - began < 0.1


def test_a_process_that_is_killed_while_saving_leaves_nothing_and_the_next_import_works(
    start: Callable[[Path], ImportJob], database_path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "big.xlsx"
    write_register(file, 6_500)
    job = start(file)
    wait_for(job, Ready)
    job.commit()
    saving = [
        event for event in _until_saving(job) if isinstance(event, Progressed) and event.phase == "save"
    ]
    assert saving
    assert saving[0].done < saving[0].total
    os.kill(job.pid or 0, signal.SIGKILL)
    assert isinstance(_end_of(job), Stopped)
    assert known(database_path) == 0
    again = start(REAL)
    wait_for(again, Ready)
    again.commit()
    wait_for(again, Saved)
    assert known(database_path) == 644


def _until_saving(job: ImportJob) -> list[Event]:
    """Events until the first records are written and not yet committed."""
    events: list[Event] = []
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        events += job.poll()
        if any(isinstance(event, Progressed) and event.phase == "save" for event in events):
            return events
        time.sleep(0.001)
    pytest.fail("saving never began")


def _end_of(job: ImportJob) -> Event:
    """The last event."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        events = job.poll()
        if events and isinstance(events[-1], Stopped | Saved | Failed):
            return events[-1]
        time.sleep(0.01)
    pytest.fail("it never ended")
