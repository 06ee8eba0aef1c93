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
from gridworker.ui.sync_centre.brake_card import BrakeCard
from gridworker.ui.sync_centre.handed_over import HandedOverCard
from gridworker.ui.sync_centre.lines import Line, Overview, sentence_of
from gridworker.ui.sync_centre.log_card import LogCard
from gridworker.ui.sync_centre.news_card import NewsCard
from gridworker.ui.sync_centre.question_card import QuestionCard
from gridworker.ui.sync_centre.situations import Situation
from gridworker.ui.sync_centre.stick import STICK_ACTIONS, StickStrip
from gridworker.ui.table import RecordTable, TableFrame
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

CARD_WIDE, CARD_FROM = 380, 900
LOG_HIGH, NEWS_HIGH, BELOW_HIGH = 600, 400, 240
"""Heights of the screen, and of what is left below the cards above (pixels at 100 %)."""


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
        Action[Any](
            "go_to_matters",
            N_("去核对"),
            lambda screen: screen.matters_asked.emit(),
            ("F6",),
            "review",
            ("palette",),
        ),
        *STICK_ACTIONS,
    )
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = (("Enter", N_("打开这条记录")),)

    sync_asked = Signal()
    stop_asked = Signal()
    step_asked = Signal()
    """The button beside the state was pressed."""
    matters_asked = Signal()
    """Somebody wants to decide what waits for a word."""
    line_shown = Signal(object)
    """The Line under the cursor, or None."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Without anything to show; a presenter fills it."""
        super().__init__()
        self.presenter: object = None
        self.may_sync = self.syncing = False
        self.stick: StickStrip | None = None
        self.handed_over: HandedOverCard | None = None
        self.brake: BrakeCard | None = None
        self.news: NewsCard | None = None
        self._lines: dict[str, Line] = {}
        self._now_ms = now_ms
        self.sentence = Label("", "subtitle", bold=True, wrap=True)
        self.state, self.advice = Lamp("none", " "), Label("", tone="second", wrap=True)
        self.step = Button("", self.step_asked.emit)
        self.matters = Button("", self.matters_asked.emit, icon_name="review", kind="primary", tip="F6")
        self.matters.hide()
        self.progress = ProgressStrip()
        self.progress.cancelled.connect(self.stop_asked)
        self.model: PagedModel[Line] = PagedModel(_columns(now_ms), self._page)
        self.table = RecordTable(self.model, name=_("要送和要核对的记录"), empty=empty_words())
        self.table.setMinimumHeight(theme().px(32))  # words above it are not cut for the sake of a row
        self.card, self.log = QuestionCard(), LogCard()
        self.table.current_changed.connect(lambda key: self.line_shown.emit(self._lines.get(key)))
        self.table.row_opened.connect(lambda key: self.card.open_asked.emit(self._lines[key]))
        self._arrange()
        self.add_action_buttons()
        self._order_focus()

    def add_stick(self, strip: StickStrip) -> None:
        """Show what happens with sticks below the state of the exchange."""
        self.stick = strip
        self.body.insertWidget(1, strip)
        strip.changed.connect(self.update_actions)

    def add_brake(self, card: BrakeCard) -> None:
        """Show what was stopped above everything that is listed."""
        self.brake = card
        card.changed.connect(self._rearrange)
        self.body.insertWidget(1, card)
        self._order_focus()

    def add_news(self, card: NewsCard) -> None:
        """Show what came since the last look above the list."""
        self.news = card
        card.changed.connect(self._rearrange)
        self.body.insertWidget(self.body.count() - 1, card)
        self._order_focus()

    def add_handed_over(self, card: HandedOverCard) -> None:
        """Show who went to another grid below the last exchanges."""
        self.handed_over = card
        self._side_column.addWidget(card)
        self._order_focus()

    def opened(self) -> None:
        """Begin in the list."""
        self.table.setFocus()
        if self.news is not None:
            self.news.load()

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
        self.matters.set_text(_("去核对 {count} 条").format(count=overview.open))
        self.matters.setVisible(bool(overview.open))
        self.table.set_loading(False)
        self.model.set_keys(list(self._lines))
        if self._lines and self.table.current_key() is None:
            self.table.select_key(list(self._lines)[min(row, len(self._lines) - 1)])
        self.log.show_log(overview, self._now_ms())
        self._fit()
        self.line_shown.emit(self.current())
        self.update_actions()

    def show_progress(self, words: str, done: int, total: int) -> None:
        """An exchange is under way."""
        self.progress.show_progress(words, done, total)
        self.step.hide()
        self.update_actions()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where not everything fits, what has to be seen stays: first the cards above, then the list."""
        super().resizeEvent(event)
        self._fit()

    def _rearrange(self) -> None:
        self._fit()
        self._order_focus()

    def _fit(self) -> None:
        """Beside each other or one below the other; the log goes where it is low, the card where cramped."""
        roomy = self.width() >= theme().px(CARD_FROM)
        direction = QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom
        self._row.setDirection(direction)
        self._side.setMaximumWidth(theme().px(CARD_WIDE) if roomy else 16_777_215)
        self._side.setMinimumWidth(theme().px(CARD_WIDE) if roomy else 0)
        self.log.setVisible(roomy and (self.log.warns or self.height() >= theme().px(LOG_HIGH)))
        above = [card for card in (self.brake, self.news) if card is not None and not card.isHidden()]
        self._side.setVisible(roomy or not above or self._room_below(above) >= theme().px(BELOW_HIGH))
        if self.news is not None:
            told = [card for card in (self.brake,) if card is not None and not card.isHidden()]
            low = self.height() < theme().px(NEWS_HIGH)
            self.news.set_roomy(not low and (roomy or not told))

    def _room_below(self, cards: Sequence[QWidget]) -> int:
        """How much height is left for the list and the card (pixels)."""
        inner = self.width() - self.body.contentsMargins().left() * 2
        taken = sum(
            (card.heightForWidth(inner) if card.hasHeightForWidth() else card.sizeHint().height())
            + self.body.spacing()
            for card in (self._head, *cards)
        )
        return self.height() - self.tools.height() - taken

    def _order_focus(self) -> None:
        above = (self.tools, self.step, self.matters, self.progress, self.brake, self.stick, self.news)
        below = (self.table, self.card, self.log, self.handed_over)
        order_focus(part for part in (*above, *below) if part is not None)

    def _arrange(self) -> None:
        head = self._head = Card()
        line = QHBoxLayout()
        line.setSpacing(12)
        said = QWidget()
        said.setProperty("role", "pane")
        column = column_of(said, spacing=2)
        for part in (self.sentence, self.state, self.advice):
            column.addWidget(part)
        line.addWidget(said, 1)
        line.addWidget(self.step)
        line.addWidget(self.matters)
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
