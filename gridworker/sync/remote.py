"""The line to the centre: the only module that speaks HTTP. Every failure of the line becomes a Problem."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
import zstandard

from gridworker.domain.problems import Problem
from gridworker.wire.messages import PATHS, Refusal

if TYPE_CHECKING:
    import requests  # 70 ms of a start that only an exchange needs

Reply = TypeVar("Reply", bound=msgspec.Struct)

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
MAX_REPLY_BYTES = 256 * 1024 * 1024
_CHUNK = 1 << 16
_PROBLEMS = {
    "bad_envelope": "bad_envelope",
    "epoch": "other_server",
    "fork": "fork_detected",
    "gap": "server_regressed",
    "regressed": "server_regressed",
    "login": "login_refused",
    "token": "token_refused",
    "upgrade": "upgrade_needed",
    "too_large": "operation_too_large",
}
"""What a refusal is to a person; every other one is told by its code."""


class Refused(Exception):
    """The centre understood the request and said no; the code is one of docs/protocol.md."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.status = status
        self.refusal = refusal

    @property
    def problem(self) -> Problem:
        """The same for a person."""
        code = self.refusal.code
        return Problem(_PROBLEMS.get(code, "server_refused"), why=code, seq=self.refusal.seq)


class Remote(Protocol):
    """The port through which an exchange talks; tests put a line with faults behind it."""

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """Send one request and wait; raises Problem for the line's faults and Refused for the centre's no."""
        ...

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """Send one request and go on; the function given back waits for the reply."""
        ...


class HttpRemote:
    """The centre at a URL, with the device's token; `read_timeout_s` is how long it may be silent."""

    def __init__(self, url: str, token: str | None = None, *, read_timeout_s: float | None = None) -> None:
        import requests  # noqa: PLC0415 - see above

        self.url = url.rstrip("/")
        self._read_timeout_s = read_timeout_s
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Encoding"] = "zstd"
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="net-ahead")

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """See Remote."""
        import urllib3.exceptions as line_faults  # noqa: PLC0415 - see above
        from requests.exceptions import (  # noqa: PLC0415 - see above
            InvalidSchema,
            InvalidURL,
            MissingSchema,
            RequestException,
            Timeout,
        )

        try:
            status, body = self._post(PATHS[type(request)], msgspec.json.encode(request))
        except (Timeout, line_faults.TimeoutError) as error:
            raise Problem("server_slow", url=self.url) from error
        except (InvalidURL, MissingSchema, InvalidSchema, line_faults.LocationParseError) as error:
            raise Problem("server_url_bad", url=self.url) from error
        except (RequestException, line_faults.HTTPError, OSError) as error:
            # Whatever breaks while the body is read comes as it is, without the library's wrapping.
            raise Problem("server_unreachable", url=self.url) from error
        return self._read(status, body, reply)

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """See Remote."""
        return self._ahead.submit(self.call, request, reply).result

    def close(self) -> None:
        """End the line; a request under way is waited for."""
        self._ahead.shutdown()
        self._session.close()

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        with self._session.post(
            self.url + path,
            data=body,
            headers=headers,
            timeout=(CONNECT_TIMEOUT_S, self._read_timeout_s or READ_TIMEOUT_S),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, self._body(response)

    def _body(self, response: "requests.Response") -> bytes:
        raw: Any = response.raw
        packed = response.headers.get("Content-Encoding", "").lower() == "zstd"
        source: Any = zstandard.ZstdDecompressor().stream_reader(raw) if packed else raw
        parts: list[bytes] = []
        size = 0
        try:
            while part := source.read(_CHUNK):
                size += len(part)
                if size > MAX_REPLY_BYTES:
                    raise Problem("server_rubbish", url=self.url)
                parts.append(part)
        except zstandard.ZstdError as error:
            raise Problem("server_rubbish", url=self.url) from error
        return b"".join(parts)

    def _read(self, status: int, body: bytes, reply: type[Reply]) -> Reply:
        try:
            body.decode()  # also of the parts that are passed on unread
            if status in (200, 201):
                return msgspec.json.decode(body, type=reply)
            refusal = msgspec.json.decode(body, type=Refusal)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem("server_rubbish", url=self.url) from error
        raise Refused(status, refusal)
