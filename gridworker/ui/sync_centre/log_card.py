"""The last exchanges: when, how much went and came, how long it took, or why it failed."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from gridworker.db.standing import Exchanged
from gridworker.i18n import _, problem_text
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Card, Label, Lamp
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
        lamps: list[QWidget] = [
            Lamp(_lamp(each), words) for each, words in zip(shown, self._lines, strict=True)
        ]
        refill(self._column, lamps or [Label(_("还没有同步过"), tone="second")])

    def lines(self) -> list[str]:
        """What is shown."""
        return self._lines


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
