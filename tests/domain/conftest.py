"""The pinyin table, built once from its sources, and the register that a community sent."""

from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import load_workbook

from gridworker.domain.names import PinyinTable

TESTS = Path(__file__).resolve().parent.parent
REGISTER = TESTS / "data" / "registers" / "居民信息台账-a.xlsx"
ROWS_ABOVE_THE_PEOPLE = 3


@pytest.fixture(scope="session")
def table_builder() -> ModuleType:
    """The build-time script, which lies outside the package."""
    spec = spec_from_file_location("pinyin_table", TESTS.parent / "packaging" / "pinyin_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pinyin_table(table_builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> PinyinTable:
    """The table as the program reads it."""
    file = tmp_path_factory.mktemp("pinyin") / "table.bin"
    table_builder.write(file)
    return PinyinTable.from_bytes(file.read_bytes())


@pytest.fixture(scope="session")
def register() -> Sequence[dict[str, object]]:
    """The people of a register as it was sent, by the headers of its columns."""
    book = load_workbook(REGISTER, read_only=True)
    try:
        rows = list(book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()
    headers = [str(header) for header in rows[ROWS_ABOVE_THE_PEOPLE - 1]]
    people: list[dict[str, object]] = [
        dict(zip(headers, row, strict=True)) for row in rows[ROWS_ABOVE_THE_PEOPLE:]
    ]
    return [person for person in people if isinstance(person["序号"], int)]
