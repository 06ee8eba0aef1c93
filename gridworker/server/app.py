"""The HTTP edge: paths, tokens, sizes and compression around the handlers, and an answer to every error."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import zstandard
from litestar import Litestar, Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from gridworker.server.faults import place_of
from gridworker.server.local import REQUESTS, LocalServer
from gridworker.server.refusals import STATUS, Refused
from gridworker.wire.messages import JSON, Refusal

MAX_REQUEST_BYTES = 4 << 20
"""Of a request as it comes, and of what it unpacks to; 1 MiB of bodies is agreed."""
_SMALL = 600
"""Below this a reply fits into one packet anyway."""
_LEVEL = 3
_WINDOW_BYTES = 8 << 20
_RETRY_AFTER_S = "2"
_BY_STATUS = {404: "not_found", 405: "not_found", 413: "too_large"}

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_per_thread = threading.local()

HttpRequest = Request[Any, Any, Any]


def build_app(server: LocalServer, on_close: Callable[[], None] | None = None) -> Litestar:
    """The web application of one centre."""
    return Litestar(
        route_handlers=[_route(path, server) for path in REQUESTS],
        exception_handlers={
            Refused: _answer_refused,
            HTTPException: _answer_http,
            Exception: _answer_unexpected,
        },
        request_max_body_size=MAX_REQUEST_BYTES,
        on_shutdown=[on_close] if on_close else [],
        openapi_config=None,
        logging_config=None,
    )


def _route(path: str, server: LocalServer) -> HTTPRouteHandler:
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(REQUESTS[path])

    @post(path, status_code=200)
    async def answer(request: HttpRequest) -> Response[bytes]:
        body = await request.body()
        headers = request.headers
        return await sync_to_thread(
            lambda: _serve(lambda token, message: server.call(path, token, message), decoder, headers, body)
        )

    return answer


def _serve(
    call: Callable[[str, Any], Any], decoder: msgspec.json.Decoder[Any], headers: Any, body: bytes
) -> Response[bytes]:
    if headers.get("content-encoding", "").lower() == "zstd":
        body = unpack(body)
    try:
        message = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("bad_request") from error
    scheme, _, token = headers.get("authorization", "").partition(" ")
    reply = _encode(call(token.strip() if scheme.lower() == "bearer" else "", message))
    if len(reply) > _SMALL and "zstd" in headers.get("accept-encoding", "").lower():
        return _respond(_compressor().compress(reply), 200, {"content-encoding": "zstd"})
    return _respond(reply, 200)


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
    always = {"cache-control": "no-store", "vary": "accept-encoding"}
    return Response(body, status_code=status, media_type=JSON, headers={**always, **(headers or {})})


def _answer_refused(_request: HttpRequest, error: Refused) -> Response[bytes]:
    later = {"retry-after": _RETRY_AFTER_S} if error.status == STATUS["pace"] else None
    return _respond(_encode(error.refusal), error.status, later)


def _answer_http(_request: HttpRequest, error: HTTPException) -> Response[bytes]:
    code = _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    return _respond(_encode(Refusal(code=code)), STATUS[code])


def _answer_unexpected(_request: HttpRequest, error: Exception) -> Response[bytes]:
    _log.error("a request failed: %s", place_of(error))
    return _respond(_encode(Refusal(code="internal")), STATUS["internal"])
