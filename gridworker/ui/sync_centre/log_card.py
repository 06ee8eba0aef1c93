"""The last exchanges: when, how much went and came, how long it took, or why it failed."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gridworker.db.standing import Exchanged
from gridworker.i18n import _, problem_text
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Card, ElidedLabel, Label
from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

SHOWN = 6


class LogCard(Card):
    """A few lines, the newest on top."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(_("最近的同步"))
        self._lines: list[str] = []
        holder = QWidget()
        self._column = column_of(holder, spacing=4)
        self.body.addWidget(holder)

    def show_log(self, log: Sequence[Exchanged], now_ms: int, *, url: str) -> None:
        """Show these; `url` is the centre's."""
        shown = log[:SHOWN]
        self._lines = [line_of(each, now_ms, url=url) for each in shown]
        found = [_LogLine(_lamp(each), words) for each, words in zip(shown, self._lines, strict=True)]
        refill(self._column, found or [Label(_("还没有同步过"), tone="second")])

    def lines(self) -> list[str]:
        """What is shown."""
        return self._lines


class _LogLine(QWidget):
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


def line_of(each: Exchanged, now_ms: int, *, url: str) -> str:
    """今天 14:02 · 送 4 条 · 收 31 条 · 1.2 秒"""
    moment = moment_of(each.ended_ms, now_ms)
    if each.outcome != "ok":
        sentence = problem_text(each.outcome, {"url": url})[0]
        return f"{moment} · {sentence}"
    seconds = max(0, each.ended_ms - each.started_ms) / 1000
    words = _("{moment} · 送 {pushed} 条 · 收 {pulled} 条 · {seconds} 秒")
    return words.format(
        moment=moment, pushed=f"{each.pushed:,}", pulled=f"{each.pulled:,}", seconds=f"{seconds:.1f}"
    )


def _lamp(each: Exchanged) -> str:
    return {"ok": "sent", "sync_stopped": "none"}.get(each.outcome, "stop")
