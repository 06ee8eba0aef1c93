"""Reversal: giving fields their former values again, where nobody has written others since."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from gridworker.server.outcomes import Change, Clash, Draft, Entity
from gridworker.server.scene import Past
from gridworker.server.values import rule_of, same

Step = tuple[str, Any, Any]
"""A field, the value that it is to be found with, and the one that it is to have."""


def take_back(entity: Entity, past: Iterable[Past]) -> Draft:
    """The record without these changes, the last one first; a value that others have replaced is a clash."""
    return _walk(entity, [(one.field, one.new, one.old) for one in reversed(list(past))])


def put_back(entity: Entity, past: Iterable[Past]) -> Draft:
    """The record with these changes, where it still is as they found it."""
    return _walk(entity, [(one.field, one.old, one.new) for one in past])


def _walk(entity: Entity, steps: Sequence[Step]) -> Draft:
    draft = Draft(entity.body)
    for field, found, wanted in steps:
        rule = rule_of(entity.kind, field)
        current = draft.body.get(field, rule.default)
        if same(current, found, rule):
            draft.take(field, wanted, rule)
        elif not same(current, wanted, rule):
            draft.clashes.append(
                Clash(field=field, base=found, server=current, incoming=wanted, why="concurrent")
            )
    return draft


def changes_of(draft: Draft, record_id: str) -> tuple[Change, ...]:
    """What a draft changed, in a record other than the operation's."""
    return tuple(msgspec.structs.replace(one, of=record_id) for one in draft.changes)


def clashes_of(draft: Draft, record_id: str) -> tuple[Clash, ...]:
    """What a draft met, in a record other than the operation's."""
    return tuple(msgspec.structs.replace(one, of=record_id) for one in draft.clashes)
