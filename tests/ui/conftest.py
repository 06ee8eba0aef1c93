"""What tests of the window share: the light theme at 100 %, in Chinese, before and after each of them."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from gridworker.i18n import use_language
from gridworker.ui.theme import Theme, install_theme


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[Theme]:
    """The installed theme; change it as you like, the next test gets a fresh one."""
    use_language("zh")
    yield install_theme(qapp, mode="light")
    use_language("zh")
    install_theme(qapp, mode="light")


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """The offscreen platform crashes at its end while it still holds what Python put on the clipboard."""
    yield
    qapp.clipboard().clear()
