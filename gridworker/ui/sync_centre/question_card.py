"""The card of one line: what waits, or what two people wrote differently, with every value and its author."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.db.standing import Question, Tally
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled, SectionTitle
from gridworker.ui.sync_centre.lines import Line, why_of
from gridworker.ui.sync_centre.reasons import ADVICE
from gridworker.ui.sync_centre.values import field_words, is_told, masked_words, value_words
from gridworker.ui.visits.words import moment_of
from gridworker.wire.messages import Conflict

OPENERS = {"visit": "visit_record", "case": "case_record", "resident": "resident", "building": "building"}
"""How a screen is asked for a record of a kind."""


class QuestionCard(Card):
    """It shows one line and says what was pressed."""

    open_asked = Signal(object)
    """The Line whose record is to be shown."""
    matter_asked = Signal(object)
    """The Line about which somebody wants to decide."""
    put_aside = Signal(object, bool)
    """The Line, and whether it was looked at or comes back."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._line: Line | None = None
        self._title = Label("", "subtitle", bold=True, wrap=True)
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._rows = column_of(content, spacing=6)
        self._rows.setContentsMargins(0, 0, 6, 0)
        outer = QWidget()
        outer.setProperty("role", "pane")
        outer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(outer)
        column.addWidget(content)
        column.addStretch(1)
        self._open = Button(_("打开这条记录"), self._ask_open, icon_name="chevron-right")
        self._aside = Button(_("已核对"), self._put_aside, icon_name="check")
        self._matter = Button(_("去核对"), self._ask_matter, icon_name="review", kind="primary")
        self.body.addWidget(self._title)
        self.body.addWidget(Scrolled(outer), 1)
        self.body.addLayout(self._foot())

    def show_line(self, line: Line | None, now_ms: int, tally: Tally | None = None) -> None:
        """Show a line with the counters of its record, or what this place is for."""
        self._line = line
        self._title.setVisible(line is not None)
        self._title.setText(f"{line.what} {line.whom}".strip() if line else "")
        self._open.setVisible(line is not None and line.kind in OPENERS)
        asked = line is not None and line.question is not None and not line.settled
        self._aside.setVisible(asked)
        self._matter.setVisible(asked)
        self._aside.set_text(_("重新列入待核对") if line and line.seen else _("已核对"))
        refill(self._rows, [*_rows_of(line, now_ms), *_tally_rows(tally)])

    def texts(self) -> list[str]:
        """What is written there, line by line."""
        widgets = [self._rows.itemAt(at).widget() for at in range(self._rows.count())]
        return [each.text() if isinstance(each, Label) else each.accessibleName() for each in widgets]

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.addWidget(self._open)
        foot.addStretch(1)
        foot.addWidget(self._aside)
        foot.addWidget(self._matter)
        return foot

    def _ask_matter(self) -> None:
        if self._line is not None:
            self.matter_asked.emit(self._line)

    def _ask_open(self) -> None:
        if self._line is not None:
            self.open_asked.emit(self._line)

    def _put_aside(self) -> None:
        if self._line is not None:
            self.put_aside.emit(self._line, not self._line.seen)


def _rows_of(line: Line | None, now_ms: int) -> Iterator[QWidget]:
    if line is None:
        yield Label(_("选中一条，这里显示全部内容和原因。"), tone="second", wrap=True)
    elif line.question is None:
        yield Label(_("已存本机，等下一次同步送到中心。"), wrap=True)
        yield FieldRow(_("记于"), moment_of(line.at_ms, now_ms), label_width=64)
    elif line.question.code == "conflict":
        yield from _conflict_rows(line, line.question, now_ms)
    else:
        yield from _held_rows(line.question)


def _conflict_rows(line: Line, question: Question, now_ms: int) -> Iterator[QWidget]:
    yield Label(why_of(question), wrap=True)
    for conflict in question.conflicts:
        yield SectionTitle(field_words(question.kind, conflict.field))
        mine = _("本人填写 · {moment}").format(moment=moment_of(question.operation.wall_ms, now_ms))
        yield from _value_rows(question.kind, conflict.field, mine, conflict.incoming)
        yield from _value_rows(
            question.kind, conflict.field, _theirs(conflict, line.rivals, now_ms), conflict.server
        )
        yield from _value_rows(question.kind, conflict.field, _("修改前"), conflict.base)
    if line.settled:
        words = _("这一项已经核定，结果在“待核对”页的已核定里；没选的值也都留着。")
    else:
        words = _("现在以中心的为准；本人填写的也存在中心，没有丢。按“去核对”选一个。")
    yield Label(words, tone="second", wrap=True)


def _tally_rows(tally: Tally | None) -> Iterator[QWidget]:
    """How much was recorded here about this record, how much the centre has, and why not the rest."""
    if tally is None or not tally.recorded:
        return
    counted = (
        (tally.waiting, _("待送 {count}")),
        (tally.conflicts, _("不一致 {count}")),
        (tally.held, _("中心未采纳 {count}")),
    )
    words = [_("本机记录 {count}").format(count=tally.recorded)]
    words.append(_("中心已收 {count}").format(count=tally.accepted))
    words += [each.format(count=count) for count, each in counted if count]
    yield Label(_("关于这条记录：{counted}").format(counted=" · ".join(words)), tone="second", wrap=True)


def _theirs(conflict: Conflict, rivals: Mapping[str, str], now_ms: int) -> str:
    who = rivals.get(conflict.server_actor) or _("别人")
    at = moment_of(conflict.server_ms, now_ms) if conflict.server_ms else ""
    return " · ".join(filter(None, (_("中心现值"), who, at)))


def _held_rows(question: Question) -> Iterator[QWidget]:
    yield Label(why_of(question), wrap=True)
    yield SectionTitle(_("本人填写"))
    operation = question.operation
    values = {**operation.values, **{field: new for field, (_old, new) in operation.set.items()}}
    if operation.target:
        values["state"] = operation.target
    for field, value in values.items():
        if value not in (None, "", [], ()) and is_told(question.kind, field):
            yield _value_row(question.kind, field, field_words(question.kind, field), value)
    words = ADVICE.get(question.reason, N_("填写的内容都已存在中心，由上级核对后处理；本机不用重填。"))
    yield Label(_(words), tone="second", wrap=True)


def _value_rows(kind: str, field: str, label: str, value: Any) -> Iterator[QWidget]:
    """The label above its value: who and when is too long to stand beside it."""
    yield Label(label, "caption", tone="caption")
    yield _value_row(kind, field, "", value)


def _value_row(kind: str, field: str, label: str, value: Any) -> FieldRow:
    masked, plain = masked_words(kind, field, value), value_words(kind, field, value)
    row = FieldRow(label, masked or plain, masked=bool(masked), label_width=64 if label else 0)
    row.reveal_asked.connect(lambda: row.reveal(plain))
    if not label:
        cast(list[Label], row.findChildren(Label))[0].hide()  # the value begins where its words would be
    return row
