"""A network cable that can be pulled: a relay on loopback between a desktop and the centre."""

import contextlib
import select
import socket
import socketserver
import threading
from urllib.parse import urlsplit

_PIECE = 1 << 16
_TICK_S = 0.1


class Cable:
    """Passes everything on to the centre while it is plugged in; unplugged, nobody answers at its address."""

    def __init__(self, centre_url: str) -> None:
        """Plugged in, at an address of its own that stays the same."""
        centre = urlsplit(centre_url)
        self._centre = (str(centre.hostname), int(centre.port or 80))
        self._port = 0
        self._relay: _Relay | None = None
        self.plug_in()

    @property
    def url(self) -> str:
        """The address that the desktop knows as its centre's."""
        return f"http://127.0.0.1:{self._port}"

    def plug_in(self) -> None:
        """Listen again."""
        if self._relay is None:
            self._relay = _Relay(self._port, self._centre)
            self._port = int(self._relay.server_address[1])

    def pull(self) -> None:
        """Break every connection and listen no longer."""
        if self._relay is not None:
            self._relay.end()
        self._relay = None


class _Relay(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, port: int, centre: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", port), _Line)
        self.centre = centre
        self.cut = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(_TICK_S,), name="cable")
        self._thread.start()

    def end(self) -> None:
        self.cut.set()
        self.shutdown()
        self._thread.join()
        self.server_close()  # waits for every line


class _Line(socketserver.BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        near: socket.socket = self.request
        with contextlib.suppress(OSError), socket.create_connection(self.server.centre) as far:
            other = {near: far, far: near}
            while not self.server.cut.is_set():
                ready, _, _ = select.select(list(other), [], [], _TICK_S)
                for side in ready:
                    piece = side.recv(_PIECE)
                    if not piece:
                        return
                    other[side].sendall(piece)
