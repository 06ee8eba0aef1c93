"""The centre at the other end of the line: messages go and come, and every failure becomes a Problem."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from http.client import HTTPException, HTTPResponse, IncompleteRead, InvalidURL
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import zstandard

from gridworker.domain.problems import Problem
from gridworker.sync.line import CHUNK, PORTS, Address, Line, Patience
from gridworker.wire.messages import JSON, PATHS, Refusal

Reply = TypeVar("Reply", bound=msgspec.Struct)

READ_TIMEOUT_S = 60.0
TOTAL_TIMEOUT_S = 600.0
"""Of a request with its reply, however busily the centre keeps talking: a page at 32 kbit/s takes less."""
MAX_REPLY_BYTES = 256 * 1024 * 1024
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
    "pace": "server_busy",
    "too_often": "server_busy",
}
"""What a refusal is to a person; every other one is told by its code."""
_BUSY = (429, 503)


class Refused(Exception):
    """The centre understood the request and said no; the code is one of docs/protocol.md."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.status = status
        self.refusal = refusal

    @property
    def problem(self) -> Problem:
        """The same for a person."""
        code, wait_ms = self.refusal.code, self.refusal.retry_after_ms
        values = {} if wait_ms is None else {"retry_ms": wait_ms}
        return Problem(_PROBLEMS.get(code, "server_refused"), why=code, seq=self.refusal.seq, **values)


class Remote(Protocol):
    """The port through which an exchange talks; tests put a line with faults behind it."""

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """Send one request and wait; raises Problem for the line's faults and Refused for the centre's no."""
        ...

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """Send one request and go on; the function given back waits for the reply."""
        ...


class HttpRemote:
    """The centre at a URL, with the device's token.

    `read_timeout_s` is how long it may be silent, `total_timeout_s` how long one request may take altogether.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        read_timeout_s: float | None = None,
        total_timeout_s: float | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._read_timeout_s = read_timeout_s
        self._total_timeout_s = total_timeout_s
        self._headers = {"Accept-Encoding": "zstd", "Content-Type": JSON}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._idle: deque[Line] = deque()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="net-ahead")

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """See Remote."""
        try:
            answer = self._post(PATHS[type(request)], msgspec.json.encode(request))
        except TimeoutError as error:
            raise Problem("server_slow", url=self.url) from error
        except zstandard.ZstdError as error:
            raise Problem("server_rubbish", url=self.url) from error
        except InvalidURL as error:
            raise Problem("server_url_bad", url=self.url) from error
        except (OSError, HTTPException) as error:
            raise Problem("server_unreachable", url=self.url) from error
        except ValueError as error:
            # The token is all that a request says in somebody else's words.
            raise Problem("token_refused", why="token") from error
        return self._read(answer, reply)

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """See Remote."""
        return self._ahead.submit(self.call, request, reply).result

    def close(self) -> None:
        """End the line; a request under way is waited for."""
        self._ahead.shutdown()
        while self._idle:
            self._idle.pop().close()

    @cached_property
    def _address(self) -> Address:
        try:
            parts = urlsplit(self.url)
            found = Address(
                parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0), parts.path
            )
            found.host.encode("idna")
            found.path.encode("ascii")
        except ValueError as error:
            raise Problem("server_url_bad", url=self.url) from error
        if found.scheme not in PORTS or not found.host or " " in self.url:
            raise Problem("server_url_bad", url=self.url)
        return found

    def _post(self, path: str, body: bytes) -> "_Answer":
        patience = Patience(
            self._read_timeout_s or READ_TIMEOUT_S,
            until=time.monotonic() + (self._total_timeout_s or TOTAL_TIMEOUT_S),
        )
        path = self._address.path + path
        line = self._kept_line()
        if line is not None:
            try:
                return self._ask(line, path, body, patience=patience)
            except ConnectionError:
                pass  # the centre ended it at this very moment; any request may be sent twice
        return self._ask(Line(self._address), path, body, patience=patience)

    def _ask(self, line: Line, path: str, body: bytes, *, patience: Patience) -> "_Answer":
        try:
            response = line.post(path, body, self._headers, patience=patience)
            found = _Answer(response.status, self._body(response), response.getheader("Retry-After", ""))
        except BaseException:
            line.close()
            raise
        self._keep(line)
        return found

    def _kept_line(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.is_fresh():
                return line
            line.close()
        return None

    def _keep(self, line: Line) -> None:
        if line.may_be_kept():
            self._idle.append(line)
        else:
            line.close()

    def _body(self, response: HTTPResponse) -> bytes:
        packed = response.getheader("Content-Encoding", "").lower() == "zstd"
        source: Any = zstandard.ZstdDecompressor().stream_reader(response) if packed else response
        parts: list[bytes] = []
        size = 0
        while part := source.read(CHUNK):
            size += len(part)
            if size > MAX_REPLY_BYTES:
                raise Problem("server_rubbish", url=self.url)
            parts.append(part)
        response.read(1)  # past the end of what was packed stands the end of the reply
        if response.length:
            raise IncompleteRead(b"", response.length)
        return b"".join(parts)

    def _read(self, answer: "_Answer", reply: type[Reply]) -> Reply:
        try:
            answer.body.decode()  # also of the parts that are passed on unread
            if answer.status in (200, 201):
                return msgspec.json.decode(answer.body, type=reply)
            refusal = msgspec.json.decode(answer.body, type=Refusal)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if answer.status not in _BUSY:
                raise Problem("server_rubbish", url=self.url) from error
            refusal = Refusal(code="pace")  # a web server on the way says so in words of its own
        if refusal.retry_after_ms is None and answer.retry_after.isascii() and answer.retry_after.isdecimal():
            refusal = msgspec.structs.replace(refusal, retry_after_ms=int(answer.retry_after[:9]) * 1000)
        raise Refused(answer.status, refusal)


class _Answer(NamedTuple):
    """What came back: the status, the body as it is when unpacked, and for how long not to come again."""

    status: int
    body: bytes
    retry_after: str
