"""Where the centre keeps attachments' bytes: a port, and the folder beside the database behind it."""

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL

from gridworker.wire.blobs import CHUNK_BYTES, bitmap, blob_hash

DEFAULT_FOLDER = "gridworker-centre.blobs"
"""Where the database is no file beside which they could lie."""
_PARTS = "parts"


class BlobShelf(Protocol):
    """Bytes by their SHA-256, and the parts of what is on its way; every call may be repeated."""

    def store(self, sha: str, data: bytes) -> None:
        """Keep content, durably, before this returns."""
        ...

    def read(self, sha: str, index: int) -> bytes | None:
        """One chunk of it, or None where it is not here."""
        ...

    def has(self, sha: str, size: int) -> bool:
        """Whether it is here and as large as it should be."""
        ...

    def remove(self, sha: str) -> None:
        """Forget it."""
        ...

    def shred(self, sha: str) -> None:
        """Destroy it, and what is on its way, as far as the disk lets us."""
        ...

    def put_part(self, sha: str, sender: str, index: int, data: bytes) -> None:
        """Keep one chunk of what a sender is sending, durably."""
        ...

    def parts(self, sha: str, sender: str) -> int:
        """A bitmap of the chunks that have come from a sender."""
        ...

    def join(self, sha: str, sender: str) -> bytes:
        """All that has come from a sender, in order."""
        ...

    def drop_parts(self, sha: str, sender: str) -> None:
        """Forget what has come from a sender."""
        ...


class FolderShelf:
    """Files named by their content in 256 folders; written under another name, synced, then renamed."""

    def __init__(self, folder: Path):
        self.folder = folder

    def store(self, sha: str, data: bytes) -> None:
        """See BlobShelf."""
        _write_whole(self._path(sha), data)

    def read(self, sha: str, index: int) -> bytes | None:
        """See BlobShelf."""
        try:
            with self._path(sha).open("rb") as file:
                file.seek(index * CHUNK_BYTES)
                return file.read(CHUNK_BYTES)
        except FileNotFoundError:
            return None

    def has(self, sha: str, size: int) -> bool:
        """See BlobShelf."""
        try:
            return self._path(sha).stat().st_size == size
        except FileNotFoundError:
            return False

    def remove(self, sha: str) -> None:
        """See BlobShelf."""
        self._path(sha).unlink(missing_ok=True)

    def shred(self, sha: str) -> None:
        """See BlobShelf. Zeros come first; what a disk or a file system keeps of its own is beyond us."""
        parts = (file for folder in (self.folder / _PARTS).glob(f"{sha}.*") for file in folder.iterdir())
        for file in (*self._path(sha).parent.glob(f"{sha}*"), *parts):
            with suppress(FileNotFoundError):
                _blank(file)
                file.unlink()
        for folder in (self.folder / _PARTS).glob(f"{sha}.*"):
            shutil.rmtree(folder, ignore_errors=True)

    def put_part(self, sha: str, sender: str, index: int, data: bytes) -> None:
        """See BlobShelf."""
        _write_whole(self._parts(sha, sender) / str(index), data)

    def parts(self, sha: str, sender: str) -> int:
        """See BlobShelf."""
        return bitmap(self._indexes(sha, sender))

    def join(self, sha: str, sender: str) -> bytes:
        """See BlobShelf."""
        folder = self._parts(sha, sender)
        return b"".join((folder / str(index)).read_bytes() for index in sorted(self._indexes(sha, sender)))

    def drop_parts(self, sha: str, sender: str) -> None:
        """See BlobShelf."""
        shutil.rmtree(self._parts(sha, sender), ignore_errors=True)

    def _path(self, sha: str) -> Path:
        return self.folder / sha[:2] / sha

    def _parts(self, sha: str, sender: str) -> Path:
        # A sender's name is hashed: no name that came over the wire becomes a path.
        return self.folder / _PARTS / f"{sha}.{blob_hash(sender.encode())[:16]}"

    def _indexes(self, sha: str, sender: str) -> list[int]:
        folder = self._parts(sha, sender)
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return [int(name) for name in names if name.isdecimal()]


def folder_beside(database: URL) -> Path:
    """The folder of a centre's blobs: beside a SQLite file, else in the directory the server runs in."""
    if database.get_backend_name() == "sqlite" and database.database:
        return Path(database.database).with_suffix(".blobs")
    return Path(DEFAULT_FOLDER)


def _write_whole(path: Path, data: bytes) -> None:
    """Put the whole file in place, durable with its name, or leave what was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _blank(path: Path) -> None:
    """Write zeros over a file, durably."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
