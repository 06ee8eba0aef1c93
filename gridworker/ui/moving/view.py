"""The screen of moves: what is to be decided, what waits to be sent, who has gone and what became of it."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.focus import order_focus
from gridworker.ui.inputs import DigitKeys
from gridworker.ui.menu import Action
from gridworker.ui.moving.card import MoveCard
from gridworker.ui.moving.lines import MoveLine
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.review.reason_box import ReasonBox
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

CARD_WIDE, CARD_FROM, CARD_HIGH = 400, 900, 600
"""Pixels at 100 %: the card, how wide the screen must be for it, and how high beside a question."""


class MovesScreen(Screen):
    """移交; it shows and says what was pressed."""

    name: ClassVar[str] = "moves"
    title: ClassVar[str] = N_("移交记录")
    icon: ClassVar[str] = "export"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any]("open_subject", N_("打开这条记录"), lambda screen: screen.open_asked.emit(), ("F8",)),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1", N_("同意移交")),
        ("2", N_("退回移交，写一句原因")),
        ("3", N_("撤销还没有送出的，或撤回自己的提请")),
        ("Enter", N_("打开这条记录")),
    )

    digit_pressed = Signal(int)
    line_shown = Signal(object)
    """The MoveLine under the cursor, or None."""
    open_asked = Signal()
    reason_dropped = Signal()

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Without anything to show; a presenter fills it."""
        super().__init__()
        self.presenter: object = None
        self._lines: dict[str, MoveLine] = {}
        self.model: PagedModel[MoveLine] = PagedModel(_columns(now_ms), self._page)
        self.table = RecordTable(self.model, name=_("移交记录"), empty=empty_words(), lines=2)
        self.card, self.reason = MoveCard(), ReasonBox()
        self.table.current_changed.connect(lambda key: self.line_shown.emit(self._lines.get(key)))
        self.table.row_opened.connect(lambda _key: self.open_asked.emit())
        DigitKeys(self.table).pressed.connect(self.digit_pressed)
        self.card.pressed.connect(self.digit_pressed)
        self._arrange()
        self.add_action_buttons()
        order_focus((self.tools, self.table, self.card, self.reason))

    def opened(self) -> None:
        """Begin in the list."""
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """The presenter listens to the desk itself."""

    def back(self) -> bool:
        """Esc: give up the question for a reason."""
        if self.reason.isVisible():
            self.close_reason()
            self.reason_dropped.emit()
            return True
        return False

    def current(self) -> MoveLine | None:
        """The line under the cursor."""
        return self._lines.get(self.table.current_key())

    def show_lines(self, lines: Sequence[MoveLine]) -> None:
        """Show another state of things; the cursor stays on its line."""
        row = max(0, self.table.currentIndex().row())
        self._lines = {line.key: line for line in lines}
        self.table.set_loading(False)
        self.model.set_keys(list(self._lines))
        if self._lines and self.table.current_key() is None:
            self.table.select_key(list(self._lines)[min(row, len(self._lines) - 1)])
        due = sum(line.may_decide for line in lines)
        self.tools.set_about(_("{count} 件待决定").format(count=due) if due else "")
        self.line_shown.emit(self.current())

    def ask_reason(self, question: str, verb: str, reasons: Sequence[str]) -> None:
        """Ask for a word why; where there is little room everything else gives way."""
        self.reason.ask(question, verb, reasons)
        self._find_room()

    def close_reason(self) -> None:
        """Away with the question; back to the list."""
        self.reason.hide()
        self._find_room()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where both do not fit side by side, the card goes below the list."""
        super().resizeEvent(event)
        self._find_room()

    def _find_room(self) -> None:
        roomy = self.width() >= theme().px(CARD_FROM)
        asking, high = not self.reason.isHidden(), self.height() >= theme().px(CARD_HIGH)
        direction = QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom
        self._row.setDirection(direction)
        self._side.setMaximumWidth(theme().px(CARD_WIDE) if roomy else 16_777_215)
        self._side.setMinimumWidth(theme().px(CARD_WIDE) if roomy else 0)
        self._list.setVisible(roomy or not asking)
        self.card.setVisible(not asking or (roomy and high))

    def _arrange(self) -> None:
        self._side = QWidget()
        column = column_of(self._side)
        column.addWidget(self.card, 1)
        column.addWidget(self.reason)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        self._list = TableFrame(self.table)
        self._row.addWidget(self._list, 1)
        self._row.addWidget(self._side, 1)
        self.body.addLayout(self._row, 1)

    def _page(self, keys: Sequence[str]) -> list[MoveLine | None]:
        return [self._lines.get(key) for key in keys]


def empty_words() -> str:
    """What an empty list says."""
    return _("还没有移交。在居民或楼栋上按 F9，把人、户或整栋楼移交到其他网格。")


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[MoveLine], ...]:
    return (
        TableColumn(N_("状态"), lambda line: line.state, 136, lamp=lambda line: line.lamp),
        TableColumn(
            N_("移交对象"),
            lambda line: line.whom,
            200,
            stretch=True,
            bold=True,
            second=lambda line: line.way or line.answer,
            tip=lambda line: line.whom,
        ),
        TableColumn(N_("原因"), lambda line: line.why, 150, tip=lambda line: line.why),
        TableColumn(N_("提出人"), lambda line: line.who, 84),
        TableColumn(N_("时间"), lambda line: moment_of(line.at_ms, now_ms()), 114),
    )
