"""Attachments' bytes on this laptop: files whose names say nothing, each sealed with a key of its own.

A file is a row of pieces, one for each chunk of the wire: AES-256-GCM, the piece's number as nonce. That is
safe because a key belongs to one content: whenever other bytes may follow, the file gets another key.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridworker.db.faults import sorted_file_faults
from gridworker.domain.problems import Problem
from gridworker.wire.blobs import CHUNK_BYTES, chunk_count, chunks_of

BLOB_KEY_BYTES = 32
NAME_BYTES = 16
"""Of chance: a file's name has no connection with what is in it."""
_TAG_BYTES = 16
PIECE_BYTES = CHUNK_BYTES + _TAG_BYTES
"""A chunk and the tag that proves it; the last piece is shorter."""
_PART = ".part"
_ONLY_MINE = 0o600


class BlobFiles:
    """The folder of one database's attachments; made when the first one comes."""

    def __init__(self, database: Path) -> None:
        """The folder lies beside the database's file and bears its name."""
        self.folder = database.with_suffix(".blobs")

    def put(self, name: str, key: bytes, sha: str, data: bytes) -> None:
        """Store content under a name, whole and durable, or not at all.

        Raises Problem `disk_full`, `disk_error`, `db_read_only`.
        """
        pieces = [_seal(key, sha, index, chunk) for index, chunk in enumerate(chunks_of(data))]
        try:
            with sorted_file_faults():
                self._write(name, 0, b"".join(pieces))
                self.finish(name)
        except BaseException:
            self.erase(name)
            raise

    def append(self, name: str, key: bytes, sha: str, *, index: int, data: bytes) -> None:
        """Add the next chunk of content that arrives bit by bit; raises as `put` does."""
        with sorted_file_faults():
            self._write(name, index * PIECE_BYTES, _seal(key, sha, index, data))

    def finish(self, name: str) -> None:
        """What has arrived is whole."""
        with sorted_file_faults():
            os.replace(self._path(name, _PART), self._path(name))
            _sync_folder(self.folder)

    def arrived(self, name: str, size: int) -> int:
        """How many whole chunks of content of this size have arrived so far; a torn one does not count."""
        try:
            here = self._path(name, _PART).stat().st_size
        except FileNotFoundError:
            return 0
        count = chunk_count(size)
        return count if here == size + count * _TAG_BYTES else min(here // PIECE_BYTES, count - 1)

    def read(self, name: str, key: bytes, sha: str, index: int) -> bytes:
        """One chunk; raises Problem `photo_missing` or `photo_damaged`."""
        try:
            with sorted_file_faults(), self._path(name).open("rb") as file:
                file.seek(index * PIECE_BYTES)
                return _open(key, sha, index, file.read(PIECE_BYTES))
        except Problem as problem:
            if isinstance(problem.__cause__, FileNotFoundError):
                raise Problem("photo_missing") from problem
            raise

    def read_arrived(self, name: str, key: bytes, sha: str, count: int) -> bytes:
        """All chunks of what is arriving; raises Problem `photo_damaged`."""
        with sorted_file_faults(), self._path(name, _PART).open("rb") as file:
            return b"".join(_open(key, sha, index, file.read(PIECE_BYTES)) for index in range(count))

    def erase(self, name: str) -> None:
        """Remove a file, whole or in part; without its key it was worthless already."""
        with sorted_file_faults():
            for suffix in ("", _PART):
                self._path(name, suffix).unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        """Whether the whole content is here."""
        return bool(name) and self._path(name).exists()

    def names(self) -> set[str]:
        """The names of all files, also of those in part."""
        if not self.folder.exists():
            return set()
        with sorted_file_faults():
            return {path.name.removesuffix(_PART) for path in self.folder.iterdir()}

    def _path(self, name: str, suffix: str = "") -> Path:
        return self.folder / f"{name}{suffix}"

    def _write(self, name: str, at: int, sealed: bytes) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._path(name, _PART), os.O_WRONLY | os.O_CREAT | _BINARY, _ONLY_MINE)
        with os.fdopen(handle, "wb") as file:
            file.seek(at)
            file.write(sealed)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())


_BINARY = getattr(os, "O_BINARY", 0)
"""Windows would otherwise translate line ends."""


def _seal(key: bytes, sha: str, index: int, chunk: bytes) -> bytes:
    return AESGCM(key).encrypt(_nonce(index), chunk, _place(sha, index))


def _open(key: bytes, sha: str, index: int, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(_nonce(index), sealed, _place(sha, index))
    except (InvalidTag, ValueError) as error:
        raise Problem("photo_damaged") from error


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


def _place(sha: str, index: int) -> bytes:
    """What a piece is bound to: no piece can stand in for another."""
    return f"{sha}|{index}".encode()


def _sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
