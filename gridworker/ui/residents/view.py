"""The residents screen: search and filters on top, the table at the left, a person's card at the right."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from gridworker.db.resident_lines import ResidentLine
from gridworker.domain.records import RecordId, Touched
from gridworker.i18n import N_, _
from gridworker.ui.controls import Card, EmptyState
from gridworker.ui.filters import FilterRow
from gridworker.ui.menu import Action, asking, fill_menu
from gridworker.ui.paged_model import PagedModel
from gridworker.ui.residents.card import PersonPane
from gridworker.ui.residents.care_editor import AbsenceEditor, CareEditor
from gridworker.ui.residents.columns import SPARED
from gridworker.ui.residents.form import ResidentForm
from gridworker.ui.residents.panes import Panes
from gridworker.ui.residents.person_keys import PersonKeys
from gridworker.ui.residents.search_box import ResidentSearch
from gridworker.ui.residents.table import SparingTable
from gridworker.ui.table import TableFrame

FILTERS: Mapping[str, str] = {
    "living": N_("在住"),
    "alone": N_("独居"),
    "care": N_("关爱对象"),
    "all": N_("全部"),
}
NOTHING, PERSON, FORM, CARE, ABSENCE = range(5)
"""The pages of the card."""


def _chosen(screen: "ResidentsScreen") -> bool:
    return screen.can_ask()


ACTIONS: tuple[Action[Any], ...] = (
    Action("new", N_("新增居民"), asking("new"), ("Ctrl+N",), "plus", ("tools", "palette"), primary=True),
    Action("find", N_("查找居民"), asking("find"), ("Ctrl+F",), "search"),
    Action("visit", N_("给此人记走访"), asking("visit"), (), "visit", ("menu",), _chosen),
    Action("case", N_("为此人报事件"), asking("case"), (), "case", ("menu",), _chosen),
    Action("edit", N_("修改信息"), asking("edit"), ("F4",), "edit", ("menu", "palette"), _chosen),
    Action("care", N_("调整关爱类别"), asking("care"), ("Ctrl+G",), "heart", ("menu", "palette"), _chosen),
    Action("absence", N_("外出报备"), asking("absence"), ("F7",), "calendar", ("menu", "palette"), _chosen),
    Action(
        "building", N_("在楼栋图里看"), asking("building"), ("F8",), "building", ("menu", "palette"), _chosen
    ),
    Action("move", N_("移交到其他网格…"), asking("move"), ("F9",), "export", ("menu", "palette"), _chosen),
    Action("copy", N_("复制选中的行"), asking("copy"), (), "copy", ("menu",), _chosen),
    Action(
        "copy_phone", N_("复制电话"), asking("copy_phone"), ("Ctrl+Shift+C",), "phone", ("menu",), _chosen
    ),
    Action("next_tab", N_("下一张卡页"), asking("next_tab"), ("Ctrl+PgDown",), "arrow-right", ()),
    Action("previous_tab", N_("上一张卡页"), asking("previous_tab"), ("Ctrl+PgUp",), "arrow-left", ()),
)


class ResidentsScreen(PersonKeys):
    """Everybody of the grid; it only says what was done and shows what it is given."""

    name = "residents"
    title = N_("居民")
    icon = "people"
    screen_actions = ACTIONS
    help_keys = (
        ("F2", N_("给选中的人记走访，可先选多人")),
        ("F3", N_("为选中的人报事件")),
        ("↑ ↓ PgUp PgDn", N_("在查找框里也能移动选中的行")),
        ("Enter", N_("打开居民卡；在表单里是保存")),
        ("Ctrl+C", N_("复制选中的行，可直接粘贴到表格")),
    )

    asked = Signal(str)
    """An action by name."""
    record_asked = Signal(object)
    """The id of somebody to show, or a `ResidentDraft` of somebody new."""
    screen_opened = Signal()
    records_touched = Signal(object)
    filter_chosen = Signal(str)
    edit_given_up = Signal()
    import_asked = Signal()

    def __init__(self) -> None:
        """Everything is built; the table gets its model from the presenter."""
        super().__init__()
        self.presenter: object = None
        self.people: Callable[[], tuple[RecordId, ...]] = tuple
        self.search = ResidentSearch(_("姓名、拼音首字母、电话或证件尾号、房号"))
        self.filters = FilterRow(
            _("分类"), [(name, _(text)) for name, text in FILTERS.items()], exclusive=True
        )
        self.pane, self.form = PersonPane(), ResidentForm()
        self.care, self.absence = CareEditor(), AbsenceEditor()
        self.card = QStackedWidget()
        self.list_pages = QStackedWidget()
        self.table: SparingTable
        self.panes: Panes
        self._warned = False

    def build(self, model: PagedModel[ResidentLine]) -> None:
        """Put everything in its place, around the table of this model."""
        self.table = SparingTable(model, name=_("居民列表"))
        self.table.spared = SPARED
        self.table.set_menu(self._menu)
        self.search.drive(self.table)
        self._build_tools()
        # From the outside in: a widget that moves into another has all of its styles worked out again.
        self.panes = Panes(self.list_pages, self._framed(self.card))
        self.body.addWidget(self.panes)
        self.list_pages.addWidget(self._table_pane())
        self.list_pages.addWidget(
            EmptyState(
                "people",
                _("还没有居民"),
                hint=_(
                    "把手头的居民台账（Excel）导入进来，楼栋、房屋和户会自动建好；也可以按 Ctrl+N 逐个新增。"
                ),
                step=_("导入台账"),
                run=self.import_asked.emit,
            )
        )
        self._build_card()
        QWidget.setTabOrder(self.search, self.table)

    def chosen_people(self) -> tuple[RecordId, ...]:
        """Whom F2 is about."""
        return self.people() if self.can_ask() else ()

    def show_record(self, what: object) -> None:
        """Show somebody by his id, or the form for somebody new that begins as a `ResidentDraft` says."""
        self.record_asked.emit(what)

    def can_ask(self) -> bool:
        """Whether somebody is chosen and nothing is being edited."""
        return not self.editing() and self.table.current_key() is not None

    def ask(self, name: str) -> None:
        """Pass on what was asked for."""
        self.asked.emit(name)

    def editing(self) -> bool:
        """Whether the card shows an editor."""
        return self.card.currentIndex() in (FORM, CARE, ABSENCE)

    def show_card(self, page: int) -> None:
        """Turn the card to one of its pages."""
        self._warned = False
        self.card.setCurrentIndex(page)
        self.update_actions()

    def opened(self) -> None:
        """Tell the presenter; typing begins in the search box."""
        self.screen_opened.emit()
        if not self.editing():
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            self.search.selectAll()

    def refresh(self, touched: Touched) -> None:
        """Tell the presenter."""
        self.records_touched.emit(touched)

    def back(self) -> bool:
        """Esc: leave the editor (asking once where something was typed), then the card, then the search."""
        if self.editing():
            if self._modified() and not self._warned:
                self._warned = True
                self.say("warn", _("有内容还没保存。再按一次 Esc 放弃，按 Enter 保存。"))
            else:
                self.edit_given_up.emit()
            return True
        if self.panes.show_list():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        if self.search.text():
            self.search.clear()
            return True
        return False

    def mark_filter(self, name: str) -> None:
        """Show which filter is on."""
        self.filters.set_active(name)

    def _modified(self) -> bool:
        return {FORM: self.form.modified, CARE: self.care.modified, ABSENCE: self.absence.modified}[
            self.card.currentIndex()
        ]

    def _build_tools(self) -> None:
        self.filters.changed.connect(lambda names: self.filter_chosen.emit(names[0] if names else "all"))
        self.add_action_buttons()

    def _build_card(self) -> None:
        nobody = EmptyState(
            "person",
            _("选一位居民"),
            hint=_("上面输入姓名、拼音首字母、电话尾号或房号；↑↓ 选择，F2 记走访。"),
        )
        nobody.setContentsMargins(24, 0, 24, 0)
        for page in (nobody, self.pane, self.form, self.care, self.absence):
            self.card.addWidget(page)
        for editor in (self.form, self.care, self.absence):
            editor.cancel_asked.connect(self.edit_given_up)

    def _table_pane(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.search, 1)
        row.addWidget(self.filters)
        column.addLayout(row)
        column.addWidget(TableFrame(self.table), 1)
        return pane

    def _framed(self, widget: QWidget) -> Card:
        frame = Card()
        frame.body.setContentsMargins(1, 1, 1, 1)
        frame.body.addWidget(widget)
        frame.setAccessibleName(_("居民卡"))
        return frame

    def _menu(self, keys: list[Any]) -> QMenu | None:
        if not keys:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.screen_actions, self, where="menu")
        return menu
