"""What there is to be decided at a centre, as tests ask for it."""

from typing import Any

import msgspec

from gridworker.domain.disputes import Dispute
from gridworker.wire.messages import Result
from tests.server.laptop import GRID_A, Centre, Laptop

ANN = {"name": "安宁", "note": "住二楼", "phones": ["13800000000"]}
CASE = {"title": "漏水", "category": "c", "found_ms": 1}


def body_of(centre: Centre, record_id: str) -> dict[str, Any]:
    """The stored document of a record."""
    [(body,)] = centre.rows("SELECT body FROM entity WHERE id = :id", id=record_id)
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def is_deleted(centre: Centre, record_id: str) -> bool:
    """Whether a record is out of everybody's view."""
    [(deleted,)] = centre.rows("SELECT deleted FROM entity WHERE id = :id", id=record_id)
    return bool(deleted)


def disputes(centre: Centre) -> dict[str, Dispute]:
    """Every dispute by its id, in the order in which they came."""
    rows = centre.rows("SELECT id, body FROM entity WHERE kind = 'dispute' ORDER BY n")
    return {id: msgspec.json.decode(body, type=Dispute) for id, body in rows}


def only(centre: Centre) -> tuple[str, Dispute]:
    """The one dispute there is."""
    [found] = disputes(centre).items()
    return found


def decide(laptop: Laptop, matter: str, target: str, **more: Any) -> Result:
    """A decision, pushed."""
    return laptop.do("resolve", matter, "dispute", target=target, **more)


def two_workers(centre: Centre) -> tuple[Laptop, Laptop]:
    """Two workers of one grid who both know a resident."""
    one, other = centre.laptop("zhang"), centre.laptop("li")
    one.do("create", "r1", values=ANN)
    return one, other


def leader(centre: Centre, login: str = "wang", *scopes: str) -> Laptop:
    """Somebody who reviews in grid A, or in these."""
    return centre.laptop(login, "grid_leader", *(scopes or (GRID_A,)))


def in_conflict(centre: Centre, field: str = "note") -> tuple[Laptop, Laptop, str]:
    """Two workers, the second of whom said something else of one field, and the dispute."""
    one, other = two_workers(centre)
    before = ANN[field]
    values = [["1"], ["2"]] if isinstance(before, list) else ["甲", "乙"]
    one.do("patch", "r1", set={field: (before, values[0])})
    assert other.do("patch", "r1", set={field: (before, values[1])}).code == "conflict"
    return one, other, next(id for id, one in disputes(centre).items() if one.sort == "conflict")


def pulled_disputes(laptop: Laptop) -> dict[str, Dispute]:
    """The disputes that a laptop has after a pull."""
    laptop.pull()
    return {
        id: msgspec.json.decode(bytes(entry.body), type=Dispute)
        for (_, id), entry in laptop.rows.items()
        if entry.kind == "dispute"
    }
