"""The last exchanges: when, how much went and came, how long it took, or why it failed."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gridworker.db.standing import Exchanged
from gridworker.i18n import _, problem_text
from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import Card, ElidedLabel, Label
from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.sync_centre.lines import Overview
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import moment_of

SHOWN = 6


class LogCard(Card):
    """A few lines, the newest on top."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(_("最近的同步"))
        self._lines: list[str] = []
        self.warns = False
        """Whether something is told that nobody should miss."""
        holder = QWidget()
        self._column = column_of(holder, spacing=4)
        self.body.addWidget(holder)

    def show_log(self, overview: Overview, now_ms: int) -> None:
        """Show what is going on at the centre, what was repaired, then the last exchanges."""
        told = notices_of(overview, now_ms)
        shown = overview.log[: SHOWN - len(told)]
        told += [(_lamp(each), line_of(each, now_ms, url=overview.server_url)) for each in shown]
        self._lines = [words for _sign, words in told]
        self.warns = any(sign == "late" for sign, _words in told)
        found = [_LogLine(sign, words) for sign, words in told]
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


def notices_of(overview: Overview, now_ms: int) -> list[tuple[str, str]]:
    """What is not an exchange but has to be known: lamp and words."""
    told = []
    if overview.standing.again:
        words = _("中心恢复过备份：{count} 条以前送过的会再送一遍，不会重复")
        told.append(("wait", words.format(count=f"{overview.standing.again:,}")))
    for title in overview.wrong_sums:
        words = _("核对：{grid}的记录都对，但中心记的总数不对，请告诉街道技术人员")
        told.append(("late", words.format(grid=title)))
    if overview.photo_fault:
        sentence = problem_text(overview.photo_fault, {"url": overview.server_url})[0]
        told.append(("stop", _("照片没有送成：{why}").format(why=sentence)))
    for each in overview.repairs:
        words = _("{moment} · 核对：有 {count} 条和中心不同，已按中心的补正")
        told.append(("ok", words.format(moment=moment_of(each.at_ms, now_ms), count=each.rows)))
    return told


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
