"""Matters: what waits here for a person's word, disputes and held operations alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from gridworker.actions.disputes import choices_for, open_disputes, put_off_when, waits_for_a_word
from gridworker.db.care import day_of
from gridworker.db.outbox import pending_operations
from gridworker.db.reader import Reader
from gridworker.db.standing import Question, questions, seen_questions
from gridworker.domain.disputes import Dispute
from gridworker.domain.records import RecordId, Stored


class Matter(msgspec.Struct, frozen=True):
    """One thing to decide, or at least to know: a dispute, or an own operation of which none was made."""

    id: str
    kind: str
    record_id: RecordId
    at_ms: int
    dispute: Stored[Dispute] | None
    question: Question | None
    choices: tuple[str, ...]
    """What this user may decide."""
    put_off: bool

    @property
    def is_due(self) -> bool:
        """Whether it waits for this user: he may decide, or it is about what he wrote; and not put off."""
        return not self.put_off and bool(self.choices or self.question)


def matters(reader: Reader, today: date) -> list[Matter]:
    """Everything that waits, in the order in which it is worth looking at; what was put off waits a day."""
    asked = {each.op_id: each for each in questions(reader)}
    later = {id for id, at_ms in put_off_when(reader).items() if day_of(at_ms) >= today}
    later |= seen_questions(reader)
    disputes = [each for each in open_disputes(reader) if not is_being_joined(reader, each)]
    found = [_of_dispute(reader, each, asked.get(each.record.op_id), later) for each in disputes]
    known = _told_by_disputes(reader)
    found += [_of_question(each, later) for each in asked.values() if not known & set(_names_of(each))]
    return _in_order(found)


def count_due(reader: Reader, today: date) -> int:
    """How much waits for this user."""
    if not reader.rows_of("SELECT 1 FROM dispute UNION ALL SELECT 1 FROM inbox LIMIT 1"):
        return 0
    return sum(each.is_due for each in matters(reader, today))


def settled_questions(reader: Reader, asked: Iterable[Question]) -> set[str]:
    """The operations among these about which nothing is to be decided any more."""
    told: dict[str, list[bool]] = defaultdict(list)
    wanted = {name: each.op_id for each in asked for name in _names_of(each)}
    for stored in reader.all(Dispute) if wanted else ():
        for name in {stored.id, stored.record.op_id} & wanted.keys():
            told[wanted[name]].append(waits_for_a_word(stored.record))
    return {op for op, waiting in told.items() if not any(waiting)}


def is_being_joined(reader: Reader, dispute: Stored[Dispute]) -> bool:
    """Whether this laptop has said already that the two records are one person, and the centre has not."""
    waiting = (one for id in dispute.record.pair for one in pending_operations(reader.driver, id))
    verbs: Mapping[str, str] = {one.id: one.verb for one in waiting if one.verb in ("merge", "unmerge")}
    return "merge" in verbs.values()


def _of_dispute(
    reader: Reader, stored: Stored[Dispute], question: Question | None, later: set[str]
) -> Matter:
    record = stored.record
    mine = record.actor_id == reader.author.user_id
    return Matter(
        id=stored.id,
        kind=record.target_kind,
        record_id=record.target_id,
        at_ms=record.opened_ms,
        dispute=stored,
        question=question if mine else None,
        choices=choices_for(reader, stored),
        put_off=stored.id in later or record.op_id in later,
    )


def _told_by_disputes(reader: Reader) -> set[str]:
    """The names of disputes and of the operations that they are about."""
    rows = reader.rows_of("SELECT id, json_extract(body,'$.op_id') FROM dispute")
    return {name for row in rows for name in row if name}


def _names_of(question: Question) -> list[str]:
    """By which names disputes tell of a question: an edit may go on with a conflict that was there."""
    return [question.op_id, *(each.id for each in question.conflicts)]


def _of_question(question: Question, later: set[str]) -> Matter:
    return Matter(
        id=question.op_id,
        kind=question.kind,
        record_id=question.id,
        at_ms=question.at_ms,
        dispute=None,
        question=question,
        choices=(),
        put_off=question.op_id in later,
    )


def _in_order(found: Sequence[Matter]) -> list[Matter]:
    """What waits for this user, then what waits for others, then what is put off; in each the oldest first.

    What is about one record stands beside each other.
    """
    first: dict[tuple[int, str], int] = {}
    for each in found:
        group = (_rank(each), each.record_id)
        first[group] = min(first.get(group, each.at_ms), each.at_ms)
    return sorted(
        found, key=lambda m: (_rank(m), first[_rank(m), m.record_id], m.record_id, m.at_ms, _made_ms(m), m.id)
    )


def _made_ms(matter: Matter) -> int:
    """When its author wrote it: what came to the centre in one exchange has one time there."""
    return matter.dispute.record.made_ms if matter.dispute is not None else matter.at_ms


def _rank(matter: Matter) -> int:
    return 0 if matter.is_due else 2 if matter.put_off else 1
