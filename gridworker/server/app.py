"""The HTTP edge: paths, tokens, sizes and compression around the handlers, and an answer to every error."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import msgspec
import zstandard
from litestar import Litestar, Request, Response, asgi
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from gridworker.server.faults import place_of
from gridworker.server.local import REQUESTS, LocalServer
from gridworker.server.refusals import STATUS, Refused
from gridworker.wire.messages import JSON, PATHS, PullReply, PullRequest, Refusal

MAX_REQUEST_BYTES = 4 << 20
"""Of a request as it comes, and of what it unpacks to; 1 MiB of bodies is agreed."""
_SMALL = 600
"""Below this a reply fits into one packet anyway."""
_LEVEL = 3
_WINDOW_BYTES = 8 << 20
_RETRY_AFTER_S = "2"
_THREADS = 40
"""Requests that are worked on at once; the others wait their turn."""
_BY_STATUS = {404: "not_found", 405: "not_found", 413: "too_large"}

_ALWAYS = {"cache-control": "no-store", "vary": "accept-encoding"}

_PULL = PATHS[PullRequest]
_LULL_REQUEST_BYTES = 4 << 10
_LULL_REPLY_BYTES = 1 << 20
"""What a request may be, and want at most, that is answered without a thread: 20 ms if we guess wrong."""

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_per_thread = threading.local()

HttpRequest = Request[Any, Any, Any]
Call = Callable[[str, Any], Any]
Headers = dict[bytes, bytes]


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
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        heard = request.cursors.values()
        return request.want_bytes <= _LULL_REPLY_BYTES and all(cursor.seq >= head for cursor in heard)


class Hung(Exception):
    """The client hung up before its request was whole."""


def build_app(server: LocalServer, on_close: Callable[[], None] | None = None) -> Litestar:
    """The web application of one centre."""
    threads, lull = ThreadPoolExecutor(_THREADS, thread_name_prefix="request"), Lull(server)

    def close() -> None:
        threads.shutdown()
        if on_close:
            on_close()

    return Litestar(
        route_handlers=[_route(path, server, threads, lull) for path in REQUESTS],
        exception_handlers={
            Refused: _answer_refused,
            HTTPException: _answer_http,
            Exception: _answer_unexpected,
        },
        on_shutdown=[close],
        openapi_config=None,
        logging_config=None,
    )


def _route(path: str, server: LocalServer, threads: ThreadPoolExecutor, lull: Lull) -> ASGIRouteHandler:
    """One path, as plain ASGI: Litestar's request and response objects cost more than most requests do."""
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(REQUESTS[path])

    def call(token: str, message: Any) -> Any:
        reply = server.call(path, token, message)
        lull.note(reply)
        return reply

    @asgi(path, copy_scope=False)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "POST":
            raise Refused("not_found")
        headers = dict(reversed(list(scope["headers"])))  # of a header that comes twice the first one counts
        try:
            body = await _receive_body(headers, receive)
        except Hung:
            return
        work = partial(_serve, call, decoder, headers, body)
        if lull.holds(path, body):
            reply = work()
        else:
            reply = await asyncio.get_running_loop().run_in_executor(threads, work)
        await send({"type": "http.response.start", "status": 200, "headers": _head(reply)})
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    return answer


async def _receive_body(headers: Headers, receive: Receive) -> bytes:
    """The request as it came; raises Refused as soon as it is too large, or says that it will be."""
    if int(headers.get(b"content-length", b"0")) > MAX_REQUEST_BYTES:
        raise Refused("too_large")
    parts, size, more = [], 0, True
    while more:
        event = await receive()
        if event["type"] != "http.request":
            raise Hung
        parts.append(event["body"])
        size += len(event["body"])
        if size > MAX_REQUEST_BYTES:
            raise Refused("too_large")
        more = event["more_body"]
    return b"".join(parts)


def _serve(call: Call, decoder: msgspec.json.Decoder[Any], headers: Headers, body: bytes) -> "_Good":
    if headers.get(b"content-encoding", b"").lower() == b"zstd":
        body = unpack(body)
    try:
        message = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("bad_request") from error
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    reply = _encode(call(token.strip() if scheme.lower() == "bearer" else "", message))
    if len(reply) > _SMALL and b"zstd" in headers.get(b"accept-encoding", b"").lower():
        return _Good(_compressor().compress(reply), packed=True)
    return _Good(reply, packed=False)


class _Good(NamedTuple):
    """The body of a good reply."""

    body: bytes
    packed: bool


def _head(reply: _Good) -> list[tuple[bytes, bytes]]:
    packing = {"content-encoding": "zstd"} if reply.packed else {}
    head = {"content-type": JSON, "content-length": str(len(reply.body)), **_ALWAYS, **packing}
    return [(name.encode(), value.encode()) for name, value in head.items()]


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


def _respond(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, status_code=status, media_type=JSON, headers={**_ALWAYS, **(headers or {})})


def _answer_refused(_request: HttpRequest, error: Refused) -> Response[bytes]:
    later = {"retry-after": _RETRY_AFTER_S} if error.status == STATUS["pace"] else None
    return _respond(_encode(error.refusal), error.status, later)


def _answer_http(_request: HttpRequest, error: HTTPException) -> Response[bytes]:
    code = _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    return _respond(_encode(Refusal(code=code)), STATUS[code])


def _answer_unexpected(_request: HttpRequest, error: Exception) -> Response[bytes]:
    _log.error("a request failed: %s", place_of(error))
    return _respond(_encode(Refusal(code="internal")), STATUS["internal"])
