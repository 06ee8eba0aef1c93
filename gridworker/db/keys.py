"""Where the key of the local database comes from: the keyring of the system, or a file only the user can read."""

import os
from collections.abc import Callable
from pathlib import Path

from gridworker.db.cipher import KEY_BYTES
from gridworker.domain.problems import Problem

KEY_FILE = "key"


def key_for(profile: Path, *, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key of this profile, made at the first start and kept in a file of mode 0600.

    Raises Problem `key_missing` where a database is there but its key is not: a new key would hide the old data.
    """
    path = profile / KEY_FILE
    if path.exists():
        return _read(path)
    if (profile / "gridworker.db").exists():
        raise Problem("key_missing", folder=str(profile))
    key = random_bytes(KEY_BYTES)
    _write(path, key)
    return key


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise Problem("key_unreadable", folder=str(path.parent)) from error
    if len(key) != KEY_BYTES:
        raise Problem("key_unreadable", folder=str(path.parent))
    return key


def _write(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
