"""The screen of the sync centre: the counters as a sentence, what to do next, the list, the log."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of
from gridworker.ui.controls import Button, Card, Label, Lamp, ProgressStrip
from gridworker.ui.focus import order_focus
from gridworker.ui.menu import Action
from gridworker.ui.paged_model import PagedModel, TableColumn
from gridworker.ui.screen import Screen
from gridworker.ui.sync_centre.handed_over import HandedOverCard
from gridworker.ui.sync_centre.lines import Line, Overview, sentence_of
from gridworker.ui.sync_centre.log_card import LogCard
from gridworker.ui.sync_centre.question_card import QuestionCard
from gridworker.ui.sync_centre.situations import Situation
from gridworker.ui.sync_centre.stick import STICK_ACTIONS, StickStrip
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

CARD_WIDE, CARD_FROM, LOG_HIGH = 380, 900, 600


class SyncCentre(Screen):
    """同步; three honest states: saved here, waiting, accepted; and what a person must look at."""

    name: ClassVar[str] = "sync"
    title: ClassVar[str] = N_("同步")
    icon: ClassVar[str] = "sync"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = (
        Action[Any](
            "synchronise",
            N_("立即同步"),
            lambda screen: screen.sync_asked.emit(),
            ("Ctrl+Return",),
            "sync",
            ("tools",),
            enabled=lambda screen: screen.may_sync,
            primary=True,
        ),
        Action[Any](
            "stop_exchange",
            N_("停止同步"),
            lambda screen: screen.stop_asked.emit(),
            (),
            "close",
            ("palette",),
            enabled=lambda screen: screen.syncing,
        ),
        *STICK_ACTIONS,
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (("Enter", N_("打开这条记录")),)

    sync_asked = Signal()
    stop_asked = Signal()
    step_asked = Signal()
    """The button beside the state was pressed."""
    line_shown = Signal(object)
    """The Line under the cursor, or None."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Without anything to show; a presenter fills it."""
        super().__init__()
        self.presenter: object = None
        self.may_sync = self.syncing = False
        self.stick: StickStrip | None = None
        self.handed_over: HandedOverCard | None = None
        self._lines: dict[str, Line] = {}
        self._now_ms = now_ms
        self.sentence = Label("", "subtitle", bold=True, wrap=True)
        self.state, self.advice = Lamp("none", " "), Label("", tone="second", wrap=True)
        self.step = Button("", self.step_asked.emit)
        self.progress = ProgressStrip()
        self.progress.cancelled.connect(self.stop_asked)
        self.model: PagedModel[Line] = PagedModel(_columns(now_ms), self._page)
        self.table = RecordTable(self.model, name=_("要送和要核对的记录"), empty=empty_words())
        self.card, self.log = QuestionCard(), LogCard()
        self.table.current_changed.connect(lambda key: self.line_shown.emit(self._lines.get(key)))
        self.table.row_opened.connect(lambda key: self.card.open_asked.emit(self._lines[key]))
        self._arrange()
        self.add_action_buttons()
        order_focus((self.tools, self.step, self.progress, self.table, self.card))

    def add_stick(self, strip: StickStrip) -> None:
        """Show what happens with sticks below the state of the exchange."""
        self.stick = strip
        self.body.insertWidget(1, strip)
        strip.changed.connect(self.update_actions)

    def add_handed_over(self, card: HandedOverCard) -> None:
        """Show who went to another grid below the last exchanges."""
        self.handed_over = card
        self._side_column.addWidget(card)

    def opened(self) -> None:
        """Begin in the list."""
        self.table.setFocus()

    def refresh(self, touched: Touched) -> None:
        """The presenter listens to the desk itself."""

    def current(self) -> Line | None:
        """The line under the cursor."""
        return self._lines.get(self.table.current_key())

    def show_overview(self, overview: Overview, situation: Situation) -> None:
        """Show another state of things; the cursor stays on its line."""
        row = max(0, self.table.currentIndex().row())
        self._lines = {line.id: line for line in overview.lines}
        self.sentence.setText(sentence_of(overview))
        self.state.set_lamp(situation.lamp, situation.sentence)
        self.advice.setText(situation.advice)
        self.advice.setVisible(bool(situation.advice))
        self.step.set_text(situation.button)
        self.step.setVisible(bool(situation.button))
        self.table.set_loading(False)
        self.model.set_keys(list(self._lines))
        if self._lines and self.table.current_key() is None:
            self.table.select_key(list(self._lines)[min(row, len(self._lines) - 1)])
        self.log.show_log(overview.log, self._now_ms(), url=overview.server_url)
        self.line_shown.emit(self.current())
        self.update_actions()

    def show_progress(self, words: str, done: int, total: int) -> None:
        """An exchange is under way."""
        self.progress.show_progress(words, done, total)
        self.step.hide()
        self.update_actions()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where both do not fit side by side, the card goes below the list; the log goes where it is low."""
        super().resizeEvent(event)
        roomy = self.width() >= theme().px(CARD_FROM)
        direction = QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom
        self._row.setDirection(direction)
        self._side.setMaximumWidth(theme().px(CARD_WIDE) if roomy else 16_777_215)
        self._side.setMinimumWidth(theme().px(CARD_WIDE) if roomy else 0)
        self.log.setVisible(roomy and self.height() >= theme().px(LOG_HIGH))

    def _arrange(self) -> None:
        head = Card()
        line = QHBoxLayout()
        line.setSpacing(12)
        said = QWidget()
        said.setProperty("role", "pane")
        column = column_of(said, spacing=2)
        for part in (self.sentence, self.state, self.advice):
            column.addWidget(part)
        line.addWidget(said, 1)
        line.addWidget(self.step)
        head.body.addLayout(line)
        head.body.addWidget(self.progress)
        self.body.addWidget(head)
        self._side = QWidget()
        self._side_column = column_of(self._side)
        self._side_column.addWidget(self.card, 1)
        self._side_column.addWidget(self.log)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        self._row.addWidget(TableFrame(self.table), 1)
        self._row.addWidget(self._side, 1)
        self.body.addLayout(self._row, 1)

    def _page(self, keys: Sequence[str]) -> list[Line | None]:
        return [self._lines.get(key) for key in keys]


def empty_words() -> str:
    """What an empty list says."""
    return _("没有待送的记录，也没有要核对的：本机记的中心都已收到。")


def _columns(now_ms: Callable[[], int]) -> tuple[TableColumn[Line], ...]:
    return (
        TableColumn(N_("状态"), lambda line: line.state, 100, lamp=lambda line: line.lamp),
        TableColumn(N_("事项"), lambda line: line.what, 124),
        TableColumn(N_("记录对象"), lambda line: line.whom, 180, bold=True, tip=lambda line: line.whom),
        TableColumn(N_("原因"), lambda line: line.reason, 150, stretch=True, tip=lambda line: line.reason),
        TableColumn(N_("时间"), lambda line: moment_of(line.at_ms, now_ms()), 114),
    )
