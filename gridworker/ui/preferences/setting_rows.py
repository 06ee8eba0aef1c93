"""A control for each kind of setting, made from its declaration; what a wheel rolls over stays as it is."""

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QWidget

from gridworker.domain.choices import Choice
from gridworker.i18n import _
from gridworker.settings import Between, Flag, OneOf, Setting
from gridworker.ui.choices import ChoiceRow
from gridworker.ui.controls import Label
from gridworker.ui.theme import theme

LABELS_WIDE = 76
Save = Callable[[Any], bool]
"""Stores a value; False where it could not be stored, so that the control goes back."""


class ChoiceSetting(QWidget):
    """A few values side by side; digits and arrows choose."""

    def __init__(self, setting: Setting[Any], value: object, save: Save) -> None:
        """`setting` allows OneOf."""
        super().__init__()
        assert isinstance(setting.allowed, OneOf)
        self._values = {str(each): each for each in setting.allowed.texts}
        choices = [Choice(str(each), words) for each, words in setting.allowed.texts.items()]
        self._shown, self._save = value, save
        self._row = ChoiceRow(_(setting.text), choices, value=str(value))
        for caption in cast(list[Label], self._row.findChildren(Label)):
            caption.setMinimumWidth(theme().px(LABELS_WIDE))
        column = QHBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._row)
        self.setFocusProxy(self._row)
        self._row.chosen.connect(self._choose)

    def _choose(self, code: str) -> None:
        value = self._values[code]
        if value == self._shown:
            return
        if self._save(value):
            self._shown = value
        else:
            self._row.set_value(str(self._shown))


class FlagSetting(QCheckBox):
    """Yes or no."""

    def __init__(self, setting: Setting[Any], value: object, save: Save) -> None:
        """`setting` allows a Flag."""
        super().__init__(_(setting.text))
        self._save = save
        self.setChecked(bool(value))
        self.toggled.connect(self._choose)

    def _choose(self, checked: bool) -> None:
        if not self._save(checked):
            self.blockSignals(True)
            self.setChecked(not checked)
            self.blockSignals(False)


class CalmSpinBox(QSpinBox):
    """A number that a wheel changes only while it has the keyboard."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the page unless somebody works here."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberSetting(QWidget):
    """A number within bounds, saved when it is complete."""

    def __init__(self, setting: Setting[Any], value: int, save: Save) -> None:
        """`setting` allows Between."""
        super().__init__()
        assert isinstance(setting.allowed, Between)
        self._shown, self._save = value, save
        self.spin = CalmSpinBox()
        self.spin.setRange(setting.allowed.lowest, setting.allowed.highest)
        self.spin.setKeyboardTracking(False)
        self.spin.setValue(value)
        self.spin.setFixedWidth(theme().px(92))
        self.spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.spin.setAccessibleName(_(setting.text))
        self.spin.lineEdit().setAccessibleName(_(setting.text))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(12)
        row.addWidget(Label(_(setting.text), tone="second", wrap=True), 1)
        row.addWidget(self.spin)
        self.setFocusProxy(self.spin)
        self.spin.valueChanged.connect(self._choose)

    def _choose(self, value: int) -> None:
        if self._save(value):
            self._shown = value
        else:
            self.spin.blockSignals(True)
            self.spin.setValue(self._shown)
            self.spin.blockSignals(False)


def control_for(setting: Setting[Any], value: Any, save: Save) -> QWidget:
    """The control of a setting."""
    if isinstance(setting.allowed, OneOf):
        return ChoiceSetting(setting, value, save)
    if isinstance(setting.allowed, Flag):
        return FlagSetting(setting, value, save)
    if isinstance(setting.allowed, Between):
        return NumberSetting(setting, int(value), save)
    raise TypeError(f"no control for the setting {setting.name}: give its kind of values one here")
