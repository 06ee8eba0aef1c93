"""A centre as its own process that also tells, when it ends, where its requests waited."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection

from gridworker.centre import real_door
from gridworker.server import push
from gridworker.server import serve as process
from gridworker.server.accounts import Door
from gridworker.server.local import LocalServer
from gridworker.server.serve import open_server, serve
from gridworker.server.store import next_seq


class Meters:
    """Seconds by what they were spent on, of all threads together."""

    def __init__(self) -> None:
        names = ("lock_wait", "lock_held", "head_row_wait", "head_row_held", "commit")
        self.seconds = dict.fromkeys(names, 0.0)
        self._head = threading.local()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Add the time of a block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began

    def watch(self, server: LocalServer) -> None:
        """Look at the lock of SQLite's one writer, at commits, and at the head row of the commit sequence."""
        store, dialect = server.store, server.store.engine.dialect
        vars(store)["_one_writer"] = TimedLock(store._one_writer, self)
        commit = dialect.do_commit

        def timed_commit(connection: Any) -> None:
            with self.running("commit"):
                commit(connection)
            since = vars(self._head).pop("since", None)
            if since is not None:
                self.seconds["head_row_held"] += time.perf_counter() - since

        vars(dialect)["do_commit"] = timed_commit

    def next_seq(self, tx: Connection) -> int:
        """Take the next commit number, and note how long that took."""
        with self.running("head_row_wait"):
            seq = next_seq(tx)
        self._head.since = time.perf_counter()
        return seq


class TimedLock:
    """A lock that adds up how long it was waited for and held."""

    def __init__(self, lock: Any, meters: Meters) -> None:
        self._lock, self._meters = lock, meters
        self._since = 0.0

    def __enter__(self) -> None:
        with self._meters.running("lock_wait"):
            self._lock.acquire()
        self._since = time.perf_counter()

    def __exit__(self, *_error: object) -> None:
        self._meters.seconds["lock_held"] += time.perf_counter() - self._since
        self._lock.release()


def main() -> None:
    """Serve a database; the first line on standard output says where, the last one tells the times."""
    meters = Meters()

    def opened(database: str, door: Door, blobs: Path | None = None) -> LocalServer:
        server = open_server(database, door, blobs)
        meters.watch(server)
        return server

    seq = patch.object(push, "next_seq", meters.next_seq)
    with patch.object(process, "open_server", opened), seq:
        serve(sys.argv[1], real_door(), port=0)
    print(json.dumps(meters.seconds), flush=True)


if __name__ == "__main__":
    main()
