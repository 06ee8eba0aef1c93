"""The entrance: between the HTTP edge and its handler a request is let in, unpacked, paced and packed."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import msgspec
import zstandard

from gridworker.server.admission import Gate, Limits, Room, device_of
from gridworker.server.local import REQUESTS, LocalServer
from gridworker.server.refusals import Refused
from gridworker.wire.messages import (
    PATHS,
    EnrolRequest,
    HelloReply,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
)

MAX_REQUEST_BYTES = 4 << 20
"""Of a request as it comes, and of what it unpacks to; 1 MiB of bodies is agreed."""
PACED = (HelloReply, PushReply, PullReply)
"""Replies that say how to go on."""
AT_THE_DOOR = Limits(at_work=2, waiting=100)
"""A guessed password costs as much as ten exchanges and takes the place of none."""
_SMALL = 600
"""Below this a reply fits into one packet anyway."""
_LEVEL = 3
_WINDOW_BYTES = 8 << 20
_ENROL, _PULL = PATHS[EnrolRequest], PATHS[PullRequest]
_LULL_REQUEST_BYTES = 4 << 10
_LULL_REPLY_BYTES = 1 << 20
"""What a request may be, and want at most, that is answered without a thread: 20 ms if we guess wrong."""

_encode = msgspec.json.Encoder().encode
_per_thread = threading.local()

Headers = dict[bytes, bytes]


class Hall(NamedTuple):
    """Threads for some of the requests, and the room for those that wait for one."""

    threads: ThreadPoolExecutor
    room: Room


def _hall(limits: Limits, name: str) -> Hall:
    return Hall(ThreadPoolExecutor(limits.at_work, thread_name_prefix=name), Room(limits))


class Entrance:
    """What all paths share: the handlers, the threads they run on, and who is let in."""

    def __init__(self, server: LocalServer, limits: Limits) -> None:
        self.hall = _hall(limits, "request")
        self.door = _hall(AT_THE_DOOR, "door")
        self._gate = Gate(limits, self.hall.room)
        self._server = server
        self._lull = Lull(server)
        self._decoders = {path: msgspec.json.Decoder(kind) for path, kind in REQUESTS.items()}

    async def answer(self, path: str, headers: Headers, body: bytes) -> "Answer":
        """Let a request in and answer it, here where that is quick; raises Refused."""
        token = _token_of(headers)
        device = device_of(token)
        if token:
            self._gate.admit(device, self._server.door.clock())
        work = partial(self._work, path, Sender(token, device), headers, body)
        if self._lull.holds(path, body):
            return work()
        hall = self.door if path == _ENROL else self.hall
        hall.room.enter(_now_ms())
        took: list[float] = []
        try:
            turn = partial(_timed, work, took)
            return await asyncio.get_running_loop().run_in_executor(hall.threads, turn)
        finally:
            hall.room.leave(*took)

    def close(self) -> None:
        """Finish what is under way."""
        self.hall.threads.shutdown()
        self.door.threads.shutdown()

    def status(self) -> dict[str, Any]:
        """How much there is to do."""
        rooms = (self.hall.room, self.door.room)
        return {
            "ok": True,
            "waiting": sum(room.waiting for room in rooms),
            "turned_away": sum(room.turned_away for room in rooms),
        }

    def _work(self, path: str, sender: "Sender", headers: Headers, body: bytes) -> "Answer":
        message = self._read(path, headers, body)
        left = None
        if isinstance(message, PushRequest):
            left = self._gate.charge(sender.device, len(message.ops), self._server.door.clock())
        elif isinstance(message, PullRequest):
            most = self.hall.room.page_bytes(message.want_bytes)
            message = msgspec.structs.replace(message, want_bytes=most)
        reply = self._server.call(path, sender.token, message)
        self._lull.note(reply)
        if isinstance(reply, PACED):
            pace = self._gate.pace(sender.device, self._server.door.clock(), left)
            also = {"max_ops": pace.max_ops} if isinstance(reply, HelloReply) else {}
            reply = msgspec.structs.replace(reply, pace=pace, **also)
        return _pack(_encode(reply), headers)

    def _read(self, path: str, headers: Headers, body: bytes) -> Any:
        if headers.get(b"content-encoding", b"").lower() == b"zstd":
            body = unpack(body)
        try:
            return self._decoders[path].decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused("bad_request") from error


class Sender(NamedTuple):
    """Who says he sends a request: a token that nobody has looked at yet, and what stands for its device."""

    token: str
    device: bytes


class Lull:
    """The last commit that anybody heard of: who asks what came after it probably asks for nothing.

    Such a pull costs less than handing it to a thread and back. Where this guesses wrong, as after a write of
    another process, the reply is the same and others wait a little longer. A database on a network is never
    waited for in this way.
    """

    def __init__(self, server: LocalServer) -> None:
        self._is_local = server.store.engine.dialect.name == "sqlite"
        self._decode = msgspec.json.Decoder(PullRequest).decode
        self._head: int | None = None

    def note(self, reply: Any) -> None:
        """Remember what a reply told; what is not the reply to a pull may have changed something."""
        self._head = reply.head if isinstance(reply, PullReply) else None

    def holds(self, path: str, body: bytes) -> bool:
        """Whether a request is a pull that will probably find nothing."""
        head = self._head
        if not self._is_local or head is None or path != _PULL or len(body) > _LULL_REQUEST_BYTES:
            return False
        try:
            request = self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        heard = request.cursors.values()
        return request.want_bytes <= _LULL_REPLY_BYTES and all(cursor.seq >= head for cursor in heard)


class Answer(NamedTuple):
    """The body of a reply."""

    body: bytes
    packed: bool = False
    retry_after_ms: int | None = None


def _pack(reply: bytes, headers: Headers) -> Answer:
    if len(reply) > _SMALL and b"zstd" in headers.get(b"accept-encoding", b"").lower():
        return Answer(_compressor().compress(reply), packed=True)
    return Answer(reply)


def _token_of(headers: Headers) -> str:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _timed(work: Callable[[], "Answer"], took: list[float]) -> "Answer":
    began = time.perf_counter()
    try:
        return work()
    finally:
        took.append((time.perf_counter() - began) * 1000)


def unpack(body: bytes) -> bytes:
    """Decompress a request, never further than the largest request; raises Refused."""
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).stream_reader(body)
    try:
        data = reader.read(MAX_REQUEST_BYTES + 1)
    except zstandard.ZstdError as error:
        raise Refused("bad_request") from error
    if len(data) > MAX_REQUEST_BYTES:
        raise Refused("too_large")
    return data


def _compressor() -> zstandard.ZstdCompressor:
    # A compressor belongs to one thread at a time.
    if not hasattr(_per_thread, "compressor"):
        _per_thread.compressor = zstandard.ZstdCompressor(level=_LEVEL)
    found: zstandard.ZstdCompressor = _per_thread.compressor
    return found
