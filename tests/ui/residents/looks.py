"""The probes of finished screens, put together: whatever is clipped, pale, nameless or out of order."""

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QTabBar, QWidget

from tests.ui.probes import clipped_texts, focus_jumps, nameless, visible, weak_contrasts


def faults(screen: QWidget) -> list[str]:
    """Everything that is wrong with the look of a screen, as words."""
    return [
        *(f"clipped: {text!r}" for text in _clipped(screen)),
        *(f"pale: {text}" for text in weak_contrasts(screen)),
        *(f"nameless: {name}" for name in nameless(screen)),
        *(f"jumps: {pair}" for pair in focus_jumps(screen)),
    ]


def _clipped(screen: QWidget) -> list[str]:
    """Without the signs inside line edits and tab bars: Qt draws them whole in less room."""
    texts = clipped_texts(screen)
    for button in visible(screen, QAbstractButton):
        if isinstance(button.parentWidget(), QLineEdit | QTabBar) and button.text() in texts:
            texts.remove(button.text())
    return texts
