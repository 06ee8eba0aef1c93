"""The weather: what a line, a proxy and the centre's machine do to a request; each counts itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import msgspec
import zstandard

from gridworker.domain.problems import Problem
from gridworker.server.accounts import revoke_device
from gridworker.sync import remote as http
from gridworker.sync.remote import HttpRemote, Refused
from gridworker.wire.messages import HelloRequest, PullRequest, PushRequest, Refusal, RegisterRequest
from tests.faults.simulator.world import DAY_MS, HOUR_MS, World

if TYPE_CHECKING:
    from tests.faults.simulator.line import Line

STORMS = ((413, "too_large"), (429, "quota"), (503, "pace"))
"""How a proxy or a centre with too much to do refuses everybody for hours."""
IN_A_STORM = 0.7
"""The share of requests that a storm refuses."""
BOMB_BYTES = 2 << 20
REPEATABLE = (HelloRequest, RegisterRequest, PushRequest, PullRequest)
"""Requests whose old answers a proxy without manners repeats; replies about photos do not say of which."""
RACES = (("40001", "pg_serialization"), ("40P01", "pg_deadlock"))
"""What PostgreSQL says to a transaction that lost, and the counter of it."""


class LineFault(NamedTuple):
    """One way in which a line fails: its name, how often, and what it makes of a request."""

    name: str
    weight: int
    happen: Callable[["Line", type, bytes], bytes]


def pick(world: World, table: tuple[Any, ...]) -> Any:
    """One entry of a table, by weight."""
    return world.rng.choices(table, [entry.weight for entry in table])[0]


def lose_request(line: "Line", _kind: type, _data: bytes) -> bytes:
    """It never arrives."""
    line.world.count("request_lost")
    raise Problem("server_unreachable", url="line")


def lose_reply(line: "Line", kind: type, data: bytes) -> bytes:
    """It arrives and has its effect, and the reply is lost."""
    line.world.count("reply_lost")
    line.answer(kind, data)
    raise Problem("server_slow", url="line")


def repeat_now(line: "Line", kind: type, data: bytes) -> bytes:
    """A proxy sends it twice."""
    line.world.count("duplicate_now")
    line.answer(kind, data)
    return line.answer(kind, data)


def repeat_late(line: "Line", kind: type, data: bytes) -> bytes:
    """It arrives now and once more, days later."""
    line.world.count("duplicate_late")
    token = line.token

    def again() -> None:
        twin = type(line)(line.world, line.device, token)  # what it hears reaches nobody
        try:
            twin.answer(kind, data)
        except (Refused, Problem) as refused:
            line.world.note(f"late duplicate: {refused}")

    line.world.later(line.world.rng.randrange(HOUR_MS, 6 * DAY_MS), again)
    return line.answer(kind, data)


# ------------------------------------------------------------------------------------ the centre's machine


def crash_before(line: "Line", kind: type, data: bytes) -> bytes:
    """The centre dies before it commits."""
    return _crash(line, kind, data, "before")


def crash_after(line: "Line", kind: type, data: bytes) -> bytes:
    """The centre dies after it has committed and before it answers."""
    return _crash(line, kind, data, "after")


def _crash(line: "Line", kind: type, data: bytes, when: str) -> bytes:
    store = line.world.centre.store
    store.dies = when
    try:
        return line.answer(kind, data)
    finally:
        if not store.dies:
            line.world.count(f"centre_crash_{when}_commit")
        store.dies = ""


def lose_races(line: "Line", kind: type, data: bytes) -> bytes:
    """The centre's transaction meets another one, once or until it gives up."""
    store, (state, name) = line.world.centre.store, line.world.rng.choice(RACES)
    store.races = [state] * line.world.rng.randint(1, 5)
    before = len(store.races)
    try:
        return line.answer(kind, data)
    finally:
        if len(store.races) < before:
            line.world.count(name)
        store.races = []


def fail_inside(line: "Line", _kind: type, _data: bytes) -> bytes:
    """The centre answers with a fault of its own."""
    line.world.count("server_error_500")
    raise Refused(500, Refusal(code="internal"))


def be_busy(line: "Line", _kind: type, _data: bytes) -> bytes:
    """The centre asks to come again."""
    line.world.count("server_busy_503")
    raise Refused(503, Refusal(code="pace"))


def raise_storm(line: "Line", kind: type, data: bytes) -> bytes:
    """From now on, and for some hours, hardly anybody comes through."""
    world = line.world
    world.storm = world.rng.choice(STORMS)
    world.storm_until_ms = world.now_ms + world.rng.randrange(HOUR_MS, 9 * HOUR_MS)
    weather_the_storm(line)
    return line.answer(kind, data)


