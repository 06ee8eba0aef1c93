"""What the tests of the import build: small registers, a real encrypted database, and one way to import."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import uuid_utils

from gridworker.actions.imports.drafts import Draft
from gridworker.actions.imports.register import Register, read_register
from gridworker.actions.imports.report import Report
from gridworker.actions.imports.run import import_file
from gridworker.db.database import Database, Ports
from gridworker.db.reader import Reader
from gridworker.dictionaries import pinyin_table
from gridworker.domain.records import Record, Stored
from gridworker.domain.residents import Resident

TODAY = date(2026, 11, 1)
KEY = bytes(range(32))
REGISTERS = Path(__file__).parents[1] / "data" / "registers"
REAL = REGISTERS / "居民信息台账-a.xlsx"
HEADING = ("姓名", "性别", "出生日期", "身份证号", "联系电话", "与户主关系", "现住址", "是否独居", "备注")

SONG = ("宋敏", "女", "1949-02-18", "999435194902188346", "13890470384", "户主", "1栋1单元101", "是", "")
ZHAO = ("赵辉华", "男", "1961.5.11", "999914196105119270", "19915310307", "配偶", "1#1-102", "", "")
YIN = ("尹学强", "女", "1996年7月13日", "999849199607138189", "15041481574", "女", "1号楼1门102室", "", "")


def workbook(path: Path, rows: Sequence[Sequence[object]], heading: Sequence[object] = HEADING) -> Path:
    """A register with one sheet: a heading and rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (heading, *rows):
        sheet.append(list(row))
    book.save(path)
    return path


def read(path: Path, **options: Any) -> Register:
    """A register as it is read today."""
    return read_register(path, today=TODAY, **options)


def draft_of(path: Path, **columns: object) -> Draft:
    """The one draft of a register with one person; columns by heading."""
    register = read(workbook(path, [tuple(columns.values())], tuple(columns)))
    assert len(register.drafts) == 1
    return register.drafts[0]


def codes(draft: Draft) -> list[str]:
    """The codes of a draft's doubts."""
    return [doubt.code for doubt in draft.doubts]


def open_database(path: Path, key: bytes) -> Database:
    """A real encrypted database with a stopped clock; at the top of a module for processes to find."""
    ports = Ports(now_ms=lambda: 1_793_500_000_000, new_id=lambda: str(uuid_utils.uuid7()))
    return Database.open(path, key, ports=ports, pinyin=pinyin_table())


def imported(database: Database, path: Path, rows: Sequence[Sequence[object]]) -> Report:
    """Import a register made of these rows."""
    return import_file(database, workbook(path, rows), today=TODAY)


def residents(database: Database) -> dict[str, Stored[Resident]]:
    """Everybody in the database, by name."""
    with database.read() as reader:
        return {stored.record.name: stored for stored in reader.all(Resident)}


def count(database: Database, kind: type[Record]) -> int:
    """How many records of a kind there are."""
    return asked(database, lambda reader: reader.count(kind))


def asked(database: Database, question: Callable[[Reader], Any]) -> Any:
    """The answer of one read."""
    with database.read() as reader:
        return question(reader)
