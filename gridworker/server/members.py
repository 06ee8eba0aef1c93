"""Members: who put which value into a set, so that a removal takes only what its author can have seen."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from gridworker.server.among import among, listed
from gridworker.server.outcomes import Attempt, Draft, Member, Outcome
from gridworker.server.shelf import Commit
from gridworker.server.statements import read_rows, write_many
from gridworker.server.tables import SET_MEMBER
from gridworker.server.values import Rule

_encode = msgspec.json.Encoder(order="deterministic").encode


def merge_set(attempt: Attempt, draft: Draft, field: str, *, pair: tuple[Any, Any], rule: Rule) -> None:
    """Lay what an author added and removed over a set.

    An add wins over a removal that had not seen it. What nobody is named for was there from the beginning.
    """
    if not all(isinstance(value, list | None) for value in pair):
        draft.take(field, pair[1], rule)  # no set: nobody will be able to read it, which is found out later
        return
    old, new = ({key_of(one): one for one in value or ()} for value in pair)
    current = list(draft.body.get(field) or ())
    for value in old.keys() - new.keys():
        names = [one for one in attempt.members if (one.field, one.value) == (field, value)]
        seen = [one for one in names if _has_seen(attempt, one)]
        draft.left += seen
        if len(seen) == len(names):
            current = [one for one in current if key_of(one) != value]
    present = {key_of(one) for one in current}
    for value in (one for one in new if one not in old):
        draft.joined.append(_member(attempt, field, value))
        if value not in present:
            current.append(new[value])
    if current != list(draft.body.get(field) or ()):
        draft.take(field, current, rule)


def _has_seen(attempt: Attempt, member: Member) -> bool:
    op, base = attempt.op, attempt.base_seq
    if member.actor == op.actor:
        return True
    if base is None:
        # A revision of another life cannot be compared: there it counts that the value stood in his list.
        return op.base_rev is not None
    return member.seq is not None and member.seq <= base


def _member(attempt: Attempt, field: str, value: str) -> Member:
    op = attempt.op
    return Member(entity_id=op.id, field=field, value=value, op_id=op.op_id, actor=op.actor)


def key_of(value: Any) -> str:
    """The text by which a value is known in a set."""
    return _encode(value.strip() if isinstance(value, str) else value).decode()


class Members:
    """The sets that one push is about; read at once as far as that is known, written at the end."""

    def __init__(self, tx: Connection, entity_ids: Collection[str]):
        self._tx = tx
        self._of: dict[str, list[Member]] = {}
        self._joined: list[Member] = []
        self._left: list[Member] = []
        self._take(entity_ids)

    def of(self, entity_id: str) -> Sequence[Member]:
        """Who put what into the sets of one record, with what this push has done so far."""
        if entity_id not in self._of:
            self._take([entity_id])
        return self._of[entity_id]

    def _take(self, entity_ids: Collection[str]) -> None:
        if not entity_ids:
            return
        self._of |= {entity_id: [] for entity_id in entity_ids}
        for row in read_rows(self._tx, _OF, {"ids": listed(entity_ids)}):
            self._of[row[0]].append(_read(row))

    def note(self, outcome: Outcome) -> None:
        """Take over what an operation did to sets."""
        for member in outcome.left:
            self._of[member.entity_id].remove(member)
            (self._left if member.seq is not None else self._joined_before(member)).append(member)
        for member in outcome.joined:
            self._of.setdefault(member.entity_id, list(self.of(member.entity_id))).append(member)
            self._joined.append(member)

    def write(self, commit: Commit) -> None:
        """Store what joined and remove what left."""
        write_many(
            self._tx, _INSERT, [msgspec.structs.asdict(one) | {"seq": commit.seq} for one in self._joined]
        )
        write_many(
            self._tx,
            _DELETE,
            [
                {"id": one.entity_id, "name": one.field, "said": one.value, "op": one.op_id}
                for one in self._left
            ],
        )

    def _joined_before(self, member: Member) -> list[Member]:
        """A member of this very push: it is not stored, so there is nothing to remove."""
        self._joined.remove(member)
        return []


def _read(row: Any) -> Member:
    entity_id, field, value, op_id, actor, seq = row
    return Member(entity_id=entity_id, field=field, value=value, op_id=op_id, actor=actor, seq=seq)


_OF = select(*(SET_MEMBER.c[name] for name in Member.__struct_fields__)).where(
    among(SET_MEMBER.c.entity_id, "ids")
)
_INSERT = insert(SET_MEMBER)
_DELETE = delete(SET_MEMBER).where(
    SET_MEMBER.c.entity_id == bindparam("id"),
    SET_MEMBER.c.field == bindparam("name"),
    SET_MEMBER.c.value == bindparam("said"),
    SET_MEMBER.c.op_id == bindparam("op"),
)
