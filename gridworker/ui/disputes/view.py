"""The screen of matters: the list at the left, the card with both sides at the right, digits decide."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox

from gridworker.domain.records import Touched
from gridworker.i18n import N_, _, pgettext
from gridworker.ui.controls import Button
from gridworker.ui.disputes.card import MatterCard
from gridworker.ui.disputes.listing import Row
from gridworker.ui.disputes.sheet import Sheet
from gridworker.ui.focus import order_focus
from gridworker.ui.inputs import DigitKeys
from gridworker.ui.menu import Action
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.residents.table import SparingTable
from gridworker.ui.review.side_keys import SideKeys
from gridworker.ui.screen import Screen
from gridworker.ui.table import TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

LIST_WIDE, BESIDE_FROM, LIST_LEAST = 456, 900, 150
"""The list's width; the width of the screen below which the card goes under it (pixels at 100 %)."""
TIME_COLUMN = 2


class DisputesScreen(Screen):
    """待核对; it shows and says what was pressed. Whatever is decided here, nobody's words are lost."""

    name: ClassVar[str] = "disputes"
    title: ClassVar[str] = N_("待核对")
    icon: ClassVar[str] = "review"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any](
            "show_decided",
            N_("看已核定的"),
            lambda screen: screen.turn_asked.emit(),
            ("Ctrl+D",),
            "done",
            ("palette",),
        ),
        Action[Any](
            "leave_disputes",
            N_("回到同步"),
            lambda screen: screen.left.emit(),
            (),
            "sync",
            ("palette",),
        ),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1 2 3", N_("选左边、中间、右边的值；或按卡片上的按钮")),
        ("4", N_("另填一个值")),
        ("5", N_("以后再说，明天再提醒")),
        ("6", N_("打开这条记录")),
        ("↑ ↓", N_("上一条、下一条")),
        ("Shift+↑ ↓", N_("选几条一起办")),
        ("Enter →", N_("到卡片上，再按 Esc 回来")),
    )

    step_pressed = Signal(str)
    digit_pressed = Signal(int)
    choice_changed = Signal()
    turn_asked = Signal()
    """Between what waits and what was decided."""
    grid_chosen = Signal(str)
    left = Signal()
    """Esc in the list."""
    record_asked = Signal(str)
    """Somebody wants to see this matter."""

    def __init__(
        self,
        fetch_page: Callable[[Sequence[str]], Sequence[Row | None]],
        grids: Sequence[str],
        *,
        now_ms: Callable[[], int],
    ) -> None:
        """`grids` are the titles of the user's grids; a presenter fills the rest."""
        super().__init__()
        self.presenter: object = None
        self.model: PagedModel[Row] = PagedModel(_columns(now_ms), fetch_page)
        self.table = SparingTable(self.model, name=_("待核对的事项"), empty=empty_words(), lines=2)
        self.table.spared = (TIME_COLUMN,)
        self.card = MatterCard()
        self._add_tools(grids)
        self._frame = TableFrame(self.table)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        self._row.addWidget(self._frame)
        self._row.addWidget(self.card, 1)
        self.body.addLayout(self._row, 1)
        self._connect()
        order_focus((self.tools, self.table, self.card))

    @classmethod
    def shown_title(cls) -> str:
        """The same word is a state elsewhere, which English writes otherwise."""
        return pgettext("screen", "待核对")

    def opened(self) -> None:
        """Begin in the list."""
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """The presenter listens to the desk itself."""

    def show_record(self, id: str) -> None:
        """Put the cursor on one matter."""
        self.record_asked.emit(id)

    def show_rows(self, keys: Sequence[str], *, decided: bool, counts: tuple[int, int]) -> None:
        """Other rows; where the row under the cursor has gone the next one takes its place."""
        row = max(0, self.table.currentIndex().row())
        waiting, done = counts
        self.turn.set_text(
            _("看待核对的 {count}").format(count=waiting or "").strip()
            if decided
            else _("看已核定的 {count}").format(count=done or "").strip()
        )
        self.tools.set_about(_("已核定的") if decided else "")
        self.table.set_empty(_("还没有核定过。") if decided else empty_words())
        self.table.set_loading(False)
        self.model.set_keys(list(keys))
        self._keep_row(row)
        self.choice_changed.emit()

    def take_away(self, keys: Sequence[str]) -> None:
        """Decided rows go at once; the cursor stands on the one after them."""
        first = min((row for row in map(self.model.row_of, keys) if row is not None), default=0)
        self.model.set_keys([key for key in self.model.keys if key not in set(keys)])
        self._keep_row(first)
        self.choice_changed.emit()

    def chosen(self) -> list[str]:
        """The keys that a step is for: the selected ones, or the one under the cursor."""
        selected: list[str] = self.table.selected_keys()
        current = self.table.current_key()
        return selected or ([] if current is None else [current])

    def show_sheet(self, sheet: Sheet | None) -> None:
        """The card of what is chosen; with nothing to choose from the list alone teaches."""
        if sheet is not None:
            self.card.show_sheet(sheet)
        else:
            self.card.show_nothing(_("选中一条，这里并排显示各人填的值。"))
        self.card.setVisible(bool(self.model.keys))
        self._fit()
        order_focus((self.tools, self.table, self.card))

    def ask_value(self, kind: str, field: str) -> None:
        """Ask for a value of one's own."""
        self.card.own.ask(kind, field)

    def back(self) -> bool:
        """Esc closes the box, then goes back to the list, then leaves a selection, then the screen."""
        if not self.card.own.isHidden():
            self.card.own.hide()
            self.table.setFocus()
        elif not self.table.hasFocus():
            self.table.setFocus()
        elif len(self.chosen()) > 1:
            self.table.select_key(self.table.current_key())
        else:
            self.left.emit()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where both do not fit side by side the card goes below the list."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        beside = self.width() >= theme().px(BESIDE_FROM)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._row.setDirection(direction)
        alone = self.card.isHidden()
        self._frame.setMaximumWidth(theme().px(LIST_WIDE) if beside and not alone else 16_777_215)
        self._frame.setMinimumWidth(theme().px(LIST_WIDE) if beside and not alone else 0)
        lower = max(theme().px(LIST_LEAST), self.height() // 3)
        self._frame.setMaximumHeight(16_777_215 if beside or alone else lower)

    def _to_card(self) -> None:
        first = self.card.first_button()
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _keep_row(self, row: int) -> None:
        if self.model.keys and self.table.current_key() is None:
            self.table.select_key(self.model.key_at(min(row, len(self.model.keys) - 1)))

    def _add_tools(self, grids: Sequence[str]) -> None:
        self.grid = QComboBox()
        self.grid.setAccessibleName(_("网格"))
        self.grid.addItem(_("全部网格"), "")
        for title in grids:
            self.grid.addItem(title, title)
        self.grid.setVisible(len(grids) > 1)
        self.grid.currentIndexChanged.connect(lambda _at: self.grid_chosen.emit(self.grid.currentData()))
        self.turn = Button(_("看已核定的"), self.turn_asked.emit, icon_name="done", tip="Ctrl+D")
        self.tools.add(self.grid)
        self.tools.add(self.turn)

    def _connect(self) -> None:
        DigitKeys(self.table).pressed.connect(self.digit_pressed)
        DigitKeys(self.card).pressed.connect(self.digit_pressed)
        SideKeys(self.table, Qt.Key.Key_Right).pressed.connect(self._to_card)
        self.table.row_opened.connect(lambda _key: self._to_card())
        self.table.selection_changed.connect(self.choice_changed)
        self.table.current_changed.connect(lambda _key: self.choice_changed.emit())
        self.card.pressed.connect(self.step_pressed)
        self.card.own.given_up.connect(self.back)


def empty_words() -> str:
    """What an empty list teaches."""
    return _(
        "没有要核对的。\n两个人离线改了同一项，或者中心没有采纳某次修改，都会列在这里，由人来定；"
        "谁填的都不会丢。"
    )


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[Row], ...]:
    return (
        TableColumn(
            N_("谁、哪一项"),
            lambda row: row.title,
            200,
            stretch=True,
            bold=True,
            second=lambda row: row.gist,
            tip=lambda row: f"{row.title}\n{row.gist}",
        ),
        TableColumn(N_("事由"), lambda _row: "", 126, tags=lambda row: (row.tag,)),
        TableColumn(N_("时间"), lambda row: moment_of(row.at_ms, now_ms()), 104, second=lambda row: row.grid),
    )
