"""Claims: which record has which id number, so that two of one person are noticed; none is refused."""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, text

from gridworker.domain.disputes import Dispute
from gridworker.domain.id_numbers import check_digit, parse_id_number
from gridworker.domain.records import RecordId
from gridworker.domain.roles import ROLES
from gridworker.server.among import among, listed
from gridworker.server.disputes import name_of_matter
from gridworker.server.matters import new_record, read_dispute, written
from gridworker.server.outcomes import Entity, Outcome
from gridworker.server.scene import Scene
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import DUPLICATE, ENTITY, GRANT, IDENTITY_CLAIM, SECRET
from gridworker.wire.envelope import Operation

KIND, FIELD = "resident", "id_number"
KEY = "identity"
"""The name of the secret with which numbers are made unreadable."""
SUSPECT = "duplicate_suspect"
_TIDY = re.compile(r"[0-9]{17}[0-9X]")
_CHOICES = {"merged": "accept", "distinct": "reject"}


class Claim(msgspec.Struct):
    """That a record has a number; the first one holds it."""

    entity_id: str
    number: str
    holds: bool


class Claims:
    """The numbers that one push is about; nothing is written before `write`."""

    def __init__(self, tx: Connection, operations: Iterable[Operation]):
        self._tx = tx
        self._key = b""
        self._of: dict[str, list[Claim]] = {}
        self._added: list[Claim] = []
        self._removed: list[str] = []
        self._promoted: list[str] = []
        self._pairs: dict[tuple[str, str], dict[str, Any]] = {}
        self._seals: dict[str, str] = {}
        self._load({seal for op in operations if (seal := self._seal(_number_in(op)))})

    def judge(self, scene: Scene, op: Operation, outcome: Outcome) -> Outcome:
        """Note whose number changed, and add what supervisors have to look at."""
        told = [record for pair in outcome.paired for record in self._find_out(scene, op, pair)]
        suspect = False
        for record in (outcome.entity, *outcome.others) if outcome.others else (outcome.entity,):
            if record is None or record.kind != KIND:
                continue
            old, new = _number_of(scene.look_up(record.id)), _number_of(record)
            if old != new:
                found = list(self._claim(scene, record, old, new))
                suspect = suspect or bool(found)
                told += (one for one in found if one is not None)
        if not told and not suspect:
            return outcome
        reason = SUSPECT if suspect and outcome.code == "applied" else outcome.reason
        return msgspec.structs.replace(outcome, reason=reason, others=(*outcome.others, *told))

    def write(self, now_ms: int) -> None:
        """Store who has which number now; two that come at once are told apart at the second attempt."""
        for entity_id in self._removed:
            self._tx.execute(_RELEASE, {"id": entity_id})
        for entity_id in self._promoted:
            self._tx.execute(_PROMOTE, {"id": entity_id})
        write_many(self._tx, _INSERT, [msgspec.structs.asdict(one) for one in self._added])
        write_many(self._tx, _PAIR, [row | {"created_ms": now_ms} for row in self._pairs.values()])

    def _claim(self, scene: Scene, record: Entity, old: str, new: str) -> Iterator[Entity | None]:
        """Follow one record's number; gives what is to be told, and at least None where it is suspect."""
        if old_seal := self._seal(old):
            self._release(record.id, old_seal)
        if not (seal := self._seal(new)):
            return
        others = [one for one in self._claims_on(seal) if one.entity_id != record.id]
        claim = Claim(record.id, seal, not any(one.holds for one in others))
        self._of[seal].append(claim)
        self._added.append(claim)
        if others:
            yield from self._suspect(scene, others[0].entity_id, record)

    def _suspect(self, scene: Scene, first_id: str, second: Entity) -> Iterator[Entity | None]:
        pair = self._pair(first_id, second.id)
        if pair is not None and pair["state"] != "open":
            return
        yield None
        first = scene.look_up(first_id)
        if pair is not None or first is None:
            return
        told = _supervisors(self._tx, {first.scope, second.scope}, scene.now_ms)
        self._pairs[first_id, second.id] = _pair_row(first_id, second.id, "open", told)
        for user in told:
            yield _telling(scene, user, first, second)

    def _find_out(self, scene: Scene, op: Operation, pair: tuple[str, str, str]) -> Iterator[Entity]:
        """Somebody has found out whether two records are one person: nobody is asked any more."""
        known = self._pair(pair[0], pair[1])
        first, second = (known["first"], known["second"]) if known else pair[:2]
        told = msgspec.json.decode(known["told"]) if known else []
        self._pairs[first, second] = _pair_row(first, second, pair[2], told)
        for user in told:
            record = scene.look_up(_name(first, second, user))
            if record is not None and record.id != op.id:
                yield _answered(scene, op, record, _CHOICES[pair[2]])

    def _pair(self, one: str, other: str) -> dict[str, Any] | None:
        for key in ((one, other), (other, one)):
            if key in self._pairs:
                return self._pairs[key]
        row = self._tx.execute(_FIND_PAIR, {"one": one, "other": other}).mappings().first()
        return dict(row) if row else None

    def _release(self, entity_id: str, seal: str) -> None:
        claims = self._claims_on(seal)
        mine = [one for one in claims if one.entity_id == entity_id]
        for one in mine:
            claims.remove(one)
            if one in self._added:
                self._added.remove(one)
            else:
                self._removed.append(entity_id)
        if claims and any(one.holds for one in mine):
            claims[0].holds = True
            if claims[0] not in self._added:
                self._promoted.append(claims[0].entity_id)

    def _claims_on(self, seal: str) -> list[Claim]:
        if seal not in self._of:
            self._load({seal})
        return self._of[seal]

    def _load(self, seals: set[str]) -> None:
        if not seals:
            return
        self._of |= {seal: [] for seal in seals}
        for entity_id, number, holds in read_rows(self._tx, _CLAIMS, {"ids": listed(seals)}):
            self._of[number].append(Claim(entity_id, number, bool(holds)))

    def _seal(self, said: str) -> str:
        """A number as it is claimed, or nothing for what is broken or missing."""
        if said not in self._seals:
            number = _whole(said)
            if number and not self._key:
                self._key = str(self._tx.execute(_KEY).scalar_one()).encode()
            self._seals[said] = _sealed(self._key, number) if number else ""
        return self._seals[said]


