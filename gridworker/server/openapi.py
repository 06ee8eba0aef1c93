"""The centre's paths as an OpenAPI document, made of the message types: for whoever writes another client."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gridworker.server.local import REQUESTS
from gridworker.server.refusals import STATUS
from gridworker.wire import blobs, messages
from gridworker.wire.messages import JSON, PATHS, PROTOCOL, Refusal

_ANYWHERE = ("bad_request", "too_large", "too_often", "internal", "pace")
_REFUSALS: Mapping[str, Sequence[str]] = {
    "/v1/enrol": ("login", "upgrade"),
    "/v1/hello": ("token", "epoch", "upgrade"),
    "/v1/replica": ("token", "epoch", "fork"),
    "/v1/push": ("token", "epoch", "unknown_replica", "bad_envelope", "fork", "gap"),
    "/v1/pull": ("token", "epoch", "unknown_replica", "upgrade", "regressed"),
    "/v1/audit": ("token", "epoch", "unknown_replica", "not_found"),
    "/v1/rows": ("token", "epoch", "unknown_replica", "not_found"),
    "/v1/blob/begin": ("token", "epoch", "no_blob", "blob_mismatch", "quota"),
    "/v1/blob/put": ("token", "epoch", "no_blob", "blob_mismatch", "quota"),
    "/v1/blob/commit": ("token", "epoch", "no_blob", "blob_mismatch", "quota"),
    "/v1/blob/get": ("token", "epoch", "no_blob"),
}
"""Why a path may decline a whole request, beside what any of them may say."""
_REFERENCE = "#/components/schemas/{name}"
_TOKEN = "device_token"


def describe() -> dict[str, Any]:
    """The document (OpenAPI 3.1), as plain values; docs/protocol.md says what the messages mean."""
    kinds = [*PATHS, *map(reply_of, PATHS), Refusal]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"GridSync {PROTOCOL}", "version": str(PROTOCOL)},
        "paths": {path: {"post": _operation(path)} for path in REQUESTS},
        "components": {
            "schemas": schemas,
            "securitySchemes": {_TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def refusals_of(path: str) -> set[str]:
    """The codes with which a path may decline."""
    return {*_ANYWHERE, *_REFUSALS[path]}


def reply_of(request: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The type of the good reply to a request."""
    name = request.__name__.removesuffix("Request") + "Reply"
    known = vars(messages) | vars(blobs)
    found: type[msgspec.Struct] = known[name]
    return found


def _operation(path: str) -> dict[str, Any]:
    request = REQUESTS[path]
    codes = refusals_of(path)
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(STATUS[code], []).append(code)
    refused = {
        str(status): {"description": ", ".join(some), **_body(Refusal)}
        for status, some in sorted(by_status.items())
    }
    reply = reply_of(request)
    return {
        "operationId": path.removeprefix("/v1/").replace("/", "_"),
        "summary": (request.__doc__ or "").partition("\n")[0],
        "security": [{_TOKEN: []}] if "token" in codes else [],
        "requestBody": {"required": True, **_body(request)},
        "responses": {"200": {"description": reply.__doc__ or "", **_body(reply)}, **refused},
    }


def _body(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"content": {JSON: {"schema": {"$ref": _REFERENCE.format(name=kind.__name__)}}}}
