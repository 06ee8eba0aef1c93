"""Rows on the clipboard: tabs for anything, and a table whose cells spreadsheets take as text."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QMimeData

# Excel and WPS then keep the last digits of an id number and the zero that begins a phone number.
_AS_TEXT = "mso-number-format:'\\@'"


def table_mime(lines: Sequence[Sequence[str]]) -> QMimeData:
    """The lines, the first of them titles, as plain text and as a table."""
    copied = QMimeData()
    copied.setText("".join("\t".join(map(_one_line, line)) + "\n" for line in lines))
    rows = ("".join(f'<td style="{_AS_TEXT}">{escape(text)}</td>' for text in line) for line in lines)
    copied.setHtml(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    return copied


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")
