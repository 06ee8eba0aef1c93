"""The line: a Remote that hands every request to the centre as bytes, and fails in every known way."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from gridworker.domain.problems import Problem
from gridworker.server.refusals import Refused as ServerRefused
from gridworker.sync.remote import Refused
from gridworker.wire.messages import PATHS, PullReply, PullRequest, PushReply, Refusal
from tests.faults.simulator.centre import CentreCrashed
from tests.faults.simulator.ledger import CANARY
from tests.faults.simulator.world import DAY_MS, HOUR_MS, Violated, World

if TYPE_CHECKING:
    from tests.faults.simulator.device import Device

TROUBLE = 0.07
"""The share of requests that something happens to."""
SMALL_PAGE = 0.5
"""The share of pulls whose page is smaller than their news."""


class Line:
    """One laptop's way to the centre."""

    def __init__(self, world: World, device: "Device", token: str = "") -> None:
        self.world = world
        self.device = device
        self.token = token
        self.perfect = world.healed
        self.strange = False
        """Whether this exchange met something that no centre of ours has said."""
        self.seen_scopes: frozenset[str] = frozenset()
        """What the user might see when the last pull was answered."""

    def call(self, request: Any, reply: Any) -> Any:
        """One round trip; see Remote."""
        fault = None
        if not self.perfect and self.world.chance(TROUBLE):
            fault = pick(self.world, FAULTS)
        if isinstance(request, PullRequest) and self.world.chance(SMALL_PAGE):
            request = msgspec.structs.replace(request, want_bytes=self.world.rng.choice((1, 300, 1500)))
        data = msgspec.json.encode(request)
        kind = type(request)
        answer = fault.happen(self, kind, data) if fault else self.answer(kind, data)
        return msgspec.json.decode(answer, type=reply)

    def begin(self, request: Any, reply: Any) -> Callable[[], Any]:
        """The same, waited for later; see Remote."""
        answer = self.call(request, reply)
        return lambda: answer

    def answer(self, kind: type, data: bytes) -> bytes:
        """What the centre says to a request, in bytes."""
        request: Any = msgspec.json.decode(data, type=kind)
        centre = self.world.centre
        try:
            said = centre.server.call(PATHS[kind], self.token, request)
        except ServerRefused as refused:
            raise Refused(refused.status, refused.refusal) from refused
        except CentreCrashed:
            centre.restart()
            raise Problem("server_unreachable", url="line") from None
        self._check_scopes(said)
        if isinstance(said, PushReply):
            few = self.world.rng.choice((1, 2, 5, 200))
            said = msgspec.structs.replace(said, pace=msgspec.structs.replace(said.pace, max_ops=few))
        answer = msgspec.json.encode(said)
        self._check_words(answer)
        return answer

    def _check_scopes(self, said: Any) -> None:
        """I7: no row of a scope that the user may not see."""
        visible = self.world.centre.visible(self.device.user)
        if isinstance(said, PullReply):
            self.seen_scopes = visible
        hidden = {entry.scope for entry in getattr(said, "entries", ())} - visible
        if hidden:
            raise Violated("I7", f"rows of {sorted(hidden)} were sent to {self.device.name}")

    def _check_words(self, answer: bytes) -> None:
        """I7: no word that the centre sends was said in a grid that the user may not see."""
        visible = self.world.centre.visible(self.device.user)
        if not set(CANARY.findall(answer.decode())) - visible:
            return
        said = msgspec.json.decode(answer)
        for entry in said.get("entries", ()):
            self._check_record(entry[1], entry, visible)
        for result in said.get("results", ()):
            # The other values are those that its author wrote and saw himself.
            others = [conflict["server"] for conflict in result.get("conflicts", ())]
            self._check_record(self._record_of(result["op_id"]), others, visible)

    def _record_of(self, op_id: str) -> str:
        rows = self.world.centre.rows("SELECT entity_id FROM op_log WHERE op_id = :id", id=op_id)
        return str(rows[0][0]) if rows else ""

    def _check_record(self, record: str, part: Any, visible: frozenset[str]) -> None:
        """Words of another grid are right only with a record that is here, written about it by people."""
        said = msgspec.json.encode(part).decode()
        strange = set(CANARY.findall(said)) - visible
        if not strange:
            return
        if not self.world.centre.may_read(record, visible) or strange - self.world.origins_of(record, said):
            raise Violated("I7", f"{self.device.name} was sent words of {sorted(strange)}: {part!r:.2000}")


