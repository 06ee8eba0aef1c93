"""Push: operations come in, each has its effect exactly once, and nothing that arrives is thrown away."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from gridworker.server.accounts import roles_of
from gridworker.server.claims import Claims
from gridworker.server.clocks import moment_of
from gridworker.server.disputes import Disputes
from gridworker.server.effects import EFFECTS, Effect, reached
from gridworker.server.intake import Arrival, quarantined, result_of, take_in
from gridworker.server.journal import Journal, Logged, advance_replica
from gridworker.server.late import decide_in_place
from gridworker.server.matters import matters
from gridworker.server.members import Members
from gridworker.server.merge import apply_operation, held
from gridworker.server.names import Names
from gridworker.server.outcomes import Attempt, Clash, Entity, Outcome, never
from gridworker.server.ports import Caller, Clock
from gridworker.server.refusals import Refused
from gridworker.server.replicas import MAX_OPS, Replica, require_epoch, require_replica
from gridworker.server.scene import Past, role_on
from gridworker.server.shelf import Commit, Shelf, any_exists
from gridworker.server.store import Raced, next_seq
from gridworker.server.unions import redirected
from gridworker.server.values import set_fields
from gridworker.server.veil import veil
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict, Pace, PushReply, PushRequest, Result
from gridworker.wire.sums import seq_of


class Caution(msgspec.Struct, frozen=True):
    """How to go on after a failure: so many groups at a time, and whether to set them aside unread."""

    max_groups: int | None = None
    set_aside: bool = False


BOLD = Caution()


def push(
    tx: Connection, caller: Caller, request: PushRequest, clock: Clock, *, caution: Caution = BOLD
) -> PushReply:
    """Take a replica's next operations: the groups of one request in one transaction and commit."""
    if len(request.ops) > MAX_OPS:
        raise Refused("too_large")
    epoch = require_epoch(tx, request.epoch).epoch
    replica = require_replica(tx, request.replica, caller, lock=True)
    intake = take_in(tx, replica, request.ops)
    fresh = [arrival for group in intake.groups[: caution.max_groups] for arrival in group]
    if not fresh:
        seen = veil(tx, caller, intake.seen, clock())
        return _reply(seen, replica.last_seq, replica.chain)
    desk = Desk(tx, caller, fresh, epoch=epoch, now_ms=clock())
    # Under other numbers, after a fork or in a new life, an operation is told again what was said before.
    known = {arrival.stub.op_id for arrival in fresh if desk.knows(arrival.stub.op_id)}
    results = [desk.decide(replica, arrival, set_aside=caution.set_aside) for arrival in fresh]
    desk.write(fresh[-1])
    link = fresh[-1].envelope.link
    again = [*intake.seen, *(one for one in results if one.op_id in known)]
    told = {one.seq: one for one in veil(tx, caller, again, clock())}
    return _reply([told.get(one.seq, one) for one in [*intake.seen, *results]], link.seq, link.hash)


def _reply(results: list[Result], last_seq: int, chain: str) -> PushReply:
    return PushReply(results=results, last_seq=last_seq, chain=chain, pace=Pace(max_ops=MAX_OPS))


