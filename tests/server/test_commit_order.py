"""The commit sequence on PostgreSQL: a reader with a cursor misses nothing, and with naive numbers it would.

Each promise has its control: the same run with `nextval` in the place of the head row has to lose commits.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, text

from gridworker.server.store import Store, next_seq
from tests.server.conftest import open_centre

WRITERS = 8
EACH = 400
PATIENCE_S = 20.0

TakeNumber = Callable[[Connection], int]


def take_naively(tx: Connection) -> int:
    """The number that everybody would take: handed out at once, whoever commits first."""
    return int(tx.execute(text("SELECT nextval('naive')")).scalar_one())


@pytest.fixture
def store(postgres_database: str) -> Iterator[Store]:
    """The centre's own store on a real PostgreSQL, and a plain sequence beside its head row."""
    store = open_centre(postgres_database).server.store
    store.write(lambda tx: tx.execute(text("CREATE SEQUENCE naive")))
    store.write(lambda tx: tx.execute(text("CREATE TABLE trial (seq BIGINT, writer INT)")))
    yield store
    store.close()


def insert(tx: Connection, take: TakeNumber, writer: int, pause: Callable[[], object] = lambda: None) -> None:
    """One transaction of a writer; between its number and its commit it may take its time."""
    seq = take(tx)
    tx.execute(text("INSERT INTO trial VALUES (:seq, :writer)"), {"seq": seq, "writer": writer})
    pause()


class Cursor:
    """A reader that asks for what came after the last number it has seen."""

    def __init__(self, store: Store) -> None:
        self.store, self.cursor = store, 0
        self.seen: set[int] = set()

    def read(self) -> None:
        """What is new, in one snapshot."""
        query = text("SELECT seq FROM trial WHERE seq > :cursor")
        rows = set(self.store.read(lambda tx: tx.execute(query, {"cursor": self.cursor}).scalars().all()))
        self.seen |= rows
        self.cursor = max(rows, default=self.cursor)


# ------------------------------------------------------------------------------------------- eight writers


def lost(store: Store, take: TakeNumber) -> int:
    """How many of 3,200 commits a reader beside eight writers never sees."""
    reader, stop = Cursor(store), threading.Event()

    def write(writer: int) -> None:
        for _ in range(EACH):
            store.write(partial(insert, take=take, writer=writer))

    def tail() -> None:
        done = False
        while not done:
            done = stop.is_set()
            reader.read()

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        tailing = threads.submit(tail)
        list(threads.map(write, range(WRITERS)))
        stop.set()
        tailing.result()
    return WRITERS * EACH - len(reader.seen)


def test_the_head_row_loses_none_of_3200_commits(store: Store) -> None:
    assert lost(store, next_seq) == 0
    assert (
        store.read(lambda tx: tx.execute(text("SELECT max(seq) FROM trial")).scalar_one()) == WRITERS * EACH
    )


def test_a_plain_sequence_loses_some_of_3200_commits(store: Store) -> None:
    assert lost(store, take_naively) > 0


# ------------------------------------------------------------------------------------- one late commit (§4.2)


class LateCommit(NamedTuple):
    """Two writers: the first one has taken its number and sleeps before its commit."""

    second_waited: bool
    """Whether the second writer could not commit before the first."""
    seen: set[int]
    """What a reader saw who looked before and after the late commit."""


def late_commit(store: Store, take: TakeNumber) -> LateCommit:
    """A takes its number and sleeps; B commits if it can; the reader reads; A commits; it reads again."""
    reader, numbered, wake = Cursor(store), threading.Event(), threading.Event()

    def sleep() -> None:
        numbered.set()
        assert wake.wait(PATIENCE_S)

    with ThreadPoolExecutor(2) as threads:
        a = threads.submit(store.write, partial(insert, take=take, writer=1, pause=sleep))
        assert numbered.wait(PATIENCE_S)
        b = threads.submit(store.write, partial(insert, take=take, writer=2))
        second_waited = not _settled(store, b.done)
        reader.read()
        wake.set()
        a.result()
        b.result()
    reader.read()
    return LateCommit(second_waited, reader.seen)


def _settled(store: Store, done: Callable[[], bool]) -> bool:
    """Wait until the second writer is done or stands in a queue; whether it is done."""
    queue = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if done():
            return True
        if store.read(lambda tx: tx.execute(queue).scalar_one()):
            return False
        time.sleep(0.002)
    raise AssertionError("the second writer neither committed nor waited")


def test_late_commit_is_delivered(store: Store) -> None:
    """Failure 2: who commits late keeps the others waiting for their numbers, and is seen in order."""
    assert late_commit(store, next_seq) == LateCommit(second_waited=True, seen={1, 2})


def test_late_commit_is_lost_with_a_plain_sequence(store: Store) -> None:
    """The control of failure 2."""
    assert late_commit(store, take_naively) == LateCommit(second_waited=False, seen={2})
