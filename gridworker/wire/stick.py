"""Files on a USB stick: their names, and written whole under their name or not at all."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

from gridworker.domain.problems import Problem

UP_SUFFIX, DOWN_SUFFIX = ".gwup", ".gwdown"
PART_SUFFIX = ".part"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHINA = timezone(timedelta(hours=8))
_SHORT = 8


def bundle_name(suffix: str, device: str, bundle_id: str, made_ms: int) -> str:
    """A name that sorts by time within a device and says nothing of anybody; only people read it."""
    moment = datetime.fromtimestamp(made_ms / 1000, _CHINA).strftime("%Y%m%d-%H%M%S")
    return f"gw-{_short(device)}-{moment}-{_short(bundle_id[-_SHORT:])}{suffix}"


def _short(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text)[:_SHORT]


def bundles_in(place: Path, suffix: str) -> list[Path]:
    """The bundles of a folder by name, or the file itself; raises Problem `stick_unreadable`."""
    with reading(place):
        if not place.is_dir():
            return [place]
        return sorted(one for one in place.iterdir() if one.suffix == suffix and one.is_file())


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file of the stick; its faults are Problem `stick_unreadable`."""
    with reading(path), path.open("rb") as file:
        yield file


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever the stick cannot do in here is Problem `stick_unreadable`."""
    try:
        yield
    except OSError as error:
        raise Problem("stick_unreadable", file=path.name, why=error.strerror or "") from error


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> int:
    """Write a file under another name, make it durable, then give it its name; gives its size.

    Raises Problem `stick_full` or `stick_unwritable`; what was begun is taken away where the stick lets us.
    """
    part = path.with_name(path.name + PART_SUFFIX)
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        code = "stick_full" if error.errno in _FULL else "stick_unwritable"
        raise Problem(code, file=str(path), why=error.strerror or "") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return size


def clear_parts(folder: Path, device: str) -> None:
    """Take away what a killed program has begun for this device and never finished."""
    with suppress(OSError):
        for part in folder.glob(f"gw-{_short(device)}-*{PART_SUFFIX}"):
            part.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name durable where folders can be synced (not on Windows, not on every file system)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
