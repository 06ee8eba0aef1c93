"""The HTTP edge: paths, sizes, headers and status around the entrance, and an answer to every error."""

import logging
from collections.abc import Callable
from math import ceil
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, asgi
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from gridworker.server.admission import LIMITS, Limits
from gridworker.server.entrance import MAX_REQUEST_BYTES, Answer, Entrance, Headers
from gridworker.server.faults import place_of
from gridworker.server.local import REQUESTS, LocalServer
from gridworker.server.refusals import STATUS, Refused
from gridworker.wire.messages import JSON, Refusal

HEALTH = "/v1/health"
_RETRY_AFTER_MS = 2_000
"""Where whoever was in the way did not say how long it takes."""
_BY_STATUS = {404: "not_found", 405: "not_found", 413: "too_large"}
_ALWAYS = {"cache-control": "no-store", "vary": "accept-encoding"}

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

HttpRequest = Request[Any, Any, Any]


class Hung(Exception):
    """The client hung up before its request was whole."""


def build_app(
    server: LocalServer, on_close: Callable[[], None] | None = None, *, limits: Limits = LIMITS
) -> Litestar:
    """The web application of one centre."""
    entrance = Entrance(server, limits)

    def close() -> None:
        entrance.close()
        if on_close:
            on_close()

    return Litestar(
        route_handlers=[_health(entrance), *(_route(path, entrance) for path in REQUESTS)],
        exception_handlers={HTTPException: _answer_http, Exception: _answer_unexpected},
        on_shutdown=[close],
        openapi_config=None,
        logging_config=None,
    )


def _route(path: str, entrance: Entrance) -> ASGIRouteHandler:
    """One path, as plain ASGI: Litestar's request and response objects cost more than most requests do."""

    @asgi(path, copy_scope=False)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope.get("method") != "POST":
                raise Refused("not_found")
            headers = dict(reversed(list(scope["headers"])))  # of a header that comes twice the first counts
            body = await _receive_body(headers, receive)
            reply = await entrance.answer(path, headers, body)
        except Hung:
            return
        except Refused as error:
            await _send(send, error.status, _refusal(error))
        else:
            await _send(send, 200, reply)

    return answer


def _health(entrance: Entrance) -> ASGIRouteHandler:
    """Whether this process answers, for whatever shares out requests among several; nobody is sent away."""

    @asgi(HEALTH, copy_scope=False)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "GET":
            await _send(send, STATUS["not_found"], _refusal(Refused("not_found")))
        else:
            await _send(send, 200, Answer(_encode(entrance.status())))

    return answer


async def _send(send: Send, status: int, reply: Answer) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _head(reply)})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


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


def _refusal(error: Refused) -> Answer:
    refusal = error.refusal
    if refusal.code == "pace" and refusal.retry_after_ms is None:
        refusal = msgspec.structs.replace(refusal, retry_after_ms=_RETRY_AFTER_MS)
    return Answer(_encode(refusal), retry_after_ms=refusal.retry_after_ms)


def _head(reply: Answer) -> list[tuple[bytes, bytes]]:
    head = {"content-type": JSON, "content-length": str(len(reply.body)), **_ALWAYS}
    if reply.packed:
        head["content-encoding"] = "zstd"
    if reply.retry_after_ms is not None:
        head["retry-after"] = str(ceil(reply.retry_after_ms / 1000))
    return [(name.encode(), value.encode()) for name, value in head.items()]


def _respond(code: str) -> Response[bytes]:
    return Response(
        _encode(Refusal(code=code)), status_code=STATUS[code], media_type=JSON, headers=dict(_ALWAYS)
    )


def _answer_http(_request: HttpRequest, error: HTTPException) -> Response[bytes]:
    return _respond(
        _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    )


def _answer_unexpected(_request: HttpRequest, error: Exception) -> Response[bytes]:
    _log.error("a request failed: %s", place_of(error))
    return _respond("internal")