def claims_meant(tx: Connection) -> Iterator[tuple[str, str]]:
    """Every living person with a whole number, and the number as it is claimed."""
    key = str(tx.execute(_KEY).scalar_one()).encode()
    living = select(ENTITY.c.id, ENTITY.c.body).where(ENTITY.c.kind == KIND, ~ENTITY.c.deleted)
    for record_id, body in tx.execute(living):
        if number := _whole(msgspec.json.decode(body).get(FIELD) or ""):
            yield record_id, _sealed(key, number)


def _sealed(key: bytes, number: str) -> str:
    return hmac.digest(key, number.encode(), "sha256").hex()


def open_pairs(tx: Connection) -> Sequence[Any]:
    """The pairs that nobody has decided about yet, oldest first, with how many people were told."""
    return [(row.first, row.second, len(msgspec.json.decode(row.told))) for row in tx.execute(_OPEN_PAIRS)]


def _number_in(op: Operation) -> str:
    if op.kind != KIND:
        return ""
    value = op.values.get(FIELD) or op.set.get(FIELD, (None, None))[1]
    return value if isinstance(value, str) else ""


def _number_of(record: Entity | None) -> str:
    value = "" if record is None or record.deleted else record.body.get(FIELD)
    return value if isinstance(value, str) else ""


def _whole(value: str) -> str:
    """A number that can belong to one person only; what is broken or missing says nothing."""
    if not value or (_TIDY.fullmatch(value) and check_digit(value[:17]) != value[17]):
        return ""  # reading all of it costs more than everything else that is done for an operation
    number = parse_id_number(value)
    return number.text if number.state == "ok" else ""


def _supervisors(tx: Connection, scopes: set[str], now_ms: int) -> list[str]:
    """Who reviews in all of these scopes."""
    values = {"scopes": listed(scopes), "roles": listed(_REVIEWING), "now": now_ms, "count": len(scopes)}
    return sorted(tx.execute(_BOTH, values).scalars())


def _telling(scene: Scene, user: str, first: Entity, second: Entity) -> Entity:
    dispute = Dispute(
        sort="duplicate",
        target_kind=KIND,
        target_id=RecordId(""),  # what is told to one person stays with him wherever the records go
        pair=(RecordId(first.id), RecordId(second.id)),
        opened_ms=scene.now_ms,
        state="open",
        why=SUSPECT,
        field=FIELD,
        actor_id=second.editor,
        actor_name=scene.names.of(second.editor),
    )
    return new_record(_name(first.id, second.id, user), dispute, scope=f"u:{user}")


def _answered(scene: Scene, op: Operation, record: Entity, choice: str) -> Entity:
    dispute = msgspec.structs.replace(
        read_dispute(record),
        state="resolved",
        choice=choice,
        decided_by=op.actor,
        decided_name=scene.names.of(op.actor),
        decided_ms=op.wall_ms,
        decided_op=op.op_id,
        remark=op.why,
    )
    return written(record, dispute)


def _name(first: str, second: str, user: str) -> str:
    return name_of_matter("duplicate", first, second, user)


def _pair_row(first: str, second: str, state: str, told: Sequence[str]) -> dict[str, Any]:
    return {"first": first, "second": second, "state": state, "told": msgspec.json.encode(told).decode()}


_REVIEWING = tuple(role.id for role in ROLES.values() if role.reviews)
_KEY = select(SECRET.c.value).where(SECRET.c.name == KEY)
_CLAIMS = (
    select(IDENTITY_CLAIM.c.entity_id, IDENTITY_CLAIM.c.number, IDENTITY_CLAIM.c.holds)
    .where(among(IDENTITY_CLAIM.c.number, "ids"))
    .order_by(IDENTITY_CLAIM.c.n)
)
_INSERT = insert(IDENTITY_CLAIM)
_RELEASE = delete(IDENTITY_CLAIM).where(IDENTITY_CLAIM.c.entity_id == bindparam("id"))
_PROMOTE = text("UPDATE identity_claim SET holds = true WHERE entity_id = :id")
_PAIR = text(
    "INSERT INTO duplicate (first, second, state, told, created_ms) "
    "VALUES (:first, :second, :state, :told, :created_ms) "
    "ON CONFLICT (first, second) DO UPDATE SET state = excluded.state, told = excluded.told"
)
_FIND_PAIR = select(DUPLICATE).where(
    or_(
        (DUPLICATE.c.first == bindparam("one")) & (DUPLICATE.c.second == bindparam("other")),
        (DUPLICATE.c.first == bindparam("other")) & (DUPLICATE.c.second == bindparam("one")),
    )
)
_OPEN_PAIRS = select(DUPLICATE).where(DUPLICATE.c.state == "open").order_by(DUPLICATE.c.created_ms)
_BOTH = (
    select(GRANT.c.user_id)
    .where(
        among(GRANT.c.scope, "scopes"),
        among(GRANT.c.role, "roles"),
        GRANT.c.from_ms <= bindparam("now"),
        or_(GRANT.c.to_ms.is_(None), GRANT.c.to_ms > bindparam("now")),
    )
    .group_by(GRANT.c.user_id)
    .having(func.count(GRANT.c.scope.distinct()) == bindparam("count"))
)
