"""A laptop of a simulation: the real database on a real file, and everything that may befall the file."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.exc import DBAPIError

from gridworker.actions.brake import agree_to_removal, stopped_removal
from gridworker.db.database import Database, Ports
from gridworker.db.reader import driver_of
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import pinyin_table
from gridworker.domain.problems import Problem
from gridworker.sync.enrol import enrol
from gridworker.sync.exchange import Exchange, Progress
from gridworker.wire.envelope import Operation, decode_envelope, decode_operation
from gridworker.wire.messages import EnrolRequest
from tests.faults.simulator.centre import PASSWORD
from tests.faults.simulator.line import Line
from tests.faults.simulator.photos import leave_behind, moves
from tests.faults.simulator.world import DAY_MS, Violated, World

P = ParamSpec("P")
T = TypeVar("T")
Image = dict[str, bytes]
"""The bytes of a database's file and of its log, by the ends of their names."""

KEY = bytes(range(32))
SUFFIXES = ("", "-wal")
REFUSED_TO_PEOPLE = {
    "still_filling",
    "record_gone",
    "person_gone",
    "illegal_step",
    "field_required",
    "disk_full",
}
"""What a user may be told when he saves something."""
ENDS_OF_EXCHANGES = {
    "ok",
    "server_unreachable",
    "server_slow",
    "server_busy",
    "server_refused",
    "server_rubbish",
    "token_refused",
    "disk_full",
    "operation_too_large",
    "mass_removal",
}
"""How an exchange may end while there are faults."""
A_PAGE = 512
"""Bytes that a disk writes at once."""
A_STEP_MS = 90_000
BUSY_MEANWHILE = 0.2
"""The share of steps after which the user does something before the next one."""


