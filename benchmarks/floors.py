"""The floors of the exchange: bare HTTP and bare SQLite doing the same visible work over loopback."""

import contextlib
import http.client
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlcipher3.dbapi2 as cipher
import zstandard

from gridworker.dictionaries import pinyin_table
from gridworker.domain.records import Derived
from gridworker.domain.residents import Resident, search_values

KEY = "00" * 32
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "cache_size=-65536",
    "wal_autocheckpoint=100000",
)
_COMPUTED = ("name", "birth", "place", "building_id", "room_id", "household_id", "id_number")


@contextlib.contextmanager
def bare_server(database: Path) -> Iterator[tuple[str, int]]:
    """A server of 30 lines over a table (n, id, body): GET /from/N gives a page, POST stores rows durably."""
    command = [sys.executable, "-m", "benchmarks.bare_server", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield "127.0.0.1", int(process.stdout.readline())
        finally:
            process.terminate()


def make_bare(database: Path, rows: list[tuple[str, str]]) -> None:
    """The bare server's data."""
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE entity(n INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT)")
        db.executemany("INSERT INTO entity(id,body) VALUES (?,?)", rows)


def open_bare(path: Path) -> Any:
    """An encrypted file with the columns of the residents' table, and no indexes yet."""
    db = reopen_bare(path)
    computed = "".join(
        f",{c} TEXT GENERATED ALWAYS AS (json_extract(body,'$.{c}')) VIRTUAL" for c in _COMPUTED
    )
    stored = "".join(f",{name} TEXT" for name in derived().names)
    db.execute(f"CREATE TABLE resident(n INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT{stored}{computed})")
    return db


def reopen_bare(path: Path) -> Any:
    """The file with its key and pragmas."""
    db = cipher.connect(path, isolation_level=None)
    db.execute(f"PRAGMA key=\"x'{KEY}'\"")
    for pragma in PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    return db


def derived() -> Derived:
    """The columns of a resident that need Python."""
    assert Resident.derived is not None
    return Resident.derived


def fill_bare(db: Any, address: tuple[str, int]) -> int:
    """Read every page, derive the search columns, insert, index at the end: what a fill cannot do without."""
    line = http.client.HTTPConnection(*address)
    last = count = 0
    while rows := get_page(line, last):
        count += insert_page(db, rows)
        last = rows[-1][0]
    for column in (*_COMPUTED, *derived().indexed):
        db.execute(f"CREATE INDEX ix_{column} ON resident({column})")
    line.close()
    return count


def insert_page(db: Any, rows: list[Any]) -> int:
    """Store one page durably with its derived columns."""
    pinyin, decode = pinyin_table(), msgspec.json.Decoder(Resident).decode
    names = ",".join(("id", "body", *derived().names))
    insert = f"INSERT INTO resident({names}) VALUES ({','.join('?' * (2 + len(derived().names)))})"
    db.execute("BEGIN")
    db.executemany(insert, [(id, body, *search_values(decode(body), pinyin)) for _, id, body in rows])
    db.execute("COMMIT")
    return len(rows)


def get_page(line: http.client.HTTPConnection, last: int) -> list[Any]:
    """One page of rows after a number."""
    line.request("GET", f"/from/{last}")
    body = line.getresponse().read()
    rows: list[Any] = json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(body))
    return rows


def post_rows(address: tuple[str, int], rows: list[tuple[str, str]]) -> None:
    """Send rows and wait until they are durable there."""
    line = http.client.HTTPConnection(*address)
    for start in range(0, len(rows), 200):
        line.request("POST", "/", body=json.dumps(rows[start : start + 200]))
        line.getresponse().read()
    line.close()
