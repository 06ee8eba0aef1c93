"""Named failures of the line and the queue: a lost reply, a clock that jumps, an impossible operation."""

from typing import Any

import msgspec
import pytest

from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.wire.messages import PushReply, PushRequest
from tests.sync.laptop import Centre, Laptop, add, change, counts, names, visit, visits
from tests.sync.test_disputes import opened, sync

HOUR_MS = 3_600_000


def test_lost_reply_exactly_once(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 1: the centre has committed a push, its reply is lost, the laptop sends it again."""
    visit(zhang, add(zhang))
    said: list[PushReply] = []

    def listen(path: str, token: str, request: Any) -> Any:
        reply = answer(path, token, request)
        if isinstance(reply, PushReply):
            said.append(reply)
        return reply

    answer, centre.server.call = centre.server.call, listen  # type: ignore[method-assign]  # only listens
    zhang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_slow"):
        zhang.sync()
    assert counts(zhang) == (2, 0, 0, 0)
    zhang.line.heal()
    zhang.sync()
    wang.sync()
    assert len(visits(wang)) == 1
    assert counts(zhang) == (0, 2, 0, 0)
    first, again = said
    assert again == first, "the second answer is the one that was kept"
    assert centre.rows("SELECT count(*) FROM op_log") == [(2,)]


def set_clock(centre: Centre, ahead_ms: int) -> None:
    """Put the centre's clock on by so much."""
    clock = centre.clock
    centre.server.door = msgspec.structs.replace(centre.door, clock=lambda: clock() + ahead_ms)


def test_clock_cursor(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 3: the centre's clock goes back by an hour between two commits; a cursor is no time."""
    set_clock(centre, 2 * HOUR_MS)
    add(zhang, "先")
    sync(zhang, wang)
    set_clock(centre, HOUR_MS)
    add(zhang, "后")
    sync(zhang, wang)
    times = [received for (received,) in centre.rows("SELECT recv_ms FROM op_log ORDER BY n")]
    assert times[0] > times[1] + HOUR_MS // 2
    assert names(wang) == names(zhang) == sorted(["先", "后"])


def test_partial_batch(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """Failure 4: the third of five is not possible, and the program is killed after the fourth was sent."""
    persons = [add(zhang, name=f"王{n}") for n in range(5)]
    sync(zhang, wang)
    wang.database.write(lambda tx: tx.delete(Resident, persons[2], why="重复"))
    wang.sync()
    for n, person in enumerate(persons):
        change(zhang, person, note=str(n))

    def four(request: Any) -> Any:
        if not isinstance(request, PushRequest):
            return request
        return msgspec.structs.replace(request, ops=request.ops[:4])

    zhang.line.on_the_way = four
    zhang.sync_until(1)
    zhang.line.heal()
    assert patches(centre) == [(0, "applied"), (1, "applied"), (2, "held"), (3, "applied")]
    zhang.sync()
    assert patches(centre) == [(0, "applied"), (1, "applied"), (2, "held"), (3, "applied"), (4, "applied")]
    wang.sync()
    [held] = opened(wang)
    assert held.record.incoming == {"set": {"note": ["", "2"]}}
    assert counts(zhang)[0] == 0
    assert centre.store.read(check) == []


def patches(centre: Centre) -> list[tuple[int, str]]:
    """What was written in the notes and what became of it, in the order in which the centre took it in."""
    rows = centre.rows("SELECT body, code FROM op_log WHERE verb = 'patch' ORDER BY n")
    return [(int(msgspec.json.decode(body)["set"]["note"][1]), code) for body, code in rows]
