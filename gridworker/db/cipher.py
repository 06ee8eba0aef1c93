"""Opening the encrypted file: key, checks and pragmas, before anything else may touch it."""

from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from gridworker.db.faults import name_of, sorted_faults
from gridworker.domain.problems import Problem

KEY_BYTES = 32
LOCK_WAIT_S = 30.0
"""How long somebody waits for another connection to finish writing."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "trusted_schema=OFF",
    "foreign_keys=OFF",
    "journal_size_limit=67108864",
    "cache_size=-65536",
)


def connect(path: Path, key: bytes, *, lock_wait_s: float = LOCK_WAIT_S) -> Any:
    """A driver connection to the encrypted file; it begins no transactions by itself.

    Raises Problem `wrong_key` where the key does not fit, and `no_cipher` rather than run on a plain SQLite.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a database key has {KEY_BYTES} bytes")
    with sorted_faults():
        raw = driver.connect(path, timeout=lock_wait_s, isolation_level=None, check_same_thread=False)
        try:
            _unlock(raw, key)
            for pragma in _PRAGMAS:
                raw.execute(f"PRAGMA {pragma}")
        except BaseException:
            raw.close()
            raise
    return raw


def _unlock(raw: Any, key: bytes) -> None:
    raw.execute("PRAGMA cipher_log_level=NONE")
    raw.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    version = raw.execute("PRAGMA cipher_version").fetchone()
    if not version or not version[0]:
        raise Problem("no_cipher")
    raw.execute("PRAGMA cipher_compatibility=4")
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.DatabaseError as error:
        if name_of(error) == "SQLITE_NOTADB":
            raise Problem("wrong_key") from error
        raise


def engine_for(path: Path, key: bytes, *, lock_wait_s: float = LOCK_WAIT_S) -> Engine:
    """An engine whose connections are unlocked; each is opened once and kept by its owner."""
    return create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: connect(path, key, lock_wait_s=lock_wait_s),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
