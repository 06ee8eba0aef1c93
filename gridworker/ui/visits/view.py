"""The screen of visits: filter, list with what came back on top, and the card of one visit."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from gridworker.domain.choices import CHOICES
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.i18n import N_, _
from gridworker.ui.filters import FilterRow
from gridworker.ui.menu import Action, fill_menu
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.card import VisitCard
from gridworker.ui.visits.listing import ALL
from gridworker.ui.visits.words import choice_tag, choice_words, condition_words, moment_of

CARD_WIDE = 350
CARD_FROM = 900
"""From this width on (pixels at 100 %) there is room for the card beside the list."""
FIRST = "all"


class Arrival(NamedTuple):
    """How far a visit has come: a lamp and its word (Chinese, marked)."""

    lamp: str
    word: str


ARRIVALS = {
    "here": Arrival("none", N_("仅在本机")),
    "waiting": Arrival("wait", N_("待送")),
    "there": Arrival("sent", N_("已到中心")),
}


def columns(
    now_ms: Callable[[], int], has_centre: Callable[[], bool]
) -> tuple[TableColumn[Stored[Visit]], ...]:
    """The columns of the list; without a centre a visit is simply here."""

    def arrival(visit: Stored[Visit]) -> Arrival:
        return ARRIVALS["waiting" if visit.pending else "there"] if has_centre() else ARRIVALS["here"]

    return (
        TableColumn(N_("时间"), lambda v: moment_of(v.record.visited_ms, now_ms()), 120),
        TableColumn(N_("对象"), lambda v: v.record.who, 96, bold=True),
        TableColumn(N_("地址"), lambda v: v.record.address, 140, stretch=True),
        TableColumn(N_("方式"), lambda v: choice_words("visit_method", v.record.method), 72),
        TableColumn(
            N_("结果"), _nothing, 106, tags=lambda v: [choice_tag("visit_outcome", v.record.outcome)]
        ),
        TableColumn(N_("情况"), lambda v: condition_words(v.record), 100, tags=_worry),
        TableColumn(N_("审阅"), _nothing, 86, tags=lambda v: [choice_tag("visit_state", v.record.state)]),
        TableColumn(N_("送达"), lambda v: _(arrival(v).word), 92, lamp=lambda v: arrival(v).lamp),
    )


def _nothing(_visit: Stored[Visit]) -> str:
    return ""


def _worry(visit: Stored[Visit]) -> list[tuple[str, str]]:
    """A condition that is not normal, as a tag."""
    worrying = condition_words(visit.record) and visit.record.condition != "normal"
    return [choice_tag("condition", visit.record.condition)] if worrying else []


class VisitsScreen(Screen):
    """走访; it shows and says what a person asked for."""

    name = "visits"
    title = N_("走访")
    icon = "visit"
    screen_actions = (
        Action[Any](
            "withdraw_visit",
            N_("撤回走访"),
            lambda screen: screen.card.withdrawn.emit(),
            ("Del",),
            "undo",
            ("palette", "menu"),
            enabled=lambda screen: screen.may_withdraw,
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
        ("Enter", N_("看这一条；退回的直接写补充")),
        ("Ctrl+Enter", N_("补充后再交")),
        ("Esc", N_("回到列表")),
    )

    opening = Signal()
    hidden = Signal()
    filter_chosen = Signal(str)
    row_shown = Signal(object)
    """The visit under the cursor, or None."""
    record_asked = Signal(object)
    resident_asked = Signal()

    def __init__(
        self,
        fetch_page: Callable[[Sequence[int]], Sequence[Stored[Visit] | None]],
        *,
        now_ms: Callable[[], int],
        has_centre: Callable[[], bool],
    ) -> None:
        """`fetch_page` gives the visits of row keys; the others tell the time and if a centre is known."""
        super().__init__()
        self.presenter: object = None
        self.may_withdraw = False
        self.model: PagedModel[Stored[Visit]] = PagedModel(
            columns(now_ms, has_centre), fetch_page, parent=self
        )
        self.table = RecordTable(self.model, name=_("走访"), empty=_("还没有走访。按 F2 记第一次走访。"))
        self.card = VisitCard()
        states = [(choice.code, _(choice.label)) for choice in CHOICES["visit_state"]]
        self.filters = FilterRow(_("筛选"), [(FIRST, _("全部")), *states], exclusive=True)
        self.filters.set_active(FIRST)
        self._arrange()
        self.filters.changed.connect(self._filter)
        self.table.current_changed.connect(lambda _key: self.row_shown.emit(self.current()))
        self.table.row_opened.connect(lambda _key: self.read_card())
        self.table.set_menu(self._menu)
        self.add_action_buttons()

    def opened(self) -> None:
        """The screen is shown."""
        self.opening.emit()
        self.table.setFocus()

    def show_record(self, id: object) -> None:
        """Show one visit, whatever the filter."""
        self.record_asked.emit(id)

    def chosen_people(self) -> tuple[RecordId, ...]:
        """Whom F2 is about: the people of the current visit."""
        visit = self.current()
        return visit.record.resident_ids if visit else ()

    def current(self) -> Stored[Visit] | None:
        """The visit under the cursor."""
        return self.model.record(self.table.currentIndex().row())

    def show_keys(self, keys: Sequence[int], counts: dict[str, int]) -> None:
        """Another list; cursor and scroll stay by key, and with none the first line is chosen."""
        row = max(0, self.table.currentIndex().row())
        self.table.set_loading(False)
        self.model.set_keys(keys)
        self.filters.set_count(FIRST, sum(counts.values()))
        for choice in CHOICES["visit_state"]:
            self.filters.set_count(choice.code, counts.get(choice.code, 0))
        if keys and not self.table.selected_keys():
            self.table.select_key(keys[min(row, len(keys) - 1)])
        self.row_shown.emit(self.current())

    def read_card(self) -> None:
        """Go to the card: to the answer where one is wanted."""
        if self._narrow():
            self._frame.hide()
            self.card.show()
        if self.card.answer.edit.isVisible():
            self.card.answer.edit.setFocus()

    def back(self) -> bool:
        """From the card to the list."""
        if self.table.hasFocus() and not self._frame.isHidden():
            return False
        self._frame.show()
        self.card.setVisible(not self._narrow())
        self.table.setFocus()
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        """Another screen, or the end of the program: what is being typed is to be kept."""
        super().hideEvent(event)
        self.hidden.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where both do not fit, the list comes first and Enter shows the card."""
        super().resizeEvent(event)
        self.card.setMaximumWidth(16_777_215 if self._narrow() else theme().px(CARD_WIDE))
        self.card.setVisible(not self._narrow() or self._frame.isHidden())

    def _narrow(self) -> bool:
        return self.width() < theme().px(CARD_FROM)

    def _arrange(self) -> None:
        self._frame = TableFrame(self.table)
        row: QHBoxLayout = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._frame, 1)
        row.addWidget(self.card)
        self.card.setMinimumWidth(theme().px(CARD_WIDE))
        middle = QWidget()
        middle.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self.tools.add(self.filters)
        self.body.addWidget(middle, 1)

    def _filter(self, names: tuple[str, ...]) -> None:
        name = next(iter(names), FIRST)
        self.filters.set_active(name)
        self.filter_chosen.emit(ALL if name == FIRST else name)

    def _menu(self, _keys: list[Any]) -> QMenu | None:
        menu = QMenu(self)
        fill_menu(menu, self.screen_actions, self, where="menu")
        return menu
