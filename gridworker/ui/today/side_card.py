"""What stands beside today's list: whom the current line is about, or what came back."""

from collections.abc import Callable, Sequence
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled
from gridworker.ui.quick_visit.context_card import ContextCard
from gridworker.ui.quick_visit.people import Context
from gridworker.ui.theme import theme
from gridworker.ui.today.lines import Line

CARD_WIDE = 320


class ReturnedCard(QWidget):
    """What came back: the leader's words, to be read in full."""

    def __init__(self) -> None:
        """Empty until `show_line`."""
        super().__init__()
        self.setProperty("role", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._title = Label("", "title", bold=True, wrap=True)
        self._where = FieldRow(_("地点"), label_width=64)
        self._day = FieldRow(_("退回"), label_width=64)
        self._why = FieldRow(_("意见"), label_width=64)
        for part in (self._title, self._where, self._day, self._why):
            column.addWidget(part)
        column.addStretch(1)

    def show_line(self, line: Line) -> None:
        """Show what came back and why."""
        self._title.setText(line.name)
        self._where.set_value(line.where)
        self._day.set_value(line.state)
        self._why.set_value(line.why)


class SideCard(Card):
    """At the right of the list: whom the current line is about, and the steps to take."""

    def __init__(self, steps: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """`steps` are (name, text, what it does) of the buttons below."""
        super().__init__()
        self.person = ContextCard()
        self._returned = ReturnedCard()
        self._stack = QStackedWidget()
        self._stack.addWidget(QWidget())
        self._stack.addWidget(Scrolled(self.person))
        self._stack.addWidget(Scrolled(self._returned))
        self.body.addWidget(self._stack, 1)
        self.buttons: dict[str, Button] = {}
        for number, (name, text, run) in enumerate(steps):
            button = Button(text, run, kind="plain" if number else "primary")
            self.buttons[name] = button
            self.body.addWidget(button)
        self.setFixedWidth(theme().px(CARD_WIDE))

    def show_person(self, context: Context, today: date, *, mask: bool) -> None:
        """A person."""
        self.person.show_context(context, today, mask=mask)
        self._stack.setCurrentIndex(1)

    def show_returned(self, line: Line) -> None:
        """Something that came back."""
        self._returned.show_line(line)
        self._stack.setCurrentIndex(2)

    def show_nothing(self) -> None:
        """No line."""
        self._stack.setCurrentIndex(0)
