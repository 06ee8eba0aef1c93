"""Bundles: messages in a file for a USB stick, sealed for one reader and, inside, signed by their sender.

An age file cannot say who made it, so the signature is inside, over a manifest that names sender, reader and
every frame: nobody can pass a bundle on in his own name (docs/decisions/0009-bundles.md).
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO, Literal, Protocol

import msgspec
import pyrage
import zstandard

from gridworker.domain.problems import Problem
from gridworker.wire.bundle_keys import BundleKeys, is_signed
from gridworker.wire.messages import Cursor

MAGIC = b"GWBUNDLE"
VERSION = 1
SUITE = "intl-1"
MAX_FILE_BYTES = 512 << 20
MAX_RAW_BYTES = 512 << 20
"""Of all frames together, unpacked."""
MAX_FRAME_BYTES = 32 << 20
MAX_FRAMES = 4096
MAX_MANIFEST_BYTES = 1 << 20
_DOMAIN = b"gridworker bundle 1\n"
_AGE, _AGE_MAC, _AGE_HEADER_BYTES = b"age-encryption.org/v1\n", b"\n--- ", 4096
_COUNT_BYTES, _SIGNATURE_BYTES = 4, 64
_WINDOW_BYTES = 8 << 20
_LEVEL = 9
"""A stick is slower than the packing; 3 would be twice as fast and a tenth larger."""

Direction = Literal["up", "down"]


class Frame(msgspec.Struct, frozen=True):
    """One message: its kind, and the SHA-256 (hex) and lengths of its packed and unpacked bytes."""

    kind: str
    sha256: str
    len: int
    raw_len: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is, from whom and for whom; `device` and `user` are the laptop's in both directions."""

    v: int = VERSION
    suite: str = SUITE
    bundle_id: str
    dir: Direction
    server: str
    """The centre's id."""
    epoch: str
    former: str = ""
    """The life that the laptop believed in, where that one is over."""
    device: str
    user: str
    recipients: list[str]
    """Fingerprints of the keys that it was sealed for."""
    made_ms: int
    replica: str
    parent: str | None = None
    schema: int = 1
    app: str = ""
    seq_from: int = 0
    """First and last operation inside (up) or acknowledged (down); 0: none."""
    seq_to: int = 0
    chain_from: str = ""
    chain_to: str = ""
    cursors_from: dict[str, Cursor] = {}
    cursors_to: dict[str, Cursor] = {}
    frames: list[Frame] = []


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the centre says of one `up` bundle: `taken`, or the code of a refusal, and how far it now is."""

    bundle_id: str
    replica: str
    code: str
    last_seq: int
    chain: str
    expect: int | None = None


class Packed:
    """A message that is ready to be written; its packed bytes may be made anew whenever they are wanted."""

    def __init__(self, frame: Frame, make: Callable[[], bytes]) -> None:
        self.frame = frame
        self._make = make

    @property
    def data(self) -> bytes:
        """The packed bytes; raises Problem `bundle_damaged` where they are no longer what the frame says."""
        data = self._make()
        if hashlib.sha256(data).hexdigest() != self.frame.sha256:
            raise Problem("bundle_damaged")
        return data


class Receiver(Protocol):
    """Who reads a bundle: first names the key of its sender, then judges it, then takes its messages."""

    def sender_key(self, manifest: Manifest) -> str:
        """The public signing key of the alleged sender; raises Problem where there is none."""
        ...

    def accept(self, manifest: Manifest) -> None:
        """Judge the manifest, which is genuine; raises Problem."""
        ...

    def take(self, kind: str, message: bytes) -> None:
        """Take one message; unknown kinds are a newer program's and to be passed over."""
        ...


class _Stub(msgspec.Struct):
    v: int
    suite: str


