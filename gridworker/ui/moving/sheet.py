"""The sheet that hands somebody over: to which grid, why, and before it is done all that it would do."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gridworker.actions.moves import Extent
from gridworker.domain.choices import Choice
from gridworker.domain.names import PinyinTable
from gridworker.i18n import _
from gridworker.ui.cases.pieces import Strip, column_of, refill
from gridworker.ui.choices import Chip, ChoiceRow
from gridworker.ui.controls import (
    Button,
    ElidedLabel,
    IconButton,
    IconLabel,
    Label,
    ProgressStrip,
    Scrolled,
    SectionTitle,
)
from gridworker.ui.flow import FlowLayout
from gridworker.ui.focus import order_focus
from gridworker.ui.inputs import LineField, digit_of
from gridworker.ui.menu import key_words
from gridworker.ui.moving.facts import FactSheet
from gridworker.ui.moving.grid_picker import GridPicker
from gridworker.ui.moving.words import REASONS, Section, extent_words
from gridworker.ui.theme import theme

WIDE, HIGH, TOP, FACTS_WIDE = 980, 520, 72, 400
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MoveSheet(QFrame):
    """Builds the widgets and says what a person did; it decides nothing."""

    extent_chosen = Signal(str)
    """The kind of the root that is meant now."""
    grid_chosen = Signal(object)
    go_asked = Signal()
    step_asked = Signal()
    """The button beside what was done before."""
    left = Signal()

    def __init__(self, pinyin: PinyinTable, parent: QWidget | None = None) -> None:
        """Hidden; with a parent it lies over it and follows its size."""
        super().__init__(parent)
        self.setProperty("role", "sheet")
        self.setAccessibleName(_("移交到其他网格"))
        self.picker, self.facts = GridPicker(pinyin), FactSheet()
        self.reason = LineField(_("原因"), hint=_("数字键选，也可以自己写"))
        self.progress = ProgressStrip()
        self._notice, self._fault = Strip("info"), Strip("error")
        self._extents: ChoiceRow | None = None
        self._chips: list[Chip] = []
        self._build()
        self._connect()
        if parent is not None:
            parent.installEventFilter(self)
        self.hide()

    def show_title(self, words: str) -> None:
        """Say who or what it is about."""
        self._title.set_text(_("移交到其他网格：{what}").format(what=words))

    def show_extents(self, extents: Sequence[Extent], chosen: str) -> None:
        """Offer to take the home or the house along."""
        refill(self._extent_place)
        self._extents = None
        if len(extents) > 1:
            choices = [Choice(each.root.kind, extent_words(each)) for each in extents]
            self._extents = ChoiceRow(_("范围"), choices, value=chosen)
            self._extents.chosen.connect(self.extent_chosen)
            self._extent_place.addWidget(self._extents)
        order_focus(self.stops())

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show what it would do."""
        self.facts.show_sections(sections)

    def show_button(self, words: str, *, enabled: bool) -> None:
        """What the button says, and whether it can be pressed now."""
        self._go.set_text(f"{words} {key_words('Ctrl+Enter')}")
        self._go.setEnabled(enabled)

    def show_notice(self, words: str, step: str = "") -> None:
        """Say what was done before, with what can be done about it; an empty text takes it away."""
        self._notice.say(words)
        self._step.set_text(step)
        self._step.setVisible(bool(step))
        self.place()

    def show_fault(self, words: str) -> None:
        """Say what is in the way; nothing that was typed changes."""
        self._fault.say(words)
        self.place()

    def notice(self) -> str:
        """What was said at the top, or nothing."""
        return self._notice.words()

    def fault(self) -> str:
        """What is in the way, or nothing."""
        return self._fault.words()

    def title(self) -> str:
        """Who or what it is about."""
        return self._title.full_text()

    def place(self) -> None:
        """In the upper middle of the parent, no larger than it."""
        parent = self.parentWidget()
        room = parent.size() if parent is not None else QSize(theme().px(WIDE), theme().px(HIGH))
        strips = [strip for strip in (self._notice, self._fault) if not strip.isHidden()]
        left = self._area.widget().sizeHint().height() + theme().px(112)
        needed = max(theme().px(HIGH), left) + sum(strip.sizeHint().height() + 8 for strip in strips)
        wide, high = min(theme().px(WIDE), room.width() - 24), min(needed, room.height() - 16)
        top = max(8, min(theme().px(TOP), room.height() - high - 8))
        self.setGeometry((room.width() - wide) // 2, top, wide, high)
        self._side.setFixedWidth(min(theme().px(FACTS_WIDE), wide * 44 // 100))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the sheet."""
        stops = [stop for stop in self.stops() if stop.isVisible() and stop.isEnabled()]
        if not stops:  # it is being hidden
            return super().focusNextPrevChild(forward)
        at = next((n for n, stop in enumerate(stops) if stop.hasFocus()), -1 if forward else 0)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        target = stops[(at + (1 if forward else -1)) % len(stops)]
        target.setFocus(reason)
        self._area.ensureWidgetVisible(target)
        return True

    def stops(self) -> list[QWidget]:
        """Where the keyboard goes, in the order one reads."""
        extents: list[QWidget] = [self._extents] if self._extents is not None else []
        return [self._step, *extents, self.picker.edit, self.picker.table, self.reason.edit, self._go]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter hands over, Esc leaves; nothing typed here may reach the screen below."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in _ENTER and control:
            if self._go.isEnabled():
                self.go_asked.emit()
        elif event.key() in _ENTER:
            self.focusNextPrevChild(True)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size; a digit picks a reason while none of one's own is written."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
            self.place()
        if watched is self.reason.edit and isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and self._pick_by_key(event)
        return False

    def _pick_by_key(self, event: QKeyEvent) -> bool:
        digit, typed = digit_of(event), self.reason.text()
        if digit is None or not 1 <= digit <= len(REASONS) or (typed and typed not in map(_, REASONS)):
            return False
        self._pick(digit - 1)
        return True

    def _pick(self, at: int) -> None:
        self.reason.edit.setText(_(REASONS[at]))
        self.reason.edit.setFocus()

    def _mark_reason(self, typed: str) -> None:
        self.reason.set_error("")
        for chip, words in zip(self._chips, REASONS, strict=True):
            chip.setChecked(_(words) == typed.strip())

    def _build(self) -> None:
        self._step = Button("", self.step_asked.emit, kind="quiet")
        self._notice.tools.addWidget(self._step)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._head())
        column.addWidget(self._notice)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        self._area = Scrolled(self._left_side())
        middle.addWidget(self._area, 1)
        middle.addWidget(self._right_side())
        column.addLayout(middle, 1)
        column.addWidget(self._fault)
        column.addWidget(self.progress)
        column.addLayout(self._foot())

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._title = ElidedLabel("", "title", bold=True)
        row.addWidget(IconLabel("export", token="accent"))
        row.addWidget(self._title)
        row.addStretch(1)
        close = IconButton("close", _("关闭 Esc"), self.left.emit)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.setProperty("role", "tight")
        row.addWidget(close)
        return row

    def _left_side(self) -> QWidget:
        pane = QWidget()
        pane.setProperty("role", "pane")
        pane.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = column_of(pane)
        column.setContentsMargins(0, 0, 4, 2)
        holder = QWidget()
        self._extent_place = column_of(holder, spacing=0)
        column.addWidget(holder)
        column.addWidget(SectionTitle(_("移交到哪个网格")))
        column.addWidget(self.picker, 1)
        column.addWidget(self.reason)
        picks = QWidget()
        flow = FlowLayout(picks, gap=6)
        for at, words in enumerate(REASONS):
            chip = Chip(_(words), digit=str(at + 1))
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.clicked.connect(lambda _on=False, at=at: self._pick(at))
            flow.addWidget(chip)
            self._chips.append(chip)
        column.addWidget(picks)
        return pane

    def _right_side(self) -> QFrame:
        self._side = QFrame()
        self._side.setProperty("role", "card")
        column = QVBoxLayout(self._side)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(Label(_("还没有移交；按下按钮会这样："), "caption", tone="caption", wrap=True))
        column.addWidget(self.facts, 1)
        return self._side

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(ElidedLabel(_("↑↓ 选网格 · 回车到下一项"), "caption", tone="caption"))
        row.addStretch(1)
        cancel = Button(_("取消 {keys}").format(keys=key_words("Esc")), self.left.emit)
        cancel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._go = Button(_("移交"), self.go_asked.emit, kind="primary")
        row.addWidget(cancel)
        row.addWidget(self._go)
        return row

    def _connect(self) -> None:
        self.reason.edit.installEventFilter(self)
        self.reason.edit.textChanged.connect(self._mark_reason)
        self.picker.chosen.connect(self.grid_chosen)
        self.picker.confirmed.connect(self.reason.edit.setFocus)
