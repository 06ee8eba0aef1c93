"""Reversal: giving fields their former values again, where nobody has written others since."""

from collections.abc import Iterable

import msgspec

from gridworker.server.outcomes import Change, Clash, Draft, Entity
from gridworker.server.scene import Past
from gridworker.server.values import rule_of, same


def take_back(entity: Entity, past: Iterable[Past]) -> Draft:
    """The record without these changes, the last one first; a value that others have replaced is a clash."""
    draft = Draft(entity.body)
    for one in reversed(list(past)):
        rule = rule_of(entity.kind, one.field)
        current = draft.body.get(one.field, rule.default)
        if same(current, one.new, rule):
            draft.take(one.field, one.old, rule)
        elif not same(current, one.old, rule):
            draft.clashes.append(
                Clash(field=one.field, base=one.new, server=current, incoming=one.old, why="concurrent")
            )
    return draft


def put_back(entity: Entity, past: Iterable[Past]) -> Draft:
    """The record with these changes, where it still is as they found it."""
    draft = Draft(entity.body)
    for one in past:
        rule = rule_of(entity.kind, one.field)
        current = draft.body.get(one.field, rule.default)
        if same(current, one.old, rule):
            draft.take(one.field, one.new, rule)
        elif not same(current, one.new, rule):
            draft.clashes.append(
                Clash(field=one.field, base=one.old, server=current, incoming=one.new, why="concurrent")
            )
    return draft


def changes_of(draft: Draft, record_id: str) -> tuple[Change, ...]:
    """What a draft changed, in a record other than the operation's."""
    return tuple(msgspec.structs.replace(one, of=record_id) for one in draft.changes)


def clashes_of(draft: Draft, record_id: str) -> tuple[Clash, ...]:
    """What a draft met, in a record other than the operation's."""
    return tuple(msgspec.structs.replace(one, of=record_id) for one in draft.clashes)
