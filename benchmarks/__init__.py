"""Benchmarks: each runs its floor beside it in the same process and reports the ratio.

A benchmark is a module `benchmarks/bench_<name>.py` with one function `run(report: Report) -> None`.
Absolute times mean nothing on another machine or day; the ratio of value and floor in one run does.
Smaller is always better.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median
from typing import TextIO


@dataclass(frozen=True)
class Row:
    """One measured figure; `budget` limits the ratio where there is a floor, else the value itself."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    budget: float | None
    ok: bool | None
    note: str = ""


class Report:
    """Takes the figures of one benchmark and writes each as one line of JSON at once."""

    def __init__(self, benchmark: str, out: TextIO) -> None:
        """Report under the name of a benchmark to a stream."""
        self._benchmark, self._out = benchmark, out

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        floor: float | None = None,
        budget: float | None = None,
        note: str = "",
    ) -> Row:
        """Report a figure, its floor or peer in the same unit, and the most that the ratio may be.

        Without a floor the budget is the most that the figure itself may be.
        """
        ratio = value / floor if floor else None
        judged = value if floor is None else ratio
        ok = None if budget is None or judged is None else judged <= budget
        row = Row(f"{self._benchmark}.{name}", value, unit, floor, ratio, budget, ok, note)
        self._out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
        self._out.flush()
        return row


def seconds(action: Callable[[], object], times: int = 3) -> float:
    """The median time of an action, in seconds."""
    return median(samples(action, times))


def samples(action: Callable[[], object], times: int) -> list[float]:
    """The time of each repetition of an action, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return taken


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, ceil(len(ranked) * percent / 100) - 1)]
