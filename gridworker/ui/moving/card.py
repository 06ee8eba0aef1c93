"""The card of one move: what it is about, what it would do, and the buttons for what can be done."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button, Card, Label
from gridworker.ui.flow import FlowLayout
from gridworker.ui.moving.facts import FactSheet
from gridworker.ui.moving.lines import MoveLine
from gridworker.ui.moving.words import Fact, Section

ACCEPT, RETURN, UNDO = 1, 2, 3


class MoveCard(Card):
    """It shows one line and says which digit was pressed."""

    pressed = Signal(int)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._title = Label("", "subtitle", bold=True, wrap=True)
        self.facts = FactSheet()
        self._foot = QWidget()
        flow = FlowLayout(self._foot, gap=8)
        # Made once: Tab goes through widgets in the order in which they came to be.
        self._buttons = {digit: self._button(digit) for digit in (ACCEPT, RETURN, UNDO)}
        for button in self._buttons.values():
            flow.addWidget(button)
        self.body.addWidget(self._title)
        self.body.addWidget(self.facts, 1)
        self.body.addWidget(self._foot)

    def show_line(self, line: MoveLine | None, sections: Sequence[Section] = ()) -> None:
        """Show a line with what the move would do, or what this place is for."""
        self._title.setText(line.whom if line else "")
        self._title.setVisible(line is not None)
        hint = _("选中一条，这里显示移交的内容和结果。")
        told = [_told(line)] if line else [Section(hint, ())]
        self.facts.show_sections([*told, *sections])
        steps = dict(steps_of(line))
        for digit, button in self._buttons.items():
            button.setVisible(digit in steps)
            button.set_text(f"{digit}  {steps.get(digit, '')}")
        self._foot.setVisible(bool(steps))

    def buttons(self) -> list[str]:
        """What can be pressed."""
        return [button.text() for button in self._buttons.values() if not button.isHidden()]

    def _button(self, digit: int) -> Button:
        def press() -> None:
            self.pressed.emit(digit)

        return Button("", press, kind="primary" if digit == ACCEPT else "plain")


def steps_of(line: MoveLine | None) -> list[tuple[int, str]]:
    """What can be done about a line, by digit."""
    if line is None:
        return []
    found = [(ACCEPT, _("同意移交")), (RETURN, _("退回"))] if line.may_decide else []
    if line.may_withdraw:
        found.append((UNDO, _("撤回提请")))
    elif line.may_undo:
        found.append((UNDO, _("撤销")))
    return found


def _told(line: MoveLine) -> Section:
    facts = (
        (_("去向"), line.way),
        (_("原因"), line.why),
        (_("提出人"), line.who),
        (_("结果"), line.answer),
    )
    return Section(line.state, tuple(Fact(label, value) for label, value in facts if value))
