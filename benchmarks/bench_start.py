"""From the start of the process to a usable Today with 100,000 residents, and the memory at rest.

The floor is a bare PySide6 window's first paint in the same run plus 200 ms. Both are processes of their own,
begun in turns, with compiled modules as an installed program has them.
N is GRIDWORKER_BENCH_RESIDENTS or 100,000.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import Report
from benchmarks.laptops import KEY, RESIDENTS, fill, new_id, open_laptop
from benchmarks.people import residents
from gridworker.db.keys import KEY_FILE
from gridworker.domain.care import CareProfile
from gridworker.domain.records import Record, RecordId
from gridworker.domain.visits import Visit
from gridworker.profiles import DATABASE

ROUNDS = 5
OWN_S = 0.2
"""What a program may need beyond a bare window."""
BUDGET = 1.5
WORKER, WORKER_MIB, LEADER_MIB = 3_000, 180.0, 250.0
CARED_FOR, VISITED = 30, 2
"""One in so many receives care; one in so many of these was visited."""
DAY_MS = 86_400_000


class Started(NamedTuple):
    """How long a start took, and the memory that the process held a second later."""

    seconds: float
    mebibytes: float


def run(report: Report) -> None:
    """The start of a leader's laptop, then memory of both."""
    with tempfile.TemporaryDirectory(prefix="gridworker-bench-") as folder:
        leader, worker = Path(folder) / "leader", Path(folder) / "worker"
        make_profile(leader, RESIDENTS)
        make_profile(worker, WORKER)
        started = Starter(Path(folder) / "compiled")
        started(worker)
        bare, ours, small = zip(
            *((started(None), started(leader), started(worker)) for _ in range(ROUNDS)), strict=True
        )
    report_all(report, ours, bare, small)


def report_all(
    report: Report, ours: Sequence[Started], bare: Sequence[Started], small: Sequence[Started]
) -> None:
    """Times beside the floor; memory beside its limits."""
    floor = median(each.seconds for each in bare) + OWN_S
    took = {name: median(each.seconds for each in runs) for name, runs in (("ours", ours), ("small", small))}
    note = f"{RESIDENTS} residents; floor: a bare window's first paint + 200 ms"
    report.add("usable_today", took["ours"], "s", floor=floor, budget=BUDGET, note=note)
    note = f"{WORKER} residents; the same floor"
    report.add("usable_today_worker", took["small"], "s", floor=floor, budget=BUDGET, note=note)
    held = median(each.mebibytes for each in bare)
    report.add("memory_bare", held, "MiB", note="a window with one label")
    for name, runs, limit, people in (
        ("memory_worker", small, WORKER_MIB, WORKER),
        ("memory_leader", ours, LEADER_MIB, RESIDENTS),
    ):
        value = median(each.mebibytes for each in runs)
        report.add(name, value, "MiB", budget=limit, note=f"{people} residents, resident set at rest")


def make_profile(folder: Path, count: int) -> None:
    """A profile as after some weeks of work: people, the care of some, and visits."""
    folder.mkdir()
    (folder / KEY_FILE).write_text(KEY.hex(), "ascii")
    (folder / KEY_FILE).chmod(0o600)
    with closing(open_laptop(folder / DATABASE)) as database:
        fill(database, work_of(count))


def work_of(count: int) -> Iterator[tuple[str, Record]]:
    """People with their care and visits."""
    now_ms = time.time_ns() // 1_000_000
    for number, person in enumerate(residents(count)):
        id = RecordId(new_id())
        yield id, person
        if number % CARED_FOR:
            continue
        yield new_id(), CareProfile(resident_id=id, groups=("elder_alone",), since="2026-01-01")
        if number // CARED_FOR % VISITED == 0:
            visited_ms = now_ms - (3 + number % 20) * DAY_MS
            yield new_id(), Visit(resident_ids=(id,), visited_ms=visited_ms, method="home", outcome="met")


class Starter:
    """Starts processes that keep their compiled modules in one folder."""

    def __init__(self, compiled: Path) -> None:
        self._environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(compiled),
        }

    def __call__(self, profile: Path | None) -> Started:
        """Start the desktop of a profile, or the bare window, and wait until it is usable."""
        command = [sys.executable, "-m", "benchmarks.starts", *([str(profile)] if profile else [])]
        begun = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "usable\n"
            seconds = time.perf_counter() - begun
            return Started(seconds, int(process.stdout.readline()) / (1 << 20))
