"""Where the key of the local database comes from: a file that only its user can read."""

import os
from collections.abc import Callable
from pathlib import Path

from gridworker.db.cipher import KEY_BYTES
from gridworker.domain.problems import Problem

KEY_FILE = "key"
DATABASE_FILE = "gridworker.db"
_ONLY_MINE = 0o600


def key_for(profile: Path, *, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key of this profile, made at the first start and kept in a file of mode 0600.

    Raises Problem `key_missing` where a database is there but its key is not: a new key would hide the old
    data; `key_unreadable` where the file is damaged; `folder_not_writable`.
    """
    path = profile / KEY_FILE
    if not path.exists():
        if (profile / DATABASE_FILE).exists():
            raise Problem("key_missing", folder=str(profile))
        _make(path, random_bytes(KEY_BYTES))
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(_ONLY_MINE)
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise Problem("key_unreadable", folder=str(path.parent)) from error
    if len(key) != KEY_BYTES:
        raise Problem("key_unreadable", folder=str(path.parent))
    return key


def _make(path: Path, key: bytes) -> None:
    """Write the key under another name first: no kill leaves half a key, the first of two windows wins."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.unlink(missing_ok=True)
        _write(new, key)
        _put_in_place(new, path)
    except OSError as error:
        raise Problem("folder_not_writable", folder=str(path.parent), why=error.strerror or "") from error


def _write(path: Path, key: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_MINE)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(new: Path, path: Path) -> None:
    """Give the file its name unless another process was quicker; some disks know no second names."""
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    except OSError:
        if not path.exists():
            os.replace(new, path)
    new.unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)
