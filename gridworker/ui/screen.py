"""What every screen is: a tool row on top and a body below, refreshed by one message."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gridworker.domain.records import Touched
from gridworker.i18n import _, pgettext
from gridworker.ui.controls import Button, ElidedLabel, Label
from gridworker.ui.menu import Action, install_keys, run_action
from gridworker.ui.messages import Message, Step

PLURALS: Mapping[str, Callable[[], str]] = {
    "residents": lambda: pgettext("screen", "居民"),
    "buildings": lambda: pgettext("screen", "楼栋"),
    "visits": lambda: pgettext("screen", "走访"),
    "cases": lambda: pgettext("screen", "事件"),
}
"""English calls a screen of many by the plural, one record by the singular; Chinese has one word for both."""


class ToolRow(QFrame):
    """The row on top of a screen: title, a few words about what is shown, then tools from left to right."""

    def __init__(self, title: str) -> None:
        """A title and nothing else yet."""
        super().__init__()
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 16, 8)
        self._row.setSpacing(8)
        self._buttons: list[Button] = []
        self._about = ElidedLabel(tone="second")
        self._row.addWidget(Label(title, "title", bold=True))
        self._row.addSpacing(4)
        self._row.addWidget(self._about)
        self._row.addStretch(1)

    def set_about(self, words: str) -> None:
        """A few words beside the title, such as a count."""
        self._about.set_text(words)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """One more tool at the right; buttons with an icon shrink to it where room is scarce."""
        self._row.addWidget(widget, stretch)
        if isinstance(widget, Button):
            self._buttons.append(widget)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words or icons."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for button in self._buttons:
            button.set_compact(False)
        for button in reversed(self._buttons):
            if self._row.minimumSize().width() <= self.width():
                break
            button.set_compact(True)


class Screen(QWidget):
    """The base of every screen; subclasses set the class attributes and build into `tools` and `body`.

    `refresh` is called only while the screen is shown; what changes meanwhile is given to it in one, just
    before `opened`.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    """Chinese, marked with N_."""
    icon: ClassVar[str] = "today"
    screen_actions: ClassVar[tuple[Action[Any], ...]] = ()
    """What can be done here; those of place "tools" become buttons in the tool row."""
    help_keys: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(keys, what they do) that its widgets handle themselves, for the help sheet; marked with N_."""

    badge_changed = Signal(int)
    """How much waits here."""
    said = Signal(object)
    """A `Message` for the strip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """A tool row with the title and an empty body."""
        super().__init__(parent)
        if not self.name or not self.title:
            raise TypeError(f"{type(self).__name__} needs the class attributes name and title")
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.shown_title())
        self.tools = ToolRow(self.shown_title())
        self.body = QVBoxLayout()
        self.body.setContentsMargins(12, 12, 12, 12)
        self.body.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addLayout(self.body, 1)
        self.action_entries = install_keys(self.screen_actions, self, self)
        self._buttons: list[tuple[Action[Any], Button]] = []

    @classmethod
    def shown_title(cls) -> str:
        """The title in the language in use."""
        return PLURALS[cls.name]() if cls.name in PLURALS else _(cls.title)

    def add_action_buttons(self) -> None:
        """Put the actions of place "tools" into the tool row, after what was added to it before."""
        for action in self.screen_actions:
            if "tools" not in action.where:
                continue
            button = Button(
                action.shown_text(),
                self._runner(action),
                icon_name=action.icon,
                kind="primary" if action.primary else "plain",
                tip=action.shown_keys(),
            )
            self._buttons.append((action, button))
            self.tools.add(button)
        self.update_actions()

    def update_actions(self) -> None:
        """Make buttons pale whose action cannot be done now; call it when the selection changed."""
        for action, button in self._buttons:
            button.setEnabled(action.enabled(self))

    def opened(self) -> None:
        """The screen is shown now: load what it needs, put the focus where work begins."""

    def refresh(self, touched: Touched) -> None:
        """Records changed: look again at what concerns this screen."""

    def back(self) -> bool:
        """Esc: go one step back inside the screen; False if there was nowhere to go."""
        return False

    def say(self, kind: str, text: str, step: Step | None = None) -> None:
        """Show a message in the strip."""
        self.said.emit(Message(kind, text, step))

    def _runner(self, action: Action[Any]) -> Callable[[], object]:
        return lambda: run_action(action, self)
