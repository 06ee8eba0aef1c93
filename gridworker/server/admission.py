"""Admission: who may ask now, how much at once, and when all the others shall come again.

It is kept in the memory of one process: of several processes of a centre each counts for itself, and a
restart forgives. Nothing here reads a clock: `now_ms` is the centre's time, `at_ms` never goes back.
"""

import hashlib
import threading
from collections import OrderedDict
from math import ceil
from typing import NamedTuple

import msgspec

from gridworker.server.refusals import Refused
from gridworker.server.replicas import MAX_OPS
from gridworker.wire.messages import Pace

MINUTE_MS = 60_000
WINDOW_MS = 10 * MINUTE_MS
"""Over this long the exchanges that nobody asked for are spread: a Monday morning's herd."""
_DEVICES_KEPT = 10_000
_SOONEST_MS = 1_000
"""Nobody who was sent away is asked to come again sooner."""
_LATEST_MS = 5 * MINUTE_MS
_TYPICAL_MS = 10.0
"""What a request costs before one has been measured."""
_MEMORY = 0.05
"""The weight of the last request in the mean of them."""


class Rate(msgspec.Struct, frozen=True):
    """So many a second in the long run, and at most so many at once after a rest."""

    per_s: float
    burst: int


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one device may do, and how many requests one process takes."""

    requests: Rate = Rate(10, 120)
    """Of a device; the largest honest burst is a photo of 16 MiB with its 64 chunks."""
    operations: Rate = Rate(2_000 / 60, 2_000)
    at_work: int = 4
    """Requests worked on at once. One process has one processor; more of them only wait for each other."""
    waiting: int = 64
    """Requests that may wait for their turn."""
    patience_ms: int = 250
    """How long the last of them may have to wait, as far as one can tell; as many as work always may."""


LIMITS = Limits()


class Bucket(NamedTuple):
    """How much is left of a rate, and when that was so."""

    level: float
    at_ms: int


def refill(bucket: Bucket, rate: Rate, now_ms: int) -> Bucket:
    """The bucket at another moment; a clock that was set back costs nothing and gives nothing."""
    gained = max(0, now_ms - bucket.at_ms) * rate.per_s / 1000
    return Bucket(min(float(rate.burst), bucket.level + gained), now_ms)


def wait_ms(bucket: Bucket, rate: Rate, amount: float) -> int:
    """In how many ms the bucket will hold so much; 0 where it does."""
    missing = min(amount, rate.burst) - bucket.level
    return max(0, ceil(missing * 1000 / rate.per_s))


class Buckets:
    """One bucket a device, for one rate; those heard of least recently are forgotten, which fills them."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, device: bytes, amount: int, now_ms: int) -> Bucket:
        """Take so much and give what is left; raises Refused with the wait where there is not enough.

        More than a whole bucket is taken from a full one, or nobody could ever have it.
        """
        with self._lock:
            bucket = refill(self._buckets.pop(device, Bucket(self.rate.burst, now_ms)), self.rate, now_ms)
            wanted = min(amount, self.rate.burst)
            enough = bucket.level >= wanted
            if enough:
                bucket = Bucket(bucket.level - wanted, now_ms)
            self._buckets[device] = bucket
            if len(self._buckets) > _DEVICES_KEPT:
                self._buckets.popitem(last=False)
        if not enough:
            # A tenth of a bucket more, so that not every other request is sent away.
            later = wait_ms(bucket, self.rate, wanted + self.rate.burst / 10)
            raise Refused("too_often", retry_after_ms=max(_SOONEST_MS, later))
        return bucket


class Room:
    """The requests inside one process, and an appointment for each that found it full.

    Only the thread that receives requests changes it; those that work on them look at how full it is.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._next_ms = 0
        self._gap_ms = _TYPICAL_MS
        self.inside = 0
        self.turned_away = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return max(0, self.inside - self._limits.at_work)

    @property
    def most_waiting(self) -> int:
        """How many may, as fast as work is done at present."""
        limits = self._limits
        in_time = int(limits.patience_ms / max(self._gap_ms, 0.1))
        return min(limits.waiting, max(limits.at_work, in_time))

    def enter(self, at_ms: int) -> None:
        """Let a request in; raises Refused with a time of its own where too many wait already."""
        if self.waiting >= self.most_waiting:
            self.turned_away += 1
            self._next_ms = next_appointment(self._next_ms, at_ms, gap_ms=self._gap_ms)
            raise Refused("pace", retry_after_ms=self._next_ms - at_ms)
        self.inside += 1

    def leave(self, took_ms: float | None = None) -> None:
        """A request is answered after so long at work; appointments are made as fast as work is done."""
        self.inside -= 1
        if took_ms is not None:
            self._gap_ms += _MEMORY * (took_ms / self._limits.at_work - self._gap_ms)

    def page_bytes(self, wanted: int) -> int:
        """How large a page may be now: while many wait none shall take long."""
        load = self.waiting / self.most_waiting
        return min(wanted, next(most for least, most in _PAGES if load >= least))

    def max_ops(self) -> int:
        """How many operations a push may bring next time."""
        return MAX_OPS if self.waiting * 2 < self.most_waiting else MAX_OPS // 4


_PAGES = ((0.5, 256 << 10), (0.25, 1 << 20), (0.0, 8 << 20))
"""From which part of a full queue on a page is at most how large."""


def next_appointment(last_ms: int, at_ms: int, *, gap_ms: float) -> int:
    """When the next one who is sent away shall come: one after another, and within minutes."""
    return min(max(last_ms + max(1, round(gap_ms)), at_ms + _SOONEST_MS), at_ms + _LATEST_MS)


def device_of(token: str | bytes) -> bytes:
    """What stands for a device: a digest of its token, so that nothing here could open anything."""
    return hashlib.blake2b(token.encode() if isinstance(token, str) else token, digest_size=16).digest()


def place_ms(device: bytes) -> int:
    """A device's own place in every ten minutes, evenly spread over all devices."""
    return int.from_bytes(device[:8], "big") * WINDOW_MS >> 64


def next_pull_ms(device: bytes, now_ms: int) -> int:
    """In how many ms this device's place comes next, 1 … ten minutes."""
    return WINDOW_MS - (now_ms - place_ms(device)) % WINDOW_MS


class Gate:
    """What the HTTP edge asks: the room, and what each device has left."""

    def __init__(self, limits: Limits, room: Room) -> None:
        self.limits = limits
        self.room = room
        self._requests = Buckets(limits.requests)
        self._operations = Buckets(limits.operations)

    def admit(self, device: bytes, now_ms: int) -> None:
        """Count one request of a device; raises Refused."""
        self._requests.take(device, 1, now_ms)

    def charge(self, device: bytes, operations: int, now_ms: int) -> Bucket:
        """Count a push; raises Refused before any of it is done."""
        return self._operations.take(device, operations, now_ms)

    def pace(self, device: bytes, now_ms: int, left: Bucket | None = None) -> Pace:
        """How to go on: how much next time, after what rest, and when next without being asked."""
        most = self.room.max_ops()
        rest = wait_ms(left, self.limits.operations, most) if left else 0
        return Pace(most, rest, next_pull_ms(device, now_ms))
