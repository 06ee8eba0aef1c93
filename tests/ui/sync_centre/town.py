"""A real centre on loopback with its demo grids, and desks of its people on real, encrypted databases."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import uuid_utils
import uvicorn

from gridworker.server.accounts import Door
from gridworker.server.app import build_app
from gridworker.server.demo import seed_demo
from gridworker.server.local import LocalServer
from gridworker.server.serve import open_server
from gridworker.server.store import Store
from gridworker.sync.enrol import enrol
from gridworker.sync.remote import HttpRemote
from gridworker.wire.messages import PATHS, EnrolRequest, PullRequest
from tests.ui.visits.grid import NOON, Office

PASSWORD = "p"
WAIT_S = 10.0


class GatedServer(LocalServer):
    """A centre whose news can be held back for a while."""

    def __init__(self, store: Store, door: Door) -> None:
        """Open."""
        super().__init__(store, door)
        self.gate = threading.Event()
        self.gate.set()

    def call(self, path: str, token: str, request: Any) -> Any:
        """As a centre answers; news wait for the gate."""
        if path == PATHS[PullRequest]:
            self.gate.wait(WAIT_S)
        return super().call(path, token, request)


class Town:
    """The centre; it can be shut and opened again at the same address."""

    def __init__(self, folder: Path) -> None:
        """Open for business, with everybody of the demo."""
        self.folder = folder
        self.now_ms = NOON
        door = Door(
            clock=lambda: self.now_ms,
            ids=lambda: str(uuid_utils.uuid7()),
            randomness=random.Random(7).randbytes,
            cost=16,
        )
        store = open_server(f"sqlite:///{folder / 'centre.db'}", door).store
        self.server = GatedServer(store, door)
        seed_demo(self.server, password=PASSWORD)
        self._port = 0
        self.open()

    @property
    def url(self) -> str:
        """Where it listens, or would."""
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(build_app(self.server), log_level="warning", access_log=False, ws="none")
        self._web = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._web.run, kwargs={"sockets": [listener]}, name="centre")
        self._thread.start()
        deadline = time.monotonic() + WAIT_S
        while not self._web.started and time.monotonic() < deadline:
            time.sleep(0.01)

    def shut(self) -> None:
        """Answer nobody."""
        self._web.should_exit = True
        self._thread.join(WAIT_S)

    def seat(self, login: str = "zhangxiao", name: str = "") -> "Seat":
        """A new laptop of somebody, enrolled."""
        return Seat(self, self.folder / (name or login), login)

    def close(self) -> None:
        """For good."""
        if self._thread.is_alive():
            self.shut()
        self.server.store.close()


class Seat(Office):
    """An office whose laptop is enrolled with the town's centre."""

    def __init__(self, town: Town, folder: Path, login: str) -> None:
        """A new laptop of this user."""
        super().__init__(folder)
        request = EnrolRequest(user=login, password=PASSWORD, device_name=folder.name, app="test")
        with closing(HttpRemote(town.url)) as remote:
            enrol(self.database, remote, request, server_url=town.url)

    def exchange(self) -> None:
        """One whole exchange, by the desk."""
        self.desk.synchronise()
        self.settle()


@contextmanager
def town_in(folder: Path) -> Iterator[Town]:
    """A centre that is closed at the end."""
    town = Town(folder)
    try:
        yield town
    finally:
        town.close()
