"""Disputes: the open conflicts of the records of one push, with all values that anybody meant."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, or_, select, update

from gridworker.server.among import among, listed
from gridworker.server.outcomes import Clash, OpenConflict, Verdict
from gridworker.server.shelf import Commit
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import CONFLICT
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict

_encode = msgspec.json.Encoder().encode


class Disagreement(msgspec.Struct, kw_only=True):
    """One conflict row; `trail` holds what its author meant before he changed his mind."""

    wire: Conflict
    entity_id: str
    scope: str
    op_id: str
    actor: str
    trail: list[Any]
    state: str = "open"
    stored: bool = False
    changed: bool = True
    told: bool = False
    """Whether its record says the same."""


class Disputes:
    """The conflicts of one push's records; nothing is written before `write`."""

    def __init__(self, tx: Connection, entity_ids: Sequence[str]):
        self._tx = tx
        self._by_id: dict[str, Disagreement] = {}
        self._of: dict[str, list[str]] = defaultdict(list)
        for row in read_rows(tx, _OPEN, {"ids": listed(entity_ids)}):
            self._add(_read(row))

    def open_on(self, entity_id: str) -> list[OpenConflict]:
        """What is not settled on one record."""
        found = [self._by_id[one] for one in self._of.get(entity_id, ())]
        return [
            OpenConflict(
                id=one.wire.id,
                field=one.wire.field,
                incoming=one.wire.incoming,
                actor=one.actor,
                why=one.wire.why,
            )
            for one in found
            if one.state == "open"
        ]

    def record(self, op: Operation, clash: Clash, *, scope: str, server: tuple[str, int]) -> Conflict:
        """Open a conflict or lead an open one on; `server` is who wrote the centre's value and when."""
        if clash.chained is not None:
            return self._continue(clash.chained, clash)
        wire = Conflict(
            id=name_of_matter(op.op_id, clash.field, *filter(None, [clash.of])),
            field=clash.field,
            base=clash.base,
            server=clash.server,
            incoming=clash.incoming,
            why=clash.why,
            server_actor=server[0],
            server_ms=server[1],
        )
        about = clash.of or op.id
        self._add(
            Disagreement(wire=wire, entity_id=about, scope=scope, op_id=op.op_id, actor=op.actor, trail=[])
        )
        return wire

    def settle(self, conflict_ids: Iterable[str]) -> None:
        """Close conflicts whose two sides now say the same."""
        for conflict_id in conflict_ids:
            self._by_id[conflict_id].state = "settled"
            self._by_id[conflict_id].changed = True
            self._by_id[conflict_id].told = False

    def rule(self, verdicts: Iterable[Verdict]) -> list[Conflict]:
        """Do what decisions say, whose own records say it already; gives what is open again."""
        opened = []
        for verdict in verdicts:
            one = self._find(verdict.id)
            if verdict.incoming != one.wire.incoming:
                one.trail.append(one.wire.incoming)
            one.wire = msgspec.structs.replace(one.wire, server=verdict.server, incoming=verdict.incoming)
            one.state, one.changed, one.told = verdict.state, True, True
            if verdict.state == "open":
                opened.append(one.wire)
        return opened

    def untold(self) -> Iterator[Disagreement]:
        """The conflicts whose records do not say what has become of them, each once."""
        for one in self._by_id.values():
            if one.changed and not one.told:
                one.told = True
                yield one

    def write(self, commit: Commit) -> None:
        """Store new and changed conflicts."""
        changed = [one for one in self._by_id.values() if one.changed]
        fresh = [_row(one, commit) for one in changed if not one.stored]
        known = [{**_row(one, commit), "key": one.wire.id} for one in changed if one.stored]
        write_many(self._tx, _INSERT, fresh)
        write_many(self._tx, _UPDATE, known)

    def _find(self, conflict_id: str) -> Disagreement:
        if conflict_id not in self._by_id:
            [row] = read_rows(self._tx, _OPEN, {"ids": listed([conflict_id])})
            self._add(_read(row))
        return self._by_id[conflict_id]

    def _add(self, one: Disagreement) -> None:
        self._by_id[one.wire.id] = one
        self._of[one.entity_id].append(one.wire.id)

    def _continue(self, conflict_id: str, clash: Clash) -> Conflict:
        one = self._by_id[conflict_id]
        if clash.incoming != one.wire.incoming:
            one.trail.append(one.wire.incoming)
        one.wire = msgspec.structs.replace(one.wire, incoming=clash.incoming, server=clash.server)
        one.changed, one.told = True, False
        return one.wire


def name_of_matter(*about: str) -> str:
    """An id made from what a matter is about: the same operation names the same one after every retry."""
    return str(uuid.UUID(bytes=hashlib.sha256("|".join(about).encode()).digest()[:16]))


def open_on_any(tx: Connection, entity_ids: Iterable[str]) -> list[str]:
    """The ids of the conflicts that are open on these records."""
    return [id for (id,) in read_rows(tx, _OPEN_IDS, {"ids": listed(entity_ids)})]


def _read(values: Any) -> Disagreement:
    row = dict(zip(CONFLICT.c.keys(), values, strict=True))
    wire = Conflict(
        id=row["id"],
        field=row["field"],
        why=row["why"],
        server_actor=row["server_actor"],
        server_ms=row["server_ms"],
        **{name: msgspec.json.decode(row[name]) for name in ("base", "server", "incoming")},
    )
    return Disagreement(
        wire=wire,
        entity_id=row["entity_id"],
        scope=row["scope"],
        op_id=row["op_id"],
        actor=row["actor"],
        trail=msgspec.json.decode(row["trail"]),
        state=row["state"],
        stored=True,
        changed=False,
    )


def _row(one: Disagreement, commit: Commit) -> dict[str, Any]:
    wire = one.wire
    return {
        "id": wire.id,
        "entity_id": one.entity_id,
        "scope": one.scope,
        "op_id": one.op_id,
        "field": wire.field,
        "why": wire.why,
        "state": one.state,
        "actor": one.actor,
        "server_actor": wire.server_actor,
        "server_ms": wire.server_ms,
        "created_ms": commit.at_ms,
        "trail": _encode(one.trail).decode(),
        **{name: _encode(getattr(wire, name)).decode() for name in ("base", "server", "incoming")},
    }


_IS_OPEN = CONFLICT.c.state == "open"
# A decision names its conflict, open or not.
_OPEN = select(CONFLICT).where(
    or_(among(CONFLICT.c.entity_id, "ids") & _IS_OPEN, among(CONFLICT.c.id, "ids"))
)
_OPEN_IDS = select(CONFLICT.c.id).where(among(CONFLICT.c.entity_id, "ids"), _IS_OPEN)
_INSERT = insert(CONFLICT)
_UPDATE = (
    update(CONFLICT)
    .where(CONFLICT.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("server", "incoming", "trail", "state")})
)
