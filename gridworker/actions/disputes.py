"""What people do about disputes: decide, put off, take back, and join two records of one person."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from gridworker.actions.typed import tidy
from gridworker.db.author import Author
from gridworker.db.membership import scopes_of
from gridworker.db.offers import may_withdraw, withdraw
from gridworker.db.outbox import pending_operations
from gridworker.db.reader import Reader
from gridworker.db.reversals import decide_again, waiting_decision
from gridworker.db.standing import mark_seen
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute, choices_of
from gridworker.domain.fields import Merge
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored, Touched, fields_of
from gridworker.domain.residents import Resident
from gridworker.domain.roles import ROLES

TAKEN_BACK = "撤销"
"""The remark of a decision that takes another one back: the matter waits for a word again."""
LATER = "put_off"
"""The fact of what a person here has put off, and when (ms UTC), by the id of the dispute or operation."""
TURNED = frozenset({"move", "merge", "unmerge"})
"""Verbs that are not undone by taking back who let them in."""
KEPT_MS = 30 * 86_400_000
"""How long it is remembered that something was put off."""


def open_disputes(reader: Reader, target: RecordId | None = None) -> list[Stored[Dispute]]:
    """What waits for a decision, oldest first: all of it, or what is about one record."""
    about, parameters = (" AND target_id=?", [target]) if target is not None else ("", [])
    waits = "(state='open' OR state='resolved' AND json_extract(body,'$.remark')=?)"
    found = reader.where(Dispute, f"{waits}{about}", [TAKEN_BACK, *parameters])
    return sorted(found, key=lambda each: (each.record.opened_ms, each.id))


def decided_disputes(reader: Reader, limit: int = 200) -> list[Stored[Dispute]]:
    """What was decided, the newest decision first."""
    found = reader.where(
        Dispute, "state='resolved' AND coalesce(json_extract(body,'$.remark'),'')<>?", [TAKEN_BACK]
    )
    return sorted(found, key=lambda each: (-each.record.decided_ms, each.id))[:limit]


def waits_for_a_word(dispute: Dispute) -> bool:
    """Whether somebody has to decide: it is open, or the last decision was taken back."""
    return dispute.state == "open" or (dispute.state == "resolved" and dispute.remark == TAKEN_BACK)


def choices_for(reader: Reader, dispute: Stored[Dispute]) -> tuple[str, ...]:
    """What the centre will take from this user: reviewers decide all, workers plain fields and their own.

    The author of an operation that was held may withdraw it.
    """
    me, every = reader.author, choices_of(dispute.record.sort)
    if dispute.scope == f"u:{me.user_id}":
        return every
    home = _choices_as(me, dispute.record, me.role_in(dispute.scope))
    if home == every:
        return home
    further = scopes_of(reader, Dispute.kind, dispute.id) - {dispute.scope}
    found = (_choices_as(me, dispute.record, me.role_in(scope)) for scope in further)
    return max((home, *found), key=len)


def _choices_as(me: Author, record: Dispute, role_id: str) -> tuple[str, ...]:
    """What somebody may decide by one of his roles."""
    role, every = ROLES.get(role_id), choices_of(record.sort)
    if role is None or role.reviews:
        return every if role is not None else ()
    if record.sort == "held" and record.actor_id == me.user_id and not record.choice:
        return ("reject",)
    plain = record.sort == "conflict" and record.why != "not_allowed" and not _is_guarded(record)
    return every if plain and record.target_kind in role.writes else ()


def may_decide(reader: Reader, dispute: Stored[Dispute]) -> bool:
    """Whether the centre will take any decision of this user."""
    return bool(choices_for(reader, dispute))


def may_take_back(reader: Reader, dispute: Stored[Dispute]) -> bool:
    """Whether a decision that the centre has can be taken back here by this user.

    Who only withdrew his own cannot; a move or a merge that was let in is turned round by another one.
    """
    record = dispute.record
    turned = record.sort == "held" and record.verb in TURNED and record.choice == "accept"
    may = record.state == "resolved" and record.sort != "duplicate" and not turned
    return may and len(choices_for(reader, dispute)) > 1


def decide(tx: Transaction, id: RecordId, choice: str, *, value: Any = None, remark: str = "") -> Touched:
    """Decide for one side, or for a value of one's own; it counts when the centre has agreed.

    Raises Problem `record_gone`, `not_yours_to_decide`, or `illegal_step` where there is no such choice.
    """
    found = _dispute(tx, id)
    mine = choices_for(tx, found)
    if not mine or choice in set(choices_of(found.record.sort)) - set(mine):
        raise Problem("not_yours_to_decide")
    waiting = waiting_decision(tx, id)
    if waiting is not None and found.record.sort == "conflict" and choice in mine:
        chosen = value if choice == "value" else getattr(found.record, choice)
        decide_again(tx, waiting, choice, value=chosen, why=tidy(remark))
    else:
        tx.resolve(id, choice, value=value, why=tidy(remark))
    return tx.touched


def agree_to_all(tx: Transaction, ids: Sequence[RecordId]) -> Touched:
    """Agree to changes that are in effect already, and to nothing else; raises Problem as `decide`."""
    for id in ids:
        if _dispute(tx, id).record.sort != "notice":
            raise Problem("illegal_step", source="", target="accept")
        decide(tx, id, "accept")
    return tx.touched


def decide_later(tx: Transaction, op_id: str) -> Touched:
    """Put a question aside: it stays open, and nobody decides it by that."""
    return mark_seen(tx, op_id)


def put_off(tx: Transaction, ids: Sequence[str], *, back: bool = False) -> Touched:
    """Put matters off until tomorrow, or bring them back; by that nobody decides anything."""
    since = tx.now_ms - KEPT_MS
    known = {id: at_ms for id, at_ms in put_off_when(tx).items() if at_ms >= since and id not in ids}
    known |= {} if back else dict.fromkeys(ids, tx.now_ms)
    for id in ids if back else ():
        stored = tx.get(Dispute, RecordId(id))
        mark_seen(tx, stored.record.op_id if stored is not None else id, seen=False)
    tx.set_meta(LATER, msgspec.json.encode(known).decode())
    return Touched(kinds=frozenset({Dispute.kind}))


def put_off_when(reader: Reader) -> dict[str, int]:
    """What was put off here, and when (ms UTC)."""
    known = reader.meta(LATER)
    return msgspec.json.decode(known, type=dict[str, int]) if known else {}


def undo(tx: Transaction, id: RecordId, before: Dispute) -> Touched:
    """Take a decision back, so that the matter waits for a word again.

    What nobody can have heard of yet is as if it had never been said; else what was in effect `before` is
    chosen again. Raises Problem `record_gone` or `not_yours_to_decide`.
    """
    waiting = waiting_decision(tx, id)
    if waiting is not None and waiting.group is None and may_withdraw(tx, [waiting.op_id]):
        return withdraw(tx, [waiting.op_id])
    choice = before.choice or _undecided(before)
    return decide(tx, id, choice, value=before.decision, remark=TAKEN_BACK)


def undo_all(tx: Transaction, before: Mapping[RecordId, Dispute]) -> Touched:
    """The same for several that were decided at once."""
    waiting = [one.op_id for id in before if (one := waiting_decision(tx, id)) is not None]
    if len(waiting) == len(before) and may_withdraw(tx, waiting):
        return withdraw(tx, waiting)
    for id, dispute in before.items():
        undo(tx, id, dispute)
    return tx.touched


def _undecided(dispute: Dispute) -> str:
    """The choice that leaves everything as it is while nobody has decided."""
    if dispute.sort == "conflict":
        return "incoming" if dispute.why == "fresh" else "server"
    return "accept" if dispute.sort == "notice" else "reject"


def _is_guarded(dispute: Dispute) -> bool:
    """Whether its field is one of those that only reviewers decide about."""
    kind = KINDS.get(dispute.target_kind)
    field = fields_of(kind).get(dispute.field) if kind else None
    return field is not None and (field.reviewed or field.merge is Merge.CRITICAL)


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


def undo_joining(tx: Transaction, loser: RecordId, survivor: RecordId) -> Touched:
    """Take a joining back: as if it had never been said, or by parting them again; raises as above."""
    waiting = [one for one in pending_operations(tx.driver, loser) if one.verb == "merge"]
    if len(waiting) == 1 and may_withdraw(tx, [waiting[0].op_id]):
        return withdraw(tx, [waiting[0].op_id])
    return part_residents(tx, loser, survivor, remark=TAKEN_BACK)


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
