"""The category of a case, found by typing what people call it, or picked from the whole list."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gridworker.dictionaries import case_dictionary
from gridworker.i18n import _
from gridworker.ui.inputs import LineField
from gridworker.ui.theme import theme

CODE_ROLE = int(Qt.ItemDataRole.UserRole)
SHOWN_ROWS = 5


class CategoryEdit(QWidget):
    """A field with the fitting categories under it; Down and Enter choose, typing again looks again."""

    chosen = Signal(str)

    def __init__(self) -> None:
        """Empty, with the whole list under it once it has the focus."""
        super().__init__()
        self.dictionary = case_dictionary()
        self._code = ""
        self.field = LineField(_("类别"), hint=_("输入关键词,例如 电动车、漏水、路灯"))
        self._list = QListWidget()
        self._list.setAccessibleName(_("可选的类别"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMaximumHeight(theme().row_height * SHOWN_ROWS)
        self._list.itemClicked.connect(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.field)
        column.addWidget(self._list)
        self.setFocusProxy(self.field.edit)
        self.field.edit.textEdited.connect(self._look)
        self.field.edit.installEventFilter(self)
        self._look("")

    def code(self) -> str:
        """The chosen category, or nothing."""
        return self._code

    def set_code(self, code: str) -> None:
        """Show a category without a signal."""
        self._code = code
        self.field.edit.setText(self._words(code) if code else "")
        self._list.setVisible(not code)
        self._look("")

    def eventFilter(self, watched: object, event: object) -> bool:
        """Arrows move in the list while the field keeps the focus; Enter takes the line."""
        if not isinstance(event, QKeyEvent) or event.type() is not QKeyEvent.Type.KeyPress:
            return False
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._list.isVisible():
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self._list.setCurrentRow(max(0, min(self._list.count() - 1, self._list.currentRow() + step)))
            return True
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers()
            and self._list.isVisible()
        ):
            self._take(self._list.currentItem())
        return False

    def _look(self, typed: str) -> None:
        self._list.clear()
        for category in self.dictionary.search(typed):
            item = QListWidgetItem(self._words(category.code))
            item.setData(CODE_ROLE, category.code)
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        if typed:
            self._code = ""
            self._list.setVisible(self._list.count() > 0)

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self.set_code(str(item.data(CODE_ROLE)))
        self.chosen.emit(self._code)

    def _words(self, code: str) -> str:
        area = self.dictionary.areas.get(code[:3], "")
        name = self.dictionary.name_of(code)
        return _(name) if name == area else f"{_(area)} · {_(name)}"
