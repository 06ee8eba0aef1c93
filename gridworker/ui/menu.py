"""What can be done, as data: menus, tools, keys, palette and help are made from one entry an action."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from gridworker.i18n import N_, _
from gridworker.ui.icons import icon

C = TypeVar("C")


def _always(_target: Any) -> bool:
    return True


@dataclass(frozen=True)
class Action(Generic[C]):
    """One thing that can be done to a target (a screen, the window); `text` is marked with N_.

    `where` lists the places that show it: "tools" (the screen's tool row), "menu" (right-click), "user" (the
    menu behind the name), "foot" (status line), "palette".
    """

    name: str
    text: str
    run: Callable[[C], object]
    keys: tuple[str, ...] = ()
    icon: str = ""
    where: tuple[str, ...] = ("palette",)
    enabled: Callable[[C], bool] = _always
    wording: Callable[[], str] | None = None
    """Gives the text in place of `text` where that needs more than a translation."""
    primary: bool = False
    """The one thing most people come for; painted in the accent colour."""

    def shown_text(self) -> str:
        """What it is called in the language in use."""
        return self.wording() if self.wording else _(self.text)

    def shown_keys(self) -> str:
        """The first key as people of this system read it, or nothing."""
        return key_words(self.keys[0]) if self.keys else ""


class Asking(Protocol):
    """Something that passes on what was asked for: the window."""

    def ask(self, name: str) -> None:
        """Say that the action of this name was asked for."""


def asking(name: str) -> Callable[[Asking], object]:
    """The `run` of an action that the window only passes on, by its signal `asked`."""
    return lambda target: target.ask(name)


SHELL: tuple[Action[Any], ...] = (
    Action("search", N_("查找"), asking("search"), ("Ctrl+K",), "search", ()),
    Action(
        "quick_visit",
        N_("记走访"),
        asking("quick_visit"),
        ("F2",),
        "visit",
        ("palette", "foot"),
        primary=True,
    ),
    Action("report_case", N_("报事件"), asking("report_case"), ("F3",), "case", ("palette", "foot")),
    Action("sync_now", N_("立即同步"), asking("sync_now"), ("F5",), "sync", ("palette", "user")),
    Action("undo", N_("撤销"), asking("undo"), ("Ctrl+Z",), "undo"),
    Action("show_keys", N_("本页按键"), asking("show_keys"), ("F1",), "keyboard", ("palette", "user")),
    Action("settings", N_("设置"), asking("settings"), (), "settings", ("palette", "user")),
    Action("quit", N_("退出"), asking("quit"), ("Ctrl+Q",), "close", ("palette", "user")),
)
"""What the window itself offers on every screen; Ctrl+1 … Ctrl+8 come with the screens."""

FORBIDDEN_KEYS = (
    "Ctrl+Space", "Shift+Space", "Ctrl+Shift", "Ctrl+.", "Ctrl+;", "Alt+A", "Ctrl+Alt+A", "Ctrl+Alt+W",
    "Ctrl+Alt+Z",
)  # fmt: skip
"""Input methods and messengers own these."""


def key_words(keys: str) -> str:
    """A key as it is printed on this system's keyboards."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys


def key_map(actions: Iterable[Action[Any]]) -> Mapping[str, Action[Any]]:
    """Every key, in its portable form, and the action it calls; two actions on one key are a mistake."""
    found: dict[str, Action[Any]] = {}
    for action in actions:
        for keys in action.keys:
            key = _portable(keys)
            if key in found:
                raise ValueError(f"{key} is taken by {found[key].name}: give {action.name} another key")
            found[key] = action
    return found


def key_faults(actions: Iterable[Action[Any]], everywhere: Iterable[Action[Any]] = ()) -> list[str]:
    """What is wrong with the keys of these actions beside those that work everywhere, as sentences."""
    taken = {_portable(keys): action.name for action in everywhere for keys in action.keys}
    faults = []
    for action in actions:
        for keys in action.keys:
            key = _portable(keys)
            if key in taken:
                faults.append(f"{keys} of {action.name} is taken by {taken[key]}")
            taken.setdefault(key, action.name)
            faults += [f"{keys} of {action.name} {fault}" for fault in _faults_of(keys)]
    return faults


def _faults_of(keys: str) -> Iterable[str]:
    key = _portable(keys)
    letter = key.removeprefix("Shift+")
    if not key:
        yield "is no key"
    if keys in FORBIDDEN_KEYS or key in {_portable(forbidden) for forbidden in FORBIDDEN_KEYS}:
        yield "belongs to input methods and messengers"
    elif len(letter) == 1 and letter.isalpha():
        yield "is a bare letter: the input method eats it"


def install_keys(actions: Iterable[Action[Any]], widget: QWidget, target: Any) -> dict[str, QAction]:
    """Make the keys work while the focus is inside `widget`; gives the QAction of each name."""
    made = {}
    for action in actions:
        qt = QAction(action.shown_text(), widget)
        qt.setShortcuts([QKeySequence(keys) for keys in action.keys])
        qt.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        qt.triggered.connect(partial(run_action, action, target))
        widget.addAction(qt)
        made[action.name] = qt
    return made


def run_action(action: Action[Any], target: Any, _checked: bool = False) -> None:
    """Do it, if it can be done now."""
    if action.enabled(target):
        action.run(target)


def fill_menu(menu: QMenu, actions: Iterable[Action[Any]], target: Any, *, where: str) -> None:
    """Put the actions of one place into a menu with icons and keys, pale where not possible now."""
    menu.clear()
    for action in actions:
        if where not in action.where:
            continue
        entry = menu.addAction(
            icon(action.icon) if action.icon else icon("chevron-right"), action.shown_text()
        )
        entry.setEnabled(action.enabled(target))
        if action.keys:
            entry.setText(f"{action.shown_text()}\t{action.shown_keys()}")
        entry.triggered.connect(partial(run_action, action, target))


def _portable(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)
