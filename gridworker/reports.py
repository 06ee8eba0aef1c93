"""Crash reports: what went wrong in the program, written to disk without personal data, for IT staff."""

import platform
import sys
import traceback
from pathlib import Path

from gridworker import __version__
from gridworker.domain.problems import Problem

KEPT = 20


def write_report(folder: Path, error: BaseException, *, now_ms: int) -> Problem:
    """Write where it happened (files, lines, types; no values) and give the Problem `bug` to tell the user.

    Messages of exceptions are left out: they may quote what was typed.
    """
    name = f"{now_ms}-{type(error).__name__}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(_text(error), "utf-8")
        for old in sorted(folder.glob("*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return Problem("bug", report="")
    return Problem("bug", report=str(folder / name))


def _text(error: BaseException) -> str:
    head = f"gridworker {__version__}\nPython {sys.version.split()[0]}\n{platform.platform()}\n"
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        lines = [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        parts.append("\n".join([type(cause).__qualname__, *lines]))
        cause = cause.__cause__ or cause.__context__
    return head + "\ncaused by\n".join(parts) + "\n"
