"""Sealing of streams: what is written comes out as an age file that only the holder of a key can read."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

import pyrage
from pyrage import x25519

from gridworker.domain.problems import Problem

T = TypeVar("T")


def new_key() -> tuple[str, str]:
    """A fresh key: what opens, to be kept under lock, and what seals, which anybody may know."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


@contextmanager
def sealing(target: IO[bytes], recipient: str) -> Iterator[IO[bytes]]:
    """A stream whose bytes go into `target` sealed. Raises Problem `backup_key_bad`."""
    recipients = [_parsed(x25519.Recipient.from_str, recipient)]
    inner, outer = os.pipe()
    with (
        _beside(lambda: _with(inner, "rb", lambda pipe: pyrage.encrypt_io(pipe, target, recipients))),
        os.fdopen(outer, "wb") as writer,
    ):
        yield writer


@contextmanager
def opening(source: IO[bytes], key: str) -> Iterator[IO[bytes]]:
    """A stream of what is sealed in `source`; ends early and then raises Problem where it is damaged.

    Raises Problem `backup_key_bad` where the key is none, or opens other files.
    """
    identities = [_parsed(x25519.Identity.from_str, key)]
    outer, inner = os.pipe()
    with (
        _beside(lambda: _with(inner, "wb", lambda pipe: pyrage.decrypt_io(source, pipe, identities))),
        os.fdopen(outer, "rb") as reader,
    ):
        yield reader


def _with(handle: int, mode: str, work: Callable[[IO[bytes]], object]) -> None:
    with os.fdopen(handle, mode) as pipe:
        work(pipe)


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text.strip())
    except (pyrage.RecipientError, pyrage.IdentityError) as error:
        raise Problem("backup_key_bad") from error


@contextmanager
def _beside(work: Callable[[], None]) -> Iterator[None]:
    """Do some work in a thread while the body runs; its failure is told where the body has none."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except (OSError, pyrage.DecryptError, pyrage.EncryptError) as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="sealing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed and isinstance(failed[0], pyrage.DecryptError):
        raise Problem("backup_key_bad") from failed[0]
    if failed:
        raise failed[0]
