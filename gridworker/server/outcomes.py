"""What goes into a merge and what comes out of it: records, attempts, changes, clashes, outcomes."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gridworker.server.values import Rule, put
from gridworker.wire.envelope import Operation


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the centre holds it; `author` is its only writer, or empty after a second one."""

    id: str
    kind: str
    scope: str
    body: dict[str, Any]
    author: str
    editor: str
    deleted: bool = False
    rev_seq: int = 0


class OpenConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A disagreement that nobody has settled yet."""

    id: str
    field: str
    incoming: Any
    actor: str


class Change(msgspec.Struct, frozen=True):
    """One field that took a new value; or a value that gave way (old) to an equal decision (new)."""

    field: str
    old: Any
    new: Any


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field on which the centre and an operation disagree; `chained` names the conflict it continues."""

    field: str
    base: Any
    server: Any
    incoming: Any
    why: str
    chained: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation came to: the record as it is afterwards (None: untouched) and all that was noted."""

    code: str
    reason: str = ""
    entity: Entity | None = None
    changes: tuple[Change, ...] = ()
    clashes: tuple[Clash, ...] = ()
    settled: tuple[str, ...] = ()


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An operation and everything that decides about it; `role` is the actor's in the record's scope."""

    op: Operation
    entity: Entity | None
    role: str | None
    conflicts: Sequence[OpenConflict] = ()
    base_seq: int | None = None
    """The commit number that the author had seen, where his base revision is of this life of the server."""


class Draft:
    """A record while it is merged field by field."""

    def __init__(self, body: Mapping[str, Any]):
        self.body = dict(body)
        self.changes: list[Change] = []
        self.clashes: list[Clash] = []
        self.settled: list[str] = []

    def take(self, field: str, value: Any, rule: Rule) -> None:
        """Give a field its new value and remember the old one."""
        self.changes.append(Change(field, self.body.get(field, rule.default), value))
        put(self.body, field, value, rule)
