"""Bringing a database file to this program's shape: on a copy first, checked, then put in its place.

System tables change by numbered Alembic revisions. The tables of record kinds are rebuilt from the stored documents
whenever the declared columns changed, so that a new field or column needs no revision of its own.
"""

import hashlib
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from gridworker.db.cipher import connect, engine_for
from gridworker.db.documents import Document, put_documents
from gridworker.db.reader import driver_of
from gridworker.db.tables import KIND_TABLES
from gridworker.domain.kinds import KINDS
from gridworker.domain.names import PinyinTable
from gridworker.domain.problems import Problem

HEAD = "0001"
"""The newest Alembic revision; a test compares it with the scripts."""
SHAPE_KEY = "shape:"


def bring_up_to_date(path: Path, key: bytes, pinyin: PinyinTable) -> None:
    """Create or migrate the file; a kill at any moment leaves either the old file or the new one.

    Raises Problem `db_newer` where a newer program has written the file.
    """
    if not path.exists():
        _create(path, key, pinyin)
        return
    with closing(connect(path, key)) as driver:
        revision, stale = _revision(driver), _stale_kinds(driver)
        if revision == HEAD and not stale:
            return
        if revision is not None and revision > HEAD:
            raise Problem("db_newer", found=revision, known=HEAD)
        copy = path.with_suffix(".migrating")
        copy.unlink(missing_ok=True)
        _copy_encrypted(driver, copy, key)
    _migrate(copy, key, pinyin)
    _verify_same(path, copy, key)
    shutil.copy2(path, path.with_suffix(".before"))
    _replace(copy, path)


def _create(path: Path, key: bytes, pinyin: PinyinTable) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    _migrate(new, key, pinyin)
    _replace(new, path)


def _migrate(path: Path, key: bytes, pinyin: PinyinTable) -> None:
    engine = engine_for(path, key)
    try:
        upgrade(engine)
        _rebuild_kinds(engine, pinyin)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
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
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.exec_driver_sql("INSERT INTO alembic_version(version_num) VALUES (?)", (name,))


def _revision(driver: Any) -> str | None:
    if not driver.execute("SELECT 1 FROM sqlite_master WHERE name='alembic_version'").fetchone():
        return None
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def declared_shape(kind: str) -> str:
    """A digest of the table and indexes that a record kind declares, and of its derived columns."""
    table = KIND_TABLES[kind]
    ddl = [str(CreateTable(table)), *sorted(str(CreateIndex(index)) for index in table.indexes)]
    return hashlib.sha256("\n".join(ddl).encode()).hexdigest()[:16]


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
    there = driver.execute("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", (table.name,)).fetchone()
    rows = driver.execute(f"SELECT id,scope,rev,body,base FROM {table.name} ORDER BY n").fetchall() if there else []
    known = driver.execute("SELECT id,scope,rev,body FROM extra WHERE kind=?", (kind,)).fetchall()
    driver.execute(f"DROP TABLE IF EXISTS {table.name}")
    driver.execute("DELETE FROM extra WHERE kind=?", (kind,))
    connection.execute(CreateTable(table))
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        connection.execute(CreateIndex(index))
    documents = [Document(*row) for row in rows] + [Document(*row, None) for row in known]
    put_documents(driver, kind, documents, pinyin)
    driver.execute("INSERT OR REPLACE INTO meta(k,v) VALUES (?,?)", (SHAPE_KEY + kind, declared_shape(kind)))


def _copy_encrypted(driver: Any, copy: Path, key: bytes) -> None:
    """VACUUM INTO keeps the key of the source, so no plain byte is ever written."""
    driver.execute("VACUUM INTO ?", (str(copy),))
    with closing(connect(copy, key)):
        pass


def _verify_same(old: Path, new: Path, key: bytes) -> None:
    if _contents(old, key) != _contents(new, key):
        raise RuntimeError("a migration changed the number of documents or waiting operations")


def _contents(path: Path, key: bytes) -> tuple[int, int]:
    with closing(connect(path, key)) as driver:
        tables = {row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        documents = [table.name for table in KIND_TABLES.values()] + ["extra"]
        count = sum(driver.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in documents if n in tables)
        waiting = driver.execute("SELECT count(*) FROM outbox").fetchone()[0] if "outbox" in tables else 0
        return int(count), int(waiting)


def _replace(new: Path, path: Path) -> None:
    """Put a finished file in place, its directory entry durable before the name counts."""
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    os.replace(new, path)
    for suffix in ("-wal", "-shm"):
        Path(f"{new}{suffix}").unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)
