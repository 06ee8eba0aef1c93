"""Backups: a whole centre in one file, the same for SQLite and PostgreSQL; restoring it begins a new life.

A file is sealed (age) zstd over lines of JSON: a head, then for every table its name and columns and
one line a row, and at the end the number of rows and the SHA-256 of all lines before it.
"""

import base64
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import zstandard
from sqlalchemy import Connection, Table, func, insert, select, text

from gridworker.domain.problems import Problem
from gridworker.server.lives import begin_life
from gridworker.server.ports import Ids
from gridworker.server.sealing import opening, sealing
from gridworker.server.store import Store, read_head
from gridworker.server.tables import METADATA, SCHEMA_VERSION

FORMAT = "gridworker centre 1"
_LEVEL = 6
_AT_A_TIME = 1_000
_LONGEST_LINE = 64 << 20
_encode = msgspec.json.Encoder().encode


class Summary(msgspec.Struct, frozen=True):
    """What a backup holds, for people."""

    server_name: str
    epoch: str
    seq: int
    rows: int


class _Head(msgspec.Struct, frozen=True):
    format: str
    schema: int
    server_name: str
    epoch: str
    seq: int


class _TableHead(msgspec.Struct, frozen=True):
    table: str
    columns: list[str]


class _End(msgspec.Struct, frozen=True):
    rows: int
    sha256: str


def write_backup(
    store: Store, file: Path, *, recipient: str, on_rows: Callable[[int], object] = lambda _rows: None
) -> Summary:
    """Write everything that the centre knows, out of one snapshot; the name appears only when it is whole.

    Raises Problem `backup_not_written` or `backup_key_bad`.
    """
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("wb") as raw:
            with (
                sealing(raw, recipient) as sealed,
                zstandard.ZstdCompressor(_LEVEL).stream_writer(sealed) as out,
            ):
                found = store.read(lambda tx: _write(tx, out, on_rows))
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(file)
    except Problem:
        unfinished.unlink(missing_ok=True)
        raise
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Problem("backup_not_written", file=str(file), why=error.strerror or "") from error
    return found


def restore_backup(store: Store, file: Path, *, key: str, ids: Ids) -> Summary:
    """Fill an empty database with a backup and begin a new life; a damaged file changes nothing.

    Raises Problem `backup_unreadable`, `backup_key_bad`, `backup_newer`, `backup_not_empty` (this database is
    in use).
    """
    try:
        return store.write(lambda tx: _restore(tx, file, key, ids))
    except (OSError, zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Problem("backup_unreadable", file=str(file)) from error


def _write(tx: Connection, out: IO[bytes], on_rows: Callable[[int], object]) -> Summary:
    head = read_head(tx)
    digest, rows = hashlib.sha256(), 0
    lines: Iterator[Any] = _lines(tx, _Head(FORMAT, SCHEMA_VERSION, head.server_name, head.epoch, head.seq))
    for line in lines:
        data = _encode(line) + b"\n"
        digest.update(data)
        out.write(data)
        if isinstance(line, list):
            rows += 1
            if rows % _AT_A_TIME == 0:
                on_rows(rows)
    out.write(_encode(_End(rows, digest.hexdigest())) + b"\n")
    return Summary(head.server_name, head.epoch, head.seq, rows)


def _lines(tx: Connection, head: _Head) -> Iterator[Any]:
    yield head
    for table in METADATA.sorted_tables:
        names = [str(column.name) for column in table.columns]
        yield _TableHead(str(table.name), names)
        rows = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_A_TIME)
        yield from (list(row) for row in tx.execute(rows))


def _restore(tx: Connection, file: Path, key: str, ids: Ids) -> Summary:
    for table in METADATA.sorted_tables:
        if table.name not in _MADE_EMPTY and tx.execute(select(table).limit(1)).first():
            raise Problem("backup_not_empty")
    for name in _MADE_EMPTY:
        tx.execute(METADATA.tables[name].delete())
    with (
        file.open("rb") as raw,
        opening(raw, key) as opened,
        zstandard.ZstdDecompressor().stream_reader(opened) as unpacked,
    ):
        head, rows = _fill(tx, io.BufferedReader(unpacked), file)
    _count_on(tx)
    begin_life(tx, ids())
    return Summary(head.server_name, head.epoch, head.seq, rows)


_MADE_EMPTY = ("schema_version", "sync_head", "bundle_key", "secret")
"""A database that was just made has rows in these tables, of which the backup brings its own."""


def _fill(tx: Connection, source: IO[bytes], file: Path) -> tuple[_Head, int]:
    unreadable = Problem("backup_unreadable", file=str(file))
    digest, rows = hashlib.sha256(), 0
    head: _Head | None = None
    table: _Filling | None = None
    while line := source.readline(_LONGEST_LINE):
        if line.startswith(b"["):
            if table is None:
                raise unreadable
            table.add(msgspec.json.decode(line))
            rows += 1
        elif head is None:
            head = _read_head_line(line, unreadable)
        elif line.startswith(b'{"table"'):
            table = _next_table(tx, table, msgspec.json.decode(line, type=_TableHead), unreadable)
        else:
            end = msgspec.json.decode(line, type=_End)
            if table is None or end != _End(rows, digest.hexdigest()) or source.read(1):
                raise unreadable
            table.flush()
            return head, rows
        digest.update(line)
    raise unreadable


def _read_head_line(line: bytes, unreadable: Problem) -> _Head:
    head = msgspec.json.decode(line, type=_Head)
    if head.format != FORMAT:
        raise unreadable
    if head.schema > SCHEMA_VERSION:
        raise Problem("backup_newer", found=head.schema, known=SCHEMA_VERSION)
    return head


def _next_table(
    tx: Connection, before: "_Filling | None", head: _TableHead, unreadable: Problem
) -> "_Filling":
    if before:
        before.flush()
    table = METADATA.tables.get(head.table)
    if table is None or not set(head.columns) <= set(table.columns.keys()):
        raise unreadable
    return _Filling(tx, table, head.columns)


class _Filling:
    """The rows of one table on their way in."""

    def __init__(self, tx: Connection, table: Table, columns: list[str]) -> None:
        self._tx, self._table, self._columns = tx, table, columns
        self._rows: list[dict[str, Any]] = []

    def add(self, values: list[Any]) -> None:
        """One more row."""
        row = dict(zip(self._columns, values, strict=True))
        for name, value in row.items():
            if isinstance(value, str) and self._table.c[name].type.python_type is bytes:
                row[name] = base64.b64decode(value)
        self._rows.append(row)
        if len(self._rows) >= _AT_A_TIME:
            self.flush()

    def flush(self) -> None:
        """Store what was added."""
        if self._rows:
            self._tx.execute(insert(self._table), self._rows)
        self._rows = []


def _count_on(tx: Connection) -> None:
    """PostgreSQL numbers rows by a counter of its own, which has to go on behind the last one."""
    if tx.dialect.name == "sqlite":
        return
    for table in METADATA.sorted_tables:
        counted = table.autoincrement_column
        if counted is not None and tx.execute(select(func.max(counted))).scalar() is not None:
            tx.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), "
                    f"(SELECT max({counted.name}) FROM {table.name}))"
                )
            )
