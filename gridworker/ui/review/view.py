"""The screen of the leader: queues at the left, one queue's table, the card; 1 accepts, 2 returns with a reason."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from gridworker.actions.reviews import accept_visit, decide_case, return_visit
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import Record, RecordId, Stored, Touched
from gridworker.domain.visits import Visit
from gridworker.i18n import N_, _
from gridworker.ui.cases.words import category_of, local, tag
from gridworker.ui.controls import Button, Card, FieldRow, Label, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.inputs import DigitKeys, LineField
from gridworker.ui.menu import Action
from gridworker.ui.moments import moment_words
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.review.queues import TITLES, Overview, kind_of, read_overview, records
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame

REASONS = (
    N_("请补充当事人近况"),
    N_("请写明下一步安排"),
    N_("走访结果与情况不一致,请核对"),
    N_("地点不清楚,请补充"),
    N_("请联系家属后再记"),
)
"""Reasons that a digit picks; the words can be changed before they are sent."""
QUEUE_ROLE = int(Qt.ItemDataRole.UserRole)


class ReviewScreen(Screen):
    """Everything that waits for a leader; reviewing never changes the worker's own words."""

    name: ClassVar[str] = "review"
    title: ClassVar[str] = N_("审核")
    icon: ClassVar[str] = "review"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action(
            "accept",
            N_("通过"),
            lambda s: s.accept(),
            ("Ctrl+Return",),
            "check",
            ("tools", "menu", "palette"),
            enabled=lambda s: s.can_decide(),
            primary=True,
        ),
        Action(
            "send_back",
            N_("退回"),
            lambda s: s.ask_reason(),
            ("Ctrl+R",),
            "undo",
            ("tools", "menu", "palette"),
            enabled=lambda s: s.can_decide(),
        ),
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1", N_("通过,到下一条")),
        ("2", N_("退回,写明原因")),
        ("↑ ↓", N_("上一条、下一条")),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.queue = "visits"
        self._overview = Overview((), [])
        self._shown: Stored[Record] | None = None
        self._row = 0
        self._build()
        self.add_action_buttons()
        desk.touched.connect(self._count_badge)
        self._count_badge(Touched(everything=True))

    def opened(self) -> None:
        """Read the queues and put the focus on the list."""
        self._load()
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """Look again where visits or cases changed."""
        if touched.concerns(Visit, Case):
            self.model.touch(touched)
            self._load()

    def can_decide(self) -> bool:
        """Whether the record that is shown waits for a decision."""
        return self._shown is not None and self.queue in ("visits", "cases", "solved", "returned")

    def accept(self) -> None:
        """Accept what is shown and go on to the next."""
        shown = self._shown
        if shown is None or not self.can_decide():
            return
        words = _("已通过:{title}").format(title=_title(shown))
        self._decide(partial(_accept, id=shown.id, queue=self.queue), words)

    def ask_reason(self) -> None:
        """Open the line for the reason of a return."""
        if not self.can_decide():
            return
        self._reason_box.show()
        self._reason.edit.setFocus()

    def send_back(self) -> None:
        """Return what is shown with the reason typed; an empty reason is asked for."""
        shown, words = self._shown, self._reason.text()
        if shown is None:
            return
        if not words:
            self._reason.set_error(_("请写明退回的原因,网格员才知道补充什么"))
            return
        self._close_reason()
        told = _("已退回:{title}").format(title=_title(shown))
        self._decide(partial(_return, id=shown.id, queue=self.queue, words=words), told)

    def back(self) -> bool:
        """Esc closes the line of the reason."""
        if self._reason_box.isHidden():
            return False
        self._close_reason()
        return True

    def _decide(self, action: Callable[[Transaction], Touched], words: str) -> None:
        self._row = self.table.currentIndex().row()
        self.desk.write(action, then=lambda _touched: self.desk.tell("ok", words))

    def _build(self) -> None:
        self._grid = QComboBox()
        self._grid.setAccessibleName(_("网格"))
        self._grid.addItem(_("全部网格"), "")
        for grant in self.desk.author.grants:
            self._grid.addItem(grant.title, grant.scope)
        self._grid.currentIndexChanged.connect(lambda _index: self._load())
        self.tools.add(self._grid)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self._queue_list())
        split.addWidget(TableFrame(self._queue_table()))
        split.addWidget(self._side())
        for index, stretch in enumerate((0, 3, 2)):
            split.setStretchFactor(index, stretch)
        split.setSizes([190, 620, 380])
        self.body.addWidget(split, 1)

    def _queue_list(self) -> QListWidget:
        self._queues = QListWidget()
        self._queues.setAccessibleName(_("队列"))
        for name, title in TITLES.items():
            item = QListWidgetItem(_(title))
            item.setData(QUEUE_ROLE, name)
            self._queues.addItem(item)
        self._queues.setCurrentRow(0)
        self._queues.currentItemChanged.connect(self._choose)
        return self._queues

    def _queue_table(self) -> RecordTable:
        self.model: PagedModel[Stored[Any]] = PagedModel(_columns(self._now, self._grid_title), self._page)
        self.table = RecordTable(self.model, name=_("待办"), empty=_("这一队列没有待办,下次同步后再看。"))
        self.table.current_changed.connect(self._show_key)
        keys = DigitKeys(self.table)
        keys.pressed.connect(self._digit)
        return self.table

    def _side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        self._card = QVBoxLayout()
        column.addLayout(self._card, 1)
        self._reason_box = Card(_("退回原因"))
        self._reason = LineField(_("写给网格员的话"), hint=_("数字键选用下面的常用语"))
        self._reason.edit.returnPressed.connect(self.send_back)
        picks = DigitKeys(self._reason.edit)
        picks.pressed.connect(self._pick_reason)
        self._reason_box.body.addWidget(self._reason)
        for number, words in enumerate(REASONS, start=1):
            self._reason_box.body.addWidget(
                Button(f"{number}  {_(words)}", partial(self._pick_reason, number), kind="quiet")
            )
        self._reason_box.body.addWidget(Button(_("退回"), self.send_back, icon_name="undo", kind="primary"))
        self._reason_box.hide()
        column.addWidget(self._reason_box)
        return side

    def _digit(self, digit: int) -> None:
        if digit == 1:
            self.accept()
        elif digit == 2:
            self.ask_reason()

    def _pick_reason(self, number: int) -> None:
        if 1 <= number <= len(REASONS):
            self._reason.edit.setText(_(REASONS[number - 1]))

    def _close_reason(self) -> None:
        self._reason.edit.clear()
        self._reason.set_error("")
        self._reason_box.hide()
        self.table.setFocus()

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.queue = str(item.data(QUEUE_ROLE))
            self.model.set_keys([])
            self._row = 0
            self._load()

    def _load(self) -> None:
        scope = str(self._grid.currentData() or "")
        self.desk.fetch("review", partial(read_overview, shown=self.queue, scope=scope), self._show)

    def _show(self, overview: Overview) -> None:
        self._overview = overview
        for row, queue in enumerate(overview.queues):
            words = f"{_(TITLES[queue.name])}  {queue.count}"
            item = self._queues.item(row)
            item.setText(words)
            item.setToolTip(self._age(queue.oldest_ms) if queue.count else "")
        shown = next((q for q in overview.queues if q.name == self.queue), None)
        oldest = self._age(shown.oldest_ms) if shown and shown.count else ""
        self.tools.set_about(oldest)
        kept = self.table.current_key()
        self.model.set_keys(overview.keys)
        if overview.keys and (kept not in overview.keys or self.table.current_key() is None):
            self.table.select_key(overview.keys[min(max(self._row, 0), len(overview.keys) - 1)])
        self._show_key(self.table.current_key())

    def _age(self, oldest_ms: int | None) -> str:
        return (
            _("最早的一条:{moment}").format(moment=moment_words(local(oldest_ms), self._now()))
            if oldest_ms
            else ""
        )

    def _page(self, keys: Sequence[Any]) -> list[Stored[Any] | None]:
        found = self.desk.look(records, self.queue, list(keys))
        return [found.get(key) for key in keys]

    def _show_key(self, key: object) -> None:
        found = self.desk.look(records, self.queue, [key]) if isinstance(key, int) else {}
        self._shown = next(iter(found.values()), None)
        while self._card.count():
            widget = self._card.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if self._shown is not None:
            self._card.addWidget(Scrolled(_card(self._shown, self._now())), 1)
        else:
            self._card.addStretch(1)
        self.update_actions()

    def _count_badge(self, touched: Touched) -> None:
        if touched.concerns(Visit, Case):
            overview = self.desk.look(read_overview, "visits", "")
            waiting = [q.count for q in overview.queues if q.name in ("visits", "cases", "solved")]
            self.badge_changed.emit(sum(waiting))

    def _grid_title(self, scope: str) -> str:
        return next((grant.title for grant in self.desk.author.grants if grant.scope == scope), scope)

    def _now(self) -> datetime:
        return local(self.desk.now_ms)


