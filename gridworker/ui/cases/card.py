"""The card of one case: what and where, what a leader said, what happened, and the legal next steps."""

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gridworker.domain.cases import Case
from gridworker.domain.masks import mask_name, mask_phone
from gridworker.domain.records import Stored
from gridworker.domain.transitions import Transition
from gridworker.i18n import _
from gridworker.ui.cases.answer import CaseAnswer
from gridworker.ui.cases.facts import Facts
from gridworker.ui.cases.listing import CaseDetail
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.cases.timeline import Timeline
from gridworker.ui.cases.words import LAMP_OF_STATE, NEXT, category_words, number_of
from gridworker.ui.controls import (
    Button,
    Card,
    FieldRow,
    IconButton,
    Label,
    Lamp,
    Scrolled,
    SectionTitle,
    TagLabel,
)
from gridworker.ui.flow import FlowLayout
from gridworker.ui.inputs import LineField
from gridworker.ui.photos import PhotoStrip
from gridworker.ui.visits.words import choice_tag, choice_words, listed, moment_of

ANSWERED_BY = "reported"
"""The step that the answer to a leader takes; it has its own button."""


class CaseCard(Card):
    """Shows one case and offers only the steps that are legal now for the role."""

    step_taken = Signal(object)
    """The Transition that was chosen; `words` has what was typed for it."""
    edited = Signal(str)
    """What is being typed for the next step."""
    reveal_asked = Signal()
    rebuilt = Signal()
    """Its buttons are others now."""

    def __init__(self) -> None:
        """Empty until `show_detail`."""
        super().__init__()
        self._answer_step: Transition | None = None
        self._steps: list[Button] = []
        self.answer = CaseAnswer()
        self.timeline = Timeline()
        self.photos = PhotoStrip()
        self.words = LineField(_("处理结果或意见"))
        self._facts, self._foot = Facts(), QWidget()
        self._reporter = FieldRow(_("诉求人"), masked=True, label_width=Facts.LABELS_WIDE)
        self._reporter.reveal_asked.connect(self.reveal_asked)
        self._build()
        self.photos.rebuilt.connect(self.rebuilt)
        self.answer.edited.connect(self.edited)
        self.words.edit.textEdited.connect(self.edited)
        self.answer.sent.connect(lambda: self._take(self._answer_step))

    def show_nothing(self) -> None:
        """No case is chosen."""
        self._stack.setCurrentIndex(0)
        self._foot.hide()

    def show_detail(
        self, detail: CaseDetail, steps: Sequence[Transition], *, now_ms: int, typed: str, has_centre: bool
    ) -> None:
        """Show a case; `typed` is what was typed for its next step before."""
        case = detail.case.record
        self._title.setText(case.title)
        self._state.set_lamp(LAMP_OF_STATE.get(case.state, "none"), choice_words("case_state", case.state))
        self._urgency.set_tag(*choice_tag("urgency", case.urgency))
        self._urgency.setVisible(case.urgency != "normal")
        self._arrival.setText(_arrival(detail.case) if has_centre else "")
        self._show_facts(case, now_ms)
        self.timeline.show_steps(detail.steps, now_ms, ahead=_(NEXT.get(case.state, "")))
        self._answer_step = next((s for s in steps if s.target == ANSWERED_BY), None)
        self._show_answer(case, now_ms, typed)
        self._show_steps([step for step in steps if step is not self._answer_step], typed)
        self._stack.setCurrentIndex(1)
        self.rebuilt.emit()

    def stops(self) -> list[QWidget]:
        """The places of the keyboard, from top to bottom."""
        every = cast(list[IconButton], self.findChildren(IconButton))
        eyes = [eye for eye in every if not eye.isHidden()]
        return [*self.answer.stops(), *eyes, self.words.edit, *self._steps, *self.photos.stops()]

    def typed(self) -> str:
        """What is typed for the next step."""
        return (self.answer.edit.toPlainText() if self._answer_step else self.words.text()).strip()

    def say_wrong(self, words: str) -> None:
        """What has to be mended before the step can be taken; what was typed stays."""
        if self._answer_step:
            self.answer.say_wrong(words)
            self.answer.edit.setFocus()
        else:
            self.words.set_error(words)
            self.words.edit.setFocus()

    def reveal(self, value: str) -> None:
        """Show who reported it, for half a minute."""
        self._reporter.reveal(value)

    def read(self) -> None:
        """Put the keyboard where something can be written."""
        if self._answer_step:
            self.answer.edit.setFocus()
        elif not self.words.isHidden():
            self.words.edit.setFocus()

    def _show_answer(self, case: Case, now_ms: int, typed: str) -> None:
        said = (case.reviewer_name, moment_of(case.reviewed_ms, now_ms) if case.reviewed_ms else "")
        self.answer.setVisible(case.state == "sent_back")
        may = self._answer_step is not None
        who, answer = " ".join(filter(None, said)), typed if may else ""
        self.answer.show_remark(who, case.remark, answer, may_answer=may)
        self.answer.say_wrong("")
        self.answer.set_sending(False)

    def _show_steps(self, steps: Sequence[Transition], typed: str) -> None:
        wanted = listed(_(step.label) for step in steps if step.required)
        self.words.setVisible(bool(wanted))
        self.words.edit.setPlaceholderText(_("{steps}要写明结果或原因").format(steps=wanted))
        self.words.set_error("")
        if self._answer_step is None and self.words.edit.text() != typed:
            self.words.edit.setText(typed)
        first = None if self._answer_step else next(iter(steps), None)
        self._steps = [self._button(step, primary=step is first) for step in steps]
        refill(self._buttons, self._steps)
        self._foot.setVisible(bool(steps))

    def _button(self, step: Transition, *, primary: bool) -> Button:
        return Button(_(step.label), lambda: self._take(step), kind="primary" if primary else "plain")

    def _take(self, step: Transition | None) -> None:
        if step is not None:
            self.step_taken.emit(step)

    def _show_facts(self, case: Case, now_ms: int) -> None:
        self._facts.show_facts(facts_of(case, now_ms))
        masked = masked_reporter(case)
        self._reporter.set_value(masked, masked=True)
        self._reporter.setVisible(bool(masked))

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.addLayout(self._head())
        column.addWidget(self.answer)
        column.addWidget(self._facts)
        column.addWidget(self._reporter)
        column.addWidget(self.photos)
        column.addSpacing(4)
        column.addWidget(SectionTitle(_("经过")))
        column.addWidget(self.timeline)
        column.addStretch(1)
        nothing = Label(_("选中一件事件，这里显示内容、经过和下一步。"), tone="second", wrap=True)
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(Scrolled(content))
        self.body.addWidget(self._stack, 1)
        self._build_foot()

    def _head(self) -> QVBoxLayout:
        self._title = Label("", "title", bold=True, wrap=True)
        self._state, self._urgency = Lamp("none"), TagLabel("")
        self._arrival = Label("", "caption", tone="caption")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._state)
        row.addWidget(self._urgency)
        row.addStretch(1)
        row.addWidget(self._arrival)
        head = QVBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._title)
        head.addLayout(row)
        return head

    def _build_foot(self) -> None:
        column = column_of(self._foot)
        row = QWidget()
        self._buttons = FlowLayout(row, gap=8)
        column.addWidget(self.words)
        column.addWidget(row)
        self.body.addWidget(self._foot)


def facts_of(case: Case, now_ms: int) -> list[tuple[str, str]]:
    """(label, words) of what was reported, empty words where nothing was written."""
    return [
        (_("类别"), category_words(case.category)),
        (_("地点"), case.address),
        (_("说明"), case.text),
        (_("结果"), case.result),
        (_("发现"), moment_of(case.found_ms, now_ms)),
        (_("来源"), choice_words("case_source", case.source)),
        (_("范围"), choice_words("case_scale", case.scale)),
        (_("网格员"), case.worker_name),
        (_("编号"), number_of(case)),
    ]


def masked_reporter(case: Case) -> str:
    """The reporter's name and phone with their middle hidden."""
    name = mask_name(case.reporter_name) if case.reporter_name else ""
    phone = mask_phone(case.reporter_phone) if case.reporter_phone else ""
    return " ".join(filter(None, (name, phone)))


def plain_reporter(case: Case) -> str:
    """The reporter's name and phone."""
    return " ".join(filter(None, (case.reporter_name, case.reporter_phone)))


def _arrival(stored: Stored[Case]) -> str:
    return _("待送：还没有到中心") if stored.pending else _("已到中心")
