"""One line to the centre: a connection over TCP or TLS that is kept, and no step of which waits too long."""

import io
import socket
import ssl
import time
from functools import cache
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple

CONNECT_TIMEOUT_S = 5.0
CHUNK = 1 << 16
PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """What a URL says of where the centre is."""

    scheme: str
    host: str
    port: int
    path: str


class Patience:
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


class Line:
    """One connection, kept for the next request where the centre keeps it."""

    def __init__(self, address: Address) -> None:
        self._http = _open(address)
        try:
            self._http.connect()
        except BaseException:
            self._http.close()
            raise
        self._wire = _Wire(self._http.sock)
        self._http.sock = self._wire
        self._response: HTTPResponse | None = None

    def post(self, path: str, body: bytes, headers: dict[str, str], *, patience: Patience) -> HTTPResponse:
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
        self.patience = Patience(0, until=0)
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
            rest = rest[self.sock.send(rest[:CHUNK]) :]

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


def _open(address: Address) -> HTTPConnection:
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
