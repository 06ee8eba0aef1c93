"""The screen of cases: filter chips, the list, and the card of the chosen case."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QSplitter

from gridworker.actions.cases import CaseDraft, cancel_case, resubmit_case, solve_case
from gridworker.actions.reviews import decide_case
from gridworker.db.cases import case_keys, count_by_state
from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored, Touched
from gridworker.domain.transitions import Transition, steps_from
from gridworker.i18n import N_, _
from gridworker.ui.cases.card import CaseCard
from gridworker.ui.cases.words import (
    LAMP_OF_STATE,
    category_of,
    found_words,
    local,
    number_of,
    tag,
    urgency_tags,
)
from gridworker.ui.choices import Chip
from gridworker.ui.desk import Desk
from gridworker.ui.menu import Action
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.table import RecordTable, TableFrame

FILTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "open",
        N_("办理中"),
        ("reported", "sent_back", "accepted", "filed", "handling", "resolved", "self_solved"),
    ),
    ("back", N_("退回补充"), ("sent_back",)),
    ("done", N_("已办结"), ("closed", "refused", "cancelled")),
    ("all", N_("全部"), ()),
)
"""The chips above the list: name, words, the states that they show."""


class CaseScreen(Screen):
    """All cases of one's grids, newest first; those that came back wait for the worker."""

    name: ClassVar[str] = "cases"
    title: ClassVar[str] = N_("事件")
    icon: ClassVar[str] = "case"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action(
            "report",
            N_("报事件"),
            lambda s: s.report(),
            ("Ctrl+N",),
            "plus",
            ("tools", "palette"),
            primary=True,
        ),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._filter = "open"
        self._wanted: RecordId | None = None
        self._shown: Stored[Case] | None = None
        self._build()
        self.add_action_buttons()
        desk.touched.connect(self._count_badge)
        self._count_badge(Touched(everything=True))

    def opened(self) -> None:
        """Read the list and put the focus on it."""
        self._load()
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """Look again where cases changed."""
        if touched.concerns(Case):
            self.model.touch(touched)
            self._load()

    def show_record(self, id: object) -> None:
        """Show one case, whatever the filter."""
        self._wanted = RecordId(str(id))
        self._choose("all")

    def report(self) -> None:
        """Open the form."""
        self.desk.asked.emit("case", CaseDraft())

    def _build(self) -> None:
        self._chips: dict[str, Chip] = {}
        group = QButtonGroup(self)
        for name, words, _states in FILTERS:
            chip = Chip(_(words))
            chip.setCheckable(True)
            chip.clicked.connect(partial(self._choose, name))
            group.addButton(chip)
            self._chips[name] = chip
            self.tools.add(chip)
        self._chips["open"].setChecked(True)
        self.model: PagedModel[Stored[Case]] = PagedModel(_columns(self._now), self._page)
        self.table = RecordTable(
            self.model, name=_("事件"), empty=_("这里没有事件。巡查或走访时发现问题,按 F3 报事件。")
        )
        self.table.current_changed.connect(self._show_key)
        self.card = CaseCard()
        self.card.step_taken.connect(self._take_step)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(TableFrame(self.table))
        split.addWidget(self.card)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([720, 420])
        self.body.addWidget(split, 1)

    def _choose(self, name: str, _checked: bool = False) -> None:
        self._filter = name
        self._chips[name].setChecked(True)
        self._load()

    def _load(self) -> None:
        states = next(states for name, _words, states in FILTERS if name == self._filter)
        self.desk.fetch("cases", partial(_read, states=states), self._show)

    def _show(self, found: tuple[list[int], dict[str, int]]) -> None:
        keys, counts = found
        self.model.set_keys(keys)
        self.tools.set_about(_("共 {count} 件").format(count=sum(counts.values())))
        for name, words, states in FILTERS:
            count = sum(n for state, n in counts.items() if state in states) if states else 0
            self._chips[name].set_text(f"{_(words)} {count}" if count else _(words))
        if self._wanted is not None:
            key = self.desk.look(lambda reader: reader.key_of(Case, self._wanted or RecordId("")))
            self.table.select_key(key)
            self._wanted = None
        elif keys and self.table.current_key() is None:
            self.table.select_key(keys[0])
        self._show_key(self.table.current_key())

    def _page(self, keys: Sequence[Any]) -> list[Stored[Case] | None]:
        found = self.desk.look(lambda reader: reader.rows(Case, keys))
        numbered = self.desk.look(lambda reader: {reader.key_of(Case, each.id): each for each in found})
        return [numbered.get(key) for key in keys]

    def _show_key(self, key: object) -> None:
        found = self.desk.look(lambda reader: reader.rows(Case, [key])) if isinstance(key, int) else []
        self._shown = found[0] if found else None
        steps: Sequence[Transition] = ()
        if self._shown is not None:
            role = self.desk.author.role_in(self._shown.scope)
            steps = steps_from(Case.kind, self._shown.record.state, role)
        self.card.show_case(self._shown, steps, self._now())

    def _take_step(self, step: Transition, words: str) -> None:
        if self._shown is None:
            return
        case = self._shown
        done = _("已存本机:{step} {title}").format(step=_(step.label), title=case.record.title)
        self.desk.write(
            partial(_take, id=case.id, step=step, words=words, text=case.record.text),
            then=lambda _touched: self.desk.tell("ok", done),
        )

    def _count_badge(self, touched: Touched) -> None:
        if touched.concerns(Case):
            self.badge_changed.emit(self.desk.look(count_by_state).get("sent_back", 0))

    def _now(self) -> datetime:
        return local(self.desk.now_ms)


def _take(tx: Transaction, *, id: RecordId, step: Transition, words: str, text: str) -> Touched:
    """The action behind a step of the card."""
    match step.target:
        case "self_solved":
            return solve_case(tx, id, words)
        case "reported":
            return resubmit_case(tx, id, "\n".join(filter(None, (text, words))))
        case "cancelled":
            return cancel_case(tx, id, words)
    return decide_case(tx, id, step.target, words)


def _read(reader: Reader, *, states: tuple[str, ...]) -> tuple[list[int], dict[str, int]]:
    return case_keys(reader, states=states), count_by_state(reader)


def _columns(now: Any) -> tuple[TableColumn[Stored[Case]], ...]:
    return (
        TableColumn(
            N_("状态"),
            lambda s: tag("case_state", s.record.state)[0],
            110,
            lamp=lambda s: LAMP_OF_STATE.get(s.record.state, "none"),
        ),
        TableColumn(N_("标题"), lambda s: s.record.title, 200, stretch=True, bold=True),
        TableColumn(N_("紧急"), lambda _s: "", 64, tags=urgency_tags),
        TableColumn(N_("类别"), lambda s: category_of(s.record), 170),
        TableColumn(N_("地点"), lambda s: s.record.address, 150),
        TableColumn(N_("发现时间"), lambda s: found_words(s.record, now()), 120),
        TableColumn(N_("编号"), lambda s: number_of(s.record), 140),
    )
