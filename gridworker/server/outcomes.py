"""What goes into a merge and what comes out of it: records, attempts, changes, clashes, outcomes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from gridworker.server.values import Rule, put
from gridworker.wire.envelope import Operation


def never(_field: str) -> bool:
    """No."""
    return False


UNREVISED = -1
"""The revision of a record that is to be told anew although it says the same."""


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the centre holds it; `author` is its only writer, or empty after a second one.

    `scope` is where it is at home; it can be seen in the scopes of `shared`, too. Where a change takes it out
    of a scope, those who see that scope hear `leaving` as the reason.
    """

    id: str
    kind: str
    scope: str
    body: dict[str, Any]
    author: str
    editor: str
    deleted: bool = False
    merged_into: str = ""
    purged: bool = False
    rev_seq: int = 0
    shared: tuple[str, ...] = ()
    leaving: str = "moved"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope that it belongs to, its home first."""
        return (self.scope, *self.shared)

    @property
    def gone(self) -> str:
        """Why no laptop has it any more, in a word of the protocol; empty for a living record."""
        if not self.deleted:
            return ""
        return "purged" if self.purged else "merged" if self.merged_into else "deleted"


class OpenConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A disagreement that nobody has settled yet."""

    id: str
    field: str
    incoming: Any
    actor: str
    why: str = ""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """That an operation put a value (as JSON) into a set; `seq` is its commit, None before it is stored."""

    entity_id: str
    field: str
    value: str
    op_id: str
    actor: str
    seq: int | None = None


class Change(msgspec.Struct, frozen=True):
    """One field that took a new value; or a value that gave way (old) to an equal decision (new)."""

    field: str
    old: Any
    new: Any
    of: str = ""
    """The record, where it is another one than the operation's."""
    via: str = ""
    """The record that brought it here: a copy that was merged into this one."""


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field on which the centre and an operation disagree; `chained` names the conflict it continues."""

    field: str
    base: Any
    server: Any
    incoming: Any
    why: str
    chained: str | None = None
    of: str = ""
    """The record, where it is another one than the operation's."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer is told of although the operation had its effect: a critical field that changed."""

    field: str
    old: Any
    new: Any


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision makes of a conflict: its state, and what of its sides is now another one."""

    id: str
    state: str
    server: Any
    incoming: Any


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation came to: the record as it is afterwards (None: untouched) and all that was noted."""

    code: str
    reason: str = ""
    entity: Entity | None = None
    others: tuple[Entity, ...] = ()
    """Further records that the operation changed or made."""
    changes: tuple[Change, ...] = ()
    clashes: tuple[Clash, ...] = ()
    settled: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    joined: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()
    paired: tuple[tuple[str, str, str], ...] = ()
    """Two records that may be one person, and what was found out: merged or distinct."""
    waits_for: str = ""
    """The record whose arrival decides a held operation, where it is another one than the operation's."""

    @property
    def is_disputed(self) -> bool:
        """Whether it says anything of conflicts: of new ones, settled ones or decided ones."""
        return bool(self.clashes or self.settled or self.verdicts)


def elsewhere(outcome: Outcome, record_id: str) -> Outcome:
    """The same outcome as that of an operation which names another record than this one."""
    return msgspec.structs.replace(
        outcome,
        changes=tuple(one if one.of else _said_of(one, record_id) for one in outcome.changes),
        clashes=tuple(
            one if one.of else msgspec.structs.replace(one, of=record_id) for one in outcome.clashes
        ),
    )


def _said_of(change: Change, record_id: str) -> Change:
    return msgspec.structs.replace(change, of=record_id)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An operation and everything that decides about it; `role` is the actor's in the record's scope."""

    op: Operation
    entity: Entity | None
    role: str | None
    conflicts: Sequence[OpenConflict] = ()
    base_seq: int | None = None
    """The commit number that the author had seen, where his base revision is of this life of the server."""
    members: Sequence[Member] = ()
    """Who put which values into the record's sets; values that it had from the beginning are not named."""
    is_later: Callable[[str], bool] = never
    """Whether the operation surely happened after the present value of a field was written."""


class Draft:
    """A record while it is merged field by field."""

    def __init__(self, body: Mapping[str, Any]):
        self.body = dict(body)
        self.changes: list[Change] = []
        self.clashes: list[Clash] = []
        self.settled: list[str] = []
        self.notices: list[Notice] = []
        self.joined: list[Member] = []
        self.left: list[Member] = []

    def take(self, field: str, value: Any, rule: Rule) -> None:
        """Give a field its new value and remember the old one."""
        self.changes.append(Change(field, self.body.get(field, rule.default), value))
        put(self.body, field, value, rule)
