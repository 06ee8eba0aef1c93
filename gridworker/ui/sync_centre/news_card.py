"""Since the last look: what others changed, what came up and what was decided, until somebody has read it."""

from collections.abc import Sequence
from functools import partial

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gridworker.db.last_look import Unseen, last_look, may_look, note_look, unseen
from gridworker.db.reader import Reader
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import RecordId
from gridworker.i18n import _
from gridworker.ui.cases.pieces import refill
from gridworker.ui.controls import Button, Card, Label
from gridworker.ui.desk import Desk
from gridworker.ui.flow import FlowLayout
from gridworker.ui.sync_centre.question_card import OPENERS
from gridworker.ui.sync_centre.subjects import subject_of
from gridworker.ui.visits.words import listed, moment_of


class Named(msgspec.Struct, frozen=True):
    """A changed record with its name."""

    kind: str
    id: RecordId
    words: str


class News(msgspec.Struct, frozen=True):
    """What the card tells; `first` where nobody has looked yet, so that there is nothing to count from."""

    told: Unseen | None
    named: Sequence[Named]
    first: bool


class NewsCard(Card):
    """Hidden while there is no news."""

    changed = Signal()
    """It tells something else, or nothing."""

    def __init__(self, desk: Desk) -> None:
        """It reads when the screen is opened and after each exchange."""
        super().__init__()
        self._desk = desk
        self._news: News | None = None
        self._roomy = True
        self.setAccessibleName(_("上次看过之后"))
        row = QHBoxLayout()
        row.setSpacing(8)
        self.says = Label("", wrap=True)
        row.addWidget(self.says, 1)
        row.addWidget(Button(_("知道了"), self.mark_read, icon_name="check"), 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(row)
        self.names = QWidget()
        self._flow = FlowLayout(self.names, gap=4, line_gap=0)
        self.body.addWidget(self.names)
        self.hide()
        desk.sync_ended.connect(self._look_again)
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        self._desk.fetch("news", read_news, self._show)

    def mark_read(self) -> None:
        """From now on all of it counts as seen."""
        self._desk.write(note_look, then=lambda _touched: self.load())

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is room for it beside what must be seen."""
        if roomy != self._roomy:
            self._roomy = roomy
            self._fit()

    def _fit(self) -> None:
        told = self._news.told if self._news is not None else None
        shown = self._roomy and told is not None and not told.nothing
        if shown is self.isHidden():
            self.setVisible(shown)
            self.changed.emit()

    def buttons(self) -> list[Button]:
        """The named records."""
        items = map(self._flow.itemAt, range(self._flow.count()))
        found = [item.widget() for item in items if item is not None]
        return [each for each in found if isinstance(each, Button)]

    def _look_again(self, _problem: object) -> None:
        self.load()

    def _show(self, news: News) -> None:
        self._news = news
        if news.first:
            self.mark_read()
        told = news.told
        self._fit()
        if told is not None:
            self.says.setText(words_of(told, self._desk.now_ms))
            refill(self._flow, [self._button(each) for each in news.named])
            self.names.setVisible(bool(news.named))

    def _button(self, each: Named) -> Button:
        return Button(each.words, partial(self._desk.asked.emit, OPENERS[each.kind], each.id), kind="quiet")


def read_news(reader: Reader) -> News:
    """What there is to tell."""
    told = unseen(reader)
    first = last_look(reader) is None and may_look(reader)
    return News(told, _named(reader, told) if told else [], first)


def words_of(told: Unseen, now_ms: int) -> str:
    """上次看过（昨天 17:30）之后：别人改了 12 条（居民 8、走访 4）· 新的待核对 1 条 · 有了结论 2 条."""
    kinds = listed(f"{_label(kind)} {count}" for kind, count in told.changed.items())
    counted = (
        (sum(told.changed.values()), _("别人改了 {count} 条（{kinds}）")),
        (told.raised, _("新的待核对 {count} 条")),
        (told.decided, _("有了结论 {count} 条")),
        (told.handed_over, _("移交 {count} 项")),
    )
    parts = [words.format(count=count, kinds=kinds) for count, words in counted if count]
    since = _("上次看过（{moment}）之后：{news}")
    return since.format(moment=moment_of(told.since_ms, now_ms), news=" · ".join(parts))


def _label(kind: str) -> str:
    return _(KINDS[kind].label) if kind in KINDS else kind


def _named(reader: Reader, told: Unseen) -> list[Named]:
    """The newest that can be opened."""
    found = [(kind, id, subject_of(reader, kind, id)) for kind, id in told.newest if kind in OPENERS]
    words = _("{kind} {name}")
    return [Named(kind, id, words.format(kind=_label(kind), name=name)) for kind, id, name in found if name]
