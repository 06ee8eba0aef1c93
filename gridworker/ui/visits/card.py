"""The card of one visit: everything that was written down, the leader's remark, and the answer to it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.menu import key_words
from gridworker.ui.photos import PhotoStrip
from gridworker.ui.theme import theme
from gridworker.ui.visits.listing import VisitDetail
from gridworker.ui.visits.words import (
    choice_tag,
    choice_words,
    condition_words,
    iso_day_words,
    listed,
    moment_of,
)

LABELS_WIDE = 64
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class AnswerEdit(QPlainTextEdit):
    """Several lines of text; Ctrl+Enter sends, Tab goes on."""

    sent = Signal()

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setAccessibleName(_("补充说明"))
        self.setPlaceholderText(_("按意见补充，原来写的不会改动"))
        self.setTabChangesFocus(True)
        self.setFixedHeight(theme().px(96))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter sends the answer."""
        if event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.sent.emit()
        else:
            super().keyPressEvent(event)


class AnswerBox(QFrame):
    """The leader's remark and the place to answer it."""

    answered = Signal(str)
    edited = Signal(str)

    def __init__(self) -> None:
        """Hidden until a visit came back."""
        super().__init__()
        self.setProperty("strip", "warn")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        self._who = Label("", "caption", tone="second")
        self._remark = Label("", bold=True, wrap=True)
        self.edit = AnswerEdit()
        self._wrong = Label("", "caption", tone="wrong", wrap=True)
        send = _("补充后再交 {keys}").format(keys=key_words("Ctrl+Enter"))
        self._send = Button(send, self._answer, kind="primary")
        for widget in (self._who, self._remark, self.edit, self._wrong):
            column.addWidget(widget)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._send)
        column.addLayout(foot)
        self.edit.sent.connect(self._answer)
        self.edit.textChanged.connect(lambda: self.edited.emit(self.edit.toPlainText()))

    def show_remark(self, who: str, remark: str, answer: str, *, may_answer: bool) -> None:
        """Show who said what; `answer` is what was typed before."""
        self._who.setText(who)
        self._remark.setText(remark)
        self.edit.blockSignals(True)
        self.edit.setPlainText(answer)
        self.edit.blockSignals(False)
        self.edit.setVisible(may_answer)
        self._send.setVisible(may_answer)
        self.say_wrong("")
        self.set_sending(False)

    def say_wrong(self, words: str) -> None:
        """What has to be mended; the answer stays."""
        self._wrong.setText(words)
        self._wrong.setVisible(bool(words))

    def set_sending(self, sending: bool) -> None:
        """Hold the button while the answer is being written."""
        self._send.setEnabled(not sending)

    def _answer(self) -> None:
        if self._send.isEnabled():
            self.answered.emit(self.edit.toPlainText())


class VisitCard(Card):
    """One visit; steps are told by signals."""

    withdrawn = Signal()
    resident_asked = Signal(object)
    case_asked = Signal(object)

    def __init__(self) -> None:
        """Empty until `show_detail`."""
        super().__init__()
        self.answer = AnswerBox()
        self.photos = PhotoStrip()
        self._who = Label("", "title", bold=True, wrap=True)
        self._state = TagLabel("", "grey")
        head = QHBoxLayout()
        head.addWidget(self._who, 1)
        head.addWidget(self._state, 0, Qt.AlignmentFlag.AlignTop)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.answer)
        column.addLayout(self._rows)
        column.addWidget(self.photos)
        column.addStretch(1)
        nothing = Label(_("选中一条走访，这里显示全部内容。"), tone="second", wrap=True)
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(Scrolled(content))
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._foot())

    def show_nothing(self) -> None:
        """No visit is chosen."""
        self._stack.setCurrentIndex(0)
        for button in (self._withdraw, self._resident, self._case):
            button.setVisible(False)

    def show_detail(
        self, detail: VisitDetail, *, now_ms: int, answer: str, may_answer: bool, has_centre: bool
    ) -> None:
        """Show a visit; `answer` is what was typed for it before."""
        visit = detail.visit.record
        self._who.setText(visit.who or _("没有姓名"))
        self._state.set_tag(*choice_tag("visit_state", visit.state))
        self._show_rows(detail, now_ms, has_centre=has_centre)
        said = [visit.reviewer_name, moment_of(visit.reviewed_ms, now_ms) if visit.reviewed_ms else ""]
        self.answer.setVisible(bool(visit.review_remark) and visit.state == "returned")
        self.answer.show_remark(
            " ".join(filter(None, said)), visit.review_remark, answer, may_answer=may_answer
        )
        self._person: RecordId | None = next(iter(visit.resident_ids), None)
        self._resident.setVisible(self._person is not None)
        self._case_id: RecordId | None = next((case.id for case in detail.cases), None)
        self._case.setVisible(self._case_id is not None)
        self._stack.setCurrentIndex(1)

    def allow_withdrawing(self, allowed: bool) -> None:
        """Whether this visit may still be taken back."""
        self._withdraw.setVisible(allowed)

    def _show_rows(self, detail: VisitDetail, now_ms: int, *, has_centre: bool) -> None:
        while self._rows.count():
            widget = self._rows.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for label, value in rows_of(detail, now_ms, has_centre=has_centre):
            if value:
                self._rows.addWidget(FieldRow(label, value, label_width=LABELS_WIDE))

    def _foot(self) -> QWidget:
        foot = QWidget()
        flow = FlowLayout(foot, gap=8)
        self._resident = Button(_("居民卡 F6"), lambda: self.resident_asked.emit(self._person))
        self._case = Button(_("看事件"), lambda: self.case_asked.emit(self._case_id))
        self._withdraw = Button(_("撤回 Del"), self.withdrawn.emit, icon_name="undo", kind="danger")
        for button in (self._resident, self._case, self._withdraw):
            flow.addWidget(button)
        return foot


def rows_of(detail: VisitDetail, now_ms: int, *, has_centre: bool) -> list[tuple[str, str]]:
    """(label, words) of every field, empty words where nothing was written."""
    visit = detail.visit.record
    promise = " ".join(filter(None, (iso_day_words(visit.promise_day, now_ms), visit.promise)))
    remark = " ".join(filter(None, (visit.reviewer_name, visit.review_remark)))
    corrected = detail.corrected.record if detail.corrected else None
    return [
        (
            _("补充"),
            _("补充 {moment} 的走访").format(moment=moment_of(corrected.visited_ms, now_ms))
            if corrected
            else "",
        ),
        (_("时间"), moment_of(visit.visited_ms, now_ms)),
        (_("地址"), visit.address),
        (_("类型"), choice_words("visit_type", visit.visit_type)),
        (_("方式"), choice_words("visit_method", visit.method)),
        (_("结果"), choice_words("visit_outcome", visit.outcome)),
        (_("情况"), condition_words(visit)),
        (_("需求"), listed(choice_words("need", need) for need in visit.needs)),
        (_("隐患"), visit.hazard),
        (_("约定"), promise),
        (_("下次"), iso_day_words(visit.next_day, now_ms)),
        (_("备注"), visit.note),
        (_("网格员"), visit.worker_name),
        (_("审阅"), remark if visit.state == "accepted" else ""),
        (
            _("送达"),
            (_("待送：还没有到中心") if detail.visit.pending else _("已到中心")) if has_centre else "",
        ),
    ]
