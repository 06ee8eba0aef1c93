"""What the sync centre lists: one line for each operation that waits or needs a person, in plain words."""

import msgspec

from gridworker.db.on_stick import on_stick
from gridworker.db.reader import Reader
from gridworker.db.standing import (
    Exchanged,
    Question,
    Standing,
    Waiting,
    exchanges,
    name_of_author,
    questions,
    seen_questions,
    standing,
    waiting_operations,
)
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId
from gridworker.i18n import N_, _
from gridworker.ui.sync_centre.subjects import NAMES, subject_of
from gridworker.ui.sync_centre.values import field_words
from gridworker.ui.visits.words import listed

VERBS = {
    "create": N_("新增"),
    "append": N_("记录"),
    "patch": N_("修改"),
    "transition": N_("办理"),
    "delete": N_("删除"),
    "undelete": N_("恢复"),
    "move": N_("移交"),
    "merge": N_("合并重复"),
    "unmerge": N_("撤销合并"),
    "resolve": N_("核定"),
}
REASONS = {
    "scope": N_("这条记录不在本人的网格内"),
    "role": N_("本人的角色不能这样修改"),
    "missing": N_("中心还没有这条记录"),
    "state": N_("这条记录已经办到别的步骤"),
    "deleted": N_("这条记录已被删除"),
    "schema": N_("中心的程序版本还不认识这项内容"),
    "exists": N_("中心已有同号的记录"),
    "edited": N_("别人已经修改过，不能直接删除"),
    "quarantine": N_("中心处理时出错，已单独保存"),
    "purged": N_("这条记录已依法彻底删除"),
    "decided": N_("别人已经作了不同的核定，两种意见都已保留"),
    "duplicate_suspect": N_("疑似重复，已提交上级核对"),
    "large": N_("一次移交太多，须由中心分批办理"),
}
"""Why the centre holds an operation back, by code."""
WHY = {
    "concurrent": N_("两个人改了同一项"),
    "fresh": N_("两个人改了同一项，暂时显示较新的值"),
    "not_allowed": N_("本人的角色不能修改这一项"),
}
"""Why a field is disputed, by code."""


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
    seen: bool = False
    rivals: dict[str, str] = {}
    """Who wrote the centre's value, by user id, as far as it is known here."""


class Overview(msgspec.Struct, frozen=True):
    """Everything the screen shows, out of one snapshot."""

    standing: Standing
    lines: list[Line]
    log: list[Exchanged]
    server_name: str
    server_url: str

    @property
    def open(self) -> int:
        """How much a person has to look at."""
        return sum(1 for line in self.lines if line.question is not None and not line.seen)


def read_overview(reader: Reader) -> Overview:
    """Look at the exchange: what has to be looked at, what waits, what was put aside."""
    seen = seen_questions(reader)
    asked = [_asked(reader, each, seen=each.op_id in seen) for each in questions(reader)]
    lines = [line for line in asked if not line.seen]
    lines += [_waiting(reader, each) for each in waiting_operations(reader)]
    lines += [line for line in asked if line.seen]
    name, url = reader.meta("server_name") or "", reader.meta("server_url") or ""
    return Overview(standing(reader), lines, exchanges(reader), name, url)


def sentence_of(overview: Overview) -> str:
    """The honest counters as a sentence; its parts add up to what was recorded here."""
    counted, asked = overview.standing, [line for line in overview.lines if line.question is not None]
    parts = [
        _("本机记录 {count}").format(count=f"{counted.recorded:,}"),
        _("中心已收 {count}").format(count=f"{counted.accepted:,}"),
        _("待送 {count}").format(count=f"{counted.waiting:,}"),
    ]
    due = [line for line in asked if not line.seen]
    if due:
        conflicts = sum(1 for line in due if line.question and line.question.code == "conflict")
        words = _("待核对 {count}：{conflicts} 条不一致，{held} 条待上级")
        parts.append(words.format(count=len(due), conflicts=conflicts, held=len(due) - conflicts))
    if len(due) < len(asked):
        parts.append(_("已核对 {count}").format(count=len(asked) - len(due)))
    return " · ".join(parts)


def _asked(reader: Reader, question: Question, *, seen: bool) -> Line:
    conflict = question.code == "conflict"
    fields = listed(field_words(question.kind, each.field) for each in question.conflicts)
    reason = _("{fields}：{why}").format(fields=fields, why=why_of(question)) if fields else ""
    state, lamp = (_("不一致"), "stop") if conflict else (_("待上级"), "soon")
    return Line(
        id=f"q{question.op_id}",
        record_id=question.id,
        kind=question.kind,
        what=_what(question.kind, question.operation.verb),
        whom=_whom(reader, question),
        at_ms=question.at_ms,
        state=_("已核对") if seen else state,
        lamp="none" if seen else lamp,
        reason=reason or why_of(question),
        question=question,
        seen=seen,
        rivals={each.server_actor: _rival(reader, each.server_actor) for each in question.conflicts},
    )


def why_of(question: Question) -> str:
    """Why it had no effect, in words."""
    if question.code == "conflict" and question.conflicts:
        return _(WHY.get(question.conflicts[0].why, question.conflicts[0].why))
    return _(REASONS.get(question.reason, question.reason))


def _rival(reader: Reader, user_id: str) -> str:
    if not user_id:
        return ""
    return _("本人") if user_id == reader.author.user_id else name_of_author(reader, user_id)


def _waiting(reader: Reader, each: Waiting) -> Line:
    mark = on_stick(reader)
    return Line(
        id=f"w{each.seq}",
        record_id=each.id,
        kind=each.kind,
        what=_what(each.kind, each.verb),
        whom=subject_of(reader, each.kind, each.id),
        at_ms=each.created_ms,
        state=_("已存U盘") if mark is not None and each.seq <= mark.seq else _("待送"),
        lamp="wait",
    )


def _what(kind: str, verb: str) -> str:
    label = _(KINDS[kind].label) if kind in KINDS else kind
    return _("{verb}{kind}").format(verb=_(VERBS.get(verb, verb)), kind=label)


def _whom(reader: Reader, question: Question) -> str:
    """Whom or what it is about; of a record that is not here, what its author wrote."""
    found = subject_of(reader, question.kind, question.id)
    written = (question.operation.values.get(name) for name in NAMES)
    return found or next((str(words) for words in written if words), "")
