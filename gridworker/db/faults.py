"""What a SQLite error means to a person: the one place where its codes are sorted."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlcipher3.dbapi2 as driver

from gridworker.domain.problems import Problem

_WORLD = {
    "SQLITE_FULL": "disk_full",
    "SQLITE_BUSY": "db_locked",
    "SQLITE_LOCKED": "db_locked",
    "SQLITE_READONLY": "db_read_only",
    "SQLITE_PERM": "db_read_only",
    "SQLITE_CANTOPEN": "db_cannot_open",
    "SQLITE_IOERR": "disk_error",
    "SQLITE_CORRUPT": "db_corrupt",
    "SQLITE_NOTADB": "wrong_key",
}
_WORDS = (
    ("disk is full", "SQLITE_FULL"),
    ("is locked", "SQLITE_BUSY"),
    ("readonly", "SQLITE_READONLY"),
    ("unable to open", "SQLITE_CANTOPEN"),
    ("disk I/O", "SQLITE_IOERR"),
    ("malformed", "SQLITE_CORRUPT"),
    ("not a database", "SQLITE_NOTADB"),
    ("hmac", "SQLITE_NOTADB"),
)


def problem_of(error: BaseException) -> Problem | None:
    """The Problem behind a driver error, also one wrapped by SQLAlchemy; None where it is a bug of ours."""
    origin = getattr(error, "orig", None) or error
    if not isinstance(origin, driver.Error):
        return None
    name = getattr(origin, "sqlite_errorname", "") or _name_by_words(str(origin))
    code = next((code for start, code in _WORLD.items() if name.startswith(start)), None)
    return Problem(code) if code else None


def _name_by_words(message: str) -> str:
    return next((name for words, name in _WORDS if words in message), "")


@contextmanager
def sorted_faults() -> Iterator[None]:
    """Let Problems out for the world's faults and everything else as it is."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - sorted here and raised again, whatever it is
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error