class Desk:
    """Where the operations of one push are decided one after another and then written together."""

    def __init__(self, tx: Connection, caller: Caller, fresh: Sequence[Arrival], *, epoch: str, now_ms: int):
        operations = [arrival.op for arrival in fresh if arrival.op is not None]
        entity_ids = sorted({arrival.stub.id for arrival in fresh} | reached(tx, operations))
        self.tx = tx
        self.epoch = epoch
        self.now_ms = now_ms
        self._caller = caller
        self.replica = ""
        self.names = Names(tx)
        self._roles: dict[str, Mapping[str, str]] = {}
        self._shelf = Shelf(tx, entity_ids)
        self._journal = Journal(tx, [arrival.stub.op_id for arrival in fresh], now_ms)
        self.disputes = Disputes(tx, entity_ids)
        self._members = Members(tx, {op.id for op in operations if _writes_sets(op)})
        self._claims = Claims(tx, operations)
        self._created: list[str] = []
        self._missing: list[str] = []

    def knows(self, op_id: str) -> bool:
        """Whether it was said before what became of an operation."""
        return self._journal.logged(op_id) is not None

    def decide(self, replica: Replica, arrival: Arrival, *, set_aside: bool) -> Result:
        """Say what becomes of one operation, unless that was said before."""
        op_id, self.replica = arrival.stub.op_id, replica.id
        self._journal.take_slot(replica.id, arrival)
        logged = self._journal.logged(op_id)
        if logged is None:
            logged = self._log_new(arrival, set_aside=set_aside)
        elif logged.body_hash != arrival.envelope.hash:
            self._journal.keep_twin(arrival)
            return quarantined(arrival.seq, op_id)
        return result_of(arrival.seq, op_id, (logged.code, logged.reason, logged.conflicts))

    def look_up(self, record_id: str) -> Entity | None:
        """See Scene."""
        return self._shelf.look_up(record_id)

    def parts(self, ids: Iterable[str]) -> set[str]:
        """See Scene."""
        return self._shelf.parts(ids)

    def passed(self, record_id: str) -> frozenset[str]:
        """See late.PushScene."""
        return self._shelf.passed(record_id)

    def write(self, last: Arrival) -> None:
        """Take the commit number as the last lock, let waiting operations follow, and store everything."""
        commit = Commit(next_seq(self.tx), self.epoch, self.now_ms)
        # Only now is it certain who came first: a record, or an operation that waits for it.
        if any_exists(self.tx, self._missing):
            raise Raced
        self._revive()
        self._shelf.write(commit)
        self._journal.write(commit)
        self.disputes.write(commit)
        self._members.write(commit)
        self._claims.write(self.now_ms)
        advance_replica(self.tx, last, self.now_ms)

    def _log_new(self, arrival: Arrival, *, set_aside: bool) -> Logged:
        op, known = arrival.op, self.look_up(arrival.stub.id)
        if known is not None and known.purged:
            return self._journal.log(arrival, held("purged"), ())
        if op is None:
            return self._journal.log(arrival, held("schema"), ())
        if set_aside or op.actor != self._caller.user_id or "\\u0000" in arrival.text:
            return self._quarantine(arrival, op)
        outcome, conflicts = self._carry_out(op)
        waits_for = outcome.waits_for or op.id
        if outcome.reason == "missing" and self.look_up(waits_for) is None:
            self._missing.append(waits_for)
        return self._journal.log(arrival, outcome, conflicts)

    def _quarantine(self, arrival: Arrival, op: Operation) -> Logged:
        outcome = held("quarantine")
        for record in matters(self, op, outcome, blank=True):
            self._put(record)
        return self._journal.log(arrival, outcome, ())

    def _carry_out(self, op: Operation) -> tuple[Outcome, list[Conflict]]:
        named, op = op.id, redirected(self, op)
        entity = self.look_up(op.id)
        effect = EFFECTS.get(op.verb)
        outcome = effect(self, op) if effect else decide_in_place(self, op, entity, self._apply)
        outcome = self._claims.judge(self, op, outcome)
        conflicts = self._dispute(op, outcome, entity or outcome.entity) if outcome.is_disputed else []
        self._members.note(outcome)
        self._journal.remember(op, outcome, named=named)
        if outcome.entity is not None:
            self._put(outcome.entity)
        for record in outcome.others:
            self._put(record)
        if outcome.is_disputed or outcome.notices or outcome.code == "held":
            for record in matters(self, op, outcome):
                self._put(record)
        return outcome, conflicts

    def _dispute(self, op: Operation, outcome: Outcome, about: Entity | None) -> list[Conflict]:
        """Note what an outcome says of conflicts; gives those that are open now."""
        conflicts = [self._clash(op, clash, about) for clash in outcome.clashes]
        conflicts += self.disputes.rule(outcome.verdicts)
        self.disputes.settle(outcome.settled)
        return conflicts

    def _put(self, record: Entity) -> None:
        if self._shelf.put(record):
            self._created.append(record.id)

    def _clash(self, op: Operation, clash: Clash, before: Entity | None) -> Conflict:
        about = self.look_up(clash.of) if clash.of else before
        if about is None:
            raise TypeError("there is no clash without a record")
        return self.disputes.record(op, clash, scope=about.scope, server=self._writer(about, clash.field))

    def _apply(self, op: Operation, role: str | None) -> Outcome:
        return apply_operation(self._attempt(op, self.look_up(op.id), role))

    def attempt(self, op: Operation, entity: Entity | None) -> Attempt:
        """See Scene."""
        role = role_on(self, op.actor, entity.scopes if entity else (op.scope,))
        return self._attempt(op, entity, role)

    def _attempt(self, op: Operation, entity: Entity | None, role: str | None) -> Attempt:
        if entity is None:
            return Attempt(op=op, entity=None, role=role)
        return Attempt(
            op=op,
            entity=entity,
            role=role,
            conflicts=self.disputes.open_on(op.id),
            base_seq=seq_of(op.base_rev, self.epoch),
            members=self._members.of(op.id) if _writes_sets(op) else (),
            is_later=partial(self._is_later, op) if op.clock is not None else never,
        )

    def operation(self, op_id: str) -> Operation | None:
        """See Scene."""
        return self._journal.operation(op_id)

    def effect(self, verb: str) -> Effect | None:
        """See Scene."""
        return EFFECTS.get(verb)

    def past(self, record_id: str) -> Sequence[Past]:
        """See Scene."""
        return self._journal.past(record_id)

    def _is_later(self, op: Operation, field: str) -> bool:
        mine, theirs = moment_of(op, self.now_ms), self._journal.written_at(op.id, field)
        return theirs is not None and mine.good and theirs.good and mine.at_ms > theirs.at_ms

    def _revive(self) -> None:
        """Operations that came before their record, as after a restore of the server, are now decided."""
        self.replica = ""  # these came by others
        while self._created:
            created, self._created = self._created, []
            for op in self._journal.waiting_for(created):
                outcome, conflicts = self._carry_out(op)
                self._journal.relog(op, outcome, conflicts)

    def role(self, actor: str, scope: str) -> str | None:
        """See Scene."""
        if actor not in self._roles:
            self._roles[actor] = roles_of(self.tx, actor, self.now_ms)
        return self._roles[actor].get(scope)

    def _writer(self, entity: Entity, field: str) -> tuple[str, int]:
        known = self._journal.last_writer(entity.id, field)
        return known or (entity.editor, self._shelf.edited_ms(entity.id))


def _writes_sets(op: Operation) -> bool:
    return bool(op.set) and not set_fields(op.kind).isdisjoint(op.set)