def _accept(tx: Transaction, *, id: RecordId, queue: str) -> Touched:
    if kind_of(queue) is Visit:
        return accept_visit(tx, id)
    return decide_case(tx, id, "closed" if queue == "solved" else "accepted")


def _return(tx: Transaction, *, id: RecordId, queue: str, words: str) -> Touched:
    if kind_of(queue) is Visit:
        return return_visit(tx, id, words)
    return decide_case(tx, id, "sent_back", words)


def _title(stored: Stored[Any]) -> str:
    record = stored.record
    return record.title if isinstance(record, Case) else record.who


def _columns(now: Callable[[], datetime], grid: Callable[[str], str]) -> tuple[TableColumn[Stored[Any]], ...]:
    return (
        TableColumn(N_("时间"), lambda s: moment_words(local(_time(s.record)), now()), 120),
        TableColumn(N_("事由"), _title, 120, bold=True),
        TableColumn(N_("内容"), _gist, 200, stretch=True),
        TableColumn(N_("标记"), lambda _s: "", 110, tags=_tags),
        TableColumn(N_("网格员"), lambda s: s.record.worker_name, 80),
        TableColumn(N_("网格"), lambda s: grid(s.scope), 150),
    )


def _time(record: Any) -> int:
    return int(record.visited_ms if isinstance(record, Visit) else record.found_ms)


