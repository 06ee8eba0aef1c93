"""Exhaustive crash points: a laptop is killed at every boundary; nothing is lost or doubled."""

import logging
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from gridworker.actions.photos import attach_photos
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import sweep_blobs, to_send
from gridworker.db.lives import begin_new_replica
from gridworker.db.transaction import Transaction
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
from gridworker.server.bundles import import_sticks
from gridworker.server.check import check
from gridworker.server.lives import begin_life
from gridworker.sync.arrivals import import_bundles
from gridworker.sync.blobs import BlobExchange
from gridworker.sync.bundles import export_bundle
from gridworker.wire.envelope import Operation
from gridworker.wire.messages import PullRequest
from tests.db.laptop import assert_consistent, look
from tests.faults.crashes import Watch, note, run_watched, watched_files
from tests.sync.laptop import GRID_3, Centre, Laptop, Line, add, change, people, visits
from tests.sync.photos import photo_of

_log = logging.getLogger(__name__)
MEMORY_FOLDER = Path("/dev/shm")
PAIRS = 12
"""Of each scenario: killed, begun again, and killed again."""
PHOTO = photo_of(0.1, seed=7)


class WatchedLine(Line):
    """The line of a laptop under watch: what is sent, and what comes back, is a boundary."""

    def call(self, request: Any, reply: Any) -> Any:
        """See Remote."""
        note("line", f"before {type(request).__name__}")
        answer = super().call(request, reply)
        note("line", f"after {type(request).__name__}")
        return answer


class Stage:
    """One laptop under watch in a folder of its own, its centre, and another laptop of the same grid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "own"
        self.own.mkdir(exist_ok=True)
        self.stick = self.own / "stick"
        self.centre = Centre(folder)
        self.profile = self.own / "profile"
        self.first_words: list[str] = []
        """Residents in a profile that no centre knows of yet."""
        self.told: set[str] = set()
        """Operations whose author was told that they are saved."""
        self.zhang = self._laptop(self.own / "zhang.db", "zhang")
        self.wang = self._laptop(folder / "wang.db", "wang")

    def _laptop(self, path: Path, user: str) -> Laptop:
        laptop = self.centre.add(Laptop(self.centre, path, user))
        line = WatchedLine(self.centre) if user == "zhang" else Line(self.centre)
        line.token = laptop.line.token
        laptop.line = line
        return laptop

    def save(self, action: Callable[[Transaction], object]) -> None:
        """What its user does; what he was told is saved is remembered."""
        operations: list[Operation] = []

        def noted(tx: Transaction) -> None:
            action(tx)
            operations.extend(tx._operations)

        self.zhang.database.write(noted)
        self.told |= {op.op_id for op in operations}

    def restart(self, watch: Watch) -> None:
        """The next start of the program after a kill."""
        self.zhang.database.close()
        watch.restore()
        self.zhang.database = self.centre.open(self.zhang.path)

    def outside(self) -> object:
        """What the laptop cannot undo: how far the centre is, and what its user was told."""
        heads = self.centre.rows("SELECT epoch, seq FROM sync_head")
        parts = [self.centre.rows(f"SELECT count(*) FROM {name}") for name in ("replica", "slot", "device")]
        files = sorted(str(path) for path in (self.folder / "centre.blobs").rglob("*"))
        return str((heads, parts, files, len(self.told), len(self.zhang.line.calls)))

    def held(self) -> set[str]:
        """Every operation in the file."""
        return look(self.zhang.database, _held)

    def close(self) -> None:
        """Close every file."""
        self.centre.close()


def _held(reader: Any) -> set[str]:
    return {op for (op,) in reader.rows_of("SELECT op_id FROM outbox UNION SELECT op_id FROM archive")}


class Scenario(NamedTuple):
    """Something that a laptop does: what was before, what it does under watch, and how it goes on after."""

    name: str
    least: int
    """How many boundaries it has at the very least."""
    before: Callable[[Stage], object]
    act: Callable[[Stage], object]
    kinds: tuple[str, ...] = ("sql",)
    """The sorts of boundaries that there must be."""


# ---------------------------------------------------------------------------------------------- scenarios


def some_people(stage: Stage) -> None:
    """Some people and visits that everybody knows of."""
    for name in ("甲", "乙", "丙"):
        add(stage.zhang, name)
    stage.zhang.sync()
    stage.wang.sync()


def work_on_both_sides(stage: Stage) -> None:
    """The laptop has work that the centre does not know, and the centre has news for the laptop."""
    some_people(stage)
    first, second, third = sorted(people(stage.wang))
    change(stage.wang, first, note="王芳说")
    change(stage.wang, second, note="王芳说")
    add(stage.wang, "丁", scope=GRID_3)
    stage.wang.database.write(lambda tx: tx.delete(Resident, third, why="重复"))
    stage.wang.sync()
    stage.save(lambda tx: tx.change(Resident, first, note="张晓说"))
    stage.save(lambda tx: record_visit(tx, VisitDraft(resident_ids=(second,), hazard="楼道堆物")))
    stage.save(lambda tx: tx.change(Resident, third, note="晚了"))


def save_a_visit(stage: Stage) -> None:
    """A visit with a hazard, which is a group of two, and a correction."""
    person = sorted(people(stage.zhang))[0]
    stage.save(lambda tx: record_visit(tx, VisitDraft(resident_ids=(person,), hazard="电线")))
    stage.save(lambda tx: tx.change(Resident, person, note="改"))


def synchronise(stage: Stage) -> None:
    """A whole exchange."""
    stage.zhang.sync()


def synchronise_in_pages(stage: Stage) -> None:
    """A whole exchange, one commit a page."""
    stage.zhang.line.on_the_way = _in_small_pages
    stage.zhang.sync()


def _in_small_pages(request: Any) -> Any:
    if isinstance(request, PullRequest):
        return PullRequest(**{**_parts(request), "want_bytes": 1})
    return request


def _parts(request: PullRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__struct_fields__}


def news_for_an_empty_laptop(stage: Stage) -> None:
    """The centre has much; the laptop has nothing yet."""
    for name in ("甲", "乙", "丙"):
        person = add(stage.wang, name, scope=GRID_3)
        stage.wang.database.write(record_visit, VisitDraft(resident_ids=(person,), note="好"))
        stage.wang.sync()


def another_life(stage: Stage) -> None:
    """The centre was restored: everything is sent and read anew."""
    work_on_both_sides(stage)
    stage.centre.store.write(lambda tx: begin_life(tx, stage.centre.ids()))


def another_replica(stage: Stage) -> None:
    """The laptop begins a life of its own: its queue is renumbered."""
    stage.zhang.database.write(begin_new_replica)
    stage.zhang.sync()


def migrate(stage: Stage) -> None:
    """Another program has made the tables; a start brings the file to this program's shape."""
    shapes = "UPDATE meta SET v='old' WHERE k IN ('shape:resident', 'shape:visit')"
    stage.zhang.database.write(lambda tx: tx.driver.execute(shapes))
    stage.zhang.database.close()
    stage.zhang.database = stage.centre.open(stage.zhang.path)


