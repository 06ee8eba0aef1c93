"""The line to the centre: the only module that speaks HTTP. Every failure of the line becomes a Problem."""

import io
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    InvalidURL,
)
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
import zstandard

from gridworker.domain.problems import Problem
from gridworker.wire.messages import JSON, PATHS, Refusal

Reply = TypeVar("Reply", bound=msgspec.Struct)

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
TOTAL_TIMEOUT_S = 600.0
"""Of a request with its reply, however busily the centre keeps talking: a page at 32 kbit/s takes less."""
MAX_REPLY_BYTES = 256 * 1024 * 1024
_CHUNK = 1 << 16
_PORTS = {"http": 80, "https": 443}
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
        self._idle: deque[_Line] = deque()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="net-ahead")

    def call(self, request: msgspec.Struct, reply: type[Reply]) -> Reply:
        """See Remote."""
        try:
            status, body = self._post(PATHS[type(request)], msgspec.json.encode(request))
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
        return self._read(status, body, reply)

    def begin(self, request: msgspec.Struct, reply: type[Reply]) -> Callable[[], Reply]:
        """See Remote."""
        return self._ahead.submit(self.call, request, reply).result

    def close(self) -> None:
        """End the line; a request under way is waited for."""
        self._ahead.shutdown()
        while self._idle:
            self._idle.pop().close()

    @cached_property
    def _address(self) -> "_Address":
        try:
            parts = urlsplit(self.url)
            found = _Address(
                parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0), parts.path
            )
            found.host.encode("idna")
            found.path.encode("ascii")
        except ValueError as error:
            raise Problem("server_url_bad", url=self.url) from error
        if found.scheme not in _PORTS or not found.host or " " in self.url:
            raise Problem("server_url_bad", url=self.url)
        return found

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        patience = _Patience(
            self._read_timeout_s or READ_TIMEOUT_S,
            until=time.monotonic() + (self._total_timeout_s or TOTAL_TIMEOUT_S),
        )
        path = self._address.path + path
        line = self._fresh_line()
        try:
            response = line.post(path, body, self._headers, patience=patience)
            found = response.status, self._body(response)
        except BaseException:
            line.close()
            raise
        self._keep(line)
        return found

    def _fresh_line(self) -> "_Line":
        while self._idle:
            line = self._idle.pop()
            if line.is_fresh():
                return line
            line.close()
        return _Line(self._address)

    def _keep(self, line: "_Line") -> None:
        if line.may_be_kept():
            self._idle.append(line)
        else:
            line.close()

    def _body(self, response: HTTPResponse) -> bytes:
        packed = response.getheader("Content-Encoding", "").lower() == "zstd"
        source: Any = zstandard.ZstdDecompressor().stream_reader(response) if packed else response
        parts: list[bytes] = []
        size = 0
        while part := source.read(_CHUNK):
            size += len(part)
            if size > MAX_REPLY_BYTES:
                raise Problem("server_rubbish", url=self.url)
            parts.append(part)
        response.read(1)  # past the end of what was packed stands the end of the reply
        if response.length:
            raise IncompleteRead(b"", response.length)
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


class _Address(NamedTuple):
    """What a URL says of where the centre is."""

    scheme: str
    host: str
    port: int
    path: str


class _Patience:
    """How long one request waits: for the next part, and until when for everything."""

    def __init__(self, silence_s: float, *, until: float) -> None:
        self._silence_s = silence_s
        self._until = until

    def limit(self, sock: socket.socket) -> None:
        """Let the next step on a socket take no longer than is left; raises TimeoutError where nothing is."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(min(self._silence_s, left))


class _Line:
    """One connection, kept for the next request where the centre keeps it."""

    def __init__(self, address: _Address) -> None:
        self._http = _open(address)
        try:
            self._http.connect()
        except BaseException:
            self._http.close()
            raise
        self._wire = _Wire(self._http.sock)
        self._http.sock = self._wire
        self._response: HTTPResponse | None = None

    def post(self, path: str, body: bytes, headers: dict[str, str], *, patience: _Patience) -> HTTPResponse:
        """Send a request and wait for the head of its reply."""
        self._wire.patience = patience
        self._http.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in headers.items():
            self._http.putheader(name, value)
        self._http.putheader("Content-Length", str(len(body)))
        self._http.endheaders(body)
        self._wire.flush()
        self._response = self._http.getresponse()
        return self._response

    def may_be_kept(self) -> bool:
        """Whether the reply was read to its end and the centre will take another request."""
        return self._response is not None and self._response.isclosed() and not self._response.will_close

    def is_fresh(self) -> bool:
        """Whether the kept connection is still there, and silent."""
        return self._wire.is_silent()

    def close(self) -> None:
        """Give the connection up."""
        if self._response is not None:
            self._response.close()
        self._http.close()


class _Wire:
    """A socket with the patience of the present request: as much of one as http.client asks for."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.patience = _Patience(0, until=0)
        self._unsent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        """Take a part of a request."""
        self._unsent.append(data)

    def flush(self) -> None:
        """Send the parts together: a request that fits into one packet wakes the centre once."""
        rest = memoryview(b"".join(self._unsent))
        self._unsent.clear()
        while rest:
            self.patience.limit(self.sock)
            rest = rest[self.sock.send(rest[:_CHUNK]) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What is read from."""
        return io.BufferedReader(_Incoming(self))

    def is_silent(self) -> bool:
        """Whether the other side has neither closed nor sent anything unasked."""
        self.sock.settimeout(0)
        try:
            socket.socket.recv(self.sock, 1, socket.MSG_PEEK)  # an encrypted socket itself cannot peek
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Close the socket as soon as nothing is read from it any more."""
        self.sock.close()


class _Incoming(io.RawIOBase):
    """The bytes of one reply, each part of them waited for with the request's patience."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        self._raw = wire.sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """The next part."""
        self._wire.patience.limit(self._wire.sock)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


def _open(address: _Address) -> HTTPConnection:
    if address.scheme == "http":
        return HTTPConnection(address.host, address.port, timeout=CONNECT_TIMEOUT_S)
    return HTTPSConnection(address.host, address.port, timeout=CONNECT_TIMEOUT_S, context=_tls())


@cache
def _tls() -> ssl.SSLContext:
    """The authorities of certifi and nobody else's: the system's own lists differ from laptop to laptop."""
    import certifi  # noqa: PLC0415 - only a centre behind TLS needs it

    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