def weather_the_storm(line: "Line") -> None:
    """Be refused if there is a storm, or have luck."""
    world = line.world
    if world.now_ms < world.storm_until_ms and world.chance(IN_A_STORM):
        status, code = world.storm
        world.count(f"storm_{status}")
        raise Refused(status, Refusal(code=code))


def expire_token(line: "Line", kind: type, data: bytes) -> bytes:
    """The token ends between two requests of one push."""
    answer = line.answer(kind, data)
    if kind is PushRequest and msgspec.json.decode(data)["more"]:
        with line.device.database.read() as reader:
            device_id = reader.author.device_id
        centre = line.world.centre
        centre.store.write(lambda tx: revoke_device(tx, device_id, centre.door.clock))
        line.world.count("token_expired_mid_push")
    return answer


# -------------------------------------------------------------------------------------- what is on the way


def name_another_life(line: "Line", kind: type, data: bytes) -> bytes:
    """Something on the way answers for another centre."""
    said = msgspec.json.decode(line.answer(kind, data))
    if "epoch" in said and kind is PullRequest:
        line.world.count("wrong_epoch")
        line.strange = True
        said["epoch"] = "another"
    return msgspec.json.encode(said)


def serve_former_life(line: "Line", kind: type, data: bytes) -> bytes:
    """A proxy has kept what the centre said of its life before it was restored."""
    world = line.world
    if not world.former_epochs:
        return line.answer(kind, data)
    world.count("wrong_epoch_by_proxy")
    line.strange = True
    refusal = Refusal(
        code="epoch", epoch=world.rng.choice(world.former_epochs), server=world.centre.server_id
    )
    raise Refused(409, refusal)


def serve_stale(line: "Line", kind: type, data: bytes) -> bytes:
    """A proxy gives the laptop an answer that it has had before."""
    known = line.device.heard.get(kind)
    if known is None or kind not in REPEATABLE:
        return line.answer(kind, data)
    line.world.count("stale_reply")
    line.strange = True
    answer, seen_scopes = known
    if kind is PullRequest:
        line.seen_scopes = seen_scopes
    return answer


def talk_rubbish(line: "Line", _kind: type, _data: bytes) -> bytes:
    """A captive portal answers."""
    line.world.count("captive_portal")
    raise Problem("server_rubbish", url="line")


class _Bomb:
    """A small reply that unpacks into a large one."""

    length = 0

    def __init__(self) -> None:
        self._left = zstandard.ZstdCompressor().compress(bytes(BOMB_BYTES))

    def getheader(self, _name: str, _default: str) -> str:
        """It says that it is packed."""
        return "zstd"

    def read(self, size: int = -1) -> bytes:
        """Its next bytes."""
        size = len(self._left) if size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return part


def send_bomb(line: "Line", _kind: type, _data: bytes) -> bytes:
    """A reply of some bytes that would fill the laptop's memory, for the product's own reader of replies."""
    remote = HttpRemote("http://line.invalid")
    try:
        with patch.object(http, "MAX_REPLY_BYTES", BOMB_BYTES // 2):
            remote._body(_Bomb())  # type: ignore[arg-type]  # as much of a response as it asks for
    except Problem:
        line.world.count("zip_bomb")
        raise
    finally:
        remote.close()
    raise AssertionError("a bomb was unpacked")


FAULTS = (
    LineFault("request_lost", 5, lose_request),
    LineFault("reply_lost", 6, lose_reply),
    LineFault("duplicate_now", 4, repeat_now),
    LineFault("duplicate_late", 4, repeat_late),
    LineFault("centre_crash_before_commit", 3, crash_before),
    LineFault("centre_crash_after_commit", 3, crash_after),
    LineFault("pg_serialization", 4, lose_races),
    LineFault("server_error_500", 2, fail_inside),
    LineFault("server_busy_503", 2, be_busy),
    LineFault("storm", 1, raise_storm),
    LineFault("token_expired_mid_push", 6, expire_token),
    LineFault("wrong_epoch", 2, name_another_life),
    LineFault("wrong_epoch_by_proxy", 2, serve_former_life),
    LineFault("stale_reply", 2, serve_stale),
    LineFault("captive_portal", 1, talk_rubbish),
    LineFault("zip_bomb", 1, send_bomb),
)
COUNTED = frozenset(
    {fault.name for fault in FAULTS} - {"storm"}
    | {name for _, name in RACES}
    | {f"storm_{status}" for status, _ in STORMS}
)
"""What a long run must have met."""
