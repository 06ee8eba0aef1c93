"""What a file is by its first bytes, and whether its parts are of a sane size, before anything is parsed."""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from gridworker.actions.imports.limits import Limits
from gridworker.domain.problems import Problem

Format = Literal["xlsx", "xls", "csv"]

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_XLS_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SHARING_VIOLATIONS = frozenset({32, 33})
_TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv"})
_CHUNK = 1 << 20
_OVERLAP = 4096

_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(<v\s*/>|<v>\s*</v>)?\s*(</c>)?")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,9})["']""")
_FAR = re.compile(rb"""\sr\s*=\s*["'](?:[A-Za-z]{2}|[A-Za-z][0-9]{6})""")


class SheetScan(msgspec.Struct, frozen=True):
    """What one pass over a packed sheet tells: its extent, and formulas without a value, as (row, column)."""

    rows: int = 0
    columns: int = 0
    blank_formulas: frozenset[tuple[int, int]] = frozenset()


def read_guarded(path: Path, limits: Limits) -> bytes:
    """The whole file, or the Problem that says why it cannot be had."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise Problem("file_not_workbook", file=path.name)
        if info.st_size > limits.file:
            raise _too_large(path.name, info.st_size, limits.file)
        return path.read_bytes()
    except FileNotFoundError:
        raise Problem("file_missing", file=path.name) from None
    except PermissionError:
        raise Problem("file_locked", file=path.name) from None
    except OSError as error:
        if getattr(error, "winerror", None) in _SHARING_VIOLATIONS:
            raise Problem("file_locked", file=path.name) from None
        raise Problem("file_unreadable", file=path.name) from error


def format_of(data: bytes, path: Path) -> Format:
    """The format by content, not by name; a protected or foreign file is a Problem."""
    if not data.strip(b"\0 \r\n\t"):
        raise Problem("file_empty", file=path.name)
    if data.startswith(_ZIP):
        return "xlsx"
    if data.startswith(_OLE):
        return _format_of_ole(data, path)
    if path.suffix.lower() in _TEXT_SUFFIXES and (data.startswith(_UTF_16) or b"\0" not in data[:_CHUNK]):
        return "csv"
    raise Problem("file_not_workbook", file=path.name)


def _format_of_ole(data: bytes, path: Path) -> Format:
    if any(name in data for name in _ENCRYPTED):
        raise Problem("file_password", file=path.name)
    if any(name in data for name in _XLS_STREAMS):
        return "xls"
    raise Problem("file_not_workbook", file=path.name)


def check_package(package: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Refuse a zip whose own directory already promises too much."""
    parts = package.infolist()
    if len({part.filename for part in parts}) != len(parts):
        raise Problem("file_not_workbook", file=name)
    total = sum(part.file_size for part in parts)
    if len(parts) > limits.members or total > limits.package:
        raise _too_large(name, total, limits.package)
    for part in parts:
        if part.flag_bits & 1:
            raise Problem("file_password", file=name)
        check_part(name, part, limits)


def check_part(name: str, part: zipfile.ZipInfo, limits: Limits) -> None:
    """Refuse a part that is too large unpacked, or packed so tightly that no person typed it."""
    if part.file_size > limits.sheet:
        raise _too_large(name, part.file_size, limits.sheet)
    if part.file_size > limits.ratio_from and part.file_size > limits.ratio * max(part.compress_size, 1):
        raise _too_large(name, part.file_size, limits.sheet)


def scan_sheet(package: zipfile.ZipFile, part: str, name: str, limits: Limits) -> SheetScan:
    """Unpack a sheet once in pieces: its true size, its extent, and its formulas that carry no value."""
    rows = columns = 0
    blank: set[tuple[int, int]] = set()
    for piece in _pieces(package, part, name, limits):
        if _FAR.search(piece):
            refs = set(_REFERENCE.findall(piece))
            rows = max(rows, max((int(row) for _, row in refs), default=0))
            columns = max(columns, max((column_number(letters) for letters, _ in refs), default=0))
        if b"<f" in piece:
            blank |= set(_blank_formulas(piece))
    return SheetScan(rows, columns, frozenset(blank))


def check_unpacked(package: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Unpack every XML part but the sheets once, so that no part is larger than the directory says."""
    for part in package.namelist():
        if part.endswith((".xml", ".rels")) and not part.startswith("xl/worksheets/sheet"):
            for _ in _pieces(package, part, name, limits):
                pass


def column_number(letters: bytes) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _blank_formulas(piece: bytes) -> Iterator[tuple[int, int]]:
    for found in _FORMULA.finditer(piece):
        attributes, empty, end = found.groups()
        place = _REFERENCE.search(b" " + attributes)
        if place and (empty or end or b't="e"' in attributes):
            yield int(place[2]) - 1, column_number(place[1]) - 1


def _pieces(package: zipfile.ZipFile, part: str, name: str, limits: Limits) -> Iterator[bytes]:
    """The unpacked part in overlapping pieces; lies of the directory about its size end here."""
    total, tail = 0, b""
    try:
        with package.open(part) as stream:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > limits.sheet:
                    raise _too_large(name, total, limits.sheet)
                yield tail + piece
                tail = piece[-_OVERLAP:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Problem("file_not_workbook", file=name) from error


def _too_large(name: str, size: int, limit: int) -> Problem:
    return Problem("file_too_large", file=name, megabytes=size >> 20, limit=limit >> 20)
