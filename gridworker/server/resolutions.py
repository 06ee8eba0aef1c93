"""Resolutions: what a decision about a dispute does; it sets nothing that its author had not seen."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from gridworker.domain.disputes import Dispute, Opinion, choices_of
from gridworker.domain.transitions import legal
from gridworker.server.among import among, listed
from gridworker.server.matters import read_dispute, written
from gridworker.server.merge import apply_operation, held, merge_fields, reviews, writes_kind
from gridworker.server.outcomes import Attempt, Clash, Entity, Outcome, Verdict, elsewhere
from gridworker.server.reversal import changes_of, clashes_of, take_back
from gridworker.server.scene import Scene, role_on
from gridworker.server.tables import ENTITY
from gridworker.server.unions import living
from gridworker.server.values import rule_of, same, state_field
from gridworker.wire.envelope import Operation


class Hearing(msgspec.Struct, frozen=True):
    """A decision under way: the operation, the record of the dispute, and what it says."""

    scene: Scene
    op: Operation
    record: Entity
    dispute: Dispute


def resolve(scene: Scene, op: Operation) -> Outcome:
    """Decide the dispute `id` for the side `target`; `source` is the choice that its author saw in effect."""
    record = scene.look_up(op.id)
    if record is None:
        return held("missing")
    if record.kind != Dispute.kind:
        return held("schema")
    hearing = Hearing(scene, op, record, read_dispute(record))
    if op.target not in choices_of(hearing.dispute.sort):
        return held("schema")
    refusal = _refusal(hearing)
    if refusal:
        return _noted(hearing, held(refusal))
    if (op.source or "") != hearing.dispute.choice:
        return _objected(hearing)
    return _SORTS[hearing.dispute.sort](hearing)


def _refusal(hearing: Hearing) -> str:
    """Why this person may not decide this, or nothing."""
    actor, dispute = hearing.op.actor, hearing.dispute
    if hearing.record.scope == f"u:{actor}":
        return ""
    role = role_on(hearing.scene, actor, hearing.record.scopes)
    if role is None:
        return "scope"
    withdraws = dispute.actor_id == actor and hearing.op.target == "reject" and dispute.sort == "held"
    if reviews(role) or (withdraws and not dispute.choice):
        return ""
    plain = dispute.sort == "conflict" and dispute.why != "not_allowed"
    reviewed = rule_of(dispute.target_kind, dispute.field).reviewed
    return "" if plain and not reviewed and writes_kind(role, dispute.target_kind) else "role"


# ---------------------------------------------------------------------------------------- values that differ


def _decide_field(hearing: Hearing) -> Outcome:
    """Set the field to the chosen value, if the record still says what the decision was made about."""
    shown, chosen = _values(hearing)
    outcome = _set_field(hearing, shown, chosen)
    if outcome.code == "held":
        return outcome
    if outcome.clashes:
        return _met_another(hearing, outcome.clashes[0])
    return _closed(hearing, outcome, decision=chosen)


def _values(hearing: Hearing) -> tuple[Any, Any]:
    """The value that the author of the decision saw in the record, and the one that he wants there."""
    op, dispute = hearing.op, hearing.dispute
    if dispute.field in op.set:
        return op.set[dispute.field]
    sides = {"incoming": dispute.incoming, "server": dispute.server, "base": dispute.base}
    shown = dispute.incoming if dispute.why == "fresh" else dispute.server
    return shown, sides.get(op.target or "", op.values.get("value"))


def _set_field(hearing: Hearing, shown: Any, chosen: Any) -> Outcome:
    target = living(hearing.scene, hearing.dispute.target_id)
    if target is None:
        return held("missing")
    if target.deleted:
        return held("purged" if target.purged else "deleted")
    patch = msgspec.structs.replace(
        hearing.op,
        verb="patch",
        id=target.id,
        kind=target.kind,
        scope=target.scope,
        base_rev=None,
        set={hearing.dispute.field: (shown, chosen)},
    )
    return elsewhere(merge_fields(hearing.scene.attempt(patch, target), target), target.id)


def _met_another(hearing: Hearing, clash: Clash) -> Outcome:
    """The record says something that the decision did not know: it is shown, and waits again."""
    if clash.why == "not_allowed":
        return _noted(hearing, held("role"))
    own = hearing.op.target == "value"
    dispute = msgspec.structs.replace(hearing.dispute, server=clash.server, state="open")
    return Outcome(
        code="conflict",
        entity=written(hearing.record, dispute),
        clashes=(msgspec.structs.replace(clash, chained=None),) if own else (),
        verdicts=_verdicts(hearing, dispute, "open"),
    )


# -------------------------------------------------------------------------------- what waits for a permission


def _decide_notice(hearing: Hearing) -> Outcome:
    if hearing.op.target == "accept":
        shown = hearing.dispute.base if hearing.dispute.choice == "reject" else hearing.dispute.incoming
        outcome = (
            _set_field(hearing, shown, hearing.dispute.incoming)
            if hearing.dispute.choice
            else Outcome(code="noop")
        )
    else:
        outcome = _set_field(hearing, hearing.dispute.incoming, hearing.dispute.base)
    return outcome if outcome.code == "held" else _closed(hearing, outcome)


def _decide_held(hearing: Hearing) -> Outcome:
    if hearing.op.target == "reject":
        outcome = _take_back(hearing) if hearing.dispute.choice == "accept" else Outcome(code="noop")
    else:
        outcome = _let_in(hearing)
    return outcome if outcome.code == "held" else _closed(hearing, outcome)


def _let_in(hearing: Hearing) -> Outcome:
    """Apply an operation that was held, with the role of the person who lets it in."""
    scene, op = hearing.scene, hearing.scene.operation(hearing.dispute.op_id)
    if op is None:
        return held("purged")
    effect = scene.effect(op.verb)
    if effect is not None:
        outcome = effect(scene, msgspec.structs.replace(op, actor=hearing.op.actor, device=hearing.op.device))
        return elsewhere(outcome, op.id)
    target = living(scene, op.id)
    if target is not None and target.purged:
        return held("purged")
    if target is not None and target.deleted and op.verb != "undelete" and hearing.dispute.why != "deleted":
        return held("deleted")
    about = target.id if target is not None else op.id
    op = msgspec.structs.replace(op, id=about, base_rev=None)
    role = role_on(scene, hearing.op.actor, target.scopes if target else (op.scope,))
    return elsewhere(_applied(scene, op, target, role), about)


def _applied(scene: Scene, op: Operation, target: Entity | None, role: str | None) -> Outcome:
    if target is None or op.verb in ("delete", "undelete"):
        return apply_operation(_as(scene, op, target, role))
    alive = msgspec.structs.replace(target, deleted=False)
    if op.verb in ("create", "append"):
        given = {field: (rule_of(op.kind, field).default, value) for field, value in op.values.items()}
        outcome = merge_fields(_as(scene, msgspec.structs.replace(op, set=given), alive, role), alive)
    elif op.verb == "transition":
        outcome = _late_step(scene, op, alive, role)
    else:
        outcome = merge_fields(_as(scene, op, alive, role), alive)
    if target.deleted and outcome.entity is None and outcome.code != "held":
        return msgspec.structs.replace(outcome, entity=alive)
    return outcome


def _late_step(scene: Scene, op: Operation, target: Entity, role: str | None) -> Outcome:
    """The step where it is still possible, else the words that came with it."""
    step = legal(target.kind, op.source or "", op.target or "")
    fit = role if step is None or role in step.roles else step.roles[0]
    outcome = apply_operation(_as(scene, op, target, fit))
    if outcome.code != "held":
        return outcome
    words = {field: (rule_of(op.kind, field).default, value) for field, value in op.values.items()}
    words = {field: pair for field, pair in {**words, **op.set}.items() if field != state_field(op.kind)}
    return merge_fields(_as(scene, msgspec.structs.replace(op, set=words), target, fit), target)


def _as(scene: Scene, op: Operation, target: Entity | None, role: str | None) -> Attempt:
    return msgspec.structs.replace(scene.attempt(op, target), role=role)


def _take_back(hearing: Hearing) -> Outcome:
    """Undo what letting an operation in has done, where nobody has written since."""
    scene, dispute = hearing.scene, hearing.dispute
    if scene.effect(dispute.verb) is not None:
        return held("state")
    target = living(scene, dispute.target_id)
    if target is None or target.purged:
        return held("missing" if target is None else "purged")
    done = [one for one in scene.past(target.id) if one.op_id == dispute.decided_op]
    draft = take_back(target, done)
    deleted = {"create": True, "append": True, "delete": False}.get(dispute.verb, target.deleted)
    deleted = {"exists": target.deleted, "deleted": True}.get(dispute.why, deleted)
    after = msgspec.structs.replace(target, body=draft.body, deleted=deleted, editor=hearing.op.actor)
    return Outcome(
        code="conflict" if draft.clashes else "applied",
        others=(after,),
        changes=changes_of(draft, target.id),
        clashes=clashes_of(draft, target.id),
    )


def _decide_duplicate(hearing: Hearing) -> Outcome:
    """They are two persons: nobody is asked again."""
    first, second = hearing.dispute.pair
    done = _closed(hearing, Outcome(code="applied"))
    return msgspec.structs.replace(done, paired=((first, second, "distinct"),))


# ------------------------------------------------------------------------------------- what the record says


def _objected(hearing: Hearing) -> Outcome:
    """Somebody decided before, and this decision did not know: the matter is open again, with both."""
    op, dispute = hearing.op, hearing.dispute
    chosen = _values(hearing)[1] if dispute.sort == "conflict" else None
    agrees = op.target != "value" or same(
        dispute.decision, chosen, rule_of(dispute.target_kind, dispute.field)
    )
    if dispute.choice == op.target and agrees and dispute.state != "open":
        return Outcome(code="noop")
    after = msgspec.structs.replace(
        dispute, state="open", why="decided", opinions=(*dispute.opinions, _opinion(hearing, chosen))
    )
    return Outcome(
        code="conflict",
        reason="decided",
        entity=written(hearing.record, after),
        verdicts=_verdicts(hearing, after, "open"),
    )


def _noted(hearing: Hearing, outcome: Outcome) -> Outcome:
    """What somebody wanted who may not decide it stands in the record, for those who may."""
    if role_on(hearing.scene, hearing.op.actor, hearing.record.scopes) is None:
        return outcome
    chosen = _values(hearing)[1] if hearing.dispute.sort == "conflict" else None
    opinions = (*hearing.dispute.opinions, _opinion(hearing, chosen))
    after = msgspec.structs.replace(hearing.dispute, opinions=opinions)
    return msgspec.structs.replace(outcome, entity=written(hearing.record, after))


def _opinion(hearing: Hearing, value: Any) -> Opinion:
    op = hearing.op
    name = hearing.scene.names.of(op.actor)
    return Opinion(by=op.actor, choice=op.target or "", at_ms=op.wall_ms, name=name, value=value, why=op.why)


def _closed(hearing: Hearing, outcome: Outcome, *, decision: Any = None) -> Outcome:
    """The decision's effect together with the record that now says who decided what."""
    op = hearing.op
    after = msgspec.structs.replace(
        hearing.dispute,
        state="resolved",
        choice=op.target or "",
        decision=decision,
        decided_by=op.actor,
        decided_name=hearing.scene.names.of(op.actor),
        decided_ms=op.wall_ms,
        decided_op=op.op_id,
        remark=op.why,
    )
    touched = (outcome.entity,) if outcome.entity is not None else ()
    others = (*touched, *outcome.others)
    # An accepted move takes the record of its own dispute along.
    record = next((one for one in others if one.id == hearing.record.id), hearing.record)
    return msgspec.structs.replace(
        outcome,
        code="conflict" if outcome.clashes else "applied",
        entity=written(record, after),
        others=tuple(one for one in others if one.id != record.id),
        settled=tuple(one for one in outcome.settled if one != hearing.record.id),
        verdicts=_verdicts(hearing, after, "resolved"),
    )


def _verdicts(hearing: Hearing, dispute: Dispute, state: str) -> tuple[Verdict, ...]:
    if dispute.sort != "conflict":
        return ()
    return (Verdict(id=hearing.record.id, state=state, server=dispute.server, incoming=dispute.incoming),)


_SORTS: Mapping[str, Callable[[Hearing], Outcome]] = {
    "conflict": _decide_field,
    "notice": _decide_notice,
    "held": _decide_held,
    "late_action": _decide_held,
    "duplicate": _decide_duplicate,
}


def resolve_reaches(tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """The records that the disputes are about, and those that these were merged into."""
    rows = tx.execute(_BODIES, {"ids": listed(op.id for op in operations)}).scalars()
    targets = {msgspec.json.decode(body).get("target_id", "") for body in rows}
    merged = tx.execute(_MERGED_INTO, {"ids": listed(targets)}).scalars()
    return {one for one in (*targets, *merged) if one}


_BODIES = select(ENTITY.c.body).where(among(ENTITY.c.id, "ids"), ENTITY.c.kind == Dispute.kind)
_MERGED_INTO = select(ENTITY.c.merged_into).where(among(ENTITY.c.id, "ids"))
