"""The line: a Remote that hands every request to the centre as bytes, and fails in every known way."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from gridworker.domain.problems import Problem
from gridworker.server.refusals import Refused as ServerRefused
from gridworker.sync.remote import Refused
from gridworker.wire.blobs import BlobGetRequest
from gridworker.wire.messages import PATHS, PullReply, PullRequest, PushReply
from tests.faults.simulator.centre import CentreCrashed
from tests.faults.simulator.ledger import CANARY
from tests.faults.simulator.weather import FAULTS, pick, weather_the_storm
from tests.faults.simulator.world import Violated, World

if TYPE_CHECKING:
    from tests.faults.simulator.device import Device

TROUBLE = 0.07
"""The share of requests that something happens to."""
NAMED_IN = (
    "SELECT s.scope FROM scope_entry s JOIN entity e ON e.id = s.entity_id WHERE s.present "
    "AND e.kind = 'attachment' AND json_extract(e.body, '$.sha256') = :sha"
)
CAME_TO = (
    "WITH RECURSIVE step(id, turn) AS (SELECT entity_id, 0 FROM op_log WHERE op_id = :id UNION ALL "
    "SELECT e.merged_into, turn + 1 FROM step JOIN entity e ON e.id = step.id WHERE e.merged_into <> '') "
    "SELECT id FROM step ORDER BY turn DESC LIMIT 1"
)
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
        if not self.perfect:
            weather_the_storm(self)
            fault = pick(self.world, FAULTS) if self.world.chance(TROUBLE) else None
        if isinstance(request, PullRequest) and self.world.chance(SMALL_PAGE):
            request = msgspec.structs.replace(request, want_bytes=self.world.rng.choice((1, 300, 1500)))
        data = msgspec.json.encode(request)
        kind = type(request)
        answer = fault.happen(self, kind, data) if fault else self.answer(kind, data)
        self.device.heard[kind] = answer, self.seen_scopes
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
        if kind is BlobGetRequest:
            self._check_photo(request.sha)
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

    def _check_photo(self, sha: str) -> None:
        """I7: no bytes that no record names which the user may see."""
        homes = {scope for (scope,) in self.world.centre.rows(NAMED_IN, sha=sha)}
        if not homes & self.world.centre.visible(self.device.user):
            raise Violated("I7", f"{self.device.name} was sent a photo of {sorted(homes)}")

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
        """The record that an operation came to: of one that was joined to another, the one that was kept."""
        rows = self.world.centre.rows(CAME_TO, id=op_id)
        return str(rows[0][0]) if rows else ""

    def _check_record(self, record: str, part: Any, visible: frozenset[str]) -> None:
        """Words of another grid are right only with a record that is here, written about it by people."""
        said = msgspec.json.encode(part).decode()
        strange = set(CANARY.findall(said)) - visible
        if not strange:
            return
        if not self.world.centre.may_read(record, visible) or not self.world.explains(record, said, strange):
            raise Violated(
                "I7", f"{self.device.name} was sent words of {sorted(strange)} about {record}: {part!r:.2000}"
            )
