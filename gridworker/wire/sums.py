"""Audit sums: one number per scope that says whether two copies hold the same records."""

import hashlib

_MODULUS = 1 << 128
EMPTY = "0" * 32
"""The sum of a scope without records."""


def term(scope: str, record_id: str, rev: str, body: bytes) -> int:
    """What one record adds to the sum of its scope: the first 16 bytes of SHA-256 of its four parts."""
    parts = f"{scope}|{record_id}|{rev}|{hashlib.sha256(body).hexdigest()}"
    return int.from_bytes(hashlib.sha256(parts.encode()).digest()[:16], "big")


def shift(acc: str, difference: int) -> str:
    """A sum (32 hex digits) after terms were added and taken away, modulo 2^128."""
    return f"{(int(acc, 16) + difference) % _MODULUS:032x}"


def revision(epoch: str, seq: int) -> str:
    """The name of a record's state: the life of the server and the commit that made it."""
    return f"{epoch[:8]}.{seq}"


def seq_of(revision_name: str | None, epoch: str) -> int | None:
    """The commit number in a revision of this life of the server; None for any other."""
    life, _, number = (revision_name or "").partition(".")
    return int(number) if life == epoch[:8] and number.isdecimal() else None
