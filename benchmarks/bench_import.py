"""Importing 100,000 messy rows: reading, preview and saving beside openpyxl's own read of the file."""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TypeVar

import openpyxl
import uuid_utils

from benchmarks import Report
from benchmarks.registers import write_register
from gridworker.actions.imports.commit import commit_register
from gridworker.actions.imports.plan import make_plan
from gridworker.actions.imports.preview import Preview
from gridworker.actions.imports.register import read_register
from gridworker.actions.imports.undo import take_back
from gridworker.db.database import Database, Ports
from gridworker.dictionaries import pinyin_table

T = TypeVar("T")

PEOPLE = int(os.environ.get("BENCH_IMPORT_ROWS", "100000"))
TODAY = date(2026, 11, 1)
BUDGET = 3.0


def run(report: Report) -> None:
    """Read and preview against an empty database, save, preview the same file again, take it back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.xlsx"
        write_register(path, PEOPLE)
        floor, _ = timed(lambda: read_only(path))
        with closing(opened(Path(folder))) as database:
            measure(report, database, path, floor)


def measure(report: Report, database: Database, path: Path, floor: float) -> None:
    """Every step of one import, each against the same floor."""
    note = f"{PEOPLE} people"
    seconds, register = timed(lambda: read_register(path, today=TODAY))
    more, _ = timed(lambda: preview(database, path))
    report.add("read", seconds, "s", floor=floor, note=note)
    report.add("preview", more, "s", floor=floor, budget=BUDGET, note=f"{note}, floor: openpyxl read-only")
    seconds, saved = timed(lambda: database.write(commit_register, register, today=TODAY))
    report.add("save", seconds, "s", floor=floor, note=f"{saved.created}")
    seconds, _ = timed(lambda: preview(database, path))
    report.add("preview_again", seconds, "s", floor=floor, budget=BUDGET, note="everybody is known")
    seconds, undone = timed(lambda: database.write(take_back, saved.batch_id))
    report.add("undo", seconds, "s", floor=floor, note=f"{undone.deleted} records")


def preview(database: Database, path: Path) -> None:
    """What a person waits for: the file read, compared, and the first page of each list."""
    register = read_register(path, today=TODAY)
    with database.read() as reader:
        lists = Preview(make_plan(register, reader, today=TODAY))
    lists.page("all")
    lists.page("doubtful")


def read_only(path: Path) -> int:
    """The floor: openpyxl's streaming read of every cell."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()


def opened(folder: Path) -> Database:
    """A new encrypted database."""
    ports = Ports(now_ms=lambda: time.time_ns() // 1_000_000, new_id=lambda: str(uuid_utils.uuid7()))
    return Database.open(folder / "bench.db", os.urandom(32), ports=ports, pinyin=pinyin_table())


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that a piece of work takes, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
