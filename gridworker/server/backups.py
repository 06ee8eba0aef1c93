"""Backups: a whole centre in one file, the same for SQLite and PostgreSQL; restoring it begins a new life.

A file is sealed (age) zstd over lines of JSON: a head, then for every table its name and columns and
one line a row, then a line for each attachment's bytes, and at the end the number of rows and the SHA-256 of
all lines before it.
"""

import base64
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec
import zstandard
from sqlalchemy import Connection, Table, func, insert, select, text

from gridworker.domain.problems import Problem
from gridworker.server.blob_folder import BlobShelf
from gridworker.server.lives import begin_life
from gridworker.server.ports import Ids
from gridworker.server.sealing import opening, sealing
from gridworker.server.store import Store, read_head
from gridworker.server.tables import BLOB, METADATA, SCHEMA_VERSION
from gridworker.wire.blobs import blob_hash, chunk_count

FORMAT = "gridworker centre 1"
_LEVEL = 6
_AT_A_TIME = 1_000
_LONGEST_LINE = 64 << 20
_encode = msgspec.json.Encoder().encode


class Summary(msgspec.Struct, frozen=True):
    """What a backup holds, for people; `lost` are attachments whose bytes were missing or damaged."""

    server_name: str
    epoch: str
    seq: int
    rows: int
    blobs: int = 0
    lost: tuple[str, ...] = ()


class _Head(msgspec.Struct, frozen=True):
    format: str
    schema: int
    server_name: str
    epoch: str
    seq: int


class _TableHead(msgspec.Struct, frozen=True):
    table: str
    columns: list[str]


class _BlobLine(msgspec.Struct, frozen=True, rename={"data": "bytes"}):
    blob: str
    data: bytes


class _End(msgspec.Struct, frozen=True):
    rows: int
    sha256: str


def write_backup(
    store: Store,
    file: Path,
    *,
    blobs: BlobShelf,
    recipient: str,
    on_rows: Callable[[int], object] = lambda _rows: None,
) -> Summary:
    """Write everything that the centre knows, out of one snapshot; the name appears only when it is whole.

    Attachments whose bytes are gone or damaged are left out and named. Raises Problem `backup_not_written` or
    `backup_key_bad`.
    """
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("wb") as raw:
            with (
                sealing(raw, recipient) as sealed,
                zstandard.ZstdCompressor(_LEVEL).stream_writer(sealed) as out,
            ):
                found = store.read(lambda tx: _Writing(out, on_rows).write(tx, blobs))
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise Problem("backup_not_written", file=str(file), why=error.strerror or "") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return found


def restore_backup(store: Store, file: Path, *, blobs: BlobShelf, key: str, ids: Ids) -> Summary:
    """Fill an empty database and shelf with a backup and begin a new life; a damaged file changes nothing.

    Raises Problem `backup_unreadable`, `backup_key_bad`, `backup_newer`, `backup_not_empty` (this database is
    in use), `blobs_not_written` (there is no room on the shelf).
    """
    shelf = _Shelving(blobs)
    try:
        return store.write(lambda tx: _restore(tx, file, key=key, ids=ids, shelf=shelf))
    except BaseException as error:
        shelf.undo()
        if isinstance(error, _UNREADABLE):
            raise Problem("backup_unreadable", file=str(file)) from error
        raise


_UNREADABLE = (OSError, zstandard.ZstdError, msgspec.DecodeError)


class _Writing:
    """The lines of a backup on their way out."""

    def __init__(self, out: IO[bytes], on_rows: Callable[[int], object]) -> None:
        self._out, self._on_rows = out, on_rows
        self._digest, self._rows = hashlib.sha256(), 0

    def write(self, tx: Connection, blobs: BlobShelf) -> Summary:
        """Everything that a transaction sees, and the bytes that it knows of."""
        head = read_head(tx)
        for line in _lines(tx, _Head(FORMAT, SCHEMA_VERSION, head.server_name, head.epoch, head.seq)):
            self._add(line)
        found, lost = 0, []
        for sha, size in tx.execute(select(BLOB.c.sha, BLOB.c.size).order_by(BLOB.c.sha)).all():
            data = _whole(blobs, sha, size)
            if data is None:
                lost.append(sha)
            else:
                self._add(_BlobLine(sha, data))
                found += 1
        self._out.write(_encode(_End(self._rows, self._digest.hexdigest())) + b"\n")
        return Summary(head.server_name, head.epoch, head.seq, self._rows, found, tuple(lost))

    def _add(self, line: Any) -> None:
        data = _encode(line) + b"\n"
        self._digest.update(data)
        self._out.write(data)
        if isinstance(line, list):
            self._rows += 1
            if self._rows % _AT_A_TIME == 0:
                self._on_rows(self._rows)


def _whole(blobs: BlobShelf, sha: str, size: int) -> bytes | None:
    """The bytes of this name, or None where they are gone or others; at most 8 MiB."""
    try:
        chunks = [blobs.read(sha, index) for index in range(chunk_count(size))]
    except OSError:
        return None
    data = b"".join(chunk for chunk in chunks if chunk is not None)
    return data if blob_hash(data) == sha else None


def _lines(tx: Connection, head: _Head) -> Iterator[Any]:
    yield head
    for table in METADATA.sorted_tables:
        names = [str(column.name) for column in table.columns]
        yield _TableHead(str(table.name), names)
        rows = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_A_TIME)
        yield from (list(row) for row in tx.execute(rows))


def _restore(tx: Connection, file: Path, *, key: str, ids: Ids, shelf: "_Shelving") -> Summary:
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
        head, rows = _fill(tx, io.BufferedReader(unpacked), file, shelf)
    _count_on(tx)
    begin_life(tx, ids())
    lost = set(tx.execute(select(BLOB.c.sha)).scalars()) - shelf.whole
    return Summary(head.server_name, head.epoch, head.seq, rows, len(shelf.whole), tuple(sorted(lost)))


_MADE_EMPTY = ("schema_version", "sync_head", "bundle_key", "secret")
"""A database that was just made has rows in these tables, of which the backup brings its own."""


def _fill(tx: Connection, source: IO[bytes], file: Path, shelf: "_Shelving") -> tuple[_Head, int]:
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
        elif line.startswith(b'{"blob"'):
            shelf.add(msgspec.json.decode(line, type=_BlobLine))
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


class _Shelving:
    """Attachments' bytes on their way into the shelf; they may be there before their rows are."""

    def __init__(self, blobs: BlobShelf) -> None:
        self.whole: set[str] = set()
        self._blobs = blobs
        self._new: set[str] = set()

    def add(self, line: _BlobLine) -> None:
        """Store bytes under their name, which nothing else has: so no name of a file becomes a path."""
        if blob_hash(line.data) != line.blob:
            return
        try:
            if not self._blobs.has(line.blob, len(line.data)):
                self._new.add(line.blob)
                self._blobs.store(line.blob, line.data)
        except OSError as error:
            raise Problem("blobs_not_written", why=error.strerror or "") from error
        self.whole.add(line.blob)

    def undo(self) -> None:
        """Take away again what was not there before."""
        for sha in self._new:
            with suppress(OSError):
                self._blobs.remove(sha)


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
