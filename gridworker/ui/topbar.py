"""The bar on top: the product, the grid, the door to searching, and who is at work."""

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from gridworker.i18n import _
from gridworker.ui.controls import ElidedLabel, Label
from gridworker.ui.icons import icon
from gridworker.ui.menu import Action, fill_menu, key_words
from gridworker.ui.theme import theme


class SearchDoor(QToolButton):
    """Looks like a search box and opens the palette, where the typing is done."""

    def __init__(self) -> None:
        """One tab stop; Ctrl+K does the same."""
        super().__init__()
        self.setProperty("role", "door")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setText(_("找人、找房、找事、做事 ({keys})").format(keys=key_words("Ctrl+K")))
        self.setAccessibleName(self.text())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def _adopt_theme(self) -> None:
        self.setIcon(icon("search", "text3"))


class UserButton(QToolButton):
    """Name and role with a menu behind them."""

    def __init__(self, actions: Iterable[Action[Any]], target: Any) -> None:
        """The menu holds the actions of place "user"."""
        super().__init__()
        self.setProperty("role", "quiet")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        menu = QMenu(self)
        chosen = tuple(actions)
        menu.aboutToShow.connect(lambda: fill_menu(menu, chosen, target, where="user"))
        fill_menu(menu, chosen, target, where="user")
        self.setMenu(menu)
        self._adopt_theme()
        theme().changed.connect(self._adopt_theme)

    def set_user(self, name: str, role: str) -> None:
        """Show who is at work."""
        self.setText(f"{name}  {role} ▾" if name else _("未登录 ▾"))
        self.setAccessibleName(_("用户 {name} {role}").format(name=name, role=role))

    def _adopt_theme(self) -> None:
        self.setIcon(icon("person", "text2"))


class TopBar(QFrame):
    """Product name, place, search, user."""

    search_clicked = Signal()

    def __init__(self, actions: Iterable[Action[Any]], target: Any, parent: QWidget | None = None) -> None:
        """`actions` fill the menu behind the name."""
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._place = ElidedLabel(tone="second")
        self._user = UserButton(actions, target)
        self._door = SearchDoor()
        self._door.clicked.connect(self.search_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(10)
        row.addWidget(Label(_("网格通行"), "subtitle", tone="accent", bold=True))
        row.addWidget(Label("─", tone="caption"))
        row.addWidget(self._place, 1)
        row.addStretch(1)
        row.addWidget(self._door)
        row.addWidget(self._user)

    def set_place(self, place: str) -> None:
        """Community and grid."""
        self._place.set_text(place)

    def set_user(self, name: str, role: str) -> None:
        """Who is at work, in which role."""
        self._user.set_user(name, role)
