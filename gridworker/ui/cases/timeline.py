"""The steps of a case from its report to its end, one below the other."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gridworker.i18n import _
from gridworker.ui.cases.listing import Step
from gridworker.ui.cases.words import LAMP_OF_STATE
from gridworker.ui.controls import Label
from gridworker.ui.lamps import lamp_pixmap
from gridworker.ui.moments import moment_words
from gridworker.ui.theme import theme
from gridworker.ui.visits.words import china_time


class Timeline(QWidget):
    """A lamp, the moment, who did what, and the words that were left."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._lines: list[tuple[QLabel, Label, Label]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)

    def show_steps(self, steps: Sequence[Step], now_ms: int, *, ahead: str) -> None:
        """Show these; `ahead` says what comes next, or nothing."""
        self._clear()
        now = china_time(now_ms)
        for step in steps:
            self._add(LAMP_OF_STATE.get(step.state, "none"), moment_of_step(step, now), words_of_step(step))
        if ahead:
            self._add("none", _("接下来"), ahead)

    def lines(self) -> list[str]:
        """What is written there, line by line."""
        return [words.text() for _picture, _when, words in self._lines]

    def _add(self, lamp: str, moment: str, words: str) -> None:
        picture = QLabel()
        picture.setPixmap(lamp_pixmap(lamp, theme().px(12)))
        picture.setContentsMargins(0, theme().px(4), 0, 0)
        when = Label(moment, "caption", tone="caption")
        when.setContentsMargins(0, theme().px(2), 0, 0)
        line = (picture, when, Label(words, wrap=True))
        for column, widget in enumerate(line):
            self._grid.addWidget(widget, len(self._lines), column, Qt.AlignmentFlag.AlignTop)
        self._lines.append(line)

    def _clear(self) -> None:
        for line in self._lines:
            for widget in line:
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._lines.clear()


def moment_of_step(step: Step, now: datetime) -> str:
    """When it happened."""
    return moment_words(china_time(step.at_ms), now)


def words_of_step(step: Step) -> str:
    """王芳 退回补充：请写明…"""
    what = _(step.label) if step.label else _("上报") if step.state == "reported" else _("审核意见")
    head = " ".join(filter(None, (step.who, what)))
    return _("{head}：{words}").format(head=head, words=step.words) if step.words else head
