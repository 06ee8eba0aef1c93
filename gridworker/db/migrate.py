"""Bringing a database file to this program's shape: on a copy first, checked, then put in its place.

System tables change by numbered Alembic revisions. The tables of record kinds are rebuilt from the stored
documents whenever the declared columns changed, so that a new field or column needs no revision of its own.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from gridworker.db.cipher import LOCK_WAIT_S, connect, engine_for
from gridworker.db.documents import Document, put_documents
from gridworker.db.extra import READ_KEY, declared_fields
from gridworker.db.outbox import REMEMBER
from gridworker.db.reader import driver_of
from gridworker.db.tables import KIND_TABLES, indexes_of
from gridworker.domain.care import EFFECTIVE_OUTCOMES
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable
from gridworker.domain.problems import Problem

HEAD = "0002"
"""The newest Alembic revision; a test compares it with the scripts."""
SHAPE_KEY = "shape:"
"""The fact in `meta` of which declaration the table of a kind was built from."""
_AT_A_TIME = 2_000
_SIDE_FILES = ("-wal", "-shm")


def bring_up_to_date(
    path: Path, key: bytes, pinyin: PinyinTable, *, lock_wait_s: float = LOCK_WAIT_S
) -> None:
    """Create or migrate the file; a kill at any moment leaves either the old file or the new one.

    Raises Problem `db_newer` where a newer program has written the file, `db_locked` where one works in it.
    """
    if not path.exists():
        new = path.with_suffix(".new")
        _remove(new)
        _migrate(new, key, pinyin)
        _replace(new, path)
        return
    copy = path.with_suffix(".migrating")
    with closing(connect(path, key, lock_wait_s=lock_wait_s)) as driver:
        if _is_current(driver):
            return
        _fold_log(driver)
        _remove(copy)
        driver.execute("VACUUM INTO ?", (str(copy),))
    _migrate(copy, key, pinyin)
    if _contents(path, key) != _contents(copy, key):
        raise RuntimeError("a migration changed the number of documents or waiting operations")
    _keep(path, path.with_suffix(".before"))
    _replace(copy, path)


def _is_current(driver: Any) -> bool:
    revision = _revision(driver)
    if revision is not None and revision > HEAD:
        raise Problem("db_newer", found=revision, known=HEAD)
    return revision == HEAD and not _stale_kinds(driver)


def _fold_log(driver: Any) -> None:
    """Bring everything from the log into the file itself, which is then all there is to keep."""
    busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise Problem("db_locked")


# ------------------------------------------------------------------------------------------ system tables


def _migrate(path: Path, key: bytes, pinyin: PinyinTable) -> None:
    engine = engine_for(path, key)
    try:
        upgrade(engine)
        _rebuild_kinds(engine, pinyin)
        with engine.connect() as connection:
            _fold_log(driver_of(connection))
    finally:
        engine.dispose()


def upgrade(engine: Engine, revision: str = HEAD) -> None:
    """Run the Alembic revisions up to `revision`, each in a transaction of its own."""
    from alembic.migration import MigrationContext  # noqa: PLC0415 - 100 ms that a start without migration saves
    from alembic.operations import Operations  # noqa: PLC0415 - see above

    from gridworker.db.migrations import REVISIONS  # noqa: PLC0415 - see above

    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        known = _revision(driver_of(connection)) or ""
        for name, module in REVISIONS:
            if known < name <= revision:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                module.upgrade()
                _stamp(connection, name)
                connection.exec_driver_sql("COMMIT")


def _stamp(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"
    )
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.exec_driver_sql("INSERT INTO alembic_version(version_num) VALUES (?)", (name,))


def _revision(driver: Any) -> str | None:
    if not driver.execute("SELECT 1 FROM sqlite_master WHERE name='alembic_version'").fetchone():
        return None
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


# ----------------------------------------------------------------------------------- tables of record kinds


def declared_shape(kind: str) -> str:
    """A digest of the table, indexes, derived columns and links that a record kind declares."""
    table = KIND_TABLES[kind]
    ddl = [str(CreateTable(table)), *(str(CreateIndex(index)) for index in indexes_of(table))]
    links = [*KINDS[kind].links, *sorted(EFFECTIVE_OUTCOMES)] if KINDS[kind].links else []
    return hashlib.sha256("\n".join([*ddl, *links]).encode()).hexdigest()[:16]


def _stale_kinds(driver: Any) -> list[str]:
    if not driver.execute("SELECT 1 FROM sqlite_master WHERE name='meta'").fetchone():
        return list(KINDS)
    known = dict(driver.execute("SELECT k, v FROM meta WHERE k LIKE 'shape:%'").fetchall())
    return [kind for kind in KINDS if known.get(SHAPE_KEY + kind) != declared_shape(kind)]


def _rebuild_kinds(engine: Engine, pinyin: PinyinTable) -> None:
    with engine.connect() as connection:
        driver = driver_of(connection)
        driver.execute("BEGIN IMMEDIATE")
        for kind in _stale_kinds(driver):
            _rebuild(connection, kind, pinyin)
        driver.execute("COMMIT")


def _rebuild(connection: Connection, kind: str, pinyin: PinyinTable) -> None:
    table, driver = KIND_TABLES[kind], driver_of(connection)
    old = f"old_{table.name}"
    there = _set_old_aside(driver, table.name, old)
    connection.execute(CreateTable(table))
    driver.execute("DELETE FROM link WHERE kind=?", (kind,))
    if there:
        for documents in _documents(driver, old):
            put_documents(driver, kind, documents, pinyin)
        driver.execute(f"DROP TABLE {old}")
    for index in indexes_of(table):
        connection.execute(CreateIndex(index))
    facts = [(SHAPE_KEY + kind, declared_shape(kind)), (READ_KEY + kind, declared_fields(KINDS[kind]))]
    driver.executemany(REMEMBER, facts)


def _set_old_aside(driver: Any, name: str, old: str) -> bool:
    """Rename a table and drop its indexes, whose names the new one wants; False where there is none."""
    if not driver.execute("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", (name,)).fetchone():
        return False
    sql = "SELECT name FROM sqlite_master WHERE type='index' AND tbl_name=? AND sql IS NOT NULL"
    for (index,) in driver.execute(sql, (name,)).fetchall():
        driver.execute(f"DROP INDEX {index}")
    driver.execute(f"ALTER TABLE {name} RENAME TO {old}")
    return True


def _documents(driver: Any, table: str) -> Iterator[list[Document]]:
    """All documents of a table in their order, some at a time."""
    sql = f"SELECT n,id,scope,rev,body,base FROM {table} WHERE n>? ORDER BY n LIMIT {_AT_A_TIME}"
    last = 0
    while rows := driver.execute(sql, (last,)).fetchall():
        yield [Document(*row[1:]) for row in rows]
        last = rows[-1][0]


# -------------------------------------------------------------------------------------------------- files


def _contents(path: Path, key: bytes) -> tuple[int, int]:
    """How many documents and waiting operations a file holds."""
    with closing(connect(path, key)) as driver:
        tables = {row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        documents = [*(table.name for table in KIND_TABLES.values()), "extra", "hidden"]
        names = [name for name in (*documents, "outbox") if name in tables]
        counts = {n: int(driver.execute(f"SELECT count(*) FROM {n}").fetchone()[0]) for n in names}
        waiting = counts.pop("outbox", 0)
        return sum(counts.values()), waiting


def _keep(path: Path, before: Path) -> None:
    """Keep the file as it was under a second name; where the disk knows no second names, as a copy."""
    before.unlink(missing_ok=True)
    try:
        os.link(path, before)
    except OSError:
        shutil.copy2(path, before)


def _remove(path: Path) -> None:
    """Remove what a killed migration has left, its log too: it belongs to no other file of that name."""
    for suffix in ("", *_SIDE_FILES):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _replace(new: Path, path: Path) -> None:
    """Put a finished file in place, its directory entry durable before the name counts."""
    for file in (new, path):
        for suffix in _SIDE_FILES:
            Path(f"{file}{suffix}").unlink(missing_ok=True)
    os.replace(new, path)
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)
