"""The anchor: a small file outside the database that remembers how far its queue once was.

See docs/decisions/0014-anchor.md.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from gridworker.db.outbox import Head

_SLOT_BYTES = 512
_SUM_BYTES = 16
_ONLY_MINE = 0o600
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


class Mark(msgspec.Struct, frozen=True):
    """The end of a queue as it was after a commit; `count` numbers the words of an anchor."""

    profile: str
    replica: str
    next_seq: int
    chain: str
    count: int = 0

    @property
    def head(self) -> Head:
        """The same as the queue says it."""
        return Head(self.replica, self.next_seq, self.chain)


class Anchor:
    """The file of one profile. It helps and is never in the way: what it cannot read or write is passed over.

    Two slots are written in turn and not synced. A word that never reached the disk, or only half, leaves an
    older one, which is as true: the queue only grows.
    """

    def __init__(self, file: Path, *, machine: str = "") -> None:
        """`machine` names this computer; nothing is known of it where it is empty."""
        self.file = file
        self.machine = machine
        self.profile = ""
        self._handle: int | None = None
        self._kept: Mark | None = None

    def read(self) -> Mark | None:
        """The last whole word, or None where there is none."""
        try:
            data = self.file.read_bytes()[: 2 * _SLOT_BYTES]
        except OSError:
            return None
        slots = (data[:_SLOT_BYTES], data[_SLOT_BYTES:])
        self._kept = max(filter(None, map(_decode, slots)), key=lambda mark: mark.count, default=None)
        return self._kept

    def keep(self, head: Head | None) -> None:
        """Note where the queue ends after a commit; nothing is written where it ends as before."""
        kept = self._kept
        if head is None or (kept and kept.profile == self.profile and kept.head == head):
            return
        mark = Mark(self.profile, *head, count=kept.count + 1 if kept else 1)
        with suppress(OSError):
            self._write(mark)
            self._kept = mark

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None

    def _write(self, mark: Mark) -> None:
        if self._handle is None:
            self._handle = os.open(self.file, _FLAGS, _ONLY_MINE)
        os.lseek(self._handle, mark.count % 2 * _SLOT_BYTES, os.SEEK_SET)
        os.write(self._handle, _encode(mark))


def _encode(mark: Mark) -> bytes:
    body = msgspec.json.encode(mark)
    return (_sum(body) + body).ljust(_SLOT_BYTES - 1) + b"\n"


def _decode(slot: bytes) -> Mark | None:
    body = slot[_SUM_BYTES:].rstrip()
    if slot[:_SUM_BYTES] != _sum(body):
        return None
    try:
        return msgspec.json.decode(body, type=Mark)
    except msgspec.DecodeError:
        return None


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_SUM_BYTES].encode()