# ------------------------------------------------------------------------------------- what a line does


class LineFault(NamedTuple):
    """One way in which a line fails: its name, how often, and what it makes of a request."""

    name: str
    weight: int
    happen: Callable[[Line, type, bytes], bytes]


def pick(world: World, table: tuple[Any, ...]) -> Any:
    """One entry of a table, by weight."""
    return world.rng.choices(table, [entry.weight for entry in table])[0]


def lose_request(line: Line, _kind: type, _data: bytes) -> bytes:
    """It never arrives."""
    line.world.count("request_lost")
    raise Problem("server_unreachable", url="line")


def lose_reply(line: Line, kind: type, data: bytes) -> bytes:
    """It arrives and has its effect, and the reply is lost."""
    line.world.count("reply_lost")
    line.answer(kind, data)
    raise Problem("server_slow", url="line")


def repeat_now(line: Line, kind: type, data: bytes) -> bytes:
    """A proxy sends it twice."""
    line.world.count("duplicate_now")
    line.answer(kind, data)
    return line.answer(kind, data)


def repeat_late(line: Line, kind: type, data: bytes) -> bytes:
    """It arrives now and once more, days later."""
    line.world.count("duplicate_late")
    token = line.token

    def again() -> None:
        twin = Line(line.world, line.device, token)  # what it hears reaches nobody
        try:
            twin.answer(kind, data)
        except (Refused, Problem) as refused:
            line.world.note(f"late duplicate: {refused}")

    line.world.later(line.world.rng.randrange(HOUR_MS, 6 * DAY_MS), again)
    return line.answer(kind, data)


def crash_before(line: Line, kind: type, data: bytes) -> bytes:
    """The centre dies before it commits."""
    return _crash(line, kind, data, "before")


def crash_after(line: Line, kind: type, data: bytes) -> bytes:
    """The centre dies after it has committed and before it answers."""
    return _crash(line, kind, data, "after")


def _crash(line: Line, kind: type, data: bytes, when: str) -> bytes:
    store = line.world.centre.store
    store.dies = when
    try:
        return line.answer(kind, data)
    finally:
        if not store.dies:
            line.world.count(f"centre_crash_{when}_commit")
        store.dies = ""


def fail_inside(line: Line, _kind: type, _data: bytes) -> bytes:
    """The centre answers with a fault of its own."""
    line.world.count("server_error_500")
    raise Refused(500, Refusal(code="internal"))


def be_busy(line: Line, _kind: type, _data: bytes) -> bytes:
    """The centre asks to come again."""
    line.world.count("server_busy_503")
    raise Refused(503, Refusal(code="pace"))


def name_another_life(line: Line, kind: type, data: bytes) -> bytes:
    """Something on the way answers for another centre."""
    said = msgspec.json.decode(line.answer(kind, data))
    if "epoch" in said and kind is PullRequest:
        line.world.count("wrong_epoch")
        line.strange = True
        said["epoch"] = "another"
    return msgspec.json.encode(said)


def talk_rubbish(line: Line, _kind: type, _data: bytes) -> bytes:
    """A captive portal answers."""
    line.world.count("captive_portal")
    raise Problem("server_rubbish", url="line")


FAULTS = (
    LineFault("request_lost", 5, lose_request),
    LineFault("reply_lost", 6, lose_reply),
    LineFault("duplicate_now", 4, repeat_now),
    LineFault("duplicate_late", 4, repeat_late),
    LineFault("centre_crash_before_commit", 3, crash_before),
    LineFault("centre_crash_after_commit", 3, crash_after),
    LineFault("server_error_500", 2, fail_inside),
    LineFault("server_busy_503", 2, be_busy),
    LineFault("wrong_epoch", 2, name_another_life),
    LineFault("captive_portal", 1, talk_rubbish),
)
