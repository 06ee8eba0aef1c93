"""Something at the centre's address that is not a good centre: it answers every request in one bad way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """One request; the request's body is read before anything is answered."""

    protocol_version = "HTTP/1.1"
    server: "Stub"

    def do_POST(self) -> None:
        """Answer as the stub was told to."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked += 1
        self.close_connection = True
        self.server.answer(self)

    def reply(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        """A status, headers and a body, of another length than announced where one is given."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's own words are enough."""


Answer = Callable[[Handler], None]


class Stub(ThreadingHTTPServer):
    """A server with one answer to everything."""

    daemon_threads = False

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked = 0
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A laptop that hangs up is no error here."""


@contextmanager
def stub(answer: Answer) -> Iterator[Stub]:
    """A stub that runs until the block ends."""
    server = Stub(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
