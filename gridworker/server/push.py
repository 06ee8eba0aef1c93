"""Push: operations come in, each has its effect exactly once, and nothing that arrives is thrown away."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from gridworker.server.accounts import roles_of
from gridworker.server.disputes import Disputes
from gridworker.server.intake import Arrival, quarantined, result_of, take_in
from gridworker.server.journal import Journal, Logged, advance_replica
from gridworker.server.merge import apply_operation, held
from gridworker.server.outcomes import Attempt, Entity, Outcome
from gridworker.server.ports import Caller, Clock
from gridworker.server.refusals import Refused
from gridworker.server.replicas import MAX_OPS, Replica, require_epoch, require_replica
from gridworker.server.shelf import Commit, Shelf, any_exists
from gridworker.server.store import Raced, next_seq
from gridworker.server.sums import seq_of
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import Conflict, Pace, PushReply, PushRequest, Result


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
        return _reply(intake.seen, replica.last_seq, replica.chain)
    desk = Desk(tx, caller, fresh, epoch=epoch, now_ms=clock())
    results = [desk.decide(replica, arrival, set_aside=caution.set_aside) for arrival in fresh]
    desk.write(fresh[-1])
    link = fresh[-1].envelope.link
    return _reply([*intake.seen, *results], link.seq, link.hash)


def _reply(results: list[Result], last_seq: int, chain: str) -> PushReply:
    return PushReply(results=results, last_seq=last_seq, chain=chain, pace=Pace(max_ops=MAX_OPS))


class Desk:
    """Where the operations of one push are decided one after another and then written together."""

    def __init__(self, tx: Connection, caller: Caller, fresh: Sequence[Arrival], *, epoch: str, now_ms: int):
        entity_ids = sorted({arrival.stub.id for arrival in fresh})
        self._tx = tx
        self._caller = caller
        self._epoch = epoch
        self._now_ms = now_ms
        self._roles: dict[str, Mapping[str, str]] = {}
        self._shelf = Shelf(tx, entity_ids)
        self._journal = Journal(tx, [arrival.stub.op_id for arrival in fresh])
        self._disputes = Disputes(tx, entity_ids)
        self._created: list[str] = []
        self._missing: list[str] = []

    def decide(self, replica: Replica, arrival: Arrival, *, set_aside: bool) -> Result:
        """Say what becomes of one operation, unless that was said before."""
        op_id = arrival.stub.op_id
        self._journal.take_slot(replica.id, arrival)
        logged = self._journal.logged(op_id)
        if logged is None:
            logged = self._log_new(arrival, set_aside=set_aside)
        elif logged.body_hash != arrival.envelope.hash:
            self._journal.keep_twin(arrival)
            return quarantined(arrival.seq, op_id)
        return result_of(arrival.seq, op_id, (logged.code, logged.reason, logged.conflicts))

    def write(self, last: Arrival) -> None:
        """Take the commit number as the last lock, let waiting operations follow, and store everything."""
        commit = Commit(next_seq(self._tx), self._epoch, self._now_ms)
        # Only now is it certain who came first: a record, or an operation that waits for it.
        if any_exists(self._tx, self._missing):
            raise Raced
        self._revive()
        self._shelf.write(commit)
        self._journal.write(commit)
        self._disputes.write(commit)
        advance_replica(self._tx, last, self._now_ms)

    def _log_new(self, arrival: Arrival, *, set_aside: bool) -> Logged:
        op = arrival.op
        if op is None:
            return self._journal.log(arrival, held("schema"), ())
        if set_aside or op.actor != self._caller.user_id or "\\u0000" in arrival.text:
            return self._journal.log(arrival, held("quarantine"), ())
        outcome, conflicts = self._carry_out(op)
        if outcome.reason == "missing":
            self._missing.append(op.id)
        return self._journal.log(arrival, outcome, conflicts)

    def _carry_out(self, op: Operation) -> tuple[Outcome, list[Conflict]]:
        entity = self._shelf.look_up(op.id)
        outcome = apply_operation(
            Attempt(
                op=op,
                entity=entity,
                role=self._role(op.actor, entity.scope if entity else op.scope),
                conflicts=self._disputes.open_on(op.id),
                base_seq=seq_of(op.base_rev, self._epoch),
            )
        )
        before = entity or outcome.entity
        conflicts = [
            self._disputes.record(op, clash, scope=before.scope, server=self._writer(before, clash.field))
            for clash in outcome.clashes
            if before is not None  # there is no clash without a record
        ]
        self._disputes.settle(outcome.settled)
        self._journal.remember(op, outcome)
        if outcome.entity is not None:
            if entity is None:
                self._created.append(op.id)
            self._shelf.put(outcome.entity)
        return outcome, conflicts

    def _revive(self) -> None:
        """Operations that came before their record, as after a restore of the server, are now decided."""
        if not self._created:
            return
        for op in self._journal.waiting_for(self._created):
            outcome, conflicts = self._carry_out(op)
            self._journal.relog(op.op_id, outcome, conflicts)

    def _role(self, actor: str, scope: str) -> str | None:
        if actor not in self._roles:
            self._roles[actor] = roles_of(self._tx, actor, self._now_ms)
        return self._roles[actor].get(scope)

    def _writer(self, entity: Entity, field: str) -> tuple[str, int]:
        known = self._journal.last_writer(entity.id, field)
        return known or (entity.editor, self._shelf.edited_ms(entity.id))
