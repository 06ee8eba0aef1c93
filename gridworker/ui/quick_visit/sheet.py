"""The sheet of the quick visit: form at the left, what one should know at the right, keys at the bottom."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button, IconButton, IconLabel, Label, Scrolled
from gridworker.ui.menu import key_words
from gridworker.ui.quick_visit.context_card import ContextCard
from gridworker.ui.quick_visit.form import QuickForm
from gridworker.ui.quick_visit.people import Candidate, Context
from gridworker.ui.quick_visit.who import CandidatePanel
from gridworker.ui.theme import theme

WIDE, CONTEXT_WIDE, TOP = 1120, 320, 92
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CHORD = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class QuickSheet(QFrame):
    """Builds the widgets, moves the keyboard, and says what a person did; it decides nothing."""

    typed = Signal(str)
    taken = Signal(object)
    """The candidates that were chosen."""
    previewed = Signal(object)
    save_asked = Signal(bool)
    """True: and then the next one."""
    left = Signal()
    discarded = Signal()
    fresh_asked = Signal()

    def __init__(self, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        """Hidden; with a parent it lies over it and follows its size."""
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("记走访"))
        self._searched = ""
        self.form = QuickForm(now)
        self.card = ContextCard()
        self._build()
        self.candidates = CandidatePanel(self)
        self._connect()
        if parent is not None:
            parent.installEventFilter(self)
        self.hide()

    def show_candidates(self, people: Sequence[Candidate], today: date) -> None:
        """Show who fits, under the search box."""
        who = self.form.who
        at = QRect(who.mapTo(self, who.rect().topLeft()), who.size())
        wide = max(at.width(), theme().px(480))
        left = min(at.left(), self.width() - wide - 8)
        self.candidates.show_people(people, today, at=QRect(left, at.top(), wide, at.height()))

    def close_candidates(self) -> None:
        """Away with the list and with what was typed for it."""
        self.candidates.close_list()
        self.form.who.clear()

    def show_context(self, context: Context | None, today: date, *, mask: bool) -> None:
        """Show one person at the right, or how to find one."""
        if context is not None:
            self.card.show_context(context, today, mask=mask)
        self._side.setCurrentIndex(0 if context is not None else 1)

    def show_notice(self, words: str) -> None:
        """Say what was restored; an empty text takes it away."""
        self._notice_words.setText(words)
        self._notice.setVisible(bool(words))
        self.place()

    def show_fault(self, words: str, field: str = "") -> None:
        """Say what has to be mended before this can be saved; nothing typed changes."""
        self._fault_words.setText(words)
        self._fault.setVisible(bool(words))
        self.form.mark_fault(field)
        self.place()

    def fault(self) -> str:
        """What has to be mended, or nothing."""
        return self._fault_words.text()

    def notice(self) -> str:
        """What was said at the top, or nothing."""
        return self._notice_words.text()

    def set_saving(self, saving: bool) -> None:
        """Hold the buttons while a visit is being written."""
        self._save.setEnabled(not saving)
        self._save_next.setEnabled(not saving)

    def place(self) -> None:
        """In the upper middle of the parent, as high as the form needs and no higher than the parent."""
        parent = self.parentWidget()
        room = parent.size() if parent is not None else QSize(theme().px(WIDE), theme().px(640))
        wide = min(theme().px(WIDE), room.width() - 24)
        side = min(theme().px(CONTEXT_WIDE), wide * 36 // 100)
        self._frame.setFixedWidth(side)
        strips = [strip for strip in (self._notice, self._fault) if not strip.isHidden()]
        around = theme().px(96) + sum(strip.sizeHint().height() + 6 for strip in strips) + 10
        high = min(self.form.heightForWidth(wide - side - 64) + around, room.height() - 16)
        self.setGeometry(
            (room.width() - wide) // 2, max(8, min(theme().px(TOP), room.height() - high - 8)), wide, high
        )

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the sheet."""
        self.move_focus(1 if forward else -1)
        return True

    def move_focus(self, step: int) -> None:
        """Go to the next or previous place of the keyboard that can be used now."""
        stops = [*self.form.stops(), *self.card.findChildren(IconButton)]
        usable = [stop for stop in stops if stop.isEnabled() and stop.isVisible()]
        if not usable:
            return
        at = next((n for n, stop in enumerate(usable) if stop.hasFocus()), -1 if step > 0 else 0)
        target = usable[(at + step) % len(usable)]
        reason = Qt.FocusReason.TabFocusReason if step > 0 else Qt.FocusReason.BacktabFocusReason
        target.setFocus(reason)
        self._area.ensureWidgetVisible(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter saves, Ctrl+Enter saves and goes on, Esc keeps a draft, arrows move, letters find people."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in _ENTER:
            if not event.isAutoRepeat():  # the Enter that opened the sheet may still be held down
                self.save_asked.emit(control)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_focus(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif control and event.key() == Qt.Key.Key_N and not self._notice.isHidden():
            self.fresh_asked.emit()
        elif not event.modifiers() & _CHORD and event.text().isalpha():
            self.form.who.setFocus()
            self.form.who.insert(event.text())
        else:
            event.accept()  # nothing typed here may reach the screen below

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size; close the list when its box is left."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        if watched is self.form.who and event.type() == QEvent.Type.FocusOut:
            self.candidates.close_list()
        return False

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        column.addLayout(self._head())
        column.addWidget(self._notice_strip())
        column.addLayout(self._middle(), 1)
        column.addWidget(self._fault_strip())
        column.addLayout(self._foot())

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(_("记走访"), "title", bold=True))
        head.addStretch(1)
        head.addWidget(self.form.when_echo)
        head.addWidget(Label(_("时间"), tone="second"))
        head.addWidget(self.form.when)
        close = IconButton("close", _("存草稿并关闭 Esc"), self.left.emit)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head.addWidget(close)
        return head

    def _notice_strip(self) -> QFrame:
        self._notice, self._notice_words = _strip("info", "accent", "info")
        row = self._notice.layout()
        fresh = Button(
            _("另记一位 {keys}").format(keys=key_words("Ctrl+N")), self.fresh_asked.emit, kind="quiet"
        )
        for button in (fresh, Button(_("丢弃草稿"), self.discarded.emit, icon_name="trash", kind="quiet")):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            if row is not None:
                row.addWidget(button)
        return self._notice

    def _fault_strip(self) -> QFrame:
        self._fault, self._fault_words = _strip("error", "danger", "error")
        return self._fault

    def _middle(self) -> QHBoxLayout:
        self._area = _Rows(self.form)
        self._side = QStackedWidget()
        self._side.addWidget(Scrolled(self.card))
        self._side.addWidget(_teaching())
        self._side.setCurrentIndex(1)
        frame = QFrame()
        frame.setProperty("role", "card")
        self._frame = frame
        QVBoxLayout(frame).addWidget(self._side)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self._area, 1)
        middle.addWidget(frame)
        return middle

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(Label(_("数字选择 · ↑↓ 换行 · 空格勾选"), "caption", tone="caption"))
        foot.addStretch(1)
        draft = Button(_("存草稿 {keys}").format(keys=key_words("Esc")), self.left.emit)
        self._save_next = Button(
            _("保存并下一位 {keys}").format(keys=key_words("Ctrl+Enter")), lambda: self.save_asked.emit(True)
        )
        self._save = Button(
            _("保存 {keys}").format(keys=key_words("Enter")),
            lambda: self.save_asked.emit(False),
            kind="primary",
        )
        for button in (draft, self._save_next, self._save):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            foot.addWidget(button)
        return foot

    def _connect(self) -> None:
        who = self.form.who
        who.drive(self.candidates.view)
        who.changed.connect(self._search)
        who.enter_pressed.connect(self._take)
        who.space_pressed.connect(self.candidates.toggle_mark)
        who.installEventFilter(self)
        self.candidates.clicked.connect(lambda candidate: self.taken.emit((candidate,)))
        self.candidates.current_changed.connect(self.previewed)

    def _search(self, typed: str) -> None:
        self._searched = typed
        self.typed.emit(typed)

    def _take(self) -> None:
        if self.form.who.query() != self._searched:  # a quick typist is ahead of the timer of the box
            self._search(self.form.who.query())
        chosen = self.candidates.chosen()
        if chosen:
            self.taken.emit(chosen)


class _Rows(Scrolled):
    """Scrolls with the focus and the wheel; arrows belong to the rows."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


def _strip(icon_name: str, token: str, kind: str) -> tuple[QFrame, Label]:
    """A coloured line with a sign and words, hidden at first."""
    frame = QFrame()
    frame.setProperty("strip", kind)
    row = QHBoxLayout(frame)
    row.setContentsMargins(10, 4, 6, 4)
    words = Label(wrap=True)
    row.addWidget(IconLabel(icon_name, token=token))
    row.addWidget(words, 1)
    frame.hide()
    return frame, words


def _teaching() -> QWidget:
    """What stands at the right before anybody is chosen."""
    page = QWidget()
    page.setProperty("role", "pane")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    column.addWidget(Label(_("怎么找人"), "body", bold=True))
    for words in (
        _("wxl：姓名拼音首字母，如 王秀兰"),
        _("3-2-501：楼栋、单元、房号，一户人一起出来"),
        _("5678：电话或证件号码尾号"),
        _("空格勾选几个人，回车选中"),
    ):
        column.addWidget(Label(words, tone="second", wrap=True))
    column.addStretch(1)
    return page
