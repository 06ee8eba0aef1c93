"""The card of one matter: what happened, the sides, what can be done; it says what was pressed."""

from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, Card, Label, Scrolled, SectionTitle, TagLabel
from gridworker.ui.disputes.own_box import OwnBox
from gridworker.ui.disputes.sheet import Sheet
from gridworker.ui.disputes.sides import SideRow, fact_row, step_button
from gridworker.ui.flow import FlowLayout
from gridworker.ui.focus import order_focus


class MatterCard(Card):
    """Empty until a matter is shown."""

    pressed = Signal(str)
    """The code of a step."""

    def __init__(self) -> None:
        """With the words for no matter at all."""
        super().__init__()
        self.sheet: Sheet | None = None
        self._title = Label("", "subtitle", bold=True, wrap=True)
        self._tag = TagLabel("")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(self._tag, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        content = _pane()
        self._says, self._facts, self._advice = (QWidget() for _n in range(3))
        self._columns = [column_of(part, spacing=4) for part in (self._says, self._facts, self._advice)]
        self.sides, self.own = SideRow(), OwnBox()
        self.sides.pressed.connect(self.pressed)
        column = column_of(content, spacing=10)
        column.setContentsMargins(0, 0, 6, 0)
        self._steps = QWidget()
        self._flow = FlowLayout(self._steps, gap=8, line_gap=8)
        for part in (self._says, self.sides, self._facts, self._steps, self.own, self._advice):
            column.addWidget(part)
        column.addStretch(1)
        self._scrolled = Scrolled(content)
        self._scrolled.verticalScrollBar().rangeChanged.connect(self._show_own_whole)
        self.body.addWidget(self._scrolled, 1)
        self.show_nothing("")

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a matter."""
        self.sheet = sheet
        self.own.hide()
        self._title.setText(sheet.title)
        self._title.setVisible(bool(sheet.title))
        self._tag.set_tag(*sheet.tag)
        self._tag.setVisible(bool(sheet.tag[0]))
        says, facts, advice = self._columns
        refill(says, [Label(line, wrap=True) for line in sheet.says])
        self.sides.show_sides(sheet.sides)
        refill(facts, list(_fact_rows(sheet)))
        refill(advice, [Label(line, tone="second", wrap=True) for line in sheet.advice])
        self._says.setVisible(bool(sheet.says))
        self._facts.setVisible(bool(sheet.facts))
        self._advice.setVisible(bool(sheet.advice))
        refill(self._flow, [step_button(step, self.pressed.emit) for step in sheet.steps])
        self._steps.setVisible(bool(sheet.steps))
        order_focus((self.sides, self._facts, self._steps, self.own))

    def show_nothing(self, words: str) -> None:
        """Nothing is chosen."""
        self.show_sheet(Sheet(title="", tag=("", "grey"), advice=(words,) if words else ()))
        self.sheet = None

    def first_button(self) -> Button | None:
        """Where the keyboard goes when it comes to the card: the first side's step, else the first below."""
        for place in (self.sides, self._steps):
            found = cast(list[Button], place.findChildren(Button))
            shown = [each for each in found if each.isVisible() and each.isEnabled()]
            if shown:
                return shown[0]
        return None

    def _show_own_whole(self) -> None:
        """The box of one's own value has come or gone, and made the card longer or shorter."""
        if self.own.isVisible():
            self._scrolled.ensureWidgetVisible(self.own)

    def texts(self) -> list[str]:
        """What is written there, part by part."""
        labels = [self._title, *self._says.findChildren(Label), *self.sides.findChildren(Label)]
        labels += [*self._facts.findChildren(Label), *self._advice.findChildren(Label)]
        return [each.text() for each in labels if each.text() and not each.isHidden()]


def _fact_rows(sheet: Sheet) -> Iterator[QWidget]:
    if sheet.facts:
        yield SectionTitle(sheet.facts_title or _("填写的内容"))
    for fact in sheet.facts:
        yield fact_row(fact)


def _pane() -> QWidget:
    pane = QWidget()
    pane.setProperty("role", "pane")
    pane.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return pane
