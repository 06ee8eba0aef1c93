"""Importing a register in one call: for the command line, and for the process behind the wizard."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gridworker.actions.imports.commit import commit_register
from gridworker.actions.imports.plan import make_plan
from gridworker.actions.imports.register import Progress, no_progress, read_register
from gridworker.actions.imports.report import Report, report_of
from gridworker.db.database import Database


def import_file(
    database: Database,
    path: Path,
    *,
    today: date,
    dry_run: bool = False,
    chosen: Mapping[int, str | None] | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Read a register and save it as one batch, or with `dry_run` only say what would happen.

    Raises the Problems of `read_register` and of the database; nothing is half written.
    """
    register = read_register(path, today=today, chosen=chosen, progress=progress)
    if dry_run:
        with database.read() as reader:
            return report_of(make_plan(register, reader, today=today, progress=progress))
    return database.write(commit_register, register, today=today, progress=progress)
