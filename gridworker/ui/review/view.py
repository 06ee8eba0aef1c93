"""The screen of the leader: queues at the left, one queue's rows, the card with the steps, the reason box."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.focus import order_focus
from gridworker.ui.inputs import DigitKeys
from gridworker.ui.menu import Action
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.residents.table import SparingTable
from gridworker.ui.review.card import ReviewCard
from gridworker.ui.review.decisions import QUEUES
from gridworker.ui.review.queue_list import QueueList
from gridworker.ui.review.queues import Overview
from gridworker.ui.review.reason_box import ReasonBox
from gridworker.ui.review.side_keys import SideKeys
from gridworker.ui.review.words import Waits, gist_of, note_of, signs_of, signs_wide, time_of, title_of
from gridworker.ui.screen import Screen
from gridworker.ui.table import TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

QUEUES_WIDE, CARD_WIDE = 188, 360
TIME_COLUMN = 3
"""Left out where the columns have no room: the card says time and worker, too."""
LIST_FROM, CARD_FROM = 980, 700
"""From these widths on (pixels at 100 %) there is room for the list of queues, and for the card."""
CARD_LOW = 96
"""The card above an open question is at least as high as this (pixels at 100 %), or it goes."""


class ReviewScreen(Screen):
    """审核; it shows and says what a person asked for. Reviewing never changes the worker's own words."""

    name: ClassVar[str] = "review"
    title: ClassVar[str] = N_("审核")
    icon: ClassVar[str] = "review"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any](
            "select_all",
            N_("全选这一队列"),
            lambda screen: screen.table.selectAll(),
            ("Ctrl+A",),
            "check",
            ("palette",),
        ),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1", N_("通过、受理或结案，到下一条")),
        ("2", N_("退回，写一句原因")),
        ("3", N_("不予受理，写一句原因")),
        ("↑ ↓", N_("上一条、下一条")),
        ("← →", N_("在队列和待办之间来回")),
        ("Shift+↑ ↓", N_("选几条一起办")),
    )

    digit_pressed = Signal(int)
    queue_chosen = Signal(str)
    grid_chosen = Signal(str)
    """A scope, or nothing for all of them."""
    choice_changed = Signal()
    """Other rows are chosen."""
    reason_dropped = Signal()

    def __init__(
        self,
        fetch_page: Callable[[Sequence[int]], Sequence[Waits | None]],
        grids: Sequence[tuple[str, str]],
        *,
        now_ms: Callable[[], int],
    ) -> None:
        """`grids` are the scopes and titles of the leader's grids; a presenter fills the rest."""
        super().__init__()
        self.presenter: object = None
        self.model: PagedModel[Waits] = PagedModel(_columns(now_ms), fetch_page)
        self.queues = QueueList(now_ms)
        self.table = SparingTable(self.model, name=_("待办"), lines=2)
        self.table.spared = (TIME_COLUMN,)
        self.card = ReviewCard()
        self.reason = ReasonBox()
        self._add_grids(grids)
        self._arrange()
        self._connect()

    def opened(self) -> None:
        """Begin in the rows."""
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """The presenter listens to the desk itself."""

    def show_overview(self, overview: Overview, keys: Sequence[int]) -> None:
        """Other counts and rows; where the row under the cursor has gone the next one takes its place."""
        row = max(0, self.table.currentIndex().row())
        self.queues.show_queues(overview.queues)
        for at, queue in enumerate(overview.queues):
            self.queue_box.setItemText(at, f"{_(QUEUES[queue.name].title)} {queue.count or ''}".strip())
        self.table.set_loading(False)
        self.model.set_keys(list(keys))
        self._keep_row(row)
        self.choice_changed.emit()

    def take_away(self, keys: Sequence[int]) -> None:
        """Decided rows go at once; the cursor stands on the one after them."""
        gone = set(keys)
        every = self.model.keys
        first = min((row for row in map(self.model.row_of, keys) if row is not None), default=0)
        self.model.set_keys([key for key in every if key not in gone])
        self._keep_row(first)
        self.choice_changed.emit()

    def chosen(self) -> list[int]:
        """The keys that a step is for: the selected ones, or the one under the cursor."""
        selected: list[int] = self.table.selected_keys()
        current = self.table.current_key()
        return selected or ([] if current is None else [current])

    def ask_reason(self, question: str, verb: str, reasons: Sequence[str]) -> None:
        """Open the reason box; where both do not fit it takes the place of the card."""
        self._table_frame.setVisible(self._wide(CARD_FROM))
        self._side.show()
        self.reason.ask(question, verb, reasons)
        self.card.leave_out_steps(left_out=True)
        self._fit_reason()

    def drop_reason(self) -> None:
        """Away with the box; the keyboard stays where it is."""
        self.reason.hide()
        self.card.leave_out_steps(left_out=False)
        self.card.show()
        self._fit()

    def close_reason(self) -> None:
        """Away with the box, back to the rows."""
        self.drop_reason()
        self.table.setFocus()

    def read_card(self) -> None:
        """Show the card where it has no place of its own."""
        if not self._wide(CARD_FROM):
            self._table_frame.hide()
            self._side.show()
            self.card.setFocus()

    def back(self) -> bool:
        """Esc closes the reason box, then the card, then leaves a selection."""
        asking, chosen = not self.reason.isHidden(), self.chosen()
        away = self._table_frame.isHidden() or not self.table.hasFocus()
        if asking:
            self.reason_dropped.emit()
        if asking or away:
            self.close_reason()
        elif len(chosen) > 1:
            self.table.select_key(self.table.current_key())
        return asking or away or len(chosen) > 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where not everything fits, the queues become a box above the rows, and the card waits for Enter."""
        super().resizeEvent(event)
        self._fit()
        if not self.reason.isHidden():
            self._fit_reason()

    def _fit_reason(self) -> None:
        """The reasons are seen whole; the card above them takes what is left, if that is worth looking at."""
        margins = self.body.contentsMargins()
        room = self.height() - self.tools.height() - margins.top() - margins.bottom()
        wanted = self.reason.sizeHint().height()
        self.card.setVisible(room >= wanted + theme().px(CARD_LOW))
        self.reason.setMinimumHeight(min(wanted, room))

    def _fit(self) -> None:
        roomy, card = self._wide(LIST_FROM), self._wide(CARD_FROM)
        self._queues_frame.setVisible(roomy)
        self._queues_frame.setFixedWidth(theme().px(QUEUES_WIDE))
        self.queue_box.setVisible(not roomy)
        self._table_frame.show()
        self._side.setVisible(card or not self.reason.isHidden())
        wide = min(theme().px(CARD_WIDE), self.width() * 2 // 5)
        self._side.setMaximumWidth(wide if card else 16_777_215)
        self._side.setMinimumWidth(wide if card else 0)

    def _wide(self, least: int) -> bool:
        return self.width() >= theme().px(least)

    def _choose_queue(self, name: str) -> None:
        self.queue_box.setCurrentIndex(self.queue_box.findData(name))
        self.queue_chosen.emit(name)

    def _go_to_queues(self) -> None:
        """To the list of queues, or to the box that stands for it."""
        place = self.queues if self.queues.isVisible() else self.queue_box
        place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep_row(self, row: int) -> None:
        if self.model.keys and self.table.current_key() is None:
            self.table.select_key(self.model.key_at(min(row, len(self.model.keys) - 1)))

    def _add_grids(self, grids: Sequence[tuple[str, str]]) -> None:
        self.grid = QComboBox()
        self.grid.setAccessibleName(_("网格"))
        self.grid.addItem(_("全部网格"), "")
        for scope, title in grids:
            self.grid.addItem(title, scope)
        self.grid.setVisible(len(grids) > 1)
        self.grid.currentIndexChanged.connect(lambda _at: self.grid_chosen.emit(self.grid.currentData()))
        self.queue_box = QComboBox()
        self.queue_box.setAccessibleName(_("队列"))
        self.queue_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for name, queue in QUEUES.items():
            self.queue_box.addItem(_(queue.title), name)
        self.queue_box.activated.connect(lambda _at: self.queues.select_key(self.queue_box.currentData()))
        self.tools.add(self.queue_box)
        self.tools.add(self.grid)

    def _arrange(self) -> None:
        self._side = QWidget()
        side = column_of(self._side)
        side.addWidget(self.card, 1)
        side.addWidget(self.reason)
        self._queues_frame = TableFrame(self.queues)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._table_frame = TableFrame(self.table)
        row.addWidget(self._queues_frame)
        row.addWidget(self._table_frame, 1)
        row.addWidget(self._side)
        self.body.addLayout(row, 1)
        order_focus((self.tools, self.queues, self.table, self.card, self.reason))

    def _connect(self) -> None:
        DigitKeys(self.table).pressed.connect(self.digit_pressed)
        SideKeys(self.table, Qt.Key.Key_Left).pressed.connect(self._go_to_queues)
        SideKeys(self.queues, Qt.Key.Key_Right).pressed.connect(self.table.setFocus)
        self.queues.queue_chosen.connect(self._choose_queue)
        self.table.row_opened.connect(lambda _key: self.read_card())
        self.queues.row_opened.connect(lambda _key: self.table.setFocus())
        self.table.selection_changed.connect(self.choice_changed)
        self.table.current_changed.connect(lambda _key: self.choice_changed.emit())


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[Waits], ...]:
    return (
        TableColumn(N_("事由"), title_of, 150, bold=True, second=lambda s: s.record.address, tip=title_of),
        TableColumn(N_("内容"), gist_of, 104, stretch=True, second=note_of, tip=note_of),
        TableColumn(N_("细看"), lambda _s: "", signs_wide(), tags=signs_of),
        TableColumn(
            N_("时间"),
            lambda s: moment_of(time_of(s), now_ms()),
            114,
            second=lambda s: s.record.worker_name,
        ),
    )
