"""The shell: top bar, screens at the left, one in the middle, messages above it, the status line below."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gridworker.domain.areas import community_in
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.i18n import _
from gridworker.ui.focus import order_focus
from gridworker.ui.icons import icon
from gridworker.ui.key_sheet import KeySheet, key_lines
from gridworker.ui.menu import SHELL, Action, install_keys, key_faults, key_words
from gridworker.ui.messages import Message, MessagePlace, Step, message_of
from gridworker.ui.navigation import Navigation
from gridworker.ui.palette import Palette, PaletteItem, action_items
from gridworker.ui.screen import Screen
from gridworker.ui.status import StatusLine
from gridworker.ui.topbar import TopBar

SMALLEST = (1024, 640)
USUAL = (1366, 728)
_NOTHING = Touched()


class Window(QMainWindow):
    """The one window of the desktop; it knows screens, and nothing of records.

    `asked` passes on the names of actions that others carry out: "quick_visit", "report_case", "sync_now",
    and "settings" unless a screen of that name was added.
    """

    asked = Signal(str)
    screen_shown = Signal(str)
    closing = Signal()

    def __init__(self, *, now: Callable[[], datetime], actions: Sequence[Action[Any]] = SHELL) -> None:
        """`now` gives local time for the status line; add screens, then `show_screen`."""
        super().__init__()
        self._names: list[str] = []
        self._listed: set[str] = set()
        self._builders: dict[str, Callable[[], Screen]] = {}
        self._screens: dict[str, Screen] = {}
        self._missed: dict[str, Touched] = {}
        self._actions: list[Action[Any]] = list(actions)
        self._undo_run: Callable[[], object] | None = None
        self.setWindowTitle(_("网格通行"))
        self.setWindowIcon(icon("centre", "accent", size=64))
        self.setMinimumSize(*SMALLEST)
        self.resize(*USUAL)
        self.top = TopBar(self._actions, self)
        self.navigation = Navigation()
        self.status = StatusLine(self._actions, self, now)
        self._stack = QStackedWidget()
        self._place = MessagePlace(self._stack)
        self.setCentralWidget(self._arranged())
        self.palette_box = Palette(self.centralWidget(), self._commands)
        self._sheet = KeySheet(self.centralWidget())
        install_keys(self._actions, self, self)
        self.top.search_clicked.connect(self.palette_box.open_palette)
        self.status.facts_clicked.connect(lambda: self.ask("sync"))
        self.status.matters_clicked.connect(lambda: self.ask("disputes"))
        self.navigation.screen_chosen.connect(self.show_screen)
        self._own: dict[str, Callable[[], object]] = {
            "search": self.palette_box.open_palette,
            "show_keys": self.show_keys,
            "undo": self.undo,
            "quit": self.close,
        }

    def set_place(self, *grids: str) -> None:
        """The titles of the grids at work here; several are told by their number, and named by the mouse."""
        place = place_words(grids)
        self.top.set_place(place, *grids)
        self.top.setAccessibleDescription("\n".join(grids))
        self.setWindowTitle(_("网格通行 ─ {place}").format(place=place) if place else _("网格通行"))

    def set_user(self, name: str, role: str) -> None:
        """Who is at work, in which role (both as people read them)."""
        self.top.set_user(name, role)

    def add_screen(self, screen: Screen, *, listed: bool = True) -> None:
        """One more screen; a listed one gets a place at the left and the next of Ctrl+1 … Ctrl+9."""
        self.add_place(type(screen), lambda: screen, listed=listed)
        self.screen_named(screen.name)

    def add_place(self, screen: type[Screen], build: Callable[[], Screen], *, listed: bool = True) -> None:
        """The same for a screen that is built when it is first wanted, or by `build_next`."""
        faults = key_faults(screen.screen_actions, self._actions)
        if faults or screen.name in self.screen_names():
            raise ValueError("; ".join(faults) or f"there is already a screen {screen.name!r}")
        self._builders[screen.name] = build
        self._names.append(screen.name)
        number = sum(name.startswith("open_") for name in (a.name for a in self._actions)) + 1
        keys = (f"Ctrl+{number}",) if listed and number <= 9 else ()
        opening = Action[Any](
            f"open_{screen.name}" if listed else f"show_{screen.name}",
            screen.title,
            lambda window: window.show_screen(screen.name),
            keys,
            screen.icon,
            wording=screen.shown_title,
        )
        self._actions.append(opening)
        install_keys([opening], self, self)
        if listed:
            self.navigation.add_screen(
                screen.name, screen.shown_title(), screen.icon, keys=opening.shown_keys()
            )
            self._listed.add(screen.name)

    def build_next(self) -> bool:
        """Build one screen that nobody has wanted yet; False where all are there."""
        waiting = next(iter(self._builders), None)
        if waiting is not None:
            self.screen_named(waiting)
        return waiting is not None

    def _build(self, name: str) -> None:
        screen = self._screens[name] = self._builders.pop(name)()
        self._stack.addWidget(screen)
        screen.said.connect(self.show_message)
        if name in self._listed:
            screen.badge_changed.connect(lambda count: self.navigation.set_badge(name, count))

    def show_screen(self, name: str) -> None:
        """Show a screen, told of everything that changed while it was hidden."""
        screen = self.screen_named(name)
        self._sheet.hide()
        self._stack.setCurrentWidget(screen)
        missed = self._missed.pop(name, _NOTHING)
        if missed != _NOTHING:
            screen.refresh(missed)
        self.navigation.mark_shown(name)
        order_focus((self.top, self.navigation, self._place.strip, screen.tools, screen, self.status))
        screen.opened()
        self.screen_shown.emit(name)

    def screen_named(self, name: str) -> Screen:
        """The screen of that name."""
        if name in self._builders:
            self._build(name)
        if name not in self._screens:
            raise ValueError(f"no screen {name!r}; there are {', '.join(self._names)}")
        return self._screens[name]

    def screen_names(self) -> list[str]:
        """Every screen, listed or not, in the order in which they were added."""
        return list(self._names)

    def current_screen(self) -> Screen | None:
        """The screen that is shown, or None before the first."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Screen) else None

    def refresh(self, touched: Touched) -> None:
        """Records changed: tell the screen that is shown now and the others when they are shown."""
        shown = self.current_screen()
        for name, screen in self._screens.items():
            if screen is shown:
                screen.refresh(touched)
            else:
                self._missed[name] = self._missed.get(name, _NOTHING) | touched

    def say(self, kind: str, text: str, step: Step | None = None) -> None:
        """Say what happened, with the next step as a button."""
        self.show_message(Message(kind, text, step))

    def say_done(self, text: str, *, undo: Callable[[], object] | None = None) -> None:
        """Say that something was done; `undo` takes it back, by button or Ctrl+Z, until the next."""
        self._undo_run = undo
        self.say(
            "ok", text, Step(_("撤销 {keys}").format(keys=key_words("Ctrl+Z")), self.undo) if undo else None
        )

    def say_problem(self, problem: Problem) -> None:
        """Say what went wrong and what to do about it."""
        self.show_message(message_of(problem))

    def show_message(self, message: Message) -> None:
        """Show a message in the strip."""
        self._place.strip.show_message(message)

    def message(self) -> Message | None:
        """What the strip says now."""
        return self._place.strip.message

    def undo(self) -> None:
        """Take back what was done last, if that can be taken back."""
        run, self._undo_run = self._undo_run, None
        if run is None:
            self.say("info", _("没有可以撤销的操作"))
        else:
            self._place.strip.close_message()
            run()

    def ask(self, name: str) -> None:
        """Carry out what is the window's own, show a screen of that name, or pass it on by `asked`."""
        if name in self._own:
            self._own[name]()
        elif name in self._names:
            self.show_screen(name)
        else:
            self.asked.emit(name)

    def show_keys(self) -> None:
        """The sheet of keys: those of this screen, then those of every screen; asked again, it goes."""
        if self._sheet.isVisible():
            self._sheet.hide()
            return
        screen = self.current_screen()
        groups = [(_("处处可用"), key_lines(self._actions))]
        if screen is not None and (screen.screen_actions or screen.help_keys):
            groups.insert(0, (screen.shown_title(), key_lines(screen.screen_actions, screen.help_keys)))
        self._sheet.show_keys(groups)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc: close what lies over the screen, else one step back inside it, else the message."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
            return
        screen = self.current_screen()
        if self.palette_box.isVisible():
            self.palette_box.close_palette()
        elif screen is None or not screen.back():
            self._place.strip.close_message()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What lies over the screen moves along."""
        super().resizeEvent(event)
        self.palette_box.place()
        self._sheet.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so, for whoever has to finish something."""
        self.closing.emit()
        super().closeEvent(event)

    def _arranged(self) -> QWidget:
        whole = QWidget()
        column = QVBoxLayout(whole)
        middle = QHBoxLayout()
        for layout in (column, middle):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        middle.addWidget(self.navigation)
        middle.addWidget(self._place, 1)
        column.addWidget(self.top)
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        return whole

    def _commands(self) -> list[PaletteItem]:
        screen = self.current_screen()
        own = action_items(screen.screen_actions, screen) if screen else []
        return own + action_items(self._actions, self)


def place_words(grids: Sequence[str]) -> str:
    """幸福里社区第三网格; of several 幸福里社区 · 2 个网格, or 2 个网格 where they share no community."""
    if len(grids) < 2:
        return "".join(grids)
    communities = set(map(community_in, grids))
    shared = communities.pop() if len(communities) == 1 else ""
    return " · ".join(filter(None, (shared, _("{count} 个网格").format(count=len(grids)))))
