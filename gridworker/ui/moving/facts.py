"""A rehearsal on the screen: headings with counts and sentences, for whatever changes much at once."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gridworker.ui.cases.pieces import column_of, refill
from gridworker.ui.controls import FieldRow, Label, Scrolled, SectionTitle
from gridworker.ui.moving.words import Fact, Section

LABEL_WIDE = 76


class FactSheet(Scrolled):
    """It shows sections below each other and scrolls where there are many."""

    def __init__(self) -> None:
        """Empty."""
        content = QWidget()
        content.setProperty("role", "pane")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._rows = column_of(content, spacing=4)
        outer = QWidget()
        outer.setProperty("role", "pane")
        outer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column: QVBoxLayout = column_of(outer, spacing=0)
        column.addWidget(content)
        column.addStretch(1)
        super().__init__(outer)
        self._words: list[str] = []

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Show these in place of what was there."""
        self._words = [words for section in sections for words in _texts(section)]
        refill(self._rows, [widget for section in sections for widget in _widgets(section)])
        self.setAccessibleDescription("\n".join(self._words))

    def texts(self) -> list[str]:
        """What is written there, line by line."""
        return self._words


def _texts(section: Section) -> Iterator[str]:
    yield section.title
    yield from (" ".join(filter(None, (fact.label, fact.value))) for fact in section.facts)


def _widgets(section: Section) -> Iterator[QWidget]:
    title = SectionTitle(section.title)
    title.setContentsMargins(0, 6, 0, 0)
    title.setWordWrap(True)
    yield title
    yield from map(_row, section.facts)


def _row(fact: Fact) -> QWidget:
    if fact.label:
        return FieldRow(fact.label, fact.value, label_width=LABEL_WIDE)
    return Label(fact.value, tone=fact.tone, wrap=True)
