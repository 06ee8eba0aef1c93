"""Buttons with a verb or an icon that follow the theme."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton

from gridworker.ui.icons import put_icon

_RESTYLED = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
Kind = Literal["plain", "primary", "danger", "quiet"]
_ICON_TOKENS = {"plain": "text2", "primary": "on_accent", "danger": "danger", "quiet": "accent"}


class Button(QPushButton):
    """A button with a verb, and an icon that follows the theme."""

    def __init__(
        self,
        text: str,
        run: Callable[[], object] | None = None,
        *,
        icon_name: str = "",
        kind: Kind = "plain",
        tip: str = "",
    ) -> None:
        """`run` is called when it is clicked."""
        super().__init__(text)
        self._icon_name, self._kind = icon_name, kind
        self.setProperty("role", kind)
        self.setToolTip(tip)
        self.setAutoDefault(False)
        self.setAccessibleName(text)
        self._full, self._tip = text, tip
        if run is not None:
            self.clicked.connect(lambda _checked=False: run())
        self._tint()

    def set_text(self, text: str) -> None:
        """Say something else on it."""
        self._full = text
        self.setText(text)
        self.setAccessibleName(text)
        self._tint()

    def set_compact(self, compact: bool) -> None:
        """Show only the icon (if there is one), with the words as tool tip, or both."""
        compact = compact and bool(self._icon_name)
        self.setText("" if compact else self._full)
        self.setToolTip(f"{self._full}  {self._tip}".strip() if compact else self._tip)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew with the theme."""
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._tint()

    def _tint(self) -> None:
        if self._icon_name:
            put_icon(self, self._icon_name, _ICON_TOKENS[self._kind], gap=3 if self.text() else 0)


class FittingButton(QToolButton):
    """A button with several wordings: it shows the longest that fits, its name is always the first."""

    def __init__(self, icon_name: str, *, token: str = "text2", gap: int = 4) -> None:
        """Give it words with `set_wordings`."""
        super().__init__()
        self._icon_name, self._token, self._gap = icon_name, token, gap
        self._wordings: tuple[str, ...] = ("",)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._tint()

    def set_wordings(self, *wordings: str) -> None:
        """From the longest to the shortest."""
        self._wordings = wordings
        self.setAccessibleName(wordings[0])
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for the longest."""
        return self._room_for(self._wordings[0])

    def minimumSizeHint(self) -> QSize:
        """Room for the shortest."""
        return self._room_for(self._wordings[-1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose again."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew with the theme."""
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._tint()
            self._fit()
            self.updateGeometry()

    def _fit(self) -> None:
        fitting = (words for words in self._wordings if self._room_for(words).width() <= self.width())
        words = next(fitting, self._wordings[-1])
        if words != self.text():
            self.setText(words)
            self.setToolTip("" if words == self._wordings[0] else self._wordings[0])

    def _room_for(self, words: str) -> QSize:
        """What the style wants for these words, computed from what it wants for those shown."""
        metrics = self.fontMetrics()
        more = metrics.horizontalAdvance(words) - metrics.horizontalAdvance(self.text())
        return super().sizeHint() + QSize(more, 0)

    def _tint(self) -> None:
        put_icon(self, self._icon_name, self._token, gap=self._gap)


class IconButton(QToolButton):
    """A button with only an icon; `name` is its tool tip and accessible name."""

    def __init__(
        self, icon_name: str, name: str, run: Callable[[], object] | None = None, *, token: str = "text2"
    ) -> None:
        """`run` is called when it is clicked."""
        super().__init__()
        self._icon_name, self._token = icon_name, token
        self.setProperty("role", "quiet")
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if run is not None:
            self.clicked.connect(lambda _checked=False: run())
        self._tint()

    def set_icon(self, icon_name: str, name: str) -> None:
        """Show another icon with another name."""
        self._icon_name = icon_name
        self.setToolTip(name)
        self.setAccessibleName(name)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew with the theme."""
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._tint()

    def _tint(self) -> None:
        put_icon(self, self._icon_name, self._token)
