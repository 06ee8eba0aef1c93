"""Attachments' bytes on the wire: content named by its SHA-256, sent and fetched in chunks."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

CHUNK_BYTES = 256 * 1024


class BlobBeginRequest(msgspec.Struct, frozen=True, kw_only=True):
    """I hold this content and a record that names it: which chunks are still missing?"""

    epoch: str
    sha: str
    size: int
    chunk: int
    chunk_hashes: list[str]


class BlobBeginReply(msgspec.Struct, frozen=True, kw_only=True):
    """A bitmap, bit i set where chunk i is missing; `stored` says that not even a commit is wanted."""

    missing: int
    stored: bool = False


class BlobPutRequest(msgspec.Struct, frozen=True, kw_only=True, rename={"data": "bytes"}):
    """One chunk; base64 in JSON."""

    epoch: str
    sha: str
    index: int
    data: bytes


class BlobPutReply(msgspec.Struct, frozen=True, kw_only=True):
    """The bitmap as it is now."""

    missing: int


class BlobCommitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All chunks are there: check the whole and keep it."""

    epoch: str
    sha: str


class BlobCommitReply(msgspec.Struct, frozen=True, kw_only=True):
    """0: it is stored; otherwise the chunks that are missing after all."""

    missing: int


class BlobGetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk of content that a record in one of my scopes names."""

    epoch: str
    sha: str
    index: int


class BlobGetReply(msgspec.Struct, frozen=True, kw_only=True, rename={"data": "bytes"}):
    """The chunk, its SHA-256 (hex), and how large the whole is."""

    size: int
    hash: str
    data: bytes


class BlobWish(msgspec.Struct, frozen=True, kw_only=True):
    """In a bundle: bring me this content from this chunk on."""

    sha: str
    index: int


class BlobChunk(msgspec.Struct, frozen=True, kw_only=True, rename={"data": "bytes"}):
    """In a bundle: one chunk of what was wished for, as BlobGetReply says it."""

    sha: str
    index: int
    size: int
    hash: str
    data: bytes


class BlobReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """In a bundle: `stored`, `partly` with the bitmap of what is missing, or the code of a refusal."""

    sha: str
    code: str
    missing: int = 0


class BlobReceipts(msgspec.Struct, frozen=True, kw_only=True):
    """In a bundle: what became of all the content that was brought."""

    photos: list[BlobReceipt]


BLOB_PATHS: Mapping[type[msgspec.Struct], str] = {
    BlobBeginRequest: "/v1/blob/begin",
    BlobPutRequest: "/v1/blob/put",
    BlobCommitRequest: "/v1/blob/commit",
    BlobGetRequest: "/v1/blob/get",
}


def blob_hash(data: bytes) -> str:
    """The name of content: its SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def chunk_count(size: int) -> int:
    """How many chunks content of this size has."""
    return -(-size // CHUNK_BYTES)


def chunk_size(size: int, index: int) -> int:
    """How large one chunk is: the last one is what is left."""
    return min(CHUNK_BYTES, size - index * CHUNK_BYTES)


def chunks_of(data: bytes) -> list[bytes]:
    """Content in chunks."""
    return [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]


def bitmap(indexes: Iterable[int]) -> int:
    """A number whose bits are set at these places."""
    return sum(1 << index for index in set(indexes))


def set_bits(bits: int) -> list[int]:
    """The places at which a number's bits are set, from the lowest."""
    return [index for index in range(bits.bit_length()) if bits >> index & 1]
