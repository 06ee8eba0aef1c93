"""The status line: what is saved here, what waits to be sent, how old the centre's word is."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import Button
from gridworker.ui.flow import FlowLayout
from gridworker.ui.icons import put_icon
from gridworker.ui.lamps import LAMPS
from gridworker.ui.menu import Action, run_action
from gridworker.ui.moments import moment_words
from gridworker.ui.theme import theme

REWORD_MS = 30_000
"""How often the words are made anew, so that "今天" is never yesterday."""


class StatusItem(QToolButton):
    """One fact of the status line: a sign and words; a click opens the sync centre."""

    def __init__(self, sign: str, token: str) -> None:
        """`sign` and `token` name the picture and its colour."""
        super().__init__()
        self._sign, self._token = sign, token
        self.setProperty("role", "fact")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def say(self, words: str, sign: str, token: str) -> None:
        """Show these words with this sign."""
        self._sign, self._token = sign, token
        self.setText(words)
        self.setAccessibleName(words)
        self._adopt_theme()

    def _adopt_theme(self) -> None:
        put_icon(self, self._sign, self._token, size=12, gap=4)


class StatusLine(QFrame):
    """Four facts, what people have to decide if anything, and the two keys that are worth remembering."""

    facts_clicked = Signal()
    matters_clicked = Signal()

    def __init__(self, actions: Iterable[Action[Any]], target: Any, now: Callable[[], datetime]) -> None:
        """`actions` of place "foot" become buttons at the right; `now` gives local time."""
        super().__init__()
        self._now = now
        self._saved: datetime | None = None
        self._agreed: datetime | None = None
        self._as_of: datetime | None = None
        self._waiting = (0, 0)
        self.setProperty("role", "foot")
        self._items = [StatusItem("lamp-none", "text3") for _n in range(4)]
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        facts = QWidget()
        flow = FlowLayout(facts, gap=8, line_gap=0)
        for item in self._items:
            item.clicked.connect(self.facts_clicked)
            flow.addWidget(item)
        self._matters = StatusItem("review", "warn")
        self._matters.clicked.connect(self.matters_clicked)
        self._matters.hide()
        flow.addWidget(self._matters)
        row.addWidget(facts, 1)
        for action in actions:
            if "foot" in action.where:
                row.addWidget(_foot_button(action, target))
        timer = QTimer(self, interval=REWORD_MS)
        timer.timeout.connect(self.reword)
        timer.start()
        self.reword()

    def set_saved(self, at: datetime | None) -> None:
        """When something was last saved on this computer (local time)."""
        self._saved = at
        self.reword()

    def set_waiting(self, count: int, photos: int = 0) -> None:
        """How many changes and photos the centre has not yet confirmed."""
        self._waiting = (count, photos)
        self.reword()

    def set_agreed(self, at: datetime | None) -> None:
        """When this computer and the centre last held the same."""
        self._agreed = at
        self.reword()

    def set_as_of(self, at: datetime | None) -> None:
        """Up to when other people's changes are in."""
        self._as_of = at
        self.reword()

    def set_matters(self, count: int) -> None:
        """How much waits for a decision of this user; nothing is said of none."""
        self._matters.say(_("待核对 {count} 条").format(count=count), "review", "warn")
        self._matters.setVisible(bool(count))

    def words(self) -> list[str]:
        """What the line says now, fact by fact."""
        shown = [*self._items, *([] if self._matters.isHidden() else [self._matters])]
        return [item.text() for item in shown]

    def reword(self) -> None:
        """Say everything again as of now."""
        now = self._now()
        saved, waiting, agreed, as_of = self._items
        if self._saved is None:
            saved.say(_("尚未保存过"), LAMPS["none"].icon, "text3")
        else:
            saved.say(_("已存本机 {moment}").format(moment=_short(self._saved, now)), "lamp-ok", "ok")
        self._say_waiting(waiting)
        agreed.say(_agreed_words(self._agreed, now), "sync", "text2" if self._agreed else "warn")
        as_of.say(_as_of_words(self._as_of, now), "clock", "text2" if self._as_of else "warn")

    def _say_waiting(self, item: StatusItem) -> None:
        count, photos = self._waiting
        if not count and not photos:
            item.say(_("没有待送"), "lamp-sent", "ok")
            return
        words = _("待送 {count} 条").format(count=count)
        if photos:
            words = _("{waiting} · 照片 {photos} 张").format(waiting=words, photos=photos)
        item.say(words, "waiting", "accent")


def _short(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == now.date() else moment_words(at, now)


def _agreed_words(at: datetime | None, now: datetime) -> str:
    if at is None:
        return _("尚未与中心一致过")
    return _("上次与中心一致 {moment}").format(moment=moment_words(at, now))


def _as_of_words(at: datetime | None, now: datetime) -> str:
    return _("数据截至 {moment}").format(moment=moment_words(at, now)) if at else _("尚无中心数据")


def _foot_button(action: Action[Any], target: Any) -> Button:
    text = f"{action.shown_keys()} {action.shown_text()}".strip()
    button = Button(text, lambda: run_action(action, target), icon_name=action.icon, kind="quiet")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
