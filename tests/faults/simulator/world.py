"""The world of a simulation: one seed, virtual time, an agenda of what happens, and everybody in it."""

import heapq
import itertools
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.simulator.centre import ID, Backup, Centre
from tests.faults.simulator.ledger import Album, Ledger

if TYPE_CHECKING:
    from tests.faults.simulator.device import Device

START_MS = 1_764_000_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
GRIDS = ("g:1", "g:2", "g:3")
PEOPLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("zhang", "张一", {"g:1": "grid_worker"}),
    ("li", "李二", {"g:2": "grid_worker"}),
    ("chen", "陈三", {"g:3": "grid_worker"}),
    ("wang", "王长", {"g:1": "grid_leader", "g:2": "grid_leader"}),
    ("zhao", "赵心", {"g:1": "street_center", "g:2": "street_center", "g:3": "street_center"}),
    ("sun", "孙审", {"g:1": "auditor"}),
)
"""Login, name and grants of every user."""
LAPTOPS = ("zhang", "zhang", "li", "li", "chen", "wang", "zhao", "sun")
"""Whose laptop each one is."""
TRACE_LENGTH = 400


class Violated(AssertionError):
    """An invariant does not hold: its number, and what was found."""

    def __init__(self, invariant: str, found: str) -> None:
        super().__init__(f"{invariant}: {found}")
        self.invariant = invariant


class World:
    """Everything of one run; the same seed gives the same run, to the last byte of every operation."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self.now_ms = START_MS
        self.faults: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.ledger = Ledger()
        self.devices: list[Device] = []
        self.trace: deque[str] = deque(maxlen=TRACE_LENGTH)
        self.healed = False
        self.device_days = 0
        self.forked: set[str] = set()
        """Files of which more than one history is in use."""
        self.deleted: list[tuple[str, str, str]] = []
        """Kind, id and scope of records that somebody wanted to delete."""
        self.merged: list[tuple[str, str, str]] = []
        """Loser, survivor and scope of records that somebody took for one person."""
        self.centre_backups: list[Backup] = []
        self.former_epochs: list[str] = []
        self.failed_over = False
        """Whether the centre lost its tail and goes on as if nothing had happened."""
        self.lost_a_tail = False
        """Whether that ever was."""
        self.storm = (0, "")
        self.storm_until_ms = 0
        self.purged: set[str] = set()
        """Records, and disputes about them, of which no word may be left."""
        self.album = Album()
        self._explained: dict[str, set[str]] = defaultdict(set)
        self._agenda: list[tuple[int, int, Callable[[], object]]] = []
        self._turns = itertools.count()
        self._marks = itertools.count(1)
        self.centre = Centre(
            folder, clock=lambda: self.now_ms, ids=self.new_id, randomness=self.rng.randbytes
        )
        for scope in ("org", *GRIDS):
            self.centre.open_scope(scope)
        for login, name, grants in PEOPLE:
            self.centre.add_user(login, name, grants)

    def new_id(self) -> str:
        """A new id that grows with time, as a UUIDv7 does."""
        text = f"{self.now_ms:012x}7{self.rng.getrandbits(76):019x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def words(self, scope: str, said: str = "话") -> str:
        """A text that was never said before, and that names the grid it may be read in."""
        return f"⟦{scope}⟧{said}{next(self._marks)}"

    def device_of(self, scope: str) -> "Device":
        """A laptop of somebody who works in a grid, or any."""
        there = [one for one in self.devices if scope in self.centre.grants[one.user]]
        return self.rng.choice(there or self.devices)

    def grids(self) -> list[str]:
        """The grids that somebody works in."""
        return sorted({scope for grants in self.centre.grants.values() for scope in grants if scope != "org"})

    def note(self, text: str) -> None:
        """One line for whoever reads a failing run."""
        self.trace.append(f"{(self.now_ms - START_MS) / DAY_MS:8.4f} {text}")

    def later(self, delay_ms: int, event: Callable[[], object]) -> None:
        """Put something on the agenda."""
        heapq.heappush(self._agenda, (self.now_ms + delay_ms, next(self._turns), event))

    def run_until(self, end_ms: int) -> None:
        """Let everything happen that is due before a moment."""
        while self._agenda and self._agenda[0][0] <= end_ms:
            at_ms, _, event = heapq.heappop(self._agenda)
            self.now_ms = max(self.now_ms, at_ms)
            event()
        self.now_ms = max(self.now_ms, end_ms)

    def existing_operations(self) -> set[str]:
        """Every operation that the centre or a laptop in use holds."""
        logged = {op for (op,) in self.centre.rows("SELECT op_id FROM op_log")}
        return logged.union(*(device.operations(whole=True) for device in self.devices))

    def explains(self, record_id: str, said: str, strange: set[str]) -> bool:
        """Whether a record may hold these grids' words; what was explained once is not asked for again."""
        known = self._explained[record_id]
        if strange - known:
            known |= self.origins_of(record_id, said)
        return strange <= known

    def origins_of(self, record_id: str, said: str) -> set[str]:
        """The grids whose words a record may hold: those that were written about it or what it tells of."""
        family = self.centre.family_of({record_id, *ID.findall(said)})
        for loser, survivor, _ in self.merged:
            if family & {loser, survivor}:
                family |= self.centre.family_of({loser, survivor})
        return set().union(*(self.ledger.scopes.get(id, ()) for id in sorted(family)))

    def chance(self, probability: float) -> bool:
        """A toss of the seeded coin."""
        return self.rng.random() < probability

    def count(self, fault: str) -> None:
        """A fault has happened."""
        self.faults[fault] += 1
        self.note(f"fault {fault}")
