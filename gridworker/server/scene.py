"""The scene: what a verb that concerns several records may look at while it decides."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection

from gridworker.server.disputes import Disputes
from gridworker.server.names import Names
from gridworker.server.outcomes import Attempt, Entity, Outcome
from gridworker.wire.envelope import Operation


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record that an operation gave another value; `via` is the record that it named."""

    field: str
    old: Any
    new: Any
    op_id: str
    via: str


def role_on(scene: "Roles", actor: str, scopes: Iterable[str]) -> str | None:
    """What somebody may do with a record: the role in the first of its scopes in which he has one."""
    for scope in scopes:
        role = scene.role(actor, scope)
        if role is not None:
            return role
    return None


class Roles(Protocol):
    """Who may do what."""

    def role(self, actor: str, scope: str) -> str | None:
        """What somebody may do in a scope now, or None."""
        ...


class Scene(Roles, Protocol):
    """What an effect may look at while it decides; it writes nothing, it gives an Outcome."""

    tx: Connection
    epoch: str
    now_ms: int
    disputes: Disputes
    names: Names

    def look_up(self, record_id: str) -> Entity | None:
        """A record that the operation reaches, as it is after all operations before this one."""
        ...

    def parts(self, ids: Iterable[str]) -> set[str]:
        """The ids of all records that go along with one of these: a home's people, their visits."""
        ...

    def attempt(self, op: Operation, entity: Entity | None) -> Attempt:
        """An operation and everything that decides about it."""
        ...

    def operation(self, op_id: str) -> Operation | None:
        """An operation as it was received; None where it was shredded or only a newer program can read it."""
        ...

    def effect(self, verb: str) -> "Callable[[Scene, Operation], Outcome] | None":
        """What a verb does that concerns several records; None for the verbs of one record."""
        ...

    def past(self, record_id: str) -> Sequence[Past]:
        """Every field of a record that ever took another value, oldest first."""
        ...