def photograph(stage: Stage) -> None:
    """A photo is taken and sent, record and bytes."""
    laptop, files = stage.zhang, BlobFiles(stage.zhang.path)
    person = sorted(people(laptop))[0]
    stage.save(lambda tx: attach_photos(tx, files, (Resident, person), [PHOTO]))
    laptop.sync()
    for _ in BlobExchange(laptop.database, laptop.line).run():
        pass
    sweep_blobs(laptop.database)


def carry_a_stick(stage: Stage) -> None:
    """Work goes to the office on a stick and news come home on it."""
    stage.stick.mkdir(exist_ok=True)
    export_bundle(stage.zhang.database, stage.stick, app="test")
    import_sticks(stage.centre.server, [stage.stick])
    import_bundles(stage.zhang.database, stage.stick)


def start_for_the_first_time(stage: Stage) -> None:
    """A profile with its key and its database is made, and somebody writes into it."""
    with closing(open_profile(stage.profile)) as database:
        stage.first_words.append(database.write(lambda tx: tx.create(Resident(name="甲"))))


def enrol_again(stage: Stage) -> None:
    """The user gives his password again, and goes on."""
    stage.zhang.enrol()
    stage.zhang.sync()


SCENARIOS = (
    Scenario("record", 60, some_people, save_a_visit),
    Scenario("exchange", 200, work_on_both_sides, synchronise, ("sql", "line")),
    Scenario("pages", 200, work_on_both_sides, synchronise_in_pages, ("sql", "line")),
    Scenario("first_fill", 300, news_for_an_empty_laptop, synchronise_in_pages, ("sql", "line")),
    Scenario("another_life", 300, another_life, synchronise, ("sql", "line")),
    Scenario("another_replica", 200, work_on_both_sides, another_replica, ("sql", "line")),
    Scenario("migrate", 150, work_on_both_sides, migrate, ("sql", "file", "sync")),
    Scenario("first_start", 150, some_people, start_for_the_first_time, ("sql", "file", "sync")),
    Scenario("photo", 200, some_people, photograph, ("sql", "line", "file", "sync")),
    Scenario("stick", 200, work_on_both_sides, carry_a_stick, ("sql", "file", "sync")),
    Scenario("enrol", 200, work_on_both_sides, enrol_again, ("sql", "line")),
)