class _Seen(Exception):
    """The manifest was all that was wanted."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__()
        self.manifest = manifest


# ---------------------------------------------------------------------------------------------- writing


def pack(kind: str, message: bytes) -> Packed:
    """Make a frame of a message; raises Problem `bundle_too_large`."""
    if len(message) > MAX_FRAME_BYTES:
        raise Problem("bundle_too_large")
    data = _compress(message)
    return Packed(Frame(kind, hashlib.sha256(data).hexdigest(), len(data), len(message)), lambda: data)


def pack_later(kind: str, make: Callable[[], bytes]) -> Packed:
    """The same of a message that is made twice and not kept: for what together is too large for memory."""
    return Packed(pack(kind, make()).frame, lambda: _compress(make()))


def _compress(message: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(message)


def seal_bundle(
    out: BinaryIO, manifest: Manifest, messages: Sequence[Packed], *, keys: BundleKeys, recipient: str
) -> None:
    """Write a bundle: the manifest with its frames, signed, all of it encrypted for the recipient.

    Raises Problem `bundle_too_large`, what making a message raises, and the OSError of `out`.
    """
    frames = [one.frame for one in messages]
    _check_sizes(frames)
    body = msgspec.json.encode(msgspec.structs.replace(manifest, frames=frames))
    if len(body) > MAX_MANIFEST_BYTES:
        raise Problem("bundle_too_large")
    head = [MAGIC, _count(body), body, keys.sign_bytes(_DOMAIN + body)]
    source, target = _Source(chain(head, _framed(messages))), _Target(out)
    try:
        pyrage.encrypt_io(source, target, [pyrage.x25519.Recipient.from_str(recipient)])
    except (pyrage.EncryptError, OSError):
        # The library hides what went wrong with a file or a message.
        fault = target.fault or source.fault
        if fault is not None:
            raise fault from None
        raise


def _framed(messages: Iterable[Packed]) -> Iterator[bytes]:
    for one in messages:
        yield _count(data := one.data)
        yield data


def _count(data: bytes) -> bytes:
    return len(data).to_bytes(_COUNT_BYTES, "big")


class _Source:
    """Parts as one stream, for a library that reads and forgets the fault of what it read."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.fault: Problem | OSError | None = None
        self._parts = iter(parts)
        self._part = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        while not self._part:
            part = self._next()
            if part is None:
                return b""
            self._part = memoryview(part)
        size = size if size >= 0 else len(self._part)
        data, self._part = bytes(self._part[:size]), self._part[size:]
        return data

    def _next(self) -> bytes | None:
        try:
            return next(self._parts, None)
        except (Problem, OSError) as fault:
            self.fault = fault
            raise


