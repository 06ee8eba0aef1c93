"""A real centre as its own process for the benchmarks, and laptops enrolled with it."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import uuid_utils

from benchmarks.people import residents
from gridworker.centre import real_door
from gridworker.db.database import Database, Ports
from gridworker.dictionaries import pinyin_table
from gridworker.domain.records import Record, RecordId, grid_scope
from gridworker.server.demo import DEMO_PASSWORD, GRID_3, seed_demo
from gridworker.server.planting import plant
from gridworker.server.serve import open_server
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Exchange
from gridworker.sync.remote import HttpRemote
from gridworker.wire.messages import EnrolRequest

KEY = bytes(range(32))


def new_id() -> str:
    """A UUIDv7."""
    return str(uuid_utils.uuid7())


def plant_residents(database_url: str, count: int) -> None:
    """Fill grid 3 of a centre with residents before it runs."""
    server = open_server(database_url, real_door())
    seed_demo(server, password=DEMO_PASSWORD)
    people: Sequence[tuple[RecordId, Record]] = [(RecordId(new_id()), person) for person in residents(count)]
    plant(server, grid_scope(GRID_3), people)
    server.store.close()


@contextlib.contextmanager
def running_centre(database_url: str) -> Iterator[str]:
    """The URL of a centre that runs as a process until the block ends, and lets one laptop do all it can."""
    code = (
        "import sys; from gridworker.centre import real_door; from gridworker.server.serve import serve;"
        "from gridworker.server.admission import Limits, Rate; free = Rate(1e6, 10**6);"
        f"serve(sys.argv[1], real_door(), port=0, demo_password={DEMO_PASSWORD!r},"
        " limits=Limits(requests=free, operations=free))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, database_url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["listening"])
        finally:
            process.terminate()


class Laptop:
    """An enrolled laptop on a file of its own."""

    def __init__(self, path: Path, url: str, login: str = "zhangxiao") -> None:
        ports = Ports(now_ms=lambda: time.time_ns() // 1_000_000, new_id=new_id)
        self.database = Database.open(path, KEY, ports=ports, pinyin=pinyin_table())
        request = EnrolRequest(user=login, password=DEMO_PASSWORD, device_name="bench", app="bench")
        with closing(HttpRemote(url)) as door:
            enrol(self.database, door, request, server_url=url)
        with self.database.read() as reader:
            self.token = str(reader.meta("token"))
            self.epoch = str(reader.meta("epoch"))
        self.remote = HttpRemote(url, self.token)

    def machine(self) -> Exchange:
        """A new exchange, not yet begun."""
        return Exchange(self.database, self.remote, app="bench")

    def exchange(self) -> None:
        """One whole exchange."""
        self.machine().run()

    def close(self) -> None:
        """Close line and file."""
        self.remote.close()
        self.database.close()


def bodies(count: int) -> list[tuple[str, str]]:
    """(id, JSON) of made-up residents, as the bare floors move them."""
    return [(new_id(), msgspec.json.encode(person).decode()) for person in residents(count)]
