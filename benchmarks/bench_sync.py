"""The exchange over loopback with a real centre: fill, push, second laptop's pull, empty sync, bytes, memory.

Each beside a bare HTTP + SQLite loop that does the same visible work in the same run; client and server are
processes of their own in both. N is 100,000 residents, or the number in GRIDWORKER_BENCH_RESIDENTS.
"""

import http.client
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import Report, seconds
from benchmarks.centre import Laptop, bodies, plant_residents, running_centre
from benchmarks.floors import (
    bare_server,
    fill_bare,
    get_page,
    insert_page,
    make_bare,
    open_bare,
    post_rows,
    reopen_bare,
)
from benchmarks.people import residents
from benchmarks.relay import counting
from gridworker.db.transaction import Transaction
from gridworker.domain.residents import Resident

RESIDENTS = int(os.environ.get("GRIDWORKER_BENCH_RESIDENTS", "100000"))
PUSHED = 1_000
ROUNDS = 3


def run(report: Report) -> None:
    """All figures."""
    folder = Path(tempfile.mkdtemp(prefix="gridworker-bench-"))
    try:
        _run(report, folder)
    finally:
        shutil.rmtree(folder)


def _run(report: Report, folder: Path) -> None:
    rows = bodies(RESIDENTS)
    make_bare(folder / "bare.db", rows)
    plant_residents(f"sqlite:///{folder / 'centre.db'}", RESIDENTS)
    with bare_server(folder / "bare.db") as bare, running_centre(f"sqlite:///{folder / 'centre.db'}") as url:
        laptop = _fill(report, folder, bare, url)
        with closing(_second(folder, url)) as second, closing(reopen_bare(folder / "floor-0.db")) as floor:
            _push(report, Pair(laptop, second), bare, floor)
        _empty(report, bare, laptop)
        laptop.close()
        _bytes(report, folder, url, rows)
        _memory(report, folder, bare, url)


def _second(folder: Path, url: str) -> Laptop:
    """Another laptop of the same grid that already holds everything."""
    laptop = Laptop(folder / "second.db", url)
    laptop.exchange()
    return laptop


def _fill(report: Report, folder: Path, bare: tuple[str, int], url: str) -> Laptop:
    ours, floors, kept = [], [], None
    for turn in range(ROUNDS):
        floors.append(seconds(partial(_fill_floor, folder / f"floor-{turn}.db", bare), times=1))
        laptop = Laptop(folder / f"laptop-{turn}.db", url)
        ours.append(seconds(laptop.exchange, times=1))
        with laptop.database.read() as reader:
            assert reader.count(Resident) == RESIDENTS
        if kept is not None:
            kept.close()
        kept = laptop
    assert kept is not None
    report.add(
        "first_fill", median(ours), "s", floor=median(floors), budget=1.5, note=f"{RESIDENTS} residents"
    )
    return kept


def _fill_floor(path: Path, bare: tuple[str, int]) -> None:
    with closing(open_bare(path)) as db:
        assert fill_bare(db, bare) == RESIDENTS


class Pair(NamedTuple):
    """Two laptops of one grid: the first writes, the second reads."""

    first: Laptop
    second: Laptop


def _push(report: Report, pair: Pair, bare: tuple[str, int], floor: Any) -> None:
    pushes, pulls, push_floors, pull_floors = [], [], [], []
    for turn in range(ROUNDS):
        push_floors.append(seconds(partial(post_rows, bare, bodies(PUSHED)), times=1))
        last = RESIDENTS + turn * PUSHED
        pull_floors.append(seconds(partial(_pull_floor, floor, bare, last), times=1))
        pair.first.database.write(_record, list(residents(PUSHED, seed=turn)))
        pushes.append(seconds(partial(_only_push, pair.first), times=1))
        pair.first.exchange()
        pulls.append(seconds(pair.second.exchange, times=1))
    note = "merged, logged, chained, durable; floor: insert in five durable transactions"
    report.add("push_1000", median(pushes), "s", floor=median(push_floors), budget=2.0, note=note)
    note = "staged, checked, indexed; floor: fetch and insert, encrypted"
    report.add("pull_1000", median(pulls), "s", floor=median(pull_floors), budget=2.0, note=note)


def _record(tx: Transaction, people: list[Resident]) -> None:
    tx.create_many([(tx.new_id(), person) for person in people])


def _only_push(laptop: Laptop) -> None:
    """The exchange up to its last push reply."""
    for progress in laptop.machine().steps():
        if progress.phase == "push" and progress.pushed == PUSHED:
            return


def _pull_floor(db: Any, bare: tuple[str, int], last: int) -> None:
    """Fetch the rows after a number and store them durably in the encrypted table with the same indexes."""
    line = http.client.HTTPConnection(*bare)
    assert insert_page(db, get_page(line, last)) == PUSHED
    line.close()


def _empty(report: Report, bare: tuple[str, int], laptop: Laptop) -> None:
    line = http.client.HTTPConnection(*bare)
    floor = seconds(lambda: get_page(line, 1 << 60), times=50)
    line.close()
    ours = seconds(laptop.exchange, times=50)
    report.add("empty_sync", ours * 1000, "ms", floor=floor * 1000, budget=3.0, note="one request")


def _bytes(report: Report, folder: Path, url: str, rows: list[tuple[str, str]]) -> None:
    """What an exchange costs on a telephone's data plan, both ways, headers included."""
    with counting(url) as relay, closing(Laptop(folder / "counted.db", relay.url)) as laptop:
        relay.taken()
        laptop.exchange()
        _up, down = relay.taken()
        raw = sum(len(body.encode()) for _id, body in rows)
        note = f"{down / RESIDENTS:.0f} bytes a record; floor: the bare JSON"
        report.add("fill_bytes", down / 1e6, "MB", floor=raw / 1e6, note=note)
        laptop.database.write(_record, list(residents(PUSHED, seed=ROUNDS)))
        _only_push(laptop)
        up, _down = relay.taken()
        report.add("push_bytes", up / 1e3, "kB", note=f"{up / PUSHED:.0f} bytes an operation")
        laptop.exchange()
        relay.taken()
        laptop.exchange()
        report.add("empty_bytes", sum(relay.taken()), "B", note="both ways")


def _memory(report: Report, folder: Path, bare: tuple[str, int], url: str) -> None:
    """The most memory that a process takes which does nothing but fill an empty laptop."""
    ours = _peak_mib(_fill_alone, folder / "memory.db", url)
    floor = _peak_mib(_fill_bare_alone, folder / "memory-floor.db", bare)
    report.add("fill_memory", ours, "MiB", floor=floor, note="peak of the process; floor: the bare loop's")


def _fill_alone(path: Path, url: str) -> None:
    with closing(Laptop(path, url)) as laptop:
        laptop.exchange()


def _fill_bare_alone(path: Path, bare: tuple[str, int]) -> None:
    with closing(open_bare(path)) as db:
        fill_bare(db, bare)


def _peak_mib(fill: Callable[[Path, Any], None], path: Path, where: object) -> float:
    spawning = multiprocessing.get_context("spawn")
    told: Connection
    told, telling = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_tell_peak, args=(fill, path, where, telling))
    process.start()
    peak: float = told.recv()
    process.join()
    return peak


def _tell_peak(fill: Callable[[Path, Any], None], path: Path, where: object, telling: Connection) -> None:
    fill(path, where)
    # Not getrusage: its peak is inherited from the process that began this one.
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    telling.send(int(told["VmHWM"].split()[0]) / 1024)