class _Target:
    """A file that remembers its fault, for a library that forgets it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        try:
            return self._out.write(data)
        except OSError as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        """Pass the wish on."""
        try:
            self._out.flush()
        except OSError as fault:
            self.fault = fault
            raise


# ---------------------------------------------------------------------------------------------- reading


def read_bundle(source: BinaryIO, identity: str, receiver: Receiver) -> Manifest:
    """Give the messages of a bundle to their receiver, each as soon as it is known to be genuine.

    Raises Problem `bundle_damaged`, `bundle_foreign` (sealed for somebody else), `bundle_forged`,
    `bundle_newer`, `bundle_too_large`, what the receiver raises, and the OSError of the file.
    """
    reading = _Reading(receiver)
    _decrypt(source, identity, reading)
    if reading.manifest is None or not reading.complete:
        raise Problem("bundle_damaged")
    return reading.manifest


def check_bundle(source: BinaryIO, identity: str, receiver: Receiver) -> Manifest:
    """The same without giving messages to anybody: a bundle that passes can be read to its end."""
    return read_bundle(source, identity, _Checking(receiver))


def peek_manifest(source: BinaryIO, identity: str) -> Manifest:
    """What a bundle says of itself, before anything of it is known to be genuine; raises as read_bundle."""
    try:
        _decrypt(source, identity, _Reading(_Peeking()))
    except _Seen as seen:
        return seen.manifest
    raise Problem("bundle_damaged")


def _decrypt(source: BinaryIO, identity: str, reading: "_Reading") -> None:
    source.seek(0)
    head = source.read(_AGE_HEADER_BYTES)
    if not head.startswith(_AGE) or _AGE_MAC not in head:
        raise Problem("bundle_damaged")  # also a header that only serves to fill the memory
    if source.seek(0, 2) > MAX_FILE_BYTES:
        raise Problem("bundle_too_large")
    source.seek(0)
    try:
        pyrage.decrypt_io(source, reading, [pyrage.x25519.Identity.from_str(identity)])
    except pyrage.DecryptError as error:
        raise Problem("bundle_foreign" if "No matching keys" in str(error) else "bundle_damaged") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise Problem("bundle_damaged") from None  # the library's own, without a number


class _Checking:
    def __init__(self, receiver: Receiver) -> None:
        self.sender_key, self.accept = receiver.sender_key, receiver.accept

    def take(self, kind: str, message: bytes) -> None:
        """Nothing is taken."""


class _Peeking:
    def sender_key(self, manifest: Manifest) -> str:
        """Enough was seen."""
        raise _Seen(manifest)

    def accept(self, manifest: Manifest) -> None:
        """Never reached."""

    def take(self, kind: str, message: bytes) -> None:
        """Never reached."""


class _Reading:
    """The plaintext as it comes out of the cipher: parsed with a memory of one frame."""

    def __init__(self, receiver: Receiver) -> None:
        self.manifest: Manifest | None = None
        self.complete = False
        self._receiver = receiver
        self._buffer = bytearray()
        self._parser = self._parse()
        self._wanted = next(self._parser)

    def write(self, data: bytes) -> int:
        """Take the next bytes of the plaintext."""
        self._buffer += data
        while len(self._buffer) >= self._wanted:
            part = bytes(memoryview(self._buffer)[: self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = self._parser.send(part)
        return len(data)

    def flush(self) -> None:
        """Everything was parsed as it came."""

    def _parse(self) -> Generator[int, bytes, None]:
        """Yields how many bytes it wants next and is sent exactly these."""
        magic = yield len(MAGIC)
        size = int.from_bytes((yield _COUNT_BYTES), "big")
        if magic != MAGIC or not 0 < size <= MAX_MANIFEST_BYTES:
            raise Problem("bundle_damaged")
        body = yield size
        signature = yield _SIGNATURE_BYTES
        manifest = _decode_manifest(body)
        if not is_signed(_DOMAIN + body, signature, self._receiver.sender_key(manifest)):
            raise Problem("bundle_forged")
        _check_sizes(manifest.frames)
        self._receiver.accept(manifest)
        self.manifest = manifest
        for frame in manifest.frames:
            if int.from_bytes((yield _COUNT_BYTES), "big") != frame.len:
                raise Problem("bundle_damaged")
            self._receiver.take(frame.kind, _unpack((yield frame.len), frame))
        self.complete = True
        yield 1
        raise Problem("bundle_damaged")  # something stands behind the end


def _decode_manifest(body: bytes) -> Manifest:
    try:
        stub = msgspec.json.decode(body, type=_Stub)
        if stub.v > VERSION or stub.suite != SUITE:
            raise Problem("bundle_newer")
        return msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bundle_damaged") from error


def _check_sizes(frames: Sequence[Frame]) -> None:
    """Before a byte is unpacked: what the frames say of themselves fits into the limits."""
    small = all(0 < one.len <= MAX_FRAME_BYTES and 0 <= one.raw_len <= MAX_FRAME_BYTES for one in frames)
    if not small or len(frames) > MAX_FRAMES or sum(one.raw_len for one in frames) > MAX_RAW_BYTES:
        raise Problem("bundle_too_large")


def _unpack(data: bytes, frame: Frame) -> bytes:
    """The message of a frame, never more than the manifest said."""
    if hashlib.sha256(data).hexdigest() != frame.sha256:
        raise Problem("bundle_damaged")
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).stream_reader(data)
    try:
        message: bytes = reader.read(frame.raw_len + 1)
    except zstandard.ZstdError as error:
        raise Problem("bundle_damaged") from error
    if len(message) != frame.raw_len:
        raise Problem("bundle_damaged")
    return message


def decode_message(kind: type[Any], message: bytes) -> Any:
    """A message of a frame; raises Problem `bundle_damaged` where it is no such message."""
    try:
        message.decode()  # also of the parts that are passed on unread
        return msgspec.json.decode(message, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bundle_damaged") from error


Progress = Callable[[int, int], object]
"""Called with how many messages are done, and of how many."""
