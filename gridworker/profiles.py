"""A profile: the folder of one user's data on this computer, its lock, its key and its database."""

import os
import time
from datetime import date
from pathlib import Path

import portalocker
import uuid_utils

from gridworker.actions.imports.messages import Start
from gridworker.actions.imports.process import ImportJob
from gridworker.db.anchor import Anchor
from gridworker.db.blobs import sweep_blobs
from gridworker.db.database import Database, Ports
from gridworker.db.keys import key_for
from gridworker.db.lives import settle_life
from gridworker.dictionaries import pinyin_table
from gridworker.domain.problems import Problem
from gridworker.machines import machine_name

DATABASE = "gridworker.db"


def real_ports() -> Ports:
    """The computer's clock (ms UTC) and UUIDv7 ids."""
    return Ports(now_ms=lambda: time.time_ns() // 1_000_000, new_id=lambda: str(uuid_utils.uuid7()))


def open_profile(folder: Path) -> Database:
    """Open the database of a profile, made at the first use; raises what Database.open and key_for raise."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Problem("folder_not_writable", folder=str(folder), why=error.strerror or "") from error
    database = Database.open(folder / DATABASE, key_for(folder), ports=real_ports(), pinyin=pinyin_table())
    settle_life(database, Anchor(anchor_file(folder), machine=machine_name()))
    sweep_blobs(database)
    return database


def anchor_file(folder: Path) -> Path:
    """Where the anchor of a profile lies: beside it, so that it does not come back with a restored folder."""
    return folder.with_name(folder.name + ".anchor")


def open_database(path: Path, key: bytes) -> Database:
    """Open a database whose key is known; for the process of an import."""
    return Database.open(path, key, ports=real_ports(), pinyin=pinyin_table())


def start_import(folder: Path, file: Path, today: date) -> ImportJob:
    """Begin the import of a register into a profile, in a process of its own."""
    start = Start(file=str(file), database=str(folder / DATABASE), key=key_for(folder), today=today)
    return ImportJob(start, open_database)


class WindowLock:
    """Only one window works on a profile: the second one is told so (advisory on network drives)."""

    def __init__(self, folder: Path) -> None:
        """Take the lock; raises Problem `already_open` where another window holds it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = portalocker.Lock(folder / "window.lock", mode="a", timeout=0, fail_when_locked=True)
        try:
            handle = self._lock.acquire()
        except portalocker.exceptions.LockException as error:
            raise Problem("already_open", folder=str(folder)) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()

    def release(self) -> None:
        """Let the next window in."""
        self._lock.release()
