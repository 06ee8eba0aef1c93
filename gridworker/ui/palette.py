"""Ctrl+K: one box that finds people, rooms, cases and everything that can be done."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gridworker.i18n import _
from gridworker.ui.controls import Label
from gridworker.ui.icons import pixmap
from gridworker.ui.inputs import SearchEdit
from gridworker.ui.menu import Action, run_action
from gridworker.ui.theme import theme

MAX_ITEMS = 60
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class PaletteItem:
    """One thing found: what it is, something that tells it from others, and what Enter does."""

    text: str
    run: Callable[[], object]
    hint: str = ""
    icon: str = "search"
    keys: str = ""


Provider = Callable[[str], Sequence[PaletteItem]]
Matcher = Callable[[str, str], bool]


def contains(query: str, text: str) -> bool:
    """Whether the text holds the query, capital letters or not; a better matcher knows pinyin."""
    return query.casefold() in text.casefold()


def action_items(actions: Iterable[Action[Any]], target: Any) -> list[PaletteItem]:
    """Every action of place "palette" that can be done now."""
    return [
        PaletteItem(
            a.shown_text(), partial(run_action, a, target), "", a.icon or "chevron-right", a.shown_keys()
        )
        for a in actions
        if "palette" in a.where and a.enabled(target)
    ]


class _Found(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.items: Sequence[PaletteItem] = ()

    def show_items(self, items: Sequence[PaletteItem]) -> None:
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(filter(None, (item.text, item.hint, item.keys)))
        return None


class _FoundDelegate(QStyledItemDelegate):
    def __init__(self, found: _Found) -> None:
        super().__init__(found)
        self._found = found

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing: items are painted from the model."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme().px(200), theme().row_height + theme().px(4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, item = theme(), self._found.items[index.row()]
        rect: QRect = option.rect  # type: ignore[attr-defined]  # the stubs lack the fields of style options
        state = option.state  # type: ignore[attr-defined]  # as above
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, look.color("sel"))
        room = rect.adjusted(10, 0, -10, 0)
        size = look.px(16)
        painter.drawPixmap(room.left(), rect.center().y() - size // 2 + 2, pixmap(item.icon, size, "text2"))
        room.setLeft(room.left() + size + 10)
        room = self._paint_end(painter, room, item.keys)
        painter.setFont(look.font("body"))
        painter.setPen(look.color("sel_text" if chosen else "text"))
        text = painter.fontMetrics().elidedText(item.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)
        room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(text) + 12)
        painter.setPen(look.color("sel_text" if chosen else "text2"))
        hint = painter.fontMetrics().elidedText(item.hint, Qt.TextElideMode.ElideRight, max(0, room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), hint)

    def _paint_end(self, painter: QPainter, room: QRect, keys: str) -> QRect:
        if not keys:
            return room
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text2"))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), keys)
        return room.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(keys) - 12, 0)


class Palette(QFrame):
    """A box over the window: type, arrows choose, Enter does it, Esc closes."""

    closed = Signal()

    def __init__(
        self, parent: QWidget, commands: Callable[[], Sequence[PaletteItem]], *, matches: Matcher = contains
    ) -> None:
        """`commands` gives what can be done now; records come from the provider set later."""
        super().__init__(parent)
        self._outer = parent
        self._commands, self._matches = commands, matches
        self._provider: Provider = lambda _query: ()
        self._before: QWidget | None = None
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("查找"))
        self.edit = SearchEdit(_("姓名、拼音、电话尾号、房号、事件，或想做的事"))
        self._list, self._found = QListView(), _Found(self)
        self._nothing = Label(tone="second")
        self._build()
        self.edit.changed.connect(self._search)
        self.hide()

    def set_provider(self, provider: Provider) -> None:
        """Who finds records for a query; called on the main thread, so it must answer within milliseconds."""
        self._provider = provider

    def items(self) -> Sequence[PaletteItem]:
        """What is found now."""
        return self._found.items

    def open_palette(self) -> None:
        """Show it, empty, with everything that can be done."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.edit.clear()
        self._search("")
        self.place()
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Hide it and give the focus back."""
        if not self.isVisible():
            return
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.closed.emit()

    def place(self) -> None:
        """Sit in the upper middle of the window, as large as what was found."""
        outer = self._outer.size()
        wide = min(theme().px(640), outer.width() - 32)
        room = (outer.height() - self.edit.sizeHint().height() - 48) // self._row_height()
        rows = max(1, min(12, room, len(self._found.items)))
        self._list.setFixedHeight(rows * self._row_height())
        self.setGeometry((outer.width() - wide) // 2, 8, wide, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes, Enter does the chosen thing."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_palette()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run_chosen()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Typing always goes to the box."""
        self.edit.setFocus()

    def _row_height(self) -> int:
        return theme().row_height + theme().px(4)

    def _build(self) -> None:
        self._list.setModel(self._found)
        self._list.setItemDelegate(_FoundDelegate(self._found))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setAccessibleName(_("找到的"))
        self._list.clicked.connect(self._run_chosen)
        self.edit.drive(self._list)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.edit)
        column.addWidget(self._list, 1)
        column.addWidget(self._nothing)

    def _search(self, query: str) -> None:
        commands = [item for item in self._commands() if self._matches(query, item.text)]
        records = list(self._provider(query)) if query else []
        self._found.show_items((records + commands)[:MAX_ITEMS])
        nothing = not self._found.items
        self._list.setVisible(not nothing)
        self._nothing.setVisible(nothing)
        self._nothing.setText(_("没有找到“{query}”").format(query=query))
        if not nothing:
            self._list.setCurrentIndex(self._found.index(0))
        self.place()

    def _run_chosen(self) -> None:
        at = self._list.currentIndex().row()
        if 0 <= at < len(self._found.items):
            item = self._found.items[at]
            self.close_palette()
            item.run()
