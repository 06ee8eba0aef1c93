"""Audit: two sides compare the sums of a scope piece by piece until they know which records differ."""

import hashlib

from gridworker.wire.sums import EMPTY, shift, term

BUCKETS = 256
MAX_ROWS = 500
"""Records that are asked for at once."""


def bucket_of(record_id: str) -> int:
    """The bucket of a record: the first byte of the SHA-256 of its id."""
    return hashlib.sha256(record_id.encode()).digest()[0]


class Tally:
    """The sums of one scope, counted record by record."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.n = 0
        self._total = 0
        self._buckets = [0] * BUCKETS

    def add(self, record_id: str, rev: str, body: bytes) -> None:
        """One more record."""
        part = term(self.scope, record_id, rev, body)
        self.n += 1
        self._total += part
        self._buckets[bucket_of(record_id)] += part

    @property
    def total(self) -> tuple[int, str]:
        """The number of records and the sum of the scope, as a pull reply gives them."""
        return self.n, shift(EMPTY, self._total)

    @property
    def buckets(self) -> list[str]:
        """The sum of each bucket."""
        return [shift(EMPTY, part) for part in self._buckets]


def differing(mine: list[str], theirs: list[str]) -> list[int]:
    """The buckets in which two sides do not hold the same."""
    return [n for n, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one != other]
