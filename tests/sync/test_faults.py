"""Faults of the line, and two exchanges at once: nothing is lost, nothing is there twice."""

import contextlib
import threading

import pytest

from gridworker.domain.problems import Problem
from gridworker.server.check import check
from gridworker.sync import exchange
from gridworker.wire.messages import HelloRequest, PullReply, PullRequest, PushReply, PushRequest
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import (
    GRID_2,
    GRID_3,
    Centre,
    Laptop,
    Line,
    add,
    change,
    counts,
    names,
    people,
    visit,
    visits,
)


def test_a_repeated_request_has_its_effect_once(zhang: Laptop, wang: Laptop) -> None:
    zhang.line.repeat = lambda _request: True
    visit(zhang, add(zhang))
    zhang.sync()
    wang.sync()
    assert len(visits(wang)) == 1


def test_nothing_counts_as_synced_that_the_centre_did_not_acknowledge(zhang: Laptop) -> None:
    add(zhang)
    zhang.line.lose_request = lambda request: isinstance(request, PullRequest)
    with pytest.raises(Problem, match="server_unreachable"):
        zhang.sync()
    assert counts(zhang) == (1, 0, 0, 0)


def test_results_that_were_lost_on_the_way_come_again(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang, note="甲")
    zhang.sync()
    wang.sync()
    change(zhang, person, note="乙")
    zhang.sync()
    change(wang, person, note="丙")
    wang.line.lose_reply = lambda request: isinstance(request, PullRequest)
    for _ in range(2):
        with pytest.raises(Problem, match="server_slow"):
            wang.sync()
    wang.line.heal()
    wang.sync()
    assert counts(wang) == (0, 0, 1, 0)
    assert_consistent(wang.database)


def test_a_request_of_which_the_centre_takes_only_a_part_is_continued_there(
    zhang: Laptop, wang: Laptop
) -> None:
    for number in range(5):
        add(zhang, f"居民{number}")

    def part(request: object) -> object:
        if not isinstance(request, PushRequest):
            return request
        return PushRequest(epoch=request.epoch, replica=request.replica, ops=request.ops[:2])

    zhang.line.on_the_way = part
    replica = zhang.meta("replica")
    zhang.sync()
    assert zhang.meta("replica") == replica
    assert [len(r.ops) for r in zhang.line.requests if isinstance(r, PushRequest)] == [5, 3, 1]
    assert counts(zhang) == (0, 5, 0, 0)
    wang.sync()
    assert len(names(wang)) == 5


def test_an_answer_that_takes_nothing_ends_the_exchange(zhang: Laptop) -> None:
    add(zhang)

    def stubborn(reply: object) -> object:
        if not isinstance(reply, PushReply):
            return reply
        return PushReply(results=[], last_seq=0, chain=reply.chain)

    zhang.line.on_the_way_back = stubborn
    with pytest.raises(Problem, match="server_rubbish"):
        zhang.sync()
    zhang.line.heal()
    zhang.sync()
    assert counts(zhang) == (0, 1, 0, 0)


def test_a_page_that_leads_nowhere_ends_the_exchange(zhang: Laptop) -> None:
    add(zhang)

    def stubborn(reply: object) -> object:
        if not isinstance(reply, PullReply):
            return reply
        request = zhang.line.requests[-1]
        assert isinstance(request, PullRequest)
        return PullReply(
            epoch=reply.epoch, entries=[], cursors=request.cursors, removed=[], reset=[], done=False,
            head=0, server_ms=1, ack=None, results=[],
        )  # fmt: skip

    zhang.line.on_the_way_back = stubborn
    with pytest.raises(Problem, match="server_rubbish"):
        zhang.sync()
    assert len(zhang.line.requests) < 10
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT 1 FROM stage")) == []


# ------------------------------------------------------------------------------------ two exchanges at once


def test_a_page_that_comes_after_another_exchange_went_on_is_not_taken(
    zhang: Laptop, wang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "PAGE_BYTES", 1)
    zhang.sync()
    person = add(wang, "甲", scope=GRID_3)
    wang.sync()
    add(wang, "乙", scope=GRID_3)
    wang.sync()
    late = LateExchange(zhang)
    steps = zhang.exchange().steps()
    next(steps)
    change(wang, person, note="新")
    wang.sync()
    add(wang, "丙", scope=GRID_3)
    wang.sync()
    next(steps)
    next(steps)  # all is staged but the last page
    zhang.line.on_the_way_back = late.let_go
    for _ in steps:
        pass
    assert people(zhang)[person].note == "新"
    assert names(zhang) == sorted(["甲", "乙", "丙"])
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT 1 FROM stage")) == []


class LateExchange:
    """A second exchange of a laptop whose first page waits until it is let go, and which then breaks off."""

    def __init__(self, laptop: Laptop) -> None:
        self._asked, self._let_go = threading.Event(), threading.Event()
        self._line = Line(laptop.centre)
        self._line.token = laptop.line.token
        self._line.on_the_way_back = self._wait
        self._exchange = exchange.Exchange(laptop.database, self._line, app="test")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._asked.wait(10)

    def let_go(self, reply: object) -> object:
        """Let the late page be taken before this reply is."""
        self._let_go.set()
        self._thread.join(10)
        return reply

    def _wait(self, reply: object) -> object:
        self._asked.set()
        assert self._let_go.wait(10)
        self._line.lose_request = lambda _request: True
        return reply

    def _run(self) -> None:
        with contextlib.suppress(Problem):
            self._exchange.run()


@pytest.mark.parametrize("turns", [(0, 1), (1, 0), (0, 0, 1), (0, 1, 1)])
def test_two_exchanges_of_one_database_at_once_lose_and_double_nothing(
    zhang: Laptop, wang: Laptop, monkeypatch: pytest.MonkeyPatch, turns: tuple[int, ...]
) -> None:
    monkeypatch.setattr(exchange, "PAGE_BYTES", 1)
    monkeypatch.setattr(exchange, "PUSH_BYTES", 1)
    zhang.sync()
    for number in range(3):
        add(wang, f"组长{number}", scope=GRID_3)
        wang.sync()
        add(zhang, f"居民{number}")
    both = [zhang.exchange().steps(), zhang.exchange().steps()]
    ended = [False, False]
    while not all(ended):
        for turn in turns:
            ended[turn] = next(both[turn], None) is None
    wang.sync()
    assert names(zhang) == names(wang)
    assert len(names(wang)) == 6
    assert counts(zhang) == (0, 3, 0, 0)
    assert_consistent(zhang.database)


# ----------------------------------------------------------------------------------------------------- kills


@pytest.mark.parametrize("stop_after", range(12))
def test_an_exchange_may_stop_after_any_step(centre: Centre, stop_after: int) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    add(wang, "组长录入", scope=GRID_2)
    wang.sync()
    for index in range(5):
        visit(zhang, add(zhang, f"居民{index}"))
    zhang.sync_until(stop_after)
    zhang.sync()
    wang.sync()
    assert visits(zhang) == visits(wang)
    assert len(names(wang)) == 6
    assert counts(zhang)[0] == 0
    assert centre.store.read(check) == []


def test_hello_is_said_again_only_when_it_has_to_be(zhang: Laptop) -> None:
    zhang.sync()
    zhang.sync()
    assert [type(r) for r in zhang.line.requests].count(HelloRequest) == 1
