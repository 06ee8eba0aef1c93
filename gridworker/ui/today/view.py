"""Today's screen: how far the day is, the list in walking order, and what to know of the current line."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gridworker.domain.records import RecordId
from gridworker.i18n import N_, _
from gridworker.ui.controls import Button, Card, EmptyState, Label
from gridworker.ui.focus import order_focus
from gridworker.ui.menu import Action, fill_menu, key_words
from gridworker.ui.quick_visit.people import Context
from gridworker.ui.screen import Screen
from gridworker.ui.theme import theme
from gridworker.ui.today.absence_bar import AbsenceBar
from gridworker.ui.today.line_list import LineList
from gridworker.ui.today.lines import CAME_BACK, Line
from gridworker.ui.today.side_card import SideCard

LOADING, DAY, NOBODY, ERROR = range(4)
"""The pages of the screen."""
CARD_FROM = 900
"""From this width on (pixels at 100 %) there is room for the card beside the list."""


class TodayScreen(Screen):
    """今日; it shows lines and says what a person asked for."""

    name = "today"
    title = N_("今日")
    icon = "today"
    screen_actions = (
        Action[Any](
            "note_absence",
            N_("外出报备"),
            lambda screen: screen.ask_absence(),
            ("F7",),
            "calendar",
            ("palette", "tools", "menu"),
            enabled=lambda screen: bool(screen.chosen_people()),
        ),
        Action[Any](
            "open_resident",
            N_("居民卡"),
            lambda screen: screen.resident_asked.emit(),
            ("F6",),
            "person",
            ("palette", "menu"),
            enabled=lambda screen: bool(screen.chosen_people()),
        ),
    )
    help_keys = (
        ("Enter", N_("给这一位记走访，或打开退回的记录")),
        ("Space", N_("勾选同一户的几个人，一起记走访")),
    )

    opening = Signal()
    line_opened = Signal(object)
    line_shown = Signal(object)
    absence_asked = Signal()
    absence_typed = Signal(str)
    absence_entered = Signal(str)
    resident_asked = Signal()
    import_asked = Signal()
    retried = Signal()

    def __init__(self) -> None:
        """An empty screen that says it is reading."""
        super().__init__()
        self.presenter: object = None
        self._fresh = False
        self.list = LineList()
        self.absence = AbsenceBar()
        self._done = Label("", "subtitle", bold=True, wrap=True)
        self._capacity = Label("", tone="second")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.side = SideCard(
            (
                ("open", _("记走访 {keys}").format(keys=key_words("Enter")), self._open_current),
                ("absence", _("外出报备 F7"), self.ask_absence),
                ("resident", _("居民卡 F6"), self.resident_asked.emit),
            )
        )
        self._pages = QStackedWidget()
        self._build()
        self.list.line_opened.connect(self.line_opened)
        self.list.current_changed.connect(self._show_line)
        self.list.menu_asked.connect(self._open_menu)
        self.absence.entered.connect(self.absence_entered)
        self.absence.typed.connect(self.absence_typed)
        self.absence.left.connect(self.leave_absence)
        self.add_action_buttons()

    def opened(self) -> None:
        """The screen is shown."""
        self._fresh = self._pages.currentIndex() == LOADING
        self.opening.emit()
        if not self._fresh:
            self._take_focus()
        self.list.bring_back()

    def chosen_people(self) -> tuple[RecordId, ...]:
        """Whom F2 is about: the marked people of a household, or the current one."""
        return self.list.chosen_people()

    def ask_absence(self) -> None:
        """Ask until when the chosen people are away."""
        self.absence_asked.emit()

    def show_absence(self, who: str) -> None:
        """The question, with the line it is about still in view."""
        self.absence.ask(who)
        self.list.scrollTo(self.list.currentIndex())

    def leave_absence(self) -> None:
        """Away with the question."""
        self.absence.hide()
        self.list.setFocus()

    def back(self) -> bool:
        """Esc closes the question, then takes marks away."""
        if not self.absence.isHidden():
            self.leave_absence()
            return True
        if self.list.model_of_lines.marked:
            self.list.model_of_lines.marked.clear()
            self.list.viewport().update()
            return True
        return False

    def show_progress(self, words: str, capacity: str, *, done: int, left: int) -> None:
        """How far the day is."""
        self._done.setText(words)
        self._capacity.setText(capacity)
        self._bar.setRange(0, max(1, done + left))
        self._bar.setValue(done)
        self._bar.setAccessibleName(words)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """The day's lines, or the sentence that nothing is due."""
        self.list.show_lines(lines)
        if self._fresh:
            self.list.bring_back()
        self._turn_to(DAY)
        self._show_line(self.list.current())

    def show_person(self, context: Context, today: date, *, mask: bool) -> None:
        """At the right, whom the current line is about; Tab goes there from the list, then to the buttons."""
        self.side.show_person(context, today, mask=mask)
        order_focus((self.list, self.side.person, *self.side.buttons.values()))

    def show_no_residents(self) -> None:
        """Nobody is in the register yet: teach how to begin."""
        self.list.show_lines([])
        self._turn_to(NOBODY)

    def show_error(self, words: str) -> None:
        """It could not be read."""
        self._error.setText(words)
        self._turn_to(ERROR)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The card goes where there is no room for it."""
        super().resizeEvent(event)
        self.side.setVisible(self.width() >= theme().px(CARD_FROM))

    def _build(self) -> None:
        loading = Label(_("正在读取…"), tone="second")
        loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages.addWidget(loading)
        self._pages.addWidget(self._day_page())
        nobody = EmptyState(
            "import",
            _("还没有居民"),
            hint=_("先把手里的居民台账导进来，程序会按关爱规则排出每天该走访谁。"),
            step=_("导入台账"),
            run=self.import_asked.emit,
        )
        self._pages.addWidget(nobody)
        self._retry = Button(_("重新读取"), self.retried.emit, icon_name="sync")
        self._pages.addWidget(self._error_page())
        self._begin = {DAY: self.list, NOBODY: nobody.button, ERROR: self._retry}
        self.body.addWidget(self._pages, 1)

    def _day_page(self) -> QWidget:
        head = Card()
        words = QHBoxLayout()
        words.addWidget(self._done, 1)
        words.addWidget(self._capacity)
        head.body.addLayout(words)
        head.body.addWidget(self._bar)
        frame = Card()
        frame.body.setContentsMargins(1, 1, 1, 1)
        quiet = _("今天没有要走访的人")
        hint = _("到期的走访、约定和退回的记录会出现在这里。")
        self.list.set_quiet(EmptyState("done", quiet, hint=hint), quiet)
        frame.body.addWidget(self.list)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(head)
        column.addWidget(self.absence)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(frame, 1)
        middle.addWidget(self.side)
        column.addLayout(middle, 1)
        return page

    def _error_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        self._error = Label("", wrap=True)
        self._error.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        column.addWidget(self._error)
        column.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _turn_to(self, page: int) -> None:
        """Another page; the keyboard comes along, and on opening, too, unless somebody types elsewhere."""
        focus = QApplication.focusWidget()
        moved = page != self._pages.currentIndex() and focus is not None and self._pages.isAncestorOf(focus)
        self._pages.setCurrentIndex(page)
        if self.isVisible() and (moved or self._fresh) and not isinstance(focus, QLineEdit):
            self._take_focus()
        self._fresh = False

    def _take_focus(self) -> None:
        """To where work begins on this page."""
        self._begin[self._pages.currentIndex()].setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_line(self, line: Line | None) -> None:
        came_back = line is not None and line.kind in CAME_BACK
        step = _("去补充 {keys}") if came_back else _("记走访 {keys}")
        self.side.buttons["open"].setText(step.format(keys=key_words("Enter")))
        self.side.buttons["open"].setEnabled(line is not None)
        for name in ("absence", "resident"):
            self.side.buttons[name].setEnabled(bool(self.chosen_people()))
        self.update_actions()
        self.line_shown.emit(line)

    def _open_current(self) -> None:
        line = self.list.current()
        if line is not None:
            self.line_opened.emit(line)

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.screen_actions, self, where="menu")
        menu.popup(at)
