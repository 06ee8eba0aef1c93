"""The pace of bytes: a device that moves too many within a minute has to come again."""

import threading
from collections import OrderedDict

MOST_BYTES = 64 << 20
WITHIN_MS = 60_000
_DEVICES_KEPT = 10_000


class BytePace:
    """How much each device moved of late, in memory; a restart of the server forgives."""

    def __init__(self) -> None:
        self._moved: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, device_id: str, size: int, now_ms: int) -> bool:
        """Whether a device may move so many bytes now; counted if it may."""
        with self._lock:
            since, moved = self._moved.pop(device_id, (now_ms, 0))
            if now_ms - since >= WITHIN_MS:
                since, moved = now_ms, 0
            allowed = moved + size <= MOST_BYTES
            self._moved[device_id] = (since, moved + size if allowed else moved)
            if len(self._moved) > _DEVICES_KEPT:
                self._moved.popitem(last=False)
            return allowed
