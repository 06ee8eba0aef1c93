"""The box for the reason of a return: usual reasons by digit, one's own words at any time."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, Card, Scrolled, SectionTitle
from gridworker.ui.inputs import LineField, digit_of


class Picks(Scrolled):
    """The usual reasons, which want to be seen whole; they scroll where a window is too low for that."""

    def sizeHint(self) -> QSize:
        """As high as they are now: a scroll area keeps the height it had when it was first asked."""
        return QSize(super().sizeHint().width(), self.widget().sizeHint().height())


class ReasonBox(Card):
    """Hidden until it is asked; Enter sends, Esc gives up (the screen sees to that)."""

    sent = Signal(str)

    def __init__(self) -> None:
        """Without a question."""
        super().__init__()
        self._reasons: list[str] = []
        self._title = SectionTitle("")
        self.field = LineField(_("写给网格员的话"), hint=_("数字键选下面的常用语，也可以自己写"))
        self.field.edit.returnPressed.connect(self._send)
        self.field.edit.installEventFilter(self)
        picks = QWidget()
        picks.setProperty("role", "pane")
        picks.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._picks = column_of(picks, spacing=0)
        self._button = Button("", self._send, icon_name="undo", kind="primary")
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._button)
        self.body.addWidget(self._title)
        self.body.addWidget(self.field)
        self._area = Picks(picks)
        self.body.addWidget(self._area, 1)
        self.body.addLayout(foot)
        self.hide()

    def ask(self, question: str, verb: str, reasons: Sequence[str]) -> None:
        """Ask for a reason; `verb` is what Enter does with it."""
        self._reasons = [_(reason) for reason in reasons]
        self._title.setText(question)
        self._button.set_text(_("{verb} Enter").format(verb=verb))
        buttons = [self._pick_button(*pick) for pick in enumerate(self._reasons, start=1)]
        refill(self._picks, buttons)
        self._picks.addStretch(1)
        for button in buttons:
            button.show()  # now, so that the height is right at once where the box is open already
        self._area.updateGeometry()
        self.field.edit.clear()
        self.field.set_error("")
        self.show()
        self.field.edit.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A digit picks a reason while nothing of one's own is written; in one's own words it is a digit."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        digit, typed = digit_of(event), self.field.text()
        if digit is None or (typed and typed not in self._reasons):
            return False
        self._pick(digit)
        return True

    def _pick_button(self, number: int, words: str) -> Button:
        button = Button(f"{number}  {words}", partial(self._pick, number), kind="quiet")
        button.setStyleSheet("text-align: left;")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def _pick(self, number: int) -> None:
        if 1 <= number <= len(self._reasons):
            self.field.edit.setText(self._reasons[number - 1])
            self.field.set_error("")
            self.field.edit.setFocus()

    def _send(self) -> None:
        words = self.field.text()
        if words:
            self.sent.emit(words)
        else:
            self.field.set_error(_("写一句原因，网格员才知道补充什么。"))
            self.field.edit.setFocus()
