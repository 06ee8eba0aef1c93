"""What the sync centre lists: one line for each operation that waits or needs a person, in plain words."""

from typing import Any

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.standing import (
    Exchanged,
    Question,
    Standing,
    Waiting,
    exchanges,
    questions,
    standing,
    waiting_operations,
)
from gridworker.domain.choices import CHOICES, label_of
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record, RecordId, fields_of
from gridworker.i18n import N_, _

VERBS = {
    "create": N_("新增"),
    "append": N_("记录"),
    "patch": N_("修改"),
    "transition": N_("办理"),
    "delete": N_("删除"),
    "undelete": N_("恢复"),
}
REASONS = {
    "scope": N_("这条记录不在本人的网格内"),
    "role": N_("本人的角色不能这样修改"),
    "missing": N_("中心还没有这条记录"),
    "state": N_("这条记录已经办到别的步骤"),
    "deleted": N_("这条记录已被删除"),
    "schema": N_("中心的程序版本还不认识这项内容"),
    "exists": N_("中心已有同号的记录"),
    "edited": N_("别人已经修改过,不能直接删除"),
    "quarantine": N_("中心处理时出错,已单独保存"),
}
WHY = {
    "concurrent": N_("两个人改了同一项"),
    "not_allowed": N_("本人的角色不能修改这一项"),
}


class Line(msgspec.Struct, frozen=True):
    """One line of the list; `question` is there where a person has to look."""

    id: str
    record_id: RecordId
    kind: str
    what: str
    whom: str
    at_ms: int
    state: str
    lamp: str
    reason: str = ""
    question: Question | None = None


class Overview(msgspec.Struct, frozen=True):
    """Everything the screen shows, out of one snapshot."""

    standing: Standing
    lines: list[Line]
    log: list[Exchanged]
    server_name: str


def read_overview(reader: Reader) -> Overview:
    """Look at the exchange."""
    lines = [_asked(reader, each) for each in questions(reader)]
    lines += [_waiting(reader, each) for each in waiting_operations(reader)]
    return Overview(standing(reader), lines, exchanges(reader), reader.meta("server_name") or "")


def sentence_of(counted: Standing) -> str:
    """The two honest counters as a sentence."""
    parts = [
        _("本机记录 {count}").format(count=counted.recorded),
        _("中心已收 {count}").format(count=counted.accepted),
        _("待送 {count}").format(count=counted.waiting),
    ]
    open_questions = counted.conflicts + counted.held
    if open_questions:
        parts.append(
            _("待办 {count}:{conflicts} 条不一致,{held} 条待上级").format(
                count=open_questions, conflicts=counted.conflicts, held=counted.held
            )
        )
    return " · ".join(parts)


def value_words(kind: str, field: str, value: Any) -> str:
    """A field's value as people read it."""
    record = KINDS.get(kind)
    declared = fields_of(record).get(field) if record else None
    if value in (None, "", []):
        return _("(空)")
    if isinstance(value, list):
        return "、".join(value_words(kind, field, each) for each in value)
    if declared and declared.choices in CHOICES and isinstance(value, str):
        return _(label_of(declared.choices, value))
    return str(value)


def field_words(kind: str, field: str) -> str:
    """A field's label."""
    record = KINDS.get(kind)
    declared = fields_of(record).get(field) if record else None
    return _(declared.label) if declared else field


def _asked(reader: Reader, question: Question) -> Line:
    if question.code == "conflict":
        state, lamp = _("不一致"), "stop"
        reason = "、".join(field_words(question.kind, each.field) for each in question.conflicts)
        reason = _("{fields}:{why}").format(fields=reason, why=_why(question))
    else:
        state, lamp = _("待上级"), "soon"
        reason = _(REASONS.get(question.reason, question.reason))
    verb = question.operation.verb
    return Line(
        f"q{question.op_id}",
        question.id,
        question.kind,
        _what(question.kind, verb),
        _whom(reader, question.kind, question.id),
        question.at_ms,
        state,
        lamp,
        reason,
        question,
    )


def _why(question: Question) -> str:
    return _(WHY.get(question.conflicts[0].why, question.conflicts[0].why)) if question.conflicts else ""


def _waiting(reader: Reader, each: Waiting) -> Line:
    whom = _whom(reader, each.kind, each.id)
    return Line(
        f"w{each.seq}",
        each.id,
        each.kind,
        _what(each.kind, each.verb),
        whom,
        each.created_ms,
        _("待送"),
        "wait",
    )


def _what(kind: str, verb: str) -> str:
    record = KINDS.get(kind)
    return f"{_(VERBS.get(verb, verb))} {_(record.label) if record else kind}"


def _whom(reader: Reader, kind: str, id: RecordId) -> str:
    record_kind: type[Record] | None = KINDS.get(kind)
    stored = reader.get(record_kind, id) if record_kind else None
    if stored is None:
        return ""
    for name in ("name", "who", "title", "place", "number"):
        words = getattr(stored.record, name, "")
        if words:
            return str(words)
    return ""
