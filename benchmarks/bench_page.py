"""Lists of 100,000 residents: the keys of every order, and a jump to any page, beside bare statements.

The floor reads as many keys from an index, and the bodies of 128 other rows without making records of them.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks import Report, percentile, samples
from benchmarks.laptops import RESIDENTS, filled_laptop
from gridworker.db.database import Database
from gridworker.db.residents import ORDERS, resident_keys
from gridworker.domain.residents import Resident

PAGE = 128
JUMPS = 400
LISTS = 7
BUDGET_MS = 16.0


def run(report: Report) -> None:
    """Key lists first, then jumps by every order."""
    with (
        tempfile.TemporaryDirectory(prefix="gridworker-bench-") as folder,
        closing(filled_laptop(Path(folder) / "laptop.db")) as laptop,
    ):
        for order in ORDERS:
            _measure_keys(report, laptop, order)
        _measure_jumps(report, laptop)


def _measure_keys(report: Report, laptop: Database, order: str) -> None:
    """The keys of one order; the floor walks an index of stored text as long as it is."""
    ours = samples(partial(_keys, laptop, order), LISTS)
    floor = samples(partial(_rows, laptop, "SELECT n FROM resident ORDER BY pinyin", ()), LISTS)
    note = f"{RESIDENTS} keys, p50"
    report.add(
        f"keys_{order}", percentile(ours, 50) * 1e3, "ms", floor=percentile(floor, 50) * 1e3, note=note
    )


def _measure_jumps(report: Report, laptop: Database) -> None:
    chance = random.Random(5)
    lists = [_keys(laptop, order) for order in ORDERS]
    ours: list[float] = []
    floor: list[float] = []
    bare = f"SELECT body FROM resident WHERE n IN ({','.join('?' * PAGE)})"
    for turn in range(JUMPS):
        keys = lists[turn % len(lists)]
        starts = [chance.randrange(len(keys) - PAGE) for _ in range(2)]
        mine, other = (keys[start : start + PAGE] for start in starts)
        ours += _milliseconds(partial(_page, laptop, mine))
        floor += _milliseconds(partial(_rows, laptop, bare, other))
    for percent in (50, 99):
        value, note = percentile(ours, percent), f"{JUMPS} jumps to {PAGE} rows"
        report.add(f"jump_p{percent}", value, "ms", floor=percentile(floor, percent), note=note)
    report.add("jump_p99_work", percentile(ours, 99), "ms", budget=BUDGET_MS, note="of a frame of 16 ms")


def _milliseconds(action: Callable[[], object]) -> list[float]:
    return [time * 1e3 for time in samples(action, 1)]


def _keys(laptop: Database, order: str) -> list[int]:
    with laptop.read() as reader:
        return resident_keys(reader, order=order)


def _page(laptop: Database, keys: Sequence[int]) -> None:
    with laptop.read() as reader:
        reader.rows(Resident, keys)


def _rows(laptop: Database, sql: str, parameters: Sequence[object]) -> None:
    with laptop.read() as reader:
        reader.rows_of(sql, parameters)