class NotedDatabase(Database):
    """The real database; its owner hears of every operation of a write that has returned."""

    owner: "Device | None" = None

    def write(self, action: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See Database."""
        operations: list[Operation] = []

        def noted(tx: Transaction) -> T:
            result = action(tx, *args, **kwargs)
            operations.extend(tx._operations)
            if self.owner is not None:
                self.owner.world.ledger.note_words(operations)
            return result

        result = super().write(noted)
        if self.owner is not None and operations:
            self.owner.note_saved(operations)
        return result


class Run:
    """One exchange of one window, driven step by step."""

    def __init__(self, device: "Device", database: NotedDatabase) -> None:
        with database.read() as reader:
            token = reader.meta("token") or ""
        self.device = device
        self.database = database
        self.life = device.life
        self.line = Line(device.world, device, token)
        self.exchange = Exchange(database, self.line, app="simulator")
        self.steps: Iterator[Progress] = self.exchange.steps()

    @property
    def is_dead(self) -> bool:
        """Whether the program that began it runs no more."""
        return self.life != self.device.life or self.database not in self.device.windows

    def step(self) -> str:
        """One step: empty while it goes on, else how it ended."""
        try:
            next(self.steps)
        except StopIteration:
            return "ok"
        except Problem as problem:
            return problem.code
        return ""


class Device:
    """A laptop: its file, its clock, one or two windows of the program, and what its user was told."""

    def __init__(self, world: World, name: str, user: str, image: Image | None = None) -> None:
        self.world = world
        self.name = name
        self.user = user
        self.path = world.folder / f"{name}.db"
        self.skew_ms = 0
        self.frozen_ms: int | None = None
        self.offline_until_ms = 0
        self.life = 0
        self.windows: list[NotedDatabase] = []
        self.must_hold: set[str] = set()
        """The operations that this file cannot have lost."""
        self.seen_revs: dict[str, int] = {}
        self.seen_archive = 0
        self.damages = 0
        """How many records on the disk were changed by no program."""
        self.telling = True
        """Whether a write that returns reaches its user's eyes."""
        self.heard: dict[type, tuple[bytes, frozenset[str]]] = {}
        """The last answer to every kind of request and what could be seen then: a proxy may have kept it."""
        self.photographed: set[str] = set()
        """The photos that its user was told are saved."""
        self.backups: list[tuple[Image, set[str]]] = []
        self._put(image or blank())
        self.start()

    # --------------------------------------------------------------------------------------- the program

    @property
    def database(self) -> NotedDatabase:
        """The first window's database."""
        return self.windows[0]

    def clock(self) -> int:
        """What the laptop takes for the time."""
        return self.frozen_ms if self.frozen_ms is not None else self.world.now_ms + self.skew_ms

    def start(self) -> None:
        """Start the program; whatever a crash has left must hold what people were told is saved."""
        self.open_window()
        self.check_held()

    def check_held(self) -> None:
        """I12: what people were told is saved is here, unless it was about somebody who was erased."""
        ledger, purged = self.world.ledger.saved, self.world.purged
        gone = self.must_hold - self.operations()
        lost = {op for op in gone if op not in ledger or ledger[op].op.id not in purged}
        if lost:
            raise Violated("I12", f"{self.name} has lost {len(lost)} saved operations")

    def open_window(self) -> NotedDatabase:
        """One more window of the program on the same file."""
        ports = Ports(now_ms=self.clock, new_id=self.world.new_id)
        window = NotedDatabase.open(self.path, KEY, ports=ports, pinyin=pinyin_table(), lock_wait_s=0.05)
        assert isinstance(window, NotedDatabase)  # it opens its own kind
        # What the machine below a simulation loses, it loses on demand.
        driver_of(window._writer).execute("PRAGMA synchronous=OFF")
        window.owner = self
        self.windows.append(window)
        return window

    def close_window(self, window: NotedDatabase) -> None:
        """Close one of two windows, if it is still open."""
        if window in self.windows and len(self.windows) > 1:
            self.windows.remove(window)
            window.close()

    def stop(self) -> None:
        """End the program; what it was doing is never finished."""
        self.life += 1
        for window in self.windows:
            window.close()
        self.windows.clear()

    # ------------------------------------------------------------------------------------------ its user

    def enrol(self, *, perfect: bool = False) -> bool:
        """Make the laptop the user's, for the first time or again; False where the line was in the way."""
        line = Line(self.world, self)
        line.perfect = line.perfect or perfect
        request = EnrolRequest(user=self.user, password=PASSWORD, device_name=self.name, app="simulator")
        try:
            enrol(self.database, line, request, server_url="line")
        except Problem as problem:
            self.world.note(f"{self.name} enrols: {problem.code}")
            return False
        self.world.note(f"{self.name} enrols")
        return True

    def save(self, action: Callable[..., object], *args: object, window: NotedDatabase | None = None) -> str:
        """What the user does in a window; empty where it was saved, else what he was told."""
        database = window or self.world.rng.choice(self.windows)
        try:
            database.write(action, *args)
        except Problem as problem:
            if problem.code not in REFUSED_TO_PEOPLE:
                raise Violated("told", f"{self.name} was told {problem.code}") from problem
            return problem.code
        return ""

    def note_saved(self, operations: list[Operation]) -> None:
        """A write has returned."""
        if self.telling:
            self.must_hold.update(op.op_id for op in operations)
            self.photographed.update(op.values["sha256"] for op in operations if op.kind == "attachment")
            self.world.ledger.note(self.path.name, operations)

    # -------------------------------------------------------------------------------------- its exchanges

    def begin_exchange(self, window: NotedDatabase | None = None) -> Run:
        """Begin to synchronise; the steps come one after another on the agenda."""
        run = Run(self, window or self.world.rng.choice(self.windows))
        self.go_on(run)
        return run

    def go_on(self, run: Run) -> None:
        """Take the next step of an exchange, unless its program was ended."""
        if run.is_dead:
            return
        outcome = run.step()
        if outcome:
            self.end_exchange(run, outcome)
        else:
            self.check_step(run.database)
            if self.world.chance(BUSY_MEANWHILE):
                self.work_meanwhile()
            self.world.later(self.world.rng.randrange(A_STEP_MS), lambda: self.go_on(run))

    def work_meanwhile(self) -> None:
        """What the user does while an exchange is under way."""
        from tests.faults.simulator.people import live  # noqa: PLC0415 - they know laptops

        for _ in range(self.world.rng.randint(1, 2)):
            live(self)

    def exchange_now(self) -> str:
        """A whole exchange without anything in between; how it ended."""
        run = Run(self, self.database)
        outcome = run.step()
        while not outcome:
            self.check_step(run.database)
            outcome = run.step()
        self.end_exchange(run, outcome)
        return outcome

    def end_exchange(self, run: Run, outcome: str) -> None:
        """An exchange ended by itself."""
        world = self.world
        world.outcomes[outcome] += 1
        world.note(f"{self.name} exchange: {outcome}")
        lost_tail = outcome == "server_regressed" and world.lost_a_tail
        strange = outcome == "other_server" and run.line.strange
        if outcome not in ENDS_OF_EXCHANGES and not strange and not lost_tail:
            raise Violated("told", f"an exchange of {self.name} ended with {outcome}")
        self.check_step(run.database)
        if outcome == "ok":
            from tests.faults.simulator.invariants import check_file  # noqa: PLC0415 - it knows laptops

            check_file(run)
            self.go_on_with_photos(run, moves(run))
        elif outcome == "token_refused":
            world.later(world.rng.randrange(DAY_MS), lambda: self.windows and self.enrol())
        elif outcome == "mass_removal":
            world.count("mass_removal")
            world.later(world.rng.randrange(DAY_MS), self.agree)

    def agree(self) -> None:
        """The user has asked by telephone: what the centre would take away may go."""
        with self.database.read() as reader:
            stopped = stopped_removal(reader)
        if stopped is not None:
            self.database.write(agree_to_removal, stopped)
            self.world.note(f"{self.name} agrees that {stopped.rows} rows go")

    def go_on_with_photos(self, run: Run, photos: Iterator[object]) -> None:
        """Move one photo, or a part of one, and the next one later; at once where there are no faults."""
        while not run.is_dead and next(photos, None) is not None:
            if not self.world.healed:
                self.world.later(
                    self.world.rng.randrange(A_STEP_MS), lambda: self.go_on_with_photos(run, photos)
                )
                return

    def check_step(self, database: Database) -> None:
        """What must hold after every step."""
        from tests.faults.simulator.invariants import check_retired  # noqa: PLC0415 - it knows laptops

        check_retired(self, database)

    # ------------------------------------------------------------------------------------------- its file

    def operations(self, *, whole: bool = False) -> set[str]:
        """The operations that this file holds, waiting or acknowledged; `whole` ones could be sent again."""
        with self.database.read() as reader:
            rows = reader.rows_of("SELECT op_id, env FROM outbox UNION SELECT op_id, env FROM archive")
        if not whole:
            return {op for op, _ in rows}
        found = [decode_operation(decode_envelope(env)) for _, env in rows if env]
        groups = Counter(op.group.id for op in found if op.group)
        return {op.op_id for op in found if op.group is None or groups[op.group.id] == op.group.size}

    def image(self) -> Image:
        """The bytes on the disk at this instant."""
        files = {suffix: Path(f"{self.path}{suffix}") for suffix in SUFFIXES}
        return {suffix: file.read_bytes() for suffix, file in files.items() if file.exists()}

    def _put(self, image: Image) -> None:
        for suffix in (*SUFFIXES, "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        for suffix, data in image.items():
            Path(f"{self.path}{suffix}").write_bytes(data)

    def crash(self, image: Image | None = None) -> None:
        """The program is killed; it starts again on what was on the disk."""
        left = image or self.image()
        self.stop()
        self._put(left)
        self.start()
        self.check_step(self.database)

    def restore(self, image: Image, held: Iterable[str]) -> None:
        """An older copy is put in the place of the file."""
        leave_behind(self)
        self.stop()
        self._put(image)
        self.must_hold = set(held)
        self.seen_revs.clear()
        self.start()
        self.look_into_archive()

    def look_into_archive(self) -> None:
        """What was retired in the life of another file is no news here."""
        with self.database.read() as reader:
            (self.seen_archive,) = reader.rows_of("SELECT coalesce(max(n), 0) FROM archive")[0]

    def die_within(self, work: Callable[[], Any]) -> bool:
        """Do something and be killed at some instruction of its transaction; False where it ended before."""
        left = self.world.rng.randrange(1, 60)
        image: Image | None = None

        def tick() -> int:
            nonlocal left, image
            left -= any(driver.in_transaction for driver in drivers)
            if left <= 0 and image is None:
                image = self.image()
            return int(image is not None)

        drivers = [driver_of(window._writer) for window in self.windows]
        for driver in drivers:
            driver.set_progress_handler(tick, 25)
        try:
            work()
        except (sqlcipher.Error, DBAPIError, Problem):
            if image is None:
                raise
        finally:
            for driver in drivers:
                driver.set_progress_handler(None, 0)
        if image is None:
            return False
        self.crash(image)
        return True

    def lose_power_in(self, work: Callable[[], Any]) -> bool:
        """Do something and lose power in its commit: only the first bytes of the log reach the disk."""
        before = self.image()
        self.telling = False
        try:
            work()
        finally:
            self.telling = True
        after = self.image()
        if after[""] != before[""] or after == before:
            return False
        self.crash(
            {"": after[""], "-wal": _torn(before.get("-wal", b""), after["-wal"], self.world.rng.random())}
        )
        return True


def _torn(before: bytes, after: bytes, share: float) -> bytes:
    """A log of which only some of the new bytes were written."""
    padded = before.ljust(len(after), b"\0")
    pages = range(0, len(after), A_PAGE)
    first = next((n for n in pages if padded[n : n + A_PAGE] != after[n : n + A_PAGE]), len(after))
    cut = first + int((len(after) - first) * share)
    return after[:cut] + before[cut:]


@cache
def blank() -> Image:
    """The file of a new database, made once in a process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "blank.db"
        Database.open(path, KEY, ports=Ports(lambda: 0, str), pinyin=pinyin_table()).close()
        return {"": path.read_bytes()}
