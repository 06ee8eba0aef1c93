"""Laptops that work, lose their line, are killed, restored and moved between grids always come to agree.

A run of a few steps with every fault of this issue, on the real centre; its invariants are those of
docs/protocol.md: nothing that is on a disk is lost, nothing has its effect twice, all copies end up equal.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gridworker.actions.disputes import decide, open_disputes
from gridworker.actions.reviews import accept_visit, return_visit
from gridworker.actions.visits import resubmit_visit
from gridworker.db.reader import Reader
from gridworker.db.tables import KIND_TABLES
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.sync import exchange
from tests.db.laptop import assert_consistent, look, operations
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add, change, people, visit, visits
from tests.sync.stick import bring_home, export, office

USERS = ("zhang", "wang", "zhang")
WHO = st.integers(0, len(USERS) - 1)
TEXTS = st.sampled_from(["", "甲", "乙", "丙"])
EXPECTED = {
    *("server_unreachable", "server_slow"),
    *("bundle_no_centre_key", "bundle_needs_earlier", "bundle_other_device", "bundle_none_here"),
    *("not_yours_to_decide", "bundle_foreign"),
    *("record_gone", "illegal_step", "field_required", "still_filling", "person_gone"),
}
ROWS = (
    "SELECT e.id, e.body FROM entity e JOIN scope_entry s ON s.entity_id = e.id"
    " WHERE s.present AND s.scope = :scope"
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with residents and visits that two of the laptops know: every run begins with a copy."""
    folder = tmp_path_factory.mktemp("town")
    build_town(folder)
    return folder


