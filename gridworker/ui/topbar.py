"""The bar on top: the product, the grid, the door to searching, and who is at work."""

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from gridworker.i18n import _
from gridworker.ui.buttons import FittingButton
from gridworker.ui.labels import ElidedLabel, Label
from gridworker.ui.menu import Action, fill_menu, key_words


class SearchDoor(FittingButton):
    """Looks like a search box and opens the palette, where the typing is done."""

    def __init__(self) -> None:
        """One tab stop; Ctrl+K does the same."""
        super().__init__("search", token="text3", gap=6)
        keys = key_words("Ctrl+K")
        self.setProperty("role", "door")
        self.set_wordings(
            _("找人、找房、找事、做事 ({keys})").format(keys=keys), _("查找 ({keys})").format(keys=keys), keys
        )
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class UserButton(FittingButton):
    """Name and role with a menu behind them."""

    def __init__(self, actions: Iterable[Action[Any]], target: Any) -> None:
        """The menu holds the actions of place "user"."""
        super().__init__("person")
        self.setProperty("role", "quiet")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self)
        chosen = tuple(actions)
        menu.aboutToShow.connect(lambda: fill_menu(menu, chosen, target, where="user"))
        fill_menu(menu, chosen, target, where="user")
        self.setMenu(menu)

    def set_user(self, name: str, role: str) -> None:
        """Show who is at work."""
        if name:
            self.set_wordings(f"{name}  {role} ▾", f"{name} ▾")
        else:
            self.set_wordings(_("未登录 ▾"))
        self.setAccessibleName(_("用户 {name} {role}").format(name=name, role=role))


class TopBar(QFrame):
    """Product name, place, search, user."""

    search_clicked = Signal()

    def __init__(self, actions: Iterable[Action[Any]], target: Any, parent: QWidget | None = None) -> None:
        """`actions` fill the menu behind the name."""
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._place = ElidedLabel(tone="second")
        self._user = UserButton(actions, target)
        self._door = SearchDoor()
        self._door.clicked.connect(self.search_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(10)
        row.addWidget(Label(_("网格通行"), "subtitle", tone="accent", bold=True))
        row.addWidget(Label("─", tone="caption"))
        row.addWidget(self._place)
        row.addStretch(1)
        row.addWidget(self._door)
        row.addWidget(self._user)

    def set_place(self, place: str, *grids: str) -> None:
        """Community and grid; of several grids the mouse over it tells the names."""
        self._place.set_text(place, tip="\n".join(grids) if len(grids) > 1 else "")

    def set_user(self, name: str, role: str) -> None:
        """Who is at work, in which role."""
        self._user.set_user(name, role)
