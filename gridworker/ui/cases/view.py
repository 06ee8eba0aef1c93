"""The screen of cases: filter, list with what came back on top, and the card of the chosen case."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu

from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.i18n import N_, _
from gridworker.ui.cases.card import CaseCard
from gridworker.ui.cases.listing import FILTERS, CaseKeys, count_of
from gridworker.ui.cases.words import LAMP_OF_STATE, category_name, urgency_tags
from gridworker.ui.filters import FilterRow
from gridworker.ui.focus import order_focus
from gridworker.ui.menu import Action, fill_menu
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import choice_words, moment_of

CARD_WIDE = 390
CARD_FROM = 900
"""From this width on (pixels at 100 %) there is room for the card beside the list."""
FIRST = "open"


class CaseScreen(Screen):
    """事件; it shows and says what a person asked for."""

    name: ClassVar[str] = "cases"
    title: ClassVar[str] = N_("事件")
    icon: ClassVar[str] = "case"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any](
            "report",
            N_("报事件"),
            lambda screen: screen.report_asked.emit(),
            ("Ctrl+N",),
            "plus",
            ("tools", "palette"),
            primary=True,
        ),
        Action[Any](
            "open_case_resident",
            N_("看居民"),
            lambda screen: screen.resident_asked.emit(),
            ("F6",),
            "person",
            ("palette", "menu"),
            enabled=lambda screen: bool(screen.chosen_people()),
        ),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("Enter", N_("到卡片，写补充或处理结果")),
        ("Ctrl+Enter", N_("补充后上报")),
    )

    report_asked = Signal()
    resident_asked = Signal()
    filter_chosen = Signal(str)
    row_shown = Signal(object)
    """The Stored case under the cursor, or None."""
    record_asked = Signal(object)

    def __init__(
        self, fetch_page: Callable[[Sequence[int]], Sequence[Stored[Case] | None]], now_ms: Callable[[], int]
    ) -> None:
        """An empty list; a presenter fills it."""
        super().__init__()
        self.presenter: object = None
        self.filters = FilterRow(
            _("按进度筛选"), [(name, _(words)) for name, (words, _states) in FILTERS.items()], exclusive=True
        )
        self.filters.set_active(FIRST)
        self.filters.changed.connect(self._filter)
        self.model: PagedModel[Stored[Case]] = PagedModel(_columns(now_ms), fetch_page)
        self.table = RecordTable(self.model, name=_("事件"), empty=EMPTY[FIRST]())
        self.table.current_changed.connect(lambda _key: self.row_shown.emit(self.current()))
        self.table.row_opened.connect(lambda _key: self.read_card())
        self.table.set_menu(self._menu)
        self.card = CaseCard()
        self._arrange()
        self.add_action_buttons()
        self.card.rebuilt.connect(self._order_tabs)

    def opened(self) -> None:
        """Begin in the list."""
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """The presenter listens to the desk itself."""

    def show_record(self, id: object) -> None:
        """Show one case, whatever the filter."""
        self.record_asked.emit(RecordId(str(id)))

    def chosen_people(self) -> Sequence[RecordId]:
        """The person that the chosen case is about, where there is one."""
        current = self.current()
        about = current.record.resident_id if current else None
        return (about,) if about else ()

    def current(self) -> Stored[Case] | None:
        """The case under the cursor."""
        return self.model.record(self.table.currentIndex().row())

    def set_filter(self, name: str) -> None:
        """Show the chip of a filter as chosen."""
        self.filters.set_active(name)
        self.table.set_empty(EMPTY[name]())

    def show_keys(self, found: CaseKeys) -> None:
        """Another list; cursor and scroll stay by key, and with none the first line is chosen."""
        row = max(0, self.table.currentIndex().row())
        self.table.set_loading(False)
        self.model.set_keys(found.keys)
        for name in FILTERS:
            self.filters.set_count(name, count_of(found.counts, name))
        if found.keys and self.table.current_key() is None:
            self.table.select_key(found.keys[min(row, len(found.keys) - 1)])
        self.row_shown.emit(self.current())

    def read_card(self) -> None:
        """Go to the card: to the answer where one is wanted."""
        if self._narrow():
            self._frame.hide()
            self.card.show()
        self.card.read()

    def back(self) -> bool:
        """From the card to the list."""
        if self.table.hasFocus() and not self._frame.isHidden():
            return False
        self._frame.show()
        self.card.setVisible(not self._narrow())
        self.table.setFocus()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where both do not fit, the list comes first and Enter shows the card."""
        super().resizeEvent(event)
        self.card.setMaximumWidth(16_777_215 if self._narrow() else theme().px(CARD_WIDE))
        self.card.setVisible(not self._narrow() or self._frame.isHidden())

    def _narrow(self) -> bool:
        return self.width() < theme().px(CARD_FROM)

    def _arrange(self) -> None:
        self._frame = TableFrame(self.table)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._frame, 1)
        row.addWidget(self.card)
        self.card.setMinimumWidth(theme().px(CARD_WIDE))
        self.tools.add(self.filters)
        self.body.addLayout(row, 1)

    def _order_tabs(self) -> None:
        """Tab goes from the filters to the list and through the card: buttons made later would come last."""
        order_focus((self.tools, self.table, *self.card.stops()))

    def _filter(self, names: tuple[str, ...]) -> None:
        name = next(iter(names), FIRST)
        self.set_filter(name)
        self.filter_chosen.emit(name)

    def _menu(self, _keys: list[Any]) -> QMenu | None:
        menu = QMenu(self)
        fill_menu(menu, self.screen_actions, self, where="menu")
        return menu


EMPTY: dict[str, Callable[[], str]] = {
    "open": lambda: _(
        "没有在办的事件。巡查或走访时发现问题，按 F3 报事件；三句话就够：什么事、哪一类、在哪里。"
    ),
    "back": lambda: _("没有退回的事件。网格长退回的会排在最前面，写明要补充什么。"),
    "done": lambda: _("还没有办结的事件。"),
    "all": lambda: _("还没有事件。按 F3 报第一件；没有网络也能报，联网后自动送到中心。"),
}
"""What an empty list teaches."""


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[Stored[Case]], ...]:
    return (
        TableColumn(
            N_("状态"),
            lambda s: choice_words("case_state", s.record.state),
            124,
            lamp=lambda s: LAMP_OF_STATE.get(s.record.state, "none"),
        ),
        TableColumn(N_("标题"), lambda s: s.record.title, 150, stretch=True, bold=True),
        TableColumn(N_("紧急"), lambda _s: "", 74, tags=urgency_tags),
        TableColumn(N_("类别"), lambda s: category_name(s.record.category), 126),
        TableColumn(N_("地点"), lambda s: s.record.address, 110),
        TableColumn(N_("发现"), lambda s: moment_of(s.record.found_ms, now_ms()), 116),
    )
