"""The card of one case: what and where, where it stands, what a leader said, and the legal next steps."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gridworker.domain.cases import Case
from gridworker.domain.masks import mask_name, mask_phone
from gridworker.domain.records import Stored
from gridworker.domain.transitions import Transition
from gridworker.i18n import _
from gridworker.ui.cases.words import LAMP_OF_STATE, category_of, found_words, local, number_of, tag
from gridworker.ui.controls import Button, Card, FieldRow, Label, Lamp, Scrolled, TagLabel
from gridworker.ui.flow import FlowLayout
from gridworker.ui.inputs import LineField
from gridworker.ui.moments import moment_words


class CaseCard(QWidget):
    """Shows one case and offers only the steps that are legal now for the role."""

    step_taken = Signal(object, str)
    """The Transition that was chosen, and the words typed for it."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.words: LineField | None = None

    def show_case(self, stored: Stored[Case] | None, steps: Sequence[Transition], now: datetime) -> None:
        """Show a case, or an invitation to choose one."""
        typed = self.words.text() if self.words is not None else ""
        _empty(self._column)
        self.words = None
        if stored is None:
            self._column.addStretch(1)
            return
        card = Card()
        case = stored.record
        card.body.addLayout(_head(stored))
        if case.remark:
            card.body.addWidget(_remark(case, now))
        for row in _facts(stored, now):
            card.body.addWidget(row)
        self._column.addWidget(Scrolled(card), 1)
        if steps:
            self._column.addWidget(self._steps(steps, typed))

    def _steps(self, steps: Sequence[Transition], typed: str) -> Card:
        box = Card()
        self.words = LineField(_("处理结果或意见"), hint=_("退回、不予受理和自办自结需要写明"))
        self.words.edit.setText(typed)
        box.body.addWidget(self.words)
        row = QWidget()
        flow = FlowLayout(row)
        for index, step in enumerate(steps):
            flow.addWidget(
                Button(_(step.label), self._taker(step), kind="primary" if index == 0 else "plain")
            )
        box.body.addWidget(row)
        return box

    def _taker(self, step: Transition) -> Callable[[], None]:
        def take() -> None:
            words = self.words.text() if self.words is not None else ""
            if step.required and not words and self.words is not None:
                self.words.set_error(_("“{step}”需要写明原因或结果").format(step=_(step.label)))
                self.words.edit.setFocus()
                return
            if self.words is not None:
                self.words.edit.clear()
            self.step_taken.emit(step, words)

        return take


def _head(stored: Stored[Case]) -> QVBoxLayout:
    case = stored.record
    head = QVBoxLayout()
    head.setSpacing(4)
    head.addWidget(Label(case.title, "subtitle", bold=True, wrap=True))
    row = QHBoxLayout()
    row.addWidget(Lamp(LAMP_OF_STATE.get(case.state, "none"), tag("case_state", case.state)[0]))
    if case.urgency != "normal":
        row.addWidget(TagLabel(*tag("urgency", case.urgency)))
    row.addStretch(1)
    row.addWidget(Label(_("已存本机,待送中心") if stored.pending else _("中心已收"), tone="second"))
    head.addLayout(row)
    return head


def _remark(case: Case, now: datetime) -> Card:
    box = Card()
    at = moment_words(local(case.reviewed_ms), now) if case.reviewed_ms else ""
    box.body.addWidget(
        Label(_("{name} {moment} 意见").format(name=case.reviewer_name, moment=at), tone="second")
    )
    box.body.addWidget(Label(case.remark, bold=True, wrap=True))
    return box


def _facts(stored: Stored[Case], now: datetime) -> list[FieldRow]:
    case = stored.record
    reporter = " ".join(
        filter(
            None,
            (
                mask_name(case.reporter_name) if case.reporter_name else "",
                mask_phone(case.reporter_phone) if case.reporter_phone else "",
            ),
        )
    )
    facts = (
        (_("编号"), number_of(case)),
        (_("类别"), category_of(case)),
        (_("地点"), case.address),
        (_("情况说明"), case.text),
        (_("发现时间"), found_words(case, now)),
        (_("来源"), tag("case_source", case.source)[0]),
        (_("涉及范围"), tag("case_scale", case.scale)[0]),
        (_("诉求人"), reporter),
        (_("处理结果"), case.result),
        (_("网格员"), case.worker_name),
    )
    return [FieldRow(label, value) for label, value in facts if value]


def _empty(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
