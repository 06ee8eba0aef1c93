"""Requests and replies of GridSync 1 over HTTPS; one type each, shared by both sides."""

import hashlib
from typing import Any

import msgspec

from gridworker.wire.blobs import BLOB_PATHS
from gridworker.wire.envelope import Envelope

PROTOCOL = 1
JSON = "application/json"
"""Every body is one JSON document; replies of `pull` are zstd-compressed when the client accepts it."""


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A user makes this laptop his: name and password once, a device token from then on."""

    user: str
    password: str
    device_name: str
    app: str
    protocol: int = PROTOCOL


class Grant(msgspec.Struct, frozen=True):
    """One scope that a user may see and the role he has there; `title` is for people."""

    scope: str
    role: str
    title: str


def grants_digest(grants: list[Grant]) -> str:
    """A short name for a set of grants: equal grants, equal digest, in any order."""
    ordered = sorted(grants, key=lambda grant: (grant.scope, grant.role))
    return hashlib.sha256(msgspec.json.encode(ordered)).hexdigest()[:16]


class EnrolReply(msgspec.Struct, frozen=True, kw_only=True):
    """Who the user is for the centre, and the token that the device sends from now on."""

    token: str
    user: str
    user_id: str
    user_name: str
    device_id: str
    epoch: str
    server_name: str
    grants: list[Grant]
    server: str = ""
    """The id of the centre: the same in all its lives."""


class PublicKeys(msgspec.Struct, frozen=True):
    """With what a side signs its bundles (Ed25519, hex) and for what they are sealed (an age recipient)."""

    sign: str
    seal: str


class HelloRequest(msgspec.Struct, frozen=True, kw_only=True):
    """First words of an exchange: which life of the server and of this laptop the client knows."""

    epoch: str
    replica: str
    schema: int
    app: str
    protocol: int = PROTOCOL


class HelloReply(msgspec.Struct, frozen=True, kw_only=True):
    """The server's time (ms UTC), life and name, and what the user may see now."""

    epoch: str
    server_ms: int
    server_name: str
    user_name: str
    grants: list[Grant]
    registered: bool
    max_ops: int = 200
    server: str = ""
    keys: PublicKeys | msgspec.UnsetType = msgspec.UNSET
    """The centre's, for bundles on a stick."""
    pace: "Pace | msgspec.UnsetType" = msgspec.UNSET


class RegisterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A new life of a database file announces itself; `parent` is the life it came from."""

    epoch: str
    replica: str
    parent: str | None = None
    keys: PublicKeys | msgspec.UnsetType = msgspec.UNSET
    """The device's, for bundles on a stick."""


class RegisterReply(msgspec.Struct, frozen=True):
    """The replica is known; its queue starts after `last_seq`."""

    last_seq: int


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting operations in order; at most 200 or 1 MiB."""

    epoch: str
    replica: str
    ops: list[Envelope]
    more: bool = False


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """One field on which two people disagree, with all three values; nothing was overwritten."""

    id: str
    field: str
    base: Any
    server: Any
    incoming: Any
    why: str
    server_actor: str = ""
    server_ms: int = 0


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one operation; every code is final for the queue.

    Codes: applied, noop, conflict, held. A held operation says why in `reason`:
    scope, role, missing, state, deleted, schema, exists, edited, quarantine.
    """

    seq: int
    op_id: str
    code: str
    reason: str = ""
    conflicts: list[Conflict] = []


class Pace(msgspec.Struct, frozen=True):
    """How much and how soon the server wants to hear again: the next push, and the next exchange unasked."""

    max_ops: int = 200
    retry_after_ms: int = 0
    next_pull_ms: int = 0


class PushReply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the operations, and where the server now stands in this replica's chain."""

    results: list[Result]
    last_seq: int
    chain: str
    pace: Pace = Pace()


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """How far a client has read a scope: the scope's generation and the commit sequence."""

    gen: int
    seq: int


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is new in my scopes after these cursors? A page of about `want_bytes` of bodies."""

    epoch: str
    replica: str
    cursors: dict[str, Cursor]
    known_ack: int = 0
    want_bytes: int = 1 << 20
    schema: int = 1
    """The version of the record kinds that the client reads."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One row of the feed: a body to put (as stored), or GONE where the record has left the scope."""

    scope: str
    id: str
    kind: str
    rev: str
    body: msgspec.Raw
    reason: str = ""

    @property
    def gone(self) -> bool:
        """Whether the record has left the scope."""
        return bytes(self.body) == b"null"


GONE = msgspec.Raw(b"null")


class Ack(msgspec.Struct, frozen=True):
    """The last operation of this replica that the server holds, named by its link hash."""

    seq: int
    hash: str


class PullReply(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rows, acks and results out of one read snapshot; `done` closes a checkpoint."""

    epoch: str
    entries: list[Entry]
    cursors: dict[str, Cursor]
    removed: list[str]
    reset: list[str]
    done: bool
    head: int
    server_ms: int
    ack: Ack | None
    results: list[Result]
    grants: str = ""
    """The digest of the user's grants; where it differs from the known one the client says hello again."""
    sums: dict[str, tuple[int, str]] = {}
    pace: Pace | msgspec.UnsetType = msgspec.UNSET


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What are the sums of a scope's buckets? With `bucket`: which records are in that one?"""

    epoch: str
    replica: str
    scope: str
    bucket: int | None = None


class AuditReply(msgspec.Struct, frozen=True, kw_only=True):
    """All bucket sums out of one snapshot, or the records of one bucket as [id, rev]."""

    head: int
    sums: list[str] = []
    rows: list[tuple[str, str]] = []


class RowsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """These records of a scope again, whatever the cursor says; at most 500."""

    epoch: str
    replica: str
    scope: str
    ids: list[str]


class RowsReply(msgspec.Struct, frozen=True, kw_only=True):
    """The records asked for that are in the scope; the others have left it, or never were there."""

    head: int
    entries: list[Entry]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error reply: a code of docs/protocol.md, never a stack trace.

    400 bad_request, bad_envelope; 401 login, token; 404 not_found; 409 epoch, fork, gap, unknown_replica;
    413 too_large; 426 upgrade; 429 quota, too_often; 500 internal; 503 pace, regressed.
    """

    code: str
    seq: int | None = None
    expect: int | None = None
    epoch: str | None = None
    server: str | None = None
    """With 409 epoch and 401 token: which centre speaks, so that a restored one is told from another."""
    retry_after_ms: int | None = None
    """With 429 and 503: no sooner than then; the header Retry-After says the same in whole seconds."""


PATHS: dict[type[msgspec.Struct], str] = {
    EnrolRequest: "/v1/enrol",
    HelloRequest: "/v1/hello",
    RegisterRequest: "/v1/replica",
    PushRequest: "/v1/push",
    PullRequest: "/v1/pull",
    AuditRequest: "/v1/audit",
    RowsRequest: "/v1/rows",
    **BLOB_PATHS,
}
