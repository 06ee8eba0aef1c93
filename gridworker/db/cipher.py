"""Opening the encrypted file: key, checks and pragmas, before anything else may touch it."""

from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from gridworker.db.faults import sorted_faults
from gridworker.domain.problems import Problem

KEY_BYTES = 32
LOCK_WAIT_S = 30.0
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
    "foreign_keys=OFF",
    "cache_size=-65536",
)


def connect(path: Path, key: bytes) -> Any:
    """A driver connection to the encrypted file; it begins no transactions by itself.

    Raises Problem `wrong_key` where the key does not fit, and refuses to run on a plain SQLite.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a database key has {KEY_BYTES} bytes")
    with sorted_faults():
        raw = driver.connect(path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            _unlock(raw, key)
        except BaseException:
            raw.close()
            raise
    return raw


def _unlock(raw: Any, key: bytes) -> None:
    raw.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    version = raw.execute("PRAGMA cipher_version").fetchone()
    if not version or not version[0]:
        raise Problem("no_cipher")
    raw.execute("PRAGMA cipher_compatibility=4")
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    for pragma in _PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")


def engine_for(path: Path, key: bytes) -> Engine:
    """An engine whose connections are unlocked; each is opened once and kept by its owner."""
    return create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: connect(path, key),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
