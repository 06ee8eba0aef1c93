"""A relay on loopback that counts the bytes of an exchange as they stand on the wire, headers included."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

PIECE = 1 << 16


class Relay:
    """Passes every connection on to one server and counts; `url` is its own address."""

    def __init__(self, url: str) -> None:
        """For the server at `url`."""
        target = urlsplit(url)
        self._target = (target.hostname or "127.0.0.1", target.port or 80)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.up = 0
        """Bytes from the laptop to the centre."""
        self.down = 0
        """Bytes from the centre to the laptop."""
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> tuple[int, int]:
        """Bytes up and down since the last time this was asked."""
        counted = self.up, self.down
        self.up = self.down = 0
        return counted

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                laptop, _address = self._door.accept()
                centre = socket.create_connection(self._target)
                for way in ((laptop, centre, "up"), (centre, laptop, "down")):
                    threading.Thread(target=self._pass_on, args=way, daemon=True).start()

    def _pass_on(self, giver: socket.socket, taker: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            while piece := giver.recv(PIECE):
                setattr(self, way, getattr(self, way) + len(piece))
                taker.sendall(piece)
            taker.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def counting(url: str) -> Iterator[Relay]:
    """A relay to the server at `url` for as long as the block lasts."""
    relay = Relay(url)
    try:
        yield relay
    finally:
        relay.close()
