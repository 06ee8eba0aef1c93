"""What tests see of photos inside bundles."""

from pathlib import Path

import msgspec

from gridworker.server.bundle_keys import own_keys as centre_own_keys
from gridworker.sync.device_keys import centre_keys, own_keys
from gridworker.wire.blobs import (
    BlobChunk,
    BlobPutRequest,
    BlobReceipt,
    BlobReceipts,
)
from gridworker.wire.bundle import Manifest, read_bundle
from tests.db.laptop import look
from tests.sync.laptop import Laptop


class Reader:
    """Reads any bundle."""

    def __init__(self, sign: str) -> None:
        self.sign = sign
        self.taken: list[tuple[str, bytes]] = []

    def sender_key(self, _manifest: Manifest) -> str:
        """The one of who really made it."""
        return self.sign

    def accept(self, _manifest: Manifest) -> None:
        """Gladly."""

    def take(self, kind: str, message: bytes) -> None:
        """Keep it."""
        self.taken.append((kind, message))


def inside_up(laptop: Laptop, file: Path) -> list[tuple[str, bytes]]:
    """The messages of a bundle for the centre."""
    keys = look(laptop.database, own_keys)
    assert keys is not None
    reader = Reader(keys.public.sign)
    with file.open("rb") as source:
        read_bundle(source, laptop.centre.store.read(centre_own_keys).seal, reader)
    return reader.taken


def inside_down(laptop: Laptop, file: Path) -> list[tuple[str, bytes]]:
    """The messages of a bundle for a laptop."""
    keys, centre = look(laptop.database, own_keys), look(laptop.database, centre_keys)
    assert keys is not None
    assert centre is not None
    reader = Reader(centre.sign)
    with file.open("rb") as source:
        read_bundle(source, keys.seal, reader)
    return reader.taken


def receipts(laptop: Laptop, file: Path) -> dict[str, BlobReceipt]:
    """What the centre says of photos."""
    found = [message for kind, message in inside_down(laptop, file) if kind == "blob_receipt"]
    photos = [each for one in found for each in msgspec.json.decode(one, type=BlobReceipts).photos]
    return {photo.sha: photo for photo in photos}


def chunks_down(laptop: Laptop, file: Path) -> list[tuple[str, int]]:
    """The chunks that a bundle brings."""
    found = [message for kind, message in inside_down(laptop, file) if kind == "blob_chunk"]
    return [(chunk.sha, chunk.index) for chunk in (msgspec.json.decode(one, type=BlobChunk) for one in found)]


def chunks_up(laptop: Laptop, file: Path) -> list[tuple[str, int]]:
    """The chunks that a bundle takes along."""
    found = [message for kind, message in inside_up(laptop, file) if kind == "blob_put"]
    return [(put.sha, put.index) for put in (msgspec.json.decode(one, type=BlobPutRequest) for one in found)]
