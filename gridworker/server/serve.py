"""The server's process: listens, says where, and stops cleanly when told to or when its parent is gone."""

import asyncio
import ctypes
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from gridworker.server.accounts import Door
from gridworker.server.admission import LIMITS, Limits
from gridworker.server.app import build_app
from gridworker.server.blob_folder import FolderShelf
from gridworker.server.blob_rubbish import finish_shredding
from gridworker.server.demo import seed_demo
from gridworker.server.local import LocalServer
from gridworker.server.store import Store

_WATCH_S = 1.0
_GRACE_S = 10


def open_server(database: str, door: Door, blobs: Path | None = None) -> LocalServer:
    """Open a centre's database, creating what is missing; `blobs` is the folder of attachments' bytes."""
    server = LocalServer(Store(database), door, FolderShelf(blobs) if blobs else None)
    server.store.prepare(door.ids)
    return server


def serve(
    database: str,
    door: Door,
    *,
    host: str = "127.0.0.1",
    port: int = 8420,
    demo_password: str | None = None,
    parent_pid: int | None = None,
    blobs: Path | None = None,
    limits: Limits = LIMITS,
) -> None:
    """Run the centre until SIGTERM or SIGINT; port 0 takes a free one.

    The first line on standard output is JSON: {"listening": "http://127.0.0.1:8420"}. With a demo password
    the demo grids and their users exist; with a parent's process id the server ends when that process ends.
    """
    server = open_server(database, door, blobs)
    finish_shredding(server.store, server.blobs)
    if demo_password is not None:
        seed_demo(server, password=demo_password)
    listener = _listen(host, port)
    web = Announcing(
        uvicorn.Config(
            build_app(server, server.store.close, limits=limits),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
            http=WholeReplies,
            ws="none",
            proxy_headers=False,  # nothing here asks where a request came from
        ),
        lambda: _announce(host, listener.getsockname()[1]),
    )
    if parent_pid is not None:
        threading.Thread(target=_watch, args=(parent_pid, web), daemon=True, name="parent-watch").start()
    _end_quietly_on_signals()
    gc.collect()
    gc.freeze()  # what lives as long as the process need not be looked through for each push
    web.run(sockets=[listener])


class Announcing(uvicorn.Server):
    """A web server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]):
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


class WholeReplies(H11Protocol):
    """HTTP/1.1 whose small replies leave in one packet: a head sent alone wakes the laptop for nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Put the joining transport between the protocol and the socket."""
        super().connection_made(cast(asyncio.Transport, _Joining(transport, self.loop)))


class _Joining:
    """A transport that sends together what is written in one turn of the event loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._unsent: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(data)

    def close(self) -> None:
        """Send what was written, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data = b"".join(self._unsent)
        self._unsent.clear()
        self._transport.write(data)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named asyncio sends small replies at once; without it each waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would let a second server take the same port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _announce(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    print(json.dumps({"listening": f"http://{shown}:{port}"}), flush=True)


def _end_quietly_on_signals() -> None:
    # uvicorn raises the signal again after a clean stop; these receive it, so that the exit code is 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)


def _watch(parent_pid: int, web: uvicorn.Server) -> None:
    is_child = getattr(os, "getppid", lambda: 0)() == parent_pid
    while not web.should_exit:
        if not _lives(parent_pid) or (is_child and os.getppid() != parent_pid):
            web.should_exit = True
        time.sleep(_WATCH_S)


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        synchronize, timeout = 0x00100000, 0x00000102
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(synchronize, False, pid)
        alive = bool(handle) and kernel.WaitForSingleObject(handle, 0) == timeout
        if handle:
            kernel.CloseHandle(handle)
        return alive
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
