"""The anchor: a restored or copied database is found at its start; nothing else ever seems to be one."""

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.db.anchor import Anchor
from gridworker.db.database import Database
from gridworker.db.enrolment import store_enrolment
from gridworker.db.lives import begin_new_replica, settle_life
from gridworker.db.outbox import Head, head_of
from gridworker.db.transaction import Transaction
from gridworker.domain.residents import Resident
from gridworker.profiles import anchor_file, open_profile
from tests.db.laptop import PaperCentre, assert_chained, enrolment, look, open_database, operations

ROOT = Path(__file__).parents[2]
_starts = itertools.count(100_000, 10_000)


class Computer:
    """Starts the program on a database again and again, and looks at it between."""

    def __init__(self, path: Path, machine: str = "one") -> None:
        self.path = path
        self.machine = machine
        self.began = False
        self.running: Database | None = None

    @property
    def anchor(self) -> Path:
        """Its file."""
        return self.path.with_suffix(".anchor")

    def start(self) -> Database:
        """Open the database as the program does; `began` says whether another life began."""
        self.stop()
        self.running = open_database(self.path, start=next(_starts))
        self.began = settle_life(self.running, Anchor(self.anchor, machine=self.machine))
        return self.running

    def stop(self) -> None:
        """End the program."""
        if self.running is not None:
            self.running.close()
        self.running = None

    def work(self, *names: str) -> None:
        """A day: start, record some people, stop."""
        database = self.start()
        for name in names:
            database.write(Transaction.create, Resident(name=name))
        self.stop()

    def head(self) -> Head:
        """Where the queue ends."""
        with closing(open_database(self.path)) as database:
            head = look(database, lambda reader: head_of(reader.driver))
        assert head is not None
        return head

    def life(self) -> str:
        """The present replica."""
        return self.head().replica

    def copy(self, name: str) -> Path:
        """The file as it is now."""
        return Path(shutil.copy(self.path, self.path.with_name(name)))


@pytest.fixture
def computer(path: Path) -> Iterator[Computer]:
    """A computer whose worker is known to the centre, and who has recorded something."""
    computer = Computer(path)
    computer.start().write(store_enrolment, enrolment("grid_worker"), "https://centre.example")
    computer.work("先")
    yield computer
    computer.stop()


def waiting_names(database: Database) -> list[str]:
    """Who is waiting to be sent."""
    return [str(op.values["name"]) for op in operations(database)]


# ------------------------------------------------------------------------------------------ what is found out


def test_yesterday_s_file_begins_a_new_life_before_anything_is_recorded(computer: Computer) -> None:
    yesterday, life = computer.copy("yesterday"), computer.life()
    ops = operations(computer.start())
    computer.work("今天")
    shutil.copy(yesterday, computer.path)
    database = computer.start()
    assert computer.began
    envelopes = PaperCentre(database).waiting()
    assert {envelope.link.replica for envelope in envelopes} == {computer.life()} != {life}
    assert_chained(envelopes)
    assert operations(database) == ops
    assert look(database, lambda reader: reader.meta("parent_replica")) == life
    computer.work("后来")
    assert not computer.began
    assert waiting_names(computer.start()) == ["先", "后来"]


def test_a_file_that_is_restored_twice_begins_a_life_each_time(computer: Computer) -> None:
    yesterday = computer.copy("yesterday")
    lives = {computer.life()}
    for day in ("二", "三"):
        computer.work(day)
        shutil.copy(yesterday, computer.path)
        computer.work()
        assert computer.began
        lives.add(computer.life())
    assert len(lives) == 3


@pytest.mark.parametrize("names", [["乙"], ["乙", "丙"]])
def test_a_file_that_went_another_way_from_the_same_place_is_found(
    computer: Computer, names: list[str]
) -> None:
    yesterday = computer.copy("yesterday")
    computer.work("甲")
    anchor = computer.anchor.read_bytes()
    shutil.copy(yesterday, computer.path)
    computer.anchor.unlink()
    computer.work(*names)
    assert not computer.began
    computer.anchor.write_bytes(anchor)
    life = computer.life()
    computer.work()
    assert computer.began
    assert computer.life() != life


