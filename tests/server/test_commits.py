"""The commit sequence: with many writers at once no reader ever misses a commit."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

from gridworker.server import disputes, journal, late, ledger, links, shelf
from gridworker.server.store import next_seq
from gridworker.wire.envelope import Envelope
from gridworker.wire.messages import PushRequest
from tests.server.laptop import GRID_A, Centre, Laptop

WRITERS = 8


def test_a_puller_beside_many_writers_misses_nothing(centre: Centre) -> None:
    writers = [centre.laptop(f"user{n}") for n in range(WRITERS)]
    reader = centre.laptop("reader")
    stop = threading.Event()

    def write(laptop: Laptop) -> None:
        for n in range(6):
            ops = (laptop.op("create", f"{laptop.login}-{n}-{m}", values={"name": "安宁"}) for m in range(5))
            assert {one.code for one in laptop.send(laptop.seal(*ops)).results} == {"applied"}

    def tail() -> None:
        while not stop.is_set():
            reader.pull_page(want_bytes=2000)

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        tailing = threads.submit(tail)
        list(threads.map(write, writers))
        stop.set()
        tailing.result()
    reply = reader.pull()
    assert len(reader.ids()) == WRITERS * 6 * 5 == reply.sums[GRID_A][0]


def test_two_laptops_that_create_the_same_record_at_once_make_one(centre: Centre) -> None:
    laptops = [centre.laptop(f"user{n}") for n in range(4)]
    ids = [f"r{n}" for n in range(20)]

    def create(laptop: Laptop) -> list[str]:
        order = ids if laptop.login != "user1" else ids[::-1]
        ops = [laptop.op("create", one, values={"name": laptop.login}) for one in order]
        return [result.code for result in laptop.send(laptop.seal(*ops)).results]

    with ThreadPoolExecutor(4) as threads:
        codes = [code for answer in threads.map(create, laptops) for code in answer]
    assert codes.count("applied") == 20
    assert codes.count("held") == 60


def test_two_clones_that_push_the_same_operation_at_once_count_once(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    ops = [laptop.op("create", f"r{n}", values={"name": "安宁"}) for n in range(20)]
    clones = []
    for _ in range(4):
        laptop.new_replica()
        clones.append((laptop.replica, laptop.seal(*ops)))

    def send(clone: tuple[str, list[Envelope]]) -> list[str]:
        request = PushRequest(epoch=laptop.me.epoch, replica=clone[0], ops=clone[1])
        return [result.code for result in laptop.call("/v1/push", request).results]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, clones))
    assert answers == [["applied"] * 20] * 4
    assert centre.rows("SELECT count(*) FROM op_log") == [(20,)]


@pytest.mark.parametrize("faster", ["create", "patch"])
def test_an_operation_and_its_record_that_cross_each_other_meet(
    postgres_database: str, new_centre: Callable[[str], Centre], monkeypatch: pytest.MonkeyPatch, faster: str
) -> None:
    centre = new_centre(postgres_database)
    laptops = {"create": centre.laptop("zhang"), "patch": centre.laptop("li")}
    bodies: dict[str, dict[str, Any]] = {
        "create": {"values": {"name": "安宁", "note": "旧"}},
        "patch": {"set": {"note": ("旧", "新")}},
    }
    slower = "patch" if faster == "create" else "create"
    overtaken: list[str] = []

    def is_overtaken(tx: Connection) -> int:
        if not overtaken:
            overtaken.append(slower)
            laptops[faster].do(faster, "r1", **bodies[faster])
        return next_seq(tx)

    monkeypatch.setattr("gridworker.server.push.next_seq", is_overtaken)
    laptops[slower].do(slower, "r1", **bodies[slower])
    [(body,)] = centre.rows("SELECT body FROM entity")
    assert msgspec.json.decode(body) == {"name": "安宁", "note": "新"}
    assert centre.rows("SELECT count(*) FROM waiting") == [(0,)]
    centre.server.store.close()


def test_no_statement_of_a_push_scans_a_table(lite_centre: Centre) -> None:
    """A condition that SQLite cannot search by makes every push as slow as the database is large."""
    values = {"ids": "[]", "scopes": "[]", "state_1": "open", "id": "", "scope": "", "replica": ""}
    records = (shelf._LOCK_ENTITIES, ledger._READ, links._LINKED, links._CLOSURE, late._ENTRY, late._PULLED)
    for statement in (*records, journal._LOGGED, journal._WAITING_FOR, disputes._OPEN):
        sql = str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))
        plan = lite_centre.rows(f"EXPLAIN QUERY PLAN {sql}", **values)
        small = ("json_each", "SCAN part")
        scans = [row[3] for row in plan if row[3].startswith("SCAN") and not any(s in row[3] for s in small)]
        assert scans == [], sql
