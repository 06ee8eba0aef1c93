"""What a SQLite or file error means to a person: the one place where its codes are sorted."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import sqlcipher3.dbapi2 as driver
from sqlalchemy.exc import DBAPIError

from gridworker.domain.problems import Problem

_WORLD = {
    "SQLITE_FULL": "disk_full",
    "SQLITE_BUSY": "db_locked",
    "SQLITE_LOCKED": "db_locked",
    "SQLITE_PROTOCOL": "db_locked",
    "SQLITE_READONLY": "db_read_only",
    "SQLITE_PERM": "db_read_only",
    "SQLITE_CANTOPEN": "db_cannot_open",
    "SQLITE_IOERR": "disk_error",
    "SQLITE_CORRUPT": "db_corrupt",
    "SQLITE_NOTADB": "db_corrupt",
}
"""The start of SQLite's name of an error, and the Problem that it is."""
_FILES = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "db_read_only",
    errno.EPERM: "db_read_only",
    errno.EROFS: "db_read_only",
}
"""The system's number of a file error, and the Problem that it is."""

_UNREADABLE = ("Could not decode to UTF-8", "malformed JSON")


def name_of(error: BaseException) -> str:
    """SQLite's own name of an error, also of one wrapped by SQLAlchemy; empty for everything else."""
    origin = getattr(error, "orig", None) or error
    return str(getattr(origin, "sqlite_errorname", "")) if isinstance(origin, driver.Error) else ""


def problem_of(error: BaseException) -> Problem | None:
    """The Problem behind an error of the driver; None where it is a bug of ours."""
    if _is_unreadable(error):
        return Problem("db_corrupt")
    name = name_of(error)
    code = next((code for start, code in _WORLD.items() if name.startswith(start)), None)
    return Problem(code) if code else None


def _is_unreadable(error: BaseException) -> bool:
    """Whether something is no longer what this program wrote: a damaged page may come back as zeros."""
    if isinstance(error, msgspec.DecodeError):
        return not isinstance(error, msgspec.ValidationError)
    return isinstance(error, driver.OperationalError) and str(error).startswith(_UNREADABLE)


@contextmanager
def sorted_faults() -> Iterator[None]:
    """Let Problems out for the world's faults and everything else as it is."""
    try:
        yield
    except (driver.Error, DBAPIError, msgspec.DecodeError) as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error


@contextmanager
def sorted_file_faults() -> Iterator[None]:
    """The same for what is done to the database's files by their names."""
    try:
        yield
    except OSError as error:
        raise Problem(_FILES.get(error.errno or 0, "disk_error")) from error