def build_town(folder: Path) -> None:
    """Fill a folder with the files of a centre and its laptops."""
    centre = Centre(folder)
    worker, leader, _ = [centre.laptop(user) for user in USERS]
    for name in "甲乙":
        visit(worker, add(worker, name))
    add(leader, "丙", scope=GRID_2)
    for laptop in (worker, leader, worker):
        laptop.sync()
    centre.close()


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests and pages are as small as possible, so that there are many of them."""
    for name in ("PUSH_BYTES", "PAGE_BYTES", "FILL_PAGE_BYTES"):
        monkeypatch.setattr(exchange, name, 1)


class Town(RuleBasedStateMachine):
    """Two laptops of a worker, one of a leader, and everything that happens to them."""

    def __init__(self, town: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()) / "town"
        shutil.copytree(town, self.folder)
        self.centre = Centre(self.folder)
        self.laptops = [self.centre.laptop(user) for user in USERS]
        self.backups: dict[int, Path] = {}
        self.recorded: set[str] = set()

    def teardown(self) -> None:
        """Let everybody sync on a good line, and look whether they agree."""
        try:
            for _ in range(2):
                for laptop in self.laptops:
                    laptop.line.heal()
                    laptop.sync()
            self._agree()
        finally:
            self.centre.close()
            shutil.rmtree(self.folder.parent)

    # ---------------------------------------------------------------------------------- what people do

    @rule(who=WHO, name=TEXTS, scope=st.sampled_from([GRID_2, GRID_3]))
    def meet(self, who: int, name: str, scope: str) -> None:
        """A new resident."""
        laptop = self.laptops[who]
        self._do(
            laptop, lambda: add(laptop, name or "无名", scope=scope if laptop.user == "wang" else GRID_3)
        )

    @rule(note=TEXTS, which=st.integers(0, 1), heard=st.booleans())
    def correct_together(self, note: str, which: int, heard: bool) -> None:
        """Two people who do not hear of each other write about the same person, and may hear of it then."""
        for who in (0, 1):
            self.correct(who, which, f"{who}{note}", phone=False)
        for who in (0, 1, 0) if heard else ():
            self.laptops[who].sync()

    @rule(who=WHO, which=st.integers(0, 5), note=TEXTS, phone=st.booleans())
    def correct(self, who: int, which: int, note: str, phone: bool) -> None:
        """Another note or phone."""
        laptop = self.laptops[who]
        if person := self._someone(laptop, which):
            self._do(
                laptop, lambda: change(laptop, person, **({"phones": (note,)} if phone else {"note": note}))
            )

    @rule(who=WHO, which=st.integers(0, 5))
    def remove(self, who: int, which: int) -> None:
        """A resident is taken out of the register."""
        laptop = self.laptops[who]
        if person := self._someone(laptop, which):
            self._do(
                laptop, lambda: laptop.database.write(lambda tx: tx.delete(Resident, person, why="迁出"))
            )

    @rule(who=WHO, which=st.integers(0, 5), note=TEXTS)
    def call(self, who: int, which: int, note: str) -> None:
        """A visit."""
        laptop = self.laptops[who]
        if person := self._someone(laptop, which):
            self._do(laptop, lambda: visit(laptop, person, note))

    @rule(who=WHO, which=st.integers(0, 3), content=st.booleans())
    def review(self, who: int, which: int, content: bool) -> None:
        """A leader decides about a visit, a worker answers."""
        laptop = self.laptops[who]
        ids = sorted(visits(laptop))
        if not ids:
            return
        chosen, write = ids[which % len(ids)], laptop.database.write
        if laptop.user == "zhang":
            self._do(laptop, lambda: write(resubmit_visit, chosen, "补充"))
        elif content:
            self._do(laptop, lambda: write(accept_visit, chosen))
        else:
            self._do(laptop, lambda: write(return_visit, chosen, "请补充"))

    # -------------------------------------------------------------------------------- what machines do

    @rule(who=WHO)
    def sync(self, who: int) -> None:
        """A whole exchange."""
        self.laptops[who].sync()

    @rule(who=WHO, answered=st.booleans(), after=st.integers(0, 6))
    def lose_the_line(self, who: int, answered: bool, after: int) -> None:
        """An exchange whose line breaks, before or after the centre has heard the request."""
        laptop = self.laptops[who]
        left = iter([False] * after)

        def breaks(_request: object) -> bool:
            return next(left, True)

        if answered:
            laptop.line.lose_reply = breaks
        else:
            laptop.line.lose_request = breaks
        self._try(laptop.sync)
        laptop.line.heal()

    @rule(who=WHO, steps=st.integers(0, 6))
    def kill(self, who: int, steps: int) -> None:
        """An exchange that is killed."""
        self.laptops[who].sync_until(steps)

    @rule(who=WHO, turns=st.lists(st.integers(0, 1), max_size=14))
    def open_two_windows(self, who: int, turns: list[int]) -> None:
        """Two exchanges of one database take turns, and both are killed."""
        laptop = self.laptops[who]
        windows = [laptop.exchange().steps() for _ in range(2)]
        for turn in turns:
            next(windows[turn], None)
        laptop.reopen()

    @rule(who=WHO, home=st.booleans(), twice=st.booleans())
    def carry_a_stick(self, who: int, home: bool, twice: bool) -> None:
        """Work goes to the office on a stick; its answer may lie in a drawer, and come home late or twice."""
        laptop, stick = self.laptops[who], self.folder / "stick"
        stick.mkdir(exist_ok=True)
        self._try(lambda: export(laptop, stick))
        for _ in range(1 + twice):
            office(self.centre, stick)
        if home:
            for _ in range(1 + twice):
                self._try(lambda: bring_home(laptop, stick))

    @rule(who=WHO, which=st.integers(0, 5), scope=st.sampled_from([GRID_2, GRID_3]))
    def hand_over(self, who: int, which: int, scope: str) -> None:
        """A resident moves to another grid, or it is proposed."""
        laptop = self.laptops[who]
        if person := self._someone(laptop, which):
            self._do(
                laptop,
                lambda: laptop.database.write(
                    lambda tx: tx.move_to(Resident, person, ScopeId(scope), why="搬家")
                ),
            )

    @rule(
        who=WHO, which=st.integers(0, 3), choice=st.sampled_from(["server", "incoming", "accept", "reject"])
    )
    def decide(self, who: int, which: int, choice: str) -> None:
        """Somebody decides about what waits for a decision."""
        laptop = self.laptops[who]
        waiting = sorted(look(laptop.database, open_disputes), key=lambda stored: stored.id)
        if waiting:
            chosen = waiting[which % len(waiting)].id
            self._do(laptop, lambda: laptop.database.write(decide, chosen, choice))

    @rule(who=WHO)
    def back_up(self, who: int) -> None:
        """A copy of the file."""
        self.backups[who] = self.laptops[who].back_up()

    @rule(who=WHO)
    def restore(self, who: int) -> None:
        """The copy comes back; what was recorded since and reached nobody is lost with the disk."""
        if who in self.backups:
            laptop = self.laptops[who]
            waiting = self._waiting(laptop)
            laptop.restore(self.backups[who])
            laptop.line.token = laptop.meta("token")
            self.recorded -= waiting - self._waiting(laptop) - self._logged()

    @rule(who=WHO)
    def enrol_again(self, who: int) -> None:
        """Another device token for the same file; the old one, also that of the backup, is good as well."""
        self.laptops[who].enrol()

    @rule(given=st.booleans(), scope=st.sampled_from([GRID_2, GRID_3]))
    def move_the_leader(self, given: bool, scope: str) -> None:
        """The leader gets a grid or loses it."""
        laptop = self.laptops[1]
        if given:
            self.centre.grant(laptop, scope, "grid_leader")
        else:
            self.centre.withdraw(laptop, scope)

    @rule(scope=st.sampled_from([GRID_2, GRID_3]))
    def begin_a_scope_anew(self, scope: str) -> None:
        """Everybody has to read it from its start."""
        self.centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=scope)

    # ------------------------------------------------------------------------------------- what holds

    @invariant()
    def nothing_that_is_on_a_disk_is_lost(self) -> None:
        """At every moment what was recorded is in a queue or in the log of the centre, which is sound."""
        waiting = set().union(*map(self._waiting, self.laptops))
        assert self.recorded <= waiting | self._logged()
        assert self.centre.store.read(check) == []

    @invariant()
    def everybody_sees_what_was_said_with_what_waits_on_top(self) -> None:
        """At every moment, on every laptop."""
        for laptop in self.laptops:
            assert_consistent(laptop.database)

    def _agree(self) -> None:
        assert self.centre.store.read(check) == []
        assert self.recorded <= self._logged()
        for laptop in self.laptops:
            assert_consistent(laptop.database)
            assert operations(laptop.database) == []
            assert look(laptop.database, lambda reader: reader.rows_of("SELECT 1 FROM stage")) == []
            assert look(laptop.database, lambda reader: reader.rows_of("SELECT 1 FROM hidden")) == []
            assert look(laptop.database, shown) == self._granted(laptop)

    def _granted(self, laptop: Laptop) -> dict[str, str]:
        scopes = [grant.scope for grant in look(laptop.database, lambda reader: reader.author).grants]
        return {id: body for scope in scopes for id, body in self.centre.rows(ROWS, scope=scope)}

    def _do(self, laptop: Laptop, work: Callable[[], object]) -> None:
        self._try(work)
        self.recorded |= self._waiting(laptop)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Problem as problem:
            if problem.code not in EXPECTED:
                raise

    def _waiting(self, laptop: Laptop) -> set[str]:
        return {operation.op_id for operation in operations(laptop.database)}

    def _logged(self) -> set[str]:
        return {op_id for (op_id,) in self.centre.rows("SELECT op_id FROM op_log")}

    def _someone(self, laptop: Laptop, which: int) -> RecordId | None:
        ids = sorted(people(laptop))
        return ids[which % len(ids)] if ids else None


def shown(reader: Reader) -> dict[str, str]:
    """What the centre has said, by id; one's own records that it does not have are left out."""
    tables = " UNION ALL ".join(f"SELECT id, body, rev FROM {table.name}" for table in KIND_TABLES.values())
    return {id: body for id, body, rev in reader.rows_of(tables) if rev is not None}


def test_everybody_comes_to_agree_and_nothing_is_lost(town: Path) -> None:
    class TownHere(Town):
        def __init__(self) -> None:
            super().__init__(town)

    run_state_machine_as_test(TownHere, settings=settings(max_examples=40, stateful_step_count=25))
