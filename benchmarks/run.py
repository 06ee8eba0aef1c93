"""Runs benchmarks by name or all of them, each in a process of its own, and prints their figures.

Exit code 1 where a benchmark broke or is unknown; a missed budget is a figure to write down, not a failure.
"""

import argparse
import contextlib
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import Report, Row

HERE = Path(__file__).parent
ALONG = {"sync": ("monday_sqlite", "monday_postgresql")}
"""What else is run where somebody asks for one: all that is measured of the exchange."""
COLUMNS = "{:<40} {:>12} {:<8} {:>12} {:>8} {:>8}  {}"


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def run_here(name: str) -> None:
    """Run one benchmark in this process; only its lines of JSON go to standard output."""
    report = Report(name, sys.stdout)
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module(f"benchmarks.bench_{name}").run(report)


def rows_of(name: str) -> Iterator[Row | int]:
    """The figures of one benchmark as they come, then the exit code of its process."""
    command = [sys.executable, "-m", "benchmarks.run", "--here", name]
    with subprocess.Popen(
        command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        for line in process.stdout or ():
            yield Row(**json.loads(line))
    yield process.returncode


def as_json(row: Row) -> str:
    """One object a line."""
    return json.dumps(vars(row), ensure_ascii=False)


def as_line(row: Row) -> str:
    """One line to read."""
    verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
    value, floor, ratio, budget = map(figure, (row.value, row.floor, row.ratio, row.budget))
    return COLUMNS.format(row.name, value, row.unit, floor, ratio, budget, f"{verdict} {row.note}".strip())


def figure(value: float | None) -> str:
    """Four significant digits, or nothing."""
    return "" if value is None else f"{value:.4g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Benchmarks beside their floors.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of: " + ", ".join(names()))
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(names())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
    if chosen.here:
        run_here(*chosen.names)
        return 0
    return show(with_company(chosen.names) or names(), json_lines=chosen.json)


def with_company(chosen: Sequence[str]) -> list[str]:
    """What was asked for and what belongs to it, each once."""
    return list(dict.fromkeys(each for name in chosen for each in (name, *ALONG.get(name, ()))))


def show(chosen: Sequence[str], *, json_lines: bool) -> int:
    """Print the figures of the chosen benchmarks; 1 where one of them broke."""
    if not json_lines:
        print(COLUMNS.format("name", "value", "unit", "floor", "ratio", "budget", ""))
    broken = []
    for name in chosen:
        for row in rows_of(name):
            if isinstance(row, Row):
                print(as_json(row) if json_lines else as_line(row), flush=True)
            elif row:
                broken.append(name)
    if broken:
        print("broken: " + ", ".join(broken), file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
