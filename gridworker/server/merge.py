"""The merge: what one operation makes of one record, by value, per field; nothing is overwritten unseen."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.roles import ROLES
from gridworker.domain.transitions import Transition, legal
from gridworker.server.members import merge_set
from gridworker.server.outcomes import UNREVISED, Attempt, Change, Clash, Draft, Entity, Notice, Outcome
from gridworker.server.values import Rule, canonical, closed_fields, rule_of, same, state_field
from gridworker.wire.envelope import Operation


def apply_operation(attempt: Attempt) -> Outcome:
    """Decide about one operation; what cannot be done is held: never lost, never an error."""
    op, entity = attempt.op, attempt.entity
    if op.verb in ("create", "append"):
        return _create(attempt)
    if entity is None:
        return held("missing")
    if attempt.role is None:
        return held("scope")
    if not writes_kind(attempt.role, entity.kind):
        return held("role")
    if op.kind != entity.kind:
        return held("schema")
    return _VERBS[op.verb](attempt, entity)


def held(reason: str) -> Outcome:
    """The operation is kept for a person to decide."""
    return Outcome(code="held", reason=reason)


def _create(attempt: Attempt) -> Outcome:
    op, role = attempt.op, attempt.role
    if attempt.entity is not None:
        return held("exists")
    if role is None:
        return held("scope")
    if not writes_kind(role, op.kind):
        return held("role")
    if not _may_begin(op, role):
        return held("state")
    body, clashes = dict(op.values), []
    for field in closed_fields(role, op.kind):
        value = body.pop(field, None)
        if not same(value, None, rule_of(op.kind, field)):
            clashes.append(_refused(field, None, None, value))
    if not _fits(op.kind, body):
        return held("schema")
    entity = Entity(id=op.id, kind=op.kind, scope=op.scope, body=body, author=op.actor, editor=op.actor)
    return Outcome(code="conflict" if clashes else "applied", entity=entity, clashes=tuple(clashes))


def _patch(attempt: Attempt, entity: Entity) -> Outcome:
    if entity.deleted:
        return held("purged" if entity.purged else "deleted")
    if entity.kind in KINDS and KINDS[entity.kind].append_only:
        return held("state")
    return merge_fields(attempt, entity)


def merge_fields(attempt: Attempt, entity: Entity) -> Outcome:
    """Lay the fields of an operation over a living record, whatever its kind."""
    draft = Draft(entity.body)
    for field, pair in attempt.op.set.items():
        _merge_field(attempt, draft, field, pair)
    return _finish(attempt, entity, draft, changed=bool(draft.changes or draft.joined))


def _transition(attempt: Attempt, entity: Entity) -> Outcome:
    op, field = attempt.op, state_field(entity.kind)
    if entity.deleted:
        return held("purged" if entity.purged else "deleted")
    if field is None or not op.source or not op.target:
        return held("schema")
    rule = rule_of(entity.kind, field)
    current = entity.body.get(field, rule.default)
    step = legal(entity.kind, op.source, op.target)
    if current == op.target:
        return _keep_fields(attempt, entity, step)
    if step is not None and current != op.source:
        later = legal(entity.kind, current, op.target)
        step = later if later is not None and later.rebaseable else None
    if step is None:
        return held("state")
    if attempt.role not in step.roles:
        return held("role")
    draft = Draft(entity.body)
    draft.take(field, op.target, rule)
    for name, pair in _brought(op).items():
        _merge_field(attempt, draft, name, pair)
    if any(canonical(draft.body.get(name)) is None for name in step.required):
        return held("state")
    return _finish(attempt, entity, draft, changed=True)


def _keep_fields(attempt: Attempt, entity: Entity, step: Transition | None) -> Outcome:
    """Somebody already took this step: what it brings fills gaps, and words that differ are a conflict."""
    draft = Draft(entity.body)
    for field, (old, new) in _brought(attempt.op).items():
        rule = rule_of(entity.kind, field)
        current = draft.body.get(field, rule.default)
        if same(current, new, rule) or _is_state(rule):
            continue
        if not _may_set(attempt.role, entity.kind, field):
            draft.clashes.append(_refused(field, old, current, new))
        elif canonical(current, rule.default) is None:
            draft.take(field, new, rule)
        elif step is not None and field not in step.required:
            draft.changes.append(Change(field, new, current))
        else:
            draft.clashes.append(Clash(field=field, base=old, server=current, incoming=new, why="concurrent"))
    outcome = _finish(attempt, entity, draft, changed=draft.body != entity.body)
    return msgspec.structs.replace(outcome, code="noop") if outcome.code == "applied" else outcome


def _delete(attempt: Attempt, entity: Entity) -> Outcome:
    actor = attempt.op.actor
    if entity.deleted:
        return held("purged") if entity.purged else Outcome(code="noop")
    if entity.author != actor and not reviews(attempt.role):
        return held("role" if entity.author else "edited")
    unseen = attempt.base_seq is not None and entity.rev_seq > attempt.base_seq
    if unseen and entity.editor != actor:
        return held("edited")
    return Outcome(code="applied", entity=_written(entity, actor, body=entity.body, deleted=True))


def _undelete(attempt: Attempt, entity: Entity) -> Outcome:
    if not entity.deleted:
        return Outcome(code="noop")
    if entity.purged or entity.merged_into:
        return held("purged" if entity.purged else "state")
    if entity.author != attempt.op.actor and not reviews(attempt.role):
        return held("role")
    return Outcome(code="applied", entity=_written(entity, attempt.op.actor, body=entity.body, deleted=False))


_VERBS: Mapping[str, Callable[[Attempt, Entity], Outcome]] = {
    "patch": _patch,
    "transition": _transition,
    "delete": _delete,
    "undelete": _undelete,
}


def _merge_field(attempt: Attempt, draft: Draft, field: str, pair: tuple[Any, Any]) -> None:
    old, new = pair
    kind, rule = attempt.op.kind, rule_of(attempt.op.kind, field)
    current = draft.body.get(field, rule.default)
    allowed = not _is_state(rule) and _may_set(attempt.role, kind, field)
    if allowed and rule.merge is Merge.SET:
        merge_set(attempt, draft, field, pair=pair, rule=rule)
        _settle(attempt, draft, field, pair)
    elif same(current, new, rule):
        _settle(attempt, draft, field, pair)
    elif not allowed:
        draft.clashes.append(_refused(field, old, current, new))
    elif rule.merge is Merge.DERIVED or same(current, old, rule):
        draft.take(field, new, rule)
        _settle(attempt, draft, field, pair)
    else:
        _clash(attempt, draft, field, pair)
    if rule.reviewed and not reviews(attempt.role):
        _tell(draft, field, current, rule)


def _clash(attempt: Attempt, draft: Draft, field: str, pair: tuple[Any, Any]) -> None:
    """Keep both values; of what ages fast the surely later one is shown until somebody decides."""
    (old, new), rule = pair, rule_of(attempt.op.kind, field)
    current = draft.body.get(field, rule.default)
    chained = _chained(attempt, field, old, rule)
    later = rule.merge is Merge.FRESH and attempt.is_later(field)
    if later:
        draft.take(field, new, rule)
    why = "fresh" if later else "concurrent"
    clash = Clash(field=field, base=old, server=current, incoming=new, why=why, chained=chained)
    draft.clashes.append(clash)


def _tell(draft: Draft, field: str, before: Any, rule: Rule) -> None:
    """Note that a reviewed field says something else now; who fills a gap takes nothing away."""
    after = draft.body.get(field, rule.default)
    if before not in (None, "", [], ()) and not same(before, after, rule):
        draft.notices.append(Notice(field=field, old=before, new=after))


def _settle(attempt: Attempt, draft: Draft, field: str, pair: tuple[Any, Any]) -> None:
    """Close the conflicts of a field whose value has won, or whose author now agrees with the centre."""
    (old, new), rule = pair, rule_of(attempt.op.kind, field)
    for conflict in attempt.conflicts:
        won = same(conflict.incoming, new, rule)
        # A value that is shown for the time being is no agreement: the other one still waits for a word.
        agreed = conflict.actor == attempt.op.actor and conflict.why != "fresh"
        agreed = agreed and same(conflict.incoming, old, rule)
        if conflict.field == field and (won or agreed):
            draft.settled.append(conflict.id)


def _chained(attempt: Attempt, field: str, old: Any, rule: Rule) -> str | None:
    """The open conflict in which the same author already said what he now changes."""
    for conflict in attempt.conflicts:
        mine = conflict.field == field and conflict.actor == attempt.op.actor
        if mine and same(conflict.incoming, old, rule):
            return conflict.id
    return None


def _finish(attempt: Attempt, entity: Entity, draft: Draft, *, changed: bool) -> Outcome:
    if changed and not _fits(entity.kind, draft.body):
        return held("schema")
    after = _written(entity, attempt.op.actor, body=draft.body, deleted=False) if changed else None
    if after is not None and draft.joined and not draft.changes:
        # A second author of a value changes no word, but whoever takes it away must be able to see him.
        after = msgspec.structs.replace(after, rev_seq=UNREVISED)
    return Outcome(
        code="conflict" if draft.clashes else "applied" if changed else "noop",
        entity=after,
        changes=tuple(draft.changes),
        clashes=tuple(draft.clashes),
        settled=tuple(draft.settled),
        notices=tuple(draft.notices),
        joined=tuple(draft.joined),
        left=tuple(draft.left),
    )


def _written(entity: Entity, actor: str, *, body: dict[str, Any], deleted: bool) -> Entity:
    author = actor if entity.author == actor else ""
    return msgspec.structs.replace(entity, body=body, deleted=deleted, author=author, editor=actor)


def _brought(op: Operation) -> dict[str, tuple[Any, Any]]:
    """The fields that a transition brings; plain values stand for fields that were empty before."""
    fresh = {field: (rule_of(op.kind, field).default, value) for field, value in op.values.items()}
    return {**fresh, **op.set}


def _refused(field: str, base: Any, server: Any, incoming: Any) -> Clash:
    return Clash(field=field, base=base, server=server, incoming=incoming, why="not_allowed")


def _fits(kind: str, body: dict[str, Any]) -> bool:
    """Whether every program that knows this kind will be able to read the document."""
    if kind not in KINDS:
        return True
    try:
        msgspec.convert(body, type=KINDS[kind])
    except msgspec.ValidationError:
        return False
    return True


def writes_kind(role: str, kind: str) -> bool:
    """Whether a role may write records of a kind, also of a kind that only newer programs know."""
    writes = ROLES[role].writes if role in ROLES else frozenset()
    return kind in writes or (kind not in KINDS and bool(writes))


def _may_set(role: str | None, kind: str, field: str) -> bool:
    return role is not None and field not in closed_fields(role, kind)


def _may_begin(op: Operation, role: str) -> bool:
    """A record begins in its first state, or where one legal step of this role leads from there."""
    field = state_field(op.kind)
    if field is None:
        return True
    first = rule_of(op.kind, field).default
    begun = op.values.get(field, first)
    step = legal(op.kind, first, begun)
    return begun == first or (step is not None and role in step.roles)


def reviews(role: str | None) -> bool:
    """Whether a role decides about the work of others."""
    return role is not None and role in ROLES and ROLES[role].reviews


def _is_state(rule: Rule) -> bool:
    return rule.merge is Merge.STATE