def _gist(stored: Stored[Any]) -> str:
    record = stored.record
    if isinstance(record, Case):
        return f"{category_of(record)} {record.text}".strip()
    words = [tag("visit_method", record.method)[0], tag("visit_outcome", record.outcome)[0], record.note]
    return " · ".join(filter(None, words))


def _tags(stored: Stored[Any]) -> tuple[tuple[str, str], ...]:
    record = stored.record
    if isinstance(record, Case):
        return () if record.urgency == "normal" else (tag("urgency", record.urgency),)
    tags = [] if record.condition == "normal" else [tag("condition", record.condition)]
    return tuple(tags + ([(_("隐患"), "red")] if record.hazard else []))


def _card(stored: Stored[Any], now: datetime) -> Card:
    record = stored.record
    card = Card()
    card.body.addWidget(Label(_title(stored), "subtitle", bold=True, wrap=True))
    facts = _case_facts(record) if isinstance(record, Case) else _visit_facts(record)
    moment = moment_words(local(_time(record)), now)
    for label, value in ((_("时间"), moment), (_("网格员"), record.worker_name), *facts):
        if value:
            card.body.addWidget(FieldRow(label, value))
    remark = record.remark if isinstance(record, Case) else record.review_remark
    if remark:
        card.body.addWidget(FieldRow(_("审核意见"), f"{record.reviewer_name}:{remark}"))
    card.body.addStretch(1)
    return card


def _visit_facts(visit: Visit) -> tuple[tuple[str, str], ...]:
    return (
        (_("地址"), visit.address),
        (_("方式"), tag("visit_method", visit.method)[0]),
        (_("结果"), tag("visit_outcome", visit.outcome)[0]),
        (_("情况"), tag("condition", visit.condition)[0]),
        (_("需求"), "、".join(tag("need", need)[0] for need in visit.needs)),
        (_("隐患"), visit.hazard),
        (_("约定"), " ".join(filter(None, (visit.promise, visit.promise_day or "")))),
        (_("备注"), visit.note),
    )


def _case_facts(case: Case) -> tuple[tuple[str, str], ...]:
    return (
        (_("编号"), case.case_no or case.temp_no),
        (_("类别"), category_of(case)),
        (_("地点"), case.address),
        (_("紧急程度"), tag("urgency", case.urgency)[0]),
        (_("情况说明"), case.text),
        (_("处理结果"), case.result),
    )