# ------------------------------------------------------------------------------------------- one run of it


class Theatre:
    """A scenario's beginning, made once; every run gets a copy of it."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self.folder = folder
        self.scenario = scenario
        stage = Stage(self._made("before"))
        scenario.before(stage)
        self.told = stage.told
        stage.close()

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir()
        return path

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """The same beginning again."""
        run = self.folder / "run"
        shutil.copytree(self.folder / "before", run)
        stage = Stage(run)
        stage.told |= self.told
        try:
            yield stage
        finally:
            stage.close()
            shutil.rmtree(run)

    def watched(self) -> Watch:
        """Nobody is killed: which boundaries there are, and at which of them a kill leaves something new."""
        with self.stage() as stage:
            watch = Watch(stage.own, around=stage.outside)
            run_watched(watch, lambda: self.scenario.act(stage))
            finish(stage)
        return watch

    def run(self, *fatal: int) -> None:
        """Be killed at these boundaries one after another, begin again each time, and go on to the end."""
        with self.stage() as stage:
            for number in (*fatal, 0):
                watch = Watch(stage.own, number)
                known = stage.held()
                if not run_watched(watch, lambda: self.scenario.act(stage)):
                    break
                stage.restart(watch)
                assert_whole(stage, known, watch)
            finish(stage)


def assert_whole(stage: Stage, known: set[str], watch: Watch) -> None:
    """I2, I5, I9, I12: what a kill has left is whole, and holds everything that it must."""
    database = stage.zhang.database
    assert_consistent(database)
    assert look(database, lambda reader: reader.rows_of("PRAGMA cipher_integrity_check")) == []
    held = stage.held()
    assert known <= held, watch.last
    assert stage.told <= held, watch.last
    if stage.first_words:
        with closing(open_profile(stage.profile)) as profile:
            found = look(profile, lambda reader: {stored.id for stored in reader.all(Resident)})
        assert set(stage.first_words) <= found, watch.last
    retired = {op for (op,) in look(database, lambda r: r.rows_of("SELECT op_id FROM archive"))}
    assert retired <= {op for (op,) in stage.centre.rows("SELECT op_id FROM op_log")}, watch.last


def finish(stage: Stage) -> None:
    """Everybody synchronises: the centre has everything once, and all say the same."""
    zhang, wang, centre = stage.zhang, stage.wang, stage.centre
    zhang.line.heal()
    for laptop in (zhang, wang, zhang):
        laptop.sync()
        for _ in BlobExchange(laptop.database, laptop.line).run():
            pass
        sweep_blobs(laptop.database)
    assert_consistent(zhang.database)
    assert centre.store.read(check) == []
    logged = [op for (op,) in centre.rows("SELECT op_id FROM op_log")]
    assert len(logged) == len(set(logged))
    assert stage.told <= set(logged)
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT 1 FROM outbox")) == []
    assert look(zhang.database, lambda reader: reader.rows_of("SELECT 1 FROM incident")) == []
    assert people(zhang) == people(wang)
    assert visits(zhang) == visits(wang)
    assert look(zhang.database, to_send) == []
    assert set(look(zhang.database, _photos)) <= {sha for (sha,) in centre.rows("SELECT sha FROM blob")}


def _photos(reader: Any) -> list[str]:
    return [sha for (sha,) in reader.rows_of("SELECT sha256 FROM attachment")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory, where there is such a thing: what is lost is lost at the kill, not by the disk."""
    with TemporaryDirectory(dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as path, watched_files():
        yield Path(path)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_laptop_may_be_killed_anywhere(scenario: Scenario, folder: Path) -> None:
    theatre = Theatre(folder, scenario)
    watch = theatre.watched()
    _log.info("%s: %d boundaries, %d states", scenario.name, watch.count, len(watch.states))
    assert watch.count >= scenario.least
    assert all(watch.passed[kind] for kind in scenario.kinds)
    # Between two boundaries at which the disk is the same, byte for byte, a kill cannot tell the difference.
    for fatal in watch.states.values():
        theatre.run(fatal)
    chance = random.Random(scenario.name)
    for _ in range(PAIRS):
        theatre.run(*(chance.randint(1, watch.count) for _ in range(2)))