@pytest.mark.parametrize("anchor_too", [True, False])
def test_a_copy_on_another_computer_begins_a_life_of_its_own(
    computer: Computer, tmp_path: Path, anchor_too: bool
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    clone = Computer(Path(shutil.copy(computer.path, there)), machine="two")
    if anchor_too:
        shutil.copy(computer.anchor, clone.anchor)
    life = computer.life()
    clone.work("那边")
    computer.work("这边")
    assert (clone.began, computer.began) == (True, False)
    assert computer.life() == life != clone.life()
    clone.work()
    assert not clone.began


def test_a_copy_in_another_folder_begins_a_life_of_its_own(computer: Computer, tmp_path: Path) -> None:
    clone = Computer(computer.copy("clone.db"))
    clone.work("那边")
    computer.work("这边")
    assert (clone.began, computer.began) == (True, False)
    assert clone.life() != computer.life()


def test_the_same_place_on_another_computer_is_found_without_an_anchor(computer: Computer) -> None:
    computer.anchor.unlink()
    computer.machine = "two"
    computer.work()
    assert computer.began


# ------------------------------------------------------------------------------------------ what is no alarm


def test_ordinary_days_change_nothing(computer: Computer) -> None:
    life = computer.life()
    for day in range(3):
        computer.work(f"{day}", "又")
        assert not computer.began
        computer.work()
        assert not computer.began
    assert computer.life() == life
    mark = Anchor(computer.anchor).read()
    assert mark is not None
    assert mark.head == computer.head()


def test_a_computer_that_has_no_name_says_nothing(computer: Computer) -> None:
    for machine in ("", "two", ""):
        computer.machine = machine
        computer.work()
        assert computer.began == (machine == "two")


def test_what_was_acknowledged_since_changes_nothing(computer: Computer) -> None:
    anchor = computer.anchor.read_bytes()
    PaperCentre(computer.start()).accept()
    computer.work("又")
    computer.anchor.write_bytes(anchor)
    computer.work()
    assert not computer.began


def no_last_word(computer: Computer, anchor: bytes) -> None:
    """The power failed between the commit and the anchor."""
    computer.anchor.write_bytes(anchor)


def no_file(computer: Computer, _anchor: bytes) -> None:
    """Somebody has tidied up."""
    computer.anchor.unlink()


def rubbish(computer: Computer, _anchor: bytes) -> None:
    """The disk has lost it."""
    computer.anchor.write_bytes(b"\0" * 1024)


def half(computer: Computer, anchor: bytes) -> None:
    """A word that is only half there."""
    computer.anchor.write_bytes(computer.anchor.read_bytes()[:700] + anchor[700:900])


def no_place(computer: Computer, _anchor: bytes) -> None:
    """Where it should lie nothing can be written."""
    computer.anchor.unlink()
    computer.anchor.mkdir()


@pytest.mark.parametrize("harm", [no_last_word, no_file, rubbish, half, no_place])
def test_an_anchor_that_is_old_damaged_or_gone_is_no_alarm(
    computer: Computer, harm: Callable[[Computer, bytes], None]
) -> None:
    life, anchor = computer.life(), computer.anchor.read_bytes()
    computer.work("又")
    harm(computer, anchor)
    computer.work("再")
    assert not computer.began
    computer.work()
    assert not computer.began
    assert computer.life() == life
    assert waiting_names(computer.start()) == ["先", "又", "再"]


def test_a_crash_between_a_new_life_and_its_anchor_is_no_alarm(computer: Computer) -> None:
    anchor = computer.anchor.read_bytes()
    for _ in range(3):
        computer.start().write(begin_new_replica)
        computer.stop()
    life = computer.life()
    computer.anchor.write_bytes(anchor)
    computer.work()
    assert not computer.began
    assert computer.life() == life


def test_the_anchor_of_another_profile_is_passed_over(computer: Computer, empty_file: Path) -> None:
    for day in range(5):
        computer.work(f"{day}")
    other = Computer(Path(shutil.copy(empty_file, computer.path.with_name("other.db"))))
    other.start().write(store_enrolment, enrolment("grid_worker"), "https://centre.example")
    other.stop()
    life = other.life()
    shutil.copy(computer.anchor, other.anchor)
    other.work("甲")
    assert not other.began
    assert other.life() == life
    mark = Anchor(other.anchor).read()
    assert mark is not None
    assert mark.head == other.head()


def test_before_the_enrolment_there_is_nothing_to_begin_anew(path: Path) -> None:
    computer = Computer(path)
    computer.work("先")
    computer.machine = "two"
    computer.work()
    assert not computer.began
    assert not computer.anchor.exists()


def test_a_write_that_fails_leaves_the_anchor_as_it_was(computer: Computer) -> None:
    before = computer.anchor.read_bytes()

    def fail(tx: Transaction) -> None:
        tx.create(Resident(name="甲"))
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        computer.start().write(fail)
    computer.stop()
    assert computer.anchor.read_bytes() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_of_the_file_makes_more_of_it_than_a_true_or_no_word(
    tmp_path: Path, data: st.DataObject
) -> None:
    file = tmp_path / f"{data.draw(st.uuids())}.anchor"
    file.unlink(missing_ok=True)
    anchor = Anchor(file)
    anchor.profile = "p"
    heads = [Head("r", seq, f"{seq:064x}") for seq in range(1, data.draw(st.integers(1, 4)) + 1)]
    for head in heads:
        anchor.keep(head)
    anchor.close()
    whole = bytearray(file.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    mark = Anchor(file).read()
    assert mark is None or mark.head in heads


SAVES = """
import sys
from pathlib import Path
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
database = open_profile(Path(sys.argv[1]))
for number in range(1_000_000):
    database.write(lambda tx: tx.create(Resident(name=str(number))))
    print(number, flush=True)
"""


def test_a_killed_program_goes_on_in_the_same_life_and_a_restored_profile_does_not(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with closing(open_profile(profile)) as database:
        database.write(store_enrolment, enrolment("grid_worker"), "https://centre.example")
    life = life_of(profile)
    backup = Path(shutil.copytree(profile, tmp_path / "backup"))
    for seconds in (0.01, 0.05, 0.1):
        save_until_killed(profile, seconds)
        assert life_of(profile) == life
    shutil.rmtree(profile)
    shutil.copytree(backup, profile)
    assert life_of(profile) != life
    assert anchor_file(profile).stat().st_mode & 0o077 == 0


def life_of(profile: Path) -> str:
    """The replica of a profile after the program was started on it."""
    with closing(open_profile(profile)) as database:
        head = look(database, lambda reader: head_of(reader.driver))
    assert head is not None
    return head.replica


def save_until_killed(profile: Path, seconds: float) -> None:
    """A program that records people until it is killed, so long after the first one."""
    command = [sys.executable, "-c", SAVES, str(profile)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        process.stdout.read()
