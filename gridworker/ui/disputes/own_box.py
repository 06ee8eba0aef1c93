"""The box for a value of one's own: one types or chooses, Enter takes it, Esc gives up."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.controls import Button, Label
from gridworker.ui.disputes.own_value import choices_of_field, typed_value
from gridworker.ui.inputs import LineField
from gridworker.ui.sync_centre.values import field_words


class OwnBox(QWidget):
    """Hidden until it is asked."""

    taken = Signal(object)
    """The value, as the field holds it."""
    given_up = Signal()

    def __init__(self) -> None:
        """Without a question."""
        super().__init__()
        self._about = ("", "")
        self.field = LineField(_("另填一个值"))
        self.field.edit.returnPressed.connect(self._take)
        self.choice = QComboBox()
        self.choice.setAccessibleName(_("另填一个值"))
        self.choice.setPlaceholderText(_("请选一个"))
        self.choice.installEventFilter(self)
        self._title = Label("", tone="second")
        take = Button(_("就用这个 Enter"), self._take, icon_name="check", kind="primary")
        drop = Button(_("取消 Esc"), self.given_up.emit, kind="quiet")
        column = column_of(self, spacing=4)
        column.addWidget(self._title)
        column.addWidget(self.field)
        column.addWidget(self.choice)
        foot = QHBoxLayout()
        foot.addWidget(take)
        foot.addWidget(drop)
        foot.addStretch(1)
        column.addLayout(foot)
        self.hide()

    def ask(self, kind: str, field: str) -> None:
        """Ask for a value of this field."""
        self._about = (kind, field)
        choices = choices_of_field(kind, field)
        self.choice.clear()
        for code, words in choices:
            self.choice.addItem(words, code)
        self.choice.setCurrentIndex(-1)  # nobody takes by mistake what happens to stand first
        self.choice.setVisible(bool(choices))
        self.field.setVisible(not choices)
        self._title.setText(_("“{field}”应该是：").format(field=field_words(kind, field)))
        self.field.edit.setAccessibleName(self._title.text())
        self.field.edit.clear()
        self.field.set_error("")
        self.show()
        (self.choice if choices else self.field.edit).setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter takes what was chosen."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        self._take()
        return True

    def _take(self) -> None:
        kind, field = self._about
        if self.choice.count() and self.choice.currentIndex() < 0:
            self.choice.setFocus()
            return
        typed = str(self.choice.currentData()) if self.choice.count() else self.field.text()
        try:
            value = typed_value(kind, field, typed)
        except ValueError as wrong:
            self.field.set_error(str(wrong))
            self.field.edit.setFocus()
            return
        self.taken.emit(value)
