"""Questions that a line is asked in tests, the good answer, and ways to answer at all."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import zstandard

from gridworker.sync.remote import HttpRemote
from gridworker.wire.messages import PullRequest, RegisterReply, RegisterRequest
from tests.faults.stub_centre import Handler, stub

REGISTER = RegisterRequest(epoch="e1", replica="r1")
PULL = PullRequest(epoch="e1", replica="r1", cursors={})
GOOD = msgspec.json.encode(RegisterReply(7))


def packed(body: bytes) -> bytes:
    """The body in one zstd frame."""
    return zstandard.ZstdCompressor().compress(body)


def ask(handle: Callable[[Handler], None], **options: Any) -> Any:
    """What a line makes of a centre that answers everything in one way."""
    with stub(handle) as there, closing(HttpRemote(there.url + "/", "token-1", **options)) as line:
        return line.call(REGISTER, RegisterReply)


def reply(status: int, body: bytes, **headers: Any) -> Callable[[Handler], None]:
    """An answer that is always the same."""
    return lambda handler: handler.reply(status, body, **{"Connection": "close", **headers})
