"""What the sync centre lists: one line for each operation that waits or needs a person, in plain words."""

from datetime import date

import msgspec

from gridworker.actions.matters import count_due, settled_questions
from gridworker.db.blobs import waiting_blobs
from gridworker.db.on_stick import on_stick
from gridworker.db.reader import Reader
from gridworker.db.standing import (
    Exchanged,
    Incident,
    Question,
    Standing,
    Waiting,
    exchanges,
    incidents,
    name_of_author,
    questions,
    seen_questions,
    standing,
    waiting_operations,
    wrong_sums,
)
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.sync_centre.reasons import REASONS, VERBS, WHY
from gridworker.ui.sync_centre.subjects import NAMES, subject_of
from gridworker.ui.sync_centre.values import field_words
from gridworker.ui.visits.words import listed

REPAIRS, REPAIRS_SHOWN_MS = 3, 30 * 86_400_000
"""How many repairs of the last 30 days are told."""


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
    settled: bool = False
    """Somebody has decided, or both sides have come to say the same."""
    rivals: dict[str, str] = {}
    """Who wrote the centre's value, by user id, as far as it is known here."""


class Overview(msgspec.Struct, frozen=True):
    """Everything the screen shows, out of one snapshot."""

    standing: Standing
    lines: list[Line]
    log: list[Exchanged]
    server_name: str
    server_url: str
    open: int
    """How much waits for a word of this user."""
    repairs: list[Incident]
    wrong_sums: list[str]
    """The scopes, by title, of which the centre keeps a wrong sum."""
    photo_fault: str
    """Why the last exchange could not move photos, or nothing."""


def read_overview(reader: Reader, *, today: date, now_ms: int) -> Overview:
    """Look at the exchange: what has to be looked at, what waits, what was put aside."""
    seen, found = seen_questions(reader), questions(reader)
    settled = settled_questions(reader, found)
    asked = [_asked(reader, each, seen=each.op_id in seen, settled=each.op_id in settled) for each in found]
    lines = [line for line in asked if not line.seen and not line.settled]
    lines += [_waiting(reader, each) for each in waiting_operations(reader)]
    lines += [line for line in asked if line.seen or line.settled]
    titles = {grant.scope: grant.title for grant in reader.author.grants}
    return Overview(
        standing=standing(reader),
        lines=lines,
        log=exchanges(reader),
        server_name=reader.meta("server_name") or "",
        server_url=reader.meta("server_url") or "",
        open=count_due(reader, today),
        repairs=incidents(reader, now_ms - REPAIRS_SHOWN_MS, limit=REPAIRS),
        wrong_sums=[titles.get(scope, scope) for scope in wrong_sums(reader)],
        photo_fault=waiting_blobs(reader).fault,
    )


def sentence_of(overview: Overview) -> str:
    """The honest counters as a sentence; its parts add up to what was recorded here."""
    counted, asked = overview.standing, [line for line in overview.lines if line.question is not None]
    parts = [
        _("本机记录 {count}").format(count=f"{counted.recorded:,}"),
        _("中心已收 {count}").format(count=f"{counted.accepted:,}"),
        _("待送 {count}").format(count=f"{counted.waiting:,}"),
    ]
    if counted.photos:
        parts.append(_("照片 {count} 张待送").format(count=f"{counted.photos:,}"))
    due = [line for line in asked if not line.seen and not line.settled]
    if due:
        conflicts = sum(1 for line in due if line.question and line.question.code == "conflict")
        words = _("待核对 {count}：{conflicts} 条不一致，{held} 条待上级")
        parts.append(words.format(count=len(due), conflicts=conflicts, held=len(due) - conflicts))
    if len(due) < len(asked):
        parts.append(_("已核对 {count}").format(count=len(asked) - len(due)))
    return " · ".join(parts)


def _asked(reader: Reader, question: Question, *, seen: bool, settled: bool) -> Line:
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
        state=_("已核定") if settled else _("已核对") if seen else state,
        lamp="none" if seen or settled else lamp,
        reason=reason or why_of(question),
        question=question,
        seen=seen,
        settled=settled,
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
