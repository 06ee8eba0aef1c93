"""Refusals: every way in which the centre declines a whole request, with its HTTP status."""

from collections.abc import Mapping

from gridworker.wire.messages import Refusal

STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "bad_envelope": 400,
    "login": 401,
    "token": 401,
    "not_found": 404,
    "no_blob": 404,
    "epoch": 409,
    "fork": 409,
    "gap": 409,
    "unknown_replica": 409,
    "blob_mismatch": 409,
    "too_large": 413,
    "upgrade": 426,
    "quota": 429,
    "too_often": 429,
    "internal": 500,
    "pace": 503,
    "regressed": 503,
}


class Refused(Exception):
    """The centre declines; content is never refused, it is held with a result code."""

    def __init__(
        self,
        code: str,
        *,
        seq: int | None = None,
        expect: int | None = None,
        epoch: str | None = None,
        server: str | None = None,
        retry_after_ms: int | None = None,
    ):
        super().__init__(code)
        self.status = STATUS[code]
        self.refusal = Refusal(
            code=code, seq=seq, expect=expect, epoch=epoch, server=server, retry_after_ms=retry_after_ms
        )
