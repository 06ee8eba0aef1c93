"""Whom a visit was to: a box that finds as one types, and the list of candidates under it."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QAbstractListModel, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.controls import Label
from gridworker.ui.delegate import paint_pill, pill_width
from gridworker.ui.inputs import SearchEdit
from gridworker.ui.paged_model import Index
from gridworker.ui.quick_visit.people import Candidate
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import age_words, choice_tag, place_words

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
CARE_COLOURS = {"high": "red", "key": "orange", "general": "yellow"}
"""The tag colour of each tier of care."""


class WhoEdit(SearchEdit):
    """The search box of the form: Enter takes, Space marks; with nothing typed both go to the form."""

    enter_pressed = Signal()
    space_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space decide about candidates while something is typed; arrows then move among them."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not self.query() and event.key() in (*_ENTER, *_MOVES):
            event.ignore()
        elif plain and event.key() in _ENTER:
            self.enter_pressed.emit()
        elif plain and event.key() == Qt.Key.Key_Space and self.query():
            self.space_pressed.emit()
        else:
            super().keyPressEvent(event)


class CandidateModel(QAbstractListModel):
    """The candidates as a list, with marks."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self.people: Sequence[Candidate] = ()
        self.marked: dict[RecordId, Candidate] = {}
        self.today = date.min

    def show(self, people: Sequence[Candidate], today: date) -> None:
        """Other candidates; marks stay."""
        self.beginResetModel()
        self.people, self.today = people, today
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """As many as there are."""
        return len(self.people)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """The line in words, for assistive technology."""
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        person = self.people[index.row()]
        resident = person.person.record
        care = [_(rule.label) for rule in person.care]
        return " ".join((resident.name, age_words(resident, self.today), place_words(resident), *care))


class CandidateDelegate(QStyledItemDelegate):
    """Paints a candidate: mark, name, age, place, care."""

    def __init__(self, model: CandidateModel, parent: QObject | None = None) -> None:
        """Reads from the model directly."""
        super().__init__(parent)
        self._model = model

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Nothing: everything is painted from the candidate."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A row of the usual height."""
        return QSize(100, theme().row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Name bold, then what tells people of one name apart."""
        look = theme()
        rect: QRect = option.rect  # type: ignore[attr-defined]  # the stubs lack the fields of style options
        on = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]  # as above
        if on:
            painter.fillRect(rect, look.color("sel"))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), look.color("accent"))
        candidate = self._model.people[index.row()]
        resident = candidate.person.record
        words = look.color("sel_text" if on else "text")
        second = look.color("sel_text" if on else "text2")
        left = rect.left() + look.px(10)
        mark = "☑" if candidate.person.id in self._model.marked else ("▸" if on else "")
        painter.setFont(look.font("body"))
        painter.setPen(look.color("accent"))
        painter.drawText(QRect(left, rect.top(), look.px(18), rect.height()), _MIDDLE, mark)
        left += look.px(20)
        columns = (
            (resident.name, 84, words, True),
            (age_words(resident, self._model.today), 72, second, False),
            (place_words(resident), 136, words, False),
        )
        for text, width, colour, bold in columns:
            font = look.font("body", bold=bold)
            painter.setFont(font)
            painter.setPen(colour)
            room = QRect(left, rect.top(), look.px(width), rect.height())
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width() - 4)
            painter.drawText(room, _MIDDLE, shown)
            left += look.px(width)
        self._paint_tags(painter, QRect(left, rect.top(), rect.right() - left - 6, rect.height()), candidate)

    def _paint_tags(self, painter: QPainter, room: QRect, candidate: Candidate) -> None:
        tags = [(_(rule.label), CARE_COLOURS[rule.tier]) for rule in candidate.care]
        status = candidate.person.record.status
        if status != "active":
            tags.insert(0, choice_tag("person_status", status))
        metrics = QFontMetrics(theme().font("caption"))
        left = room.left()
        for word, colour in tags:
            width = pill_width(word, metrics)
            if left + width > room.right():
                return
            paint_pill(painter, QRect(left, room.top(), width, room.height()), word, colour)
            left += width + 4


class CandidatePanel(QFrame):
    """The candidates under the box; it lies over the form while one types."""

    clicked = Signal(object)
    """The candidate that was clicked."""
    current_changed = Signal(object)
    """The candidate the cursor is on, or None."""

    def __init__(self, parent: QWidget) -> None:
        """Hidden until there is something to choose from."""
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.model = CandidateModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(CandidateDelegate(self.model, self))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAccessibleName(_("找到的人"))
        self.view.clicked.connect(lambda index: self.clicked.emit(self.model.people[index.row()]))
        self.view.selectionModel().currentChanged.connect(
            lambda *_: self.current_changed.emit(self.current())
        )
        self._hint = Label("", "caption", tone="caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 4)
        column.setSpacing(2)
        column.addWidget(self.view, 1)
        column.addWidget(self._hint)
        self._hint.setIndent(10)
        self.hide()

    def show_people(self, people: Sequence[Candidate], today: date, *, at: QRect) -> None:
        """Show candidates below the rectangle `at` (in the parent's coordinates)."""
        self.model.show(people, today)
        if people:
            self.view.setCurrentIndex(self.model.index(0))
        self._hint.setText(
            _("回车选中 · 空格多选 · ↑↓移动")
            if people
            else _("没有找到。可以输入姓名、拼音首字母、房号、电话尾号")
        )
        rows = len(people) * theme().row_height
        self.view.setVisible(bool(people))
        self.setGeometry(at.left(), at.bottom() + 3, at.width(), rows + self._hint.sizeHint().height() + 10)
        self.raise_()
        self.show()
        if not people:
            self.current_changed.emit(None)

    def close_list(self) -> None:
        """Away with it, and with the marks."""
        self.model.marked.clear()
        self.hide()

    def current(self) -> Candidate | None:
        """The candidate the cursor is on."""
        row = self.view.currentIndex().row()
        return self.model.people[row] if 0 <= row < len(self.model.people) else None

    def toggle_mark(self) -> None:
        """Mark the current candidate or take its mark away, and go on to the next."""
        person = self.current()
        if person is None:
            return
        if self.model.marked.pop(person.person.id, None) is None:
            self.model.marked[person.person.id] = person
        row = min(self.view.currentIndex().row() + 1, len(self.model.people) - 1)
        self.view.setCurrentIndex(self.model.index(row))
        self.view.viewport().update()

    def chosen(self) -> tuple[Candidate, ...]:
        """The marked candidates, or the current one where none is marked."""
        marked = tuple(self.model.marked.values())
        current = self.current()
        return marked or ((current,) if current else ())
