"""The screen of the sync centre: the counters as a sentence, the list with reasons, the last exchanges."""

from datetime import datetime
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from gridworker.db.care import CHINA
from gridworker.db.standing import Exchanged
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import N_, _, problem_text
from gridworker.sync.exchange import Progress
from gridworker.ui.controls import Button, Card, Label, Lamp, ProgressStrip, Scrolled
from gridworker.ui.desk import Desk
from gridworker.ui.menu import Action
from gridworker.ui.moments import moment_words
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.sync_centre.lines import (
    Line,
    Overview,
    field_words,
    read_overview,
    sentence_of,
    value_words,
)
from gridworker.ui.table import RecordTable, TableFrame

PHASES = {
    "hello": N_("正在与中心联系"),
    "push": N_("正在送出本机的记录"),
    "pull": N_("正在取回中心的更新"),
    "done": N_("正在整理"),
}
LOG_SHOWN = 6


def local(at_ms: int) -> datetime:
    """The time in China of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, CHINA).replace(tzinfo=None)


class SyncCentre(Screen):
    """Three honest states: saved here, waiting, accepted by the centre; and what a person must look at."""

    name: ClassVar[str] = "sync"
    title: ClassVar[str] = N_("同步")
    icon: ClassVar[str] = "sync"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action(
            "synchronise",
            N_("立即同步"),
            lambda s: s.desk.synchronise(),
            ("Ctrl+Return",),
            "sync",
            ("tools", "palette"),
            enabled=lambda s: not s.desk.syncing and s.desk.author.enrolled,
            primary=True,
        ),
        Action(
            "stop_exchange",
            N_("停止"),
            lambda s: s.desk.stop_synchronising(),
            (),
            "close",
            ("palette",),
            enabled=lambda s: s.desk.syncing,
        ),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._overview: Overview | None = None
        self._progress = ProgressStrip()
        self._progress.cancelled.connect(desk.stop_synchronising)
        self._build()
        self.add_action_buttons()
        desk.sync_moved.connect(self._moved)
        desk.sync_ended.connect(self._ended)
        desk.touched.connect(self._count_badge)
        self._count_badge()

    def opened(self) -> None:
        """Read and put the focus on the list."""
        self._load()
        self._table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """Anything that changed may wait here."""
        self._load()

    def overview(self) -> Overview | None:
        """What is shown now."""
        return self._overview

    def _build(self) -> None:
        self._sentence = Label("", "subtitle", wrap=True)
        self._state = Lamp("none", "")
        self._next = Label("", tone="second", wrap=True)
        head = Card()
        head.body.addWidget(self._sentence)
        head.body.addWidget(self._state)
        head.body.addWidget(self._next)
        head.body.addWidget(self._progress)
        self.body.addWidget(head)
        self.body.addWidget(self._split(), 1)

    def _split(self) -> QSplitter:
        self._model: PagedModel[Line] = PagedModel(_columns(self._now), self._page)
        self._table = RecordTable(
            self._model,
            name=_("等待的记录"),
            empty=_("没有等待的记录:本机的记录中心都已收到,也没有需要核对的。"),
        )
        self._table.current_changed.connect(self._show_line)
        self._detail = QVBoxLayout()
        side = QWidget()
        side.setLayout(self._detail)
        self._log = Card(_("最近的同步"))
        column = QWidget()
        right = QVBoxLayout(column)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(Scrolled(side), 1)
        right.addWidget(self._log)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(TableFrame(self._table))
        split.addWidget(column)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        return split

    def _now(self) -> datetime:
        return local(self.desk.now_ms)

    def _load(self) -> None:
        self.desk.fetch("sync", read_overview, self._show)

    def _show(self, overview: Overview) -> None:
        self._overview = overview
        self._sentence.setText(sentence_of(overview.standing))
        self._say_state(overview)
        self._model.set_keys([line.id for line in overview.lines])
        self._show_line(self._table.current_key())
        _show_log(self._log, overview.log, self._now())
        self.badge_changed.emit(_open(overview))
        self.update_actions()

    def _say_state(self, overview: Overview) -> None:
        if not self.desk.author.enrolled:
            self._state.set_lamp("none", _("这台电脑还没有登记到中心"))
            self._next.setText(_("记录都已存在本机。登记之后,会一起送到中心。"))
            return
        if self.desk.sync_problem is not None:
            sentence, step = problem_text(self.desk.sync_problem.code, self.desk.sync_problem.values)
            self._state.set_lamp("stop", sentence)
            self._next.setText(step)
            return
        at_ms = overview.standing.consistent_ms
        words = moment_words(local(at_ms), self._now()) if at_ms else _("尚未")
        self._state.set_lamp("sent" if at_ms else "none", _("上次与中心一致:{moment}").format(moment=words))
        self._next.setText(_("中心:{name}").format(name=overview.server_name) if overview.server_name else "")

    def _page(self, keys: Any) -> list[Line | None]:
        lines = {line.id: line for line in self._overview.lines} if self._overview else {}
        return [lines.get(key) for key in keys]

    def _show_line(self, key: object) -> None:
        _clear(self._detail)
        line = (
            next((each for each in self._overview.lines if each.id == key), None) if self._overview else None
        )
        if line is not None and line.question is not None:
            self._detail.addWidget(_question_card(line))
        elif line is not None:
            card = Card(f"{line.what} {line.whom}".strip())
            card.body.addWidget(Label(_("已存本机,等下一次同步送到中心。"), wrap=True))
            self._detail.addWidget(card)
        if line is not None and line.kind in _OPENERS:
            self._detail.addWidget(
                Button(_("打开这条记录"), lambda: self._open(line), icon_name="chevron-right", kind="quiet")
            )
        self._detail.addStretch(1)

    def _open(self, line: Line) -> None:
        self.desk.asked.emit(_OPENERS[line.kind], line.record_id)

    def _moved(self, progress: Progress) -> None:
        words = _(PHASES.get(progress.phase, "正在与中心联系"))
        moved = _("{words} · 已送 {pushed} 条 · 已收 {pulled} 条")
        self._progress.show_progress(
            moved.format(words=words, pushed=progress.pushed, pulled=progress.pulled)
        )
        self.update_actions()

    def _ended(self, problem: Problem | None) -> None:
        self._progress.finish()
        self._load()
        if problem is None:
            return
        if self.isVisible():
            return
        self.desk.tell_problem(problem)

    def _count_badge(self, _touched: object = None) -> None:
        counted = self.desk.standing()
        self.badge_changed.emit(counted.conflicts + counted.held)


_OPENERS = {"visit": "visit_record", "case": "case_record", "resident": "resident"}


def _open(overview: Overview) -> int:
    return overview.standing.conflicts + overview.standing.held


def _columns(now: Any) -> tuple[TableColumn[Line], ...]:
    return (
        TableColumn(N_("状态"), lambda line: line.state, 96, lamp=lambda line: line.lamp),
        TableColumn(N_("事项"), lambda line: line.what, 110),
        TableColumn(N_("对象"), lambda line: line.whom, 130, bold=True),
        TableColumn(N_("原因"), lambda line: line.reason, 200, stretch=True),
        TableColumn(N_("时间"), lambda line: moment_words(local(line.at_ms), now()), 130),
    )


def _question_card(line: Line) -> Card:
    """What a person has to know about a conflict or a held operation: all values, and that nothing is lost."""
    card = Card(f"{line.what} {line.whom}".strip())
    question = line.question
    assert question is not None
    card.body.addWidget(Label(line.reason, wrap=True))
    for conflict in question.conflicts:
        card.body.addWidget(Label(field_words(question.kind, conflict.field), bold=True))
        for title, value in (
            (_("本人填写"), conflict.incoming),
            (_("中心现值"), conflict.server),
            (_("修改前"), conflict.base),
        ):
            row = QHBoxLayout()
            label = Label(title, tone="second")
            label.setMinimumWidth(72)
            row.addWidget(label)
            row.addWidget(Label(value_words(question.kind, conflict.field, value), wrap=True), 1)
            card.body.addLayout(row)
    if not question.conflicts:
        for field, (_old, new) in question.operation.set.items():
            words = f"{field_words(question.kind, field)}:{value_words(question.kind, field, new)}"
            card.body.addWidget(Label(words, wrap=True))
    card.body.addWidget(Label(_("填写的内容都已保存在中心,由上级核对后处理。"), tone="second", wrap=True))
    return card


def _show_log(card: Card, log: list[Exchanged], now: datetime) -> None:
    while card.body.count() > 1:
        _drop(card.body.takeAt(1))
    if not log:
        card.body.addWidget(Label(_("还没有同步过"), tone="second"))
    for each in log[:LOG_SHOWN]:
        good = each.outcome == "ok"
        words = _("{moment} · 送 {pushed} · 收 {pulled}").format(
            moment=moment_words(local(each.ended_ms), now), pushed=each.pushed, pulled=each.pulled
        )
        if not good:
            words = f"{moment_words(local(each.ended_ms), now)} · {problem_text(each.outcome, _NO_VALUES)[0]}"
        card.body.addWidget(Lamp("sent" if good else "stop", words))


class _NoValues(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


_NO_VALUES = _NoValues()


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        _drop(layout.takeAt(0))


def _drop(item: Any) -> None:
    if item is not None and item.widget() is not None:
        item.widget().deleteLater()
