"""Handed over: who went to another grid, and what became of one's own entries about them."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gridworker.db.handed_over import Entries, HandedOver, handed_over, mark_handed_over_seen
from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Touched
from gridworker.i18n import N_, _
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Button, Card, ElidedLabel, Label
from gridworker.ui.desk import Desk
from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

SHOWN = 4
WHY = {"moved": N_("转到其他网格"), "regrid": N_("网格调整")}
"""Why a record left, by the centre's word."""


class HandedOverCard(Card):
    """What nobody has looked at yet; hidden while there is nothing."""

    def __init__(self, desk: Desk) -> None:
        """It reads by itself, and again whenever something has changed."""
        super().__init__(_("已移交"))
        self._desk = desk
        self._lines: list[HandedOver] = []
        self.head.addWidget(Button(_("知道了"), self._put_aside))
        holder = QWidget()
        self._column = column_of(holder, spacing=4)
        self.body.addWidget(holder)
        self.hide()
        desk.touched.connect(self._look_again)
        self.load()

    def load(self) -> None:
        """Read again, on the reader thread."""
        self._desk.fetch("handed_over", handed_over, self._show)

    def lines(self) -> list[str]:
        """What is shown."""
        return [line_of(each, self._desk.now_ms) for each in self._lines[:SHOWN]]

    def _look_again(self, _touched: Touched) -> None:
        self.load()

    def _show(self, found: Sequence[HandedOver]) -> None:
        self._lines = [each for each in found if not each.seen]
        rows: list[QWidget] = [
            _Row(lamp_of(each.entries), words) for each, words in zip(self._lines, self.lines(), strict=False)
        ]
        if len(self._lines) > SHOWN:
            rows.append(Label(_("另有 {count} 项").format(count=len(self._lines) - SHOWN), tone="second"))
        refill(self._column, rows)
        self.setVisible(bool(self._lines))

    def _put_aside(self) -> None:
        action = partial(mark_handed_over_seen, ids=[each.id for each in self._lines])
        self._desk.write(action, then=lambda _touched: self.load())


class _Row(QWidget):
    """A lamp and words that end in … where the card ends."""

    def __init__(self, lamp: str, words: str) -> None:
        super().__init__()
        picture = QLabel()
        picture.setPixmap(lamp_pixmap(lamp, theme().px(12)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(picture)
        row.addWidget(ElidedLabel(words), 1)
        row.addStretch(0)


def line_of(each: HandedOver, now_ms: int) -> str:
    """今天 14:02 · 居民 王*兰 · 网格调整 · 已收下 3 · 待新网格处理 1"""
    label = _(KINDS[each.kind].label) if each.kind in KINDS else each.kind
    parts = [
        moment_of(each.at_ms, now_ms),
        _("{kind} {name}").format(kind=label, name=each.words),
        _(WHY.get(each.reason, each.reason)),
        *entry_words(each.entries),
    ]
    return " · ".join(parts)


def entry_words(entries: Entries) -> list[str]:
    """What became of one's own entries, as far as there are any."""
    counted = (
        (entries.taken, _("已收下 {count}")),
        (entries.held, _("待新网格处理 {count}")),
        (entries.disputed, _("不一致 {count}")),
        (entries.waiting, _("待送 {count}")),
    )
    return [words.format(count=count) for count, words in counted if count]


def lamp_of(entries: Entries) -> str:
    """Waiting here before waiting there; otherwise all is well."""
    if entries.waiting:
        return "wait"
    return "soon" if entries.held or entries.disputed else "sent"
