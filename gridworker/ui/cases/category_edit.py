"""The category of a case: proposed from the title, found by what people call it, or picked from all."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.categories import guess, offered
from gridworker.ui.cases.words import category_words
from gridworker.ui.inputs import LineField
from gridworker.ui.theme import theme

CODE_ROLE = int(Qt.ItemDataRole.UserRole)
SHOWN_ROWS = 8
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FocusedEdit(QLineEdit):
    """A line edit that says when the keyboard comes and goes."""

    entered = Signal()
    left = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard is here."""
        super().focusInEvent(event)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard goes elsewhere."""
        super().focusOutEvent(event)
        self.left.emit()


class CategoryEdit(LineField):
    """A field with the fitting categories under it while it is in use; arrows and Enter choose."""

    chosen = Signal(str)

    def __init__(self, sheet: QWidget, title: Callable[[], str], usual: Callable[[], Sequence[str]]) -> None:
        """The list lies over `sheet`; `title` is the case's so far, `usual` what is common here."""
        self.entry = FocusedEdit()
        super().__init__(_("类别"), self.entry, hint=_("输入关键词或拼音：电动车、ddc、漏水"))
        self._sheet, self._title, self._usual = sheet, title, usual
        self._code = ""
        self.list = QListWidget(sheet)
        self.list.setProperty("role", "card")
        self.list.setAccessibleName(_("可选的类别"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._take)
        self.list.hide()
        self.setFocusProxy(self.entry)
        self.entry.entered.connect(self._open)
        self.entry.left.connect(self.list.hide)
        self.entry.textEdited.connect(self._typed)
        self.entry.installEventFilter(self)

    def code(self) -> str:
        """The chosen category, or nothing."""
        return self._code

    def set_code(self, code: str) -> None:
        """Show a category without a signal."""
        self._code = code
        self.entry.setText(category_words(code) if code else "")
        self.list.hide()

    def offers(self) -> list[str]:
        """The codes that can be chosen now."""
        return [str(self.list.item(row).data(CODE_ROLE)) for row in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while the field keeps the keyboard; Enter takes the marked line."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if event.key() == Qt.Key.Key_Down else -1)
            return True
        if event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._take(self.list.currentItem() if self.list.isVisible() else None)
        return False

    def _open(self) -> None:
        if self._code:
            self.entry.selectAll()
        else:
            self._offer("")

    def _typed(self, typed: str) -> None:
        self._code = ""
        self._offer(typed)

    def _offer(self, typed: str) -> None:
        """Show what fits; a line is marked where Enter may take it: it was typed, or the title says it."""
        codes = offered(typed, self._title(), self._usual())
        self.list.clear()
        for code in codes:
            item = QListWidgetItem(category_words(code))
            item.setData(CODE_ROLE, code)
            item.setSizeHint(QSize(0, theme().row_height))
            self.list.addItem(item)
        sure = bool(codes) and bool(typed.strip() or guess(self._title()))
        self.list.setCurrentRow(0 if sure else -1)
        self.set_error("" if codes else _("没有这一类。换个词，或清空后从全部类别里选。"))
        self._show_list(len(codes))

    def _show_list(self, count: int) -> None:
        if not count:
            self.list.hide()
            return
        below = self.entry.mapTo(self._sheet, QPoint(0, self.entry.height() + 2))
        high = min(count, SHOWN_ROWS) * theme().row_height + 2 * self.list.frameWidth()
        room = self._sheet.height() - below.y() - 8
        self.list.setGeometry(below.x(), below.y(), self.entry.width(), min(high, room))
        self.list.show()
        self.list.raise_()

    def _move(self, step: int) -> None:
        if not self.list.isVisible():
            self._offer("" if self._code else self.entry.text())
        self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.set_code(str(item.data(CODE_ROLE)))
            self.set_error("")
            self.chosen.emit(self._code)
