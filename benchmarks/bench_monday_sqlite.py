"""Monday morning at a centre on SQLite: 300 laptops, spread out and then all at once."""

import tempfile
from pathlib import Path

from benchmarks import Report
from benchmarks.monday import run_monday


def run(report: Report) -> None:
    """Both herds."""
    with tempfile.TemporaryDirectory(prefix="gridworker-bench-") as name:
        folder = Path(name)
        run_monday(report, f"sqlite:///{folder / 'centre.db'}", f"sqlite:///{folder / 'bare.db'}")
