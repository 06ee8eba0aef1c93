"""A centre that is often busy: nothing is lost, doubled or held by it; a session says when to come again."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL, store_enrolment
from gridworker.db.standing import exchanges, standing
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.sync.exchange import Exchange
from gridworker.sync.pace import PacedRemote, Rhythm
from gridworker.sync.remote import Refused
from gridworker.sync.session import Session
from gridworker.wire.messages import HelloReply, Pace, PullReply, PushReply, Refusal, RegisterReply
from tests.db.laptop import assert_consistent, enrolment, look, opened
from tests.faults.stub_centre import Handler, Stub, stub
from tests.sync.laptop import Centre, Laptop, add, change, counts, names, people, visit, visits


class Busy:
    """The line to a centre that sends many requests away, some only after it has done what they ask."""

    def __init__(self, laptop: Laptop, dice: random.Random) -> None:
        self._line, self._dice = laptop.line, dice
        self.sent_away: Counter[str] = Counter()

    def call(self, request: Any, reply: Any) -> Any:
        """One round trip, or none, or one of which nobody hears."""
        chance = self._dice.random() if self.sent_away else 0.4
        answer = self._line.call(request, reply) if chance > 0.25 else None
        if chance < 0.5:
            code, status = self._dice.choice((("pace", 503), ("too_often", 429)))
            self.sent_away[type(request).__name__] += 1
            raise Refused(
                status, Refusal(code=code, retry_after_ms=self._dice.choice((None, 5, 9_000, 60_000)))
            )
        if isinstance(answer, PushReply):
            pace = Pace(self._dice.choice((0, 1, 3, 200)), self._dice.choice((0, 500, 60_000)))
            answer = msgspec.structs.replace(answer, pace=pace)
        return answer

    def begin(self, request: Any, reply: Any) -> Any:
        """The same, when it is waited for."""
        return lambda: self.call(request, reply)


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_doubled_or_held(centre: Centre, zhang: Laptop, wang: Laptop, seed: int) -> None:
    dice, rests = random.Random(seed), [0.0]
    busy = Busy(zhang, dice)
    for number in range(12):
        person = add(zhang, f"居民{number}")
        visit(zhang, person, f"第{number}次")
        change(zhang, person, note="改过")
    for _ in range(400):
        try:
            Exchange(zhang.database, PacedRemote(busy, rests.append), app="test").run()
            break
        except Problem as problem:
            if problem.code != "server_busy":
                raise
            if dice.random() < 0.3:
                zhang.reopen()
    assert busy.sent_away.total() > 0
    assert max(rests) <= 10
    zhang.sync()
    wang.sync()
    assert counts(zhang) == (0, 36, 0, 0)
    assert names(wang) == sorted(f"居民{number}" for number in range(12))
    assert {person.note for person in people(wang).values()} == {"改过"}
    assert len(visits(wang)) == 12
    assert centre.store.read(check) == []
    assert_consistent(zhang.database)


# -------------------------------------------------------------------------------------------------- a session

HELLO = HelloReply(epoch="e1", server_ms=1, server_name="街道", user_name="张", grants=[], registered=False)


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Database]:
    """An enrolled database with one resident to send."""
    with opened(tmp_path / "laptop.db") as database:
        database.write(store_enrolment, enrolment("grid_worker"), "http://127.0.0.1:9")
        database.write(lambda tx: tx.create(Resident(name="王秀兰")))
        yield database


def synchronise(laptop: Database, there: Stub) -> Session:
    """One session with the centre that answers there."""
    laptop.write(lambda tx: tx.set_meta(SERVER_URL, there.url))
    session = Session(laptop, app="test")
    session.synchronise(lambda _progress: None)
    return session


def test_a_session_with_a_full_centre_ends_with_when_to_come_again(laptop: Database) -> None:
    refusal = Refusal(code="pace", retry_after_ms=42_000)
    with stub(lambda handler: handler.reply(503, msgspec.json.encode(refusal))) as there:
        with pytest.raises(Problem, match="server_busy") as raised:
            synchronise(laptop, there)
        assert there.asked == 1
    assert Rhythm().failed(raised.value, 1_000).closed_ms(1_000) == 42_000
    assert look(laptop, exchanges)[0].outcome == "server_busy"
    assert look(laptop, standing).waiting == 1


def test_a_session_waits_where_it_is_short_and_goes_on(laptop: Database) -> None:
    moments = []

    def answer(handler: Handler) -> None:
        moments.append(time.monotonic())
        if len(moments) == 1:
            handler.reply(503, b"<h1>busy</h1>", Retry_After="0")
        elif len(moments) == 2:
            handler.reply(429, msgspec.json.encode(Refusal(code="too_often", retry_after_ms=300)))
        else:
            kinds = {"hello": HELLO, "replica": RegisterReply(0), "push": PUSHED, "pull": EMPTY}
            handler.reply(200, msgspec.json.encode(kinds[handler.path.rsplit("/", 1)[1]]))

    with stub(answer) as there:
        session = synchronise(laptop, there)
    assert moments[2] - moments[1] >= 0.3
    assert session.pace == Pace(200, 0, 77_000)


PUSHED = PushReply(results=[], last_seq=1, chain="")
EMPTY = PullReply(
    epoch="e1", entries=[], cursors={}, removed=[], reset=[], done=True, head=0, server_ms=1, ack=None,
    results=[], pace=Pace(next_pull_ms=77_000),
)  # fmt: skip


def test_a_session_that_rests_can_be_stopped(laptop: Database) -> None:
    refusal = Refusal(code="pace", retry_after_ms=9_500)
    asked = threading.Event()

    def answer(handler: Handler) -> None:
        handler.reply(503, msgspec.json.encode(refusal))
        asked.set()

    with stub(answer) as there:
        laptop.write(lambda tx: tx.set_meta(SERVER_URL, there.url))
        session = Session(laptop, app="test")

        def loses_patience() -> None:
            asked.wait(10)
            time.sleep(0.2)
            session.stop()

        user = threading.Thread(target=loses_patience)
        user.start()
        began = time.monotonic()
        with pytest.raises(Problem, match="sync_stopped"):
            session.synchronise(lambda _progress: None)
        user.join()
        assert time.monotonic() - began < 5
    assert look(laptop, standing).waiting == 1
