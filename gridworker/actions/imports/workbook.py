"""Reading a register into plain rows of cells: .xlsx and .xls by calamine, .csv by the standard library."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from gridworker.actions.imports.limits import LIMITS, Limits
from gridworker.actions.imports.packages import (
    Format,
    SheetScan,
    check_package,
    check_unpacked,
    format_of,
    read_guarded,
    scan_sheet,
)
from gridworker.domain.problems import Problem

Row = Sequence[object]
"""The cells of one row; an empty cell is '' or None, a number is a float."""

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",\t;|"
_SNIFFED = 20


class SheetRows(msgspec.Struct, frozen=True):
    """One sheet as it stands: row 0 is the file's row 1; merged is (top, left, bottom, right) from 0."""

    name: str
    rows: list[Row]
    blank_formulas: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


class RegisterFile:
    """An opened register; sheets are read one at a time, hidden ones are only named."""

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self.name = path.name
        self._limits = limits
        self._data = read_guarded(path, limits)
        self.format: Format = format_of(self._data, path)
        self.sha256 = sha256(self._data).hexdigest()
        self._parts: dict[str, str] = {}
        self._book: CalamineWorkbook | None = None
        self.sheet_names: list[str] = [self.name]
        self.hidden_names: list[str] = []
        if self.format != "csv":
            self._open()

    def sheet(self, name: str) -> SheetRows:
        """All rows of one sheet."""
        if self.format == "csv":
            return SheetRows(name, _csv_rows(self._data, self.name, self._limits))
        scan = self._scan(name)
        if scan.rows * scan.columns > self._limits.cells or scan.columns > self._limits.columns:
            return SheetRows(name, self._sparse_rows(name), scan.blank_formulas)
        with self._foreign_faults():
            return self._dense_sheet(name, scan)

    def _open(self) -> None:
        if self.format == "xlsx":
            self._open_package()
        with self._foreign_faults():
            book = CalamineWorkbook.from_filelike(io.BytesIO(self._data))
        shown = {sheet.name: sheet.visible is SheetVisibleEnum.Visible for sheet in book.sheets_metadata}
        self.sheet_names = [name for name in book.sheet_names if shown.get(name, True)]
        self.hidden_names = [name for name in book.sheet_names if not shown.get(name, True)]
        self._book = book

    def _open_package(self) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as package:
                check_package(package, self.name, self._limits)
                check_unpacked(package, self.name, self._limits)
                self._parts = _sheet_parts(package)
        except (zipfile.BadZipFile, KeyError, ParseError, ValueError, DefusedXmlException) as error:
            raise Problem("file_not_workbook", file=self.name) from error

    def _scan(self, name: str) -> SheetScan:
        part = self._parts.get(name)
        if part is None:
            return SheetScan()
        with zipfile.ZipFile(io.BytesIO(self._data)) as package:
            return scan_sheet(package, part, self.name, self._limits)

    def _dense_sheet(self, name: str, scan: SheetScan) -> SheetRows:
        assert self._book is not None
        sheet = self._book.get_sheet_by_name(name)
        rows: list[Row] = list(sheet.to_python(skip_empty_area=False))
        merged = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
        return SheetRows(name, rows, scan.blank_formulas, merged)

    def _sparse_rows(self, name: str) -> list[Row]:
        """A sheet with stray cells far away, read in a stream and cut at the last column that can matter."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
            import openpyxl  # noqa: PLC0415 - 90 ms that only this way of reading needs

            book = openpyxl.load_workbook(io.BytesIO(self._data), read_only=True, data_only=True)
            try:
                sheet = book[name]
                sheet.reset_dimensions()
                return self._until_blank(sheet.iter_rows(max_col=self._limits.columns, values_only=True))
            except (
                KeyError,
                ValueError,
                TypeError,
                AttributeError,
                ParseError,
            ) as error:  # what odd XML gives
                raise Problem("file_not_workbook", file=self.name) from error
            finally:
                book.close()

    def _until_blank(self, stream: Iterable[Row]) -> list[Row]:
        rows: list[Row] = []
        blank = 0
        for row in stream:
            blank = 0 if any(row) else blank + 1
            if blank > self._limits.blank_rows:
                break
            rows.append(row if not blank else ())
        return rows

    @contextmanager
    def _foreign_faults(self) -> Iterator[None]:
        """Faults of the Rust reader, panics too, as the one thing they mean: this is no sound workbook."""
        try:
            yield
        except PasswordError as error:
            raise Problem("file_password", file=self.name) from error
        except (CalamineError, OSError) as error:
            raise Problem("file_not_workbook", file=self.name) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a panic has no importable class
                raise
            raise Problem("file_not_workbook", file=self.name) from error


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet, by the sheet's name."""
    relations = fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): _resolved(relation.get("Target") or "") for relation in relations}
    sheets = [element for element in fromstring(package.read("xl/workbook.xml")).iter() if _is_sheet(element)]
    parts = {sheet.get("name") or "": targets.get(sheet.get(_RELATION), "") for sheet in sheets}
    return {name: part for name, part in parts.items() if part in package.NameToInfo}


def _is_sheet(element: Element) -> bool:
    return element.tag.endswith("}sheet") and element.get(_RELATION) is not None


def _resolved(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _csv_rows(data: bytes, name: str, limits: Limits) -> list[Row]:
    if len(data) > limits.text:
        raise Problem("file_too_large", file=name, megabytes=len(data) >> 20, limit=limits.text >> 20)
    text = _decoded(data, name)
    head = "\n".join(text.splitlines()[:_SNIFFED])
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Problem("file_not_workbook", file=name) from error


def _decoded(data: bytes, name: str) -> str:
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else _ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem("file_not_workbook", file=name)
