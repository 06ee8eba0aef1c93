"""The throttle: whoever guesses a password too often has to wait, whether the name exists or not."""

import threading
from collections import OrderedDict, deque

MOST_FAILURES = 10
WITHIN_MS = 10 * 60 * 1000
_NAMES_KEPT = 10_000


class Throttle:
    """Recent failures by name, in memory; a restart of the server forgives."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def closed_ms(self, name: str, now_ms: int) -> int:
        """For how long a name that has failed too often of late has to wait; 0 for every other."""
        with self._lock:
            failures = self._failures.get(name)
            if failures is None or len(failures) < MOST_FAILURES:
                return 0
            return max(0, failures[0] + WITHIN_MS - now_ms)

    def note_failure(self, name: str, now_ms: int) -> None:
        """Remember one wrong password."""
        with self._lock:
            self._failures.setdefault(name, deque(maxlen=MOST_FAILURES)).append(now_ms)
            self._failures.move_to_end(name)
            if len(self._failures) > _NAMES_KEPT:
                self._failures.popitem(last=False)

    def forgive(self, name: str) -> None:
        """Forget the failures of a name whose password was right."""
        with self._lock:
            self._failures.pop(name, None)
