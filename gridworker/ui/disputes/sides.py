"""Two or three sides of a matter beside each other: whose value, the value, who and when, and its button."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, FieldRow, Label, SectionTitle, TagLabel
from gridworker.ui.disputes.sheet import Fact, Side, Step
from gridworker.ui.theme import theme

SIDE_LEAST, LABEL_WIDE = 168, 72
"""Narrower (pixels at 100 %) and the sides stand one above the other."""


class SideRow(QWidget):
    """The sides of one sheet; it says which step was pressed."""

    pressed = Signal(str)

    def __init__(self) -> None:
        """Without sides."""
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self.hide()

    def show_sides(self, sides: Sequence[Side]) -> None:
        """Show these."""
        refill(self._row, [_SideCard(side, self.pressed.emit) for side in sides])
        self.setVisible(bool(sides))
        self._turn()

    def cards(self) -> Iterator["_SideCard"]:
        """What is shown, from left to right."""
        for at in range(self._row.count()):
            widget = self._row.itemAt(at).widget()
            if isinstance(widget, _SideCard):
                yield widget

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other, or one above the other."""
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        room = self.width() >= theme().px(SIDE_LEAST) * max(1, self._row.count())
        direction = QBoxLayout.Direction.LeftToRight if room else QBoxLayout.Direction.TopToBottom
        self._row.setDirection(direction)
        for at in range(self._row.count()):
            self._row.setStretch(at, 1)


class _SideCard(QFrame):
    """One side."""

    def __init__(self, side: Side, press: Callable[[str], object]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(side.title)
        column = column_of(self, spacing=4)
        column.setContentsMargins(10, 8, 10, 10)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(SectionTitle(side.title))
        head.addStretch(1)
        now = TagLabel(_("现在用的"), "green")
        keeping = now.sizePolicy()
        keeping.setRetainSizeWhenHidden(True)  # so that all values stand level
        now.setSizePolicy(keeping)
        head.addWidget(now, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        now.setVisible(side.now)
        for fact in side.facts:
            column.addWidget(fact_row(fact))
        column.addStretch(1)
        if side.signed:
            column.addWidget(Label(side.signed, "caption", tone="caption", wrap=True))
        if side.step is not None:
            column.addWidget(step_button(side.step, press))


def step_button(step: Step, press: Callable[[str], object]) -> Button:
    """A step with its digit before the words, and the key as tool tip."""
    button = Button(
        f"{step.digit}  {step.label}",
        partial(press, step.code),
        kind="primary" if step.primary else "plain",
        tip=_("按 {digit}").format(digit=step.digit),
    )
    button.setAccessibleName(step.label)
    return button


def fact_row(fact: Fact) -> FieldRow:
    """A value with its label, masked until the eye is pressed."""
    row = FieldRow(
        fact.label,
        fact.masked or fact.plain,
        masked=bool(fact.masked),
        label_width=LABEL_WIDE if fact.label else 0,
    )
    row.reveal_asked.connect(lambda: row.reveal(fact.plain))
    if not fact.label:
        cast(list[Label], row.findChildren(Label))[0].hide()  # where its words would be, the value begins
    return row
