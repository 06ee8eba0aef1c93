"""Databases as a worker or leader has them after a while, filled with made-up people of no real region."""

import os
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec
import uuid_utils

from benchmarks.people import residents
from gridworker.db.anchor import Anchor
from gridworker.db.database import Database, Ports
from gridworker.db.enrolment import store_enrolment
from gridworker.db.first_fill import begin_fill, end_fill, fill_page
from gridworker.db.lives import settle_life
from gridworker.dictionaries import pinyin_table
from gridworker.domain.records import Record
from gridworker.wire.messages import Cursor, EnrolReply, Entry, Grant, PullReply

KEY = bytes(range(32))
GRID = "g:bench"
RESIDENTS = int(os.environ.get("GRIDWORKER_BENCH_RESIDENTS", "100000"))
_PAGE = 5_000


def new_id() -> str:
    """A UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def open_laptop(path: Path) -> Database:
    """A worker's database, known to a centre."""
    ports = Ports(now_ms=lambda: time.time_ns() // 1_000_000, new_id=new_id)
    database = Database.open(path, KEY, ports=ports, pinyin=pinyin_table())
    settle_life(database, Anchor(path.with_suffix(".anchor")))
    reply = EnrolReply(
        token="t",
        user="zhang",
        user_id="u1",
        user_name="张",
        device_id="d1",
        epoch="e1",
        server_name="街道",
        grants=[Grant(GRID, "grid_worker", "一网格")],
    )
    database.write(store_enrolment, reply, "https://centre.example")
    return database


def fill(database: Database, records: Iterable[tuple[str, Record]]) -> None:
    """Let records come as if the centre had sent them in a first fill."""
    database.write(begin_fill)
    rows = iter(records)
    while page := list(islice(rows, _PAGE)):
        database.write(fill_page, _page(page))
    database.write(end_fill, 1)


def filled_laptop(path: Path, count: int = RESIDENTS) -> Database:
    """A database with so many residents."""
    database = open_laptop(path)
    fill(database, ((new_id(), person) for person in _people(count)))
    return database


def _people(count: int) -> Iterator[Record]:
    for index, person in enumerate(residents(count)):
        homes = {
            "building_id": f"b{index // 648}",
            "room_id": f"m{index // 3}",
            "household_id": f"h{index // 3}",
        }
        yield msgspec.structs.replace(person, **homes)


def _page(rows: Iterable[tuple[str, Record]]) -> PullReply:
    entries = [
        Entry(GRID, id, record.kind, "e1.1", msgspec.Raw(msgspec.json.encode(record))) for id, record in rows
    ]
    return PullReply(
        epoch="e1",
        entries=entries,
        cursors={GRID: Cursor(1, 1)},
        removed=[],
        reset=[],
        done=False,
        head=1,
        server_ms=1,
        ack=None,
        results=[],
    )
