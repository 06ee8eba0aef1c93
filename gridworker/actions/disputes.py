"""What people do about disputes: decide, put off, take back, and join two records of one person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gridworker.actions.typed import tidy
from gridworker.db.reader import Reader
from gridworker.db.standing import mark_seen
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute, choices_of
from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched, fields_of
from gridworker.domain.residents import Resident
from gridworker.domain.roles import ROLES


def open_disputes(reader: Reader, target: RecordId | None = None) -> list[Stored[Dispute]]:
    """What waits for a decision, oldest first: all of it, or what is about one record."""
    about, parameters = (" AND target_id=?", [target]) if target is not None else ("", [])
    found = reader.where(Dispute, f"state='open'{about}", parameters)
    return sorted(found, key=lambda each: (each.record.opened_ms, each.id))


def may_decide(reader: Reader, dispute: Stored[Dispute]) -> bool:
    """Whether the centre will take this user's decision: reviewers decide all, workers plain fields."""
    me, record = reader.author, dispute.record
    if dispute.scope == f"u:{me.user_id}":
        return True
    role = ROLES.get(me.role_in(dispute.scope))
    if role is None:
        return False
    kind = KINDS.get(record.target_kind)
    field = fields_of(kind).get(record.field) if kind else None
    guarded = field is not None and (field.reviewed or field.merge is Merge.CRITICAL)
    plain = record.sort == "conflict" and record.why != "not_allowed" and not guarded
    return role.reviews or (plain and record.target_kind in role.writes)


def decide(tx: Transaction, id: RecordId, choice: str, *, value: Any = None, remark: str = "") -> Touched:
    """Decide for one side, or for a value of one's own; it counts when the centre has agreed.

    Raises Problem `record_gone`, `not_yours_to_decide`, or `illegal_step` where there is no such choice.
    """
    if not may_decide(tx, _dispute(tx, id)):
        raise Problem("not_yours_to_decide")
    tx.resolve(id, choice, value=value, why=tidy(remark))
    return tx.touched


def decide_later(tx: Transaction, op_id: str) -> Touched:
    """Put a question aside: it stays open, and nobody decides it by that."""
    return mark_seen(tx, op_id)


def undo(tx: Transaction, id: RecordId, before: Dispute) -> Touched:
    """Take a decision back: what was in effect `before` is chosen again, else the centre's value.

    Raises Problem `record_gone` or `not_yours_to_decide`.
    """
    choice = before.choice or ("server" if "server" in choices_of(before.sort) else "reject")
    return decide(tx, id, choice, value=before.decision, remark="撤销")


def join_residents(
    tx: Transaction,
    loser: RecordId,
    survivor: RecordId,
    picks: Mapping[str, object] = MappingProxyType({}),
    *,
    remark: str = "",
) -> Touched:
    """Say that two records are one person; `picks` are the fields that the one that stays shall have.

    Raises Problem `record_gone`, `not_yours_to_decide`.
    """
    _require_reviewer(tx, loser, survivor)
    tx.merge(Resident, loser, survivor, why=tidy(remark), **picks)
    return tx.touched


def part_residents(tx: Transaction, loser: RecordId, survivor: RecordId, *, remark: str = "") -> Touched:
    """Say that a record that was joined to another is a person of its own.

    Raises Problem `record_gone`, `not_yours_to_decide`.
    """
    _require_reviewer(tx, survivor)
    tx.unmerge(Resident, loser, survivor, why=tidy(remark))
    tx.touch(Resident.kind, survivor)
    return tx.touched


def _dispute(reader: Reader, id: RecordId) -> Stored[Dispute]:
    found = reader.get(Dispute, id)
    if found is None:
        raise Problem("record_gone", kind=Dispute.kind)
    return found


def _require_reviewer(tx: Transaction, *ids: RecordId) -> None:
    for id in ids:
        found = tx.get(Resident, id)
        if found is None:
            raise Problem("record_gone", kind=Resident.kind)
        role = ROLES.get(tx.me.role_in(found.scope))
        if role is None or not role.reviews:
            raise Problem("not_yours_to_decide")
