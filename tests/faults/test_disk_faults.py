"""Disk faults under a laptop with a centre: torn and damaged logs, no room, foreign locks."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.actions.photos import attach_photos
from gridworker.db.blob_files import BlobFiles
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.wire.messages import PullRequest
from tests.db.laptop import KEY, PaperCentre, assert_chained, assert_consistent, look
from tests.db.test_faults import somebody_writes
from tests.sync.laptop import GRID_3, Centre, Laptop, add, change, people
from tests.sync.photos import photo_of

SAVES = 8
SHARES = [n / 12 for n in range(13)]
"""How much of the log reached the disk."""
PLACES = [n / 9 + 0.02 for n in range(9)]
"""Where in the log a bit turns over."""
NO_LIMIT = 1 << 30
Harm = Callable[[Path], object]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre whose laptops lie on bad disks."""
    centre = Centre(tmp_path)
    yield centre
    centre.close()


def put_elsewhere(laptop: Laptop, harm: Harm) -> list[str]:
    """Kill the program, do harm to what is on the disk, and start again; what waited, in order, before."""
    waiting = queue(laptop)
    image = {suffix: Path(f"{laptop.path}{suffix}").read_bytes() for suffix in ("", "-wal", "-shm")}
    laptop.database.close()
    for suffix, data in image.items():
        Path(f"{laptop.path}{suffix}").write_bytes(data)
    harm(laptop.path)
    laptop.database = laptop.centre.open(laptop.path)
    return waiting


def queue(laptop: Laptop) -> list[str]:
    """The operations that wait, in their order."""
    rows = look(laptop.database, lambda reader: reader.rows_of("SELECT op_id FROM outbox ORDER BY seq"))
    return [op for (op,) in rows]


def busy(centre: Centre) -> Laptop:
    """A laptop that has synchronised once and saved several things since, each a commit of its own."""
    laptop = centre.laptop("zhang")
    person = add(laptop, "甲")
    laptop.sync()
    laptop.reopen()  # which folds the log into the file
    for number in range(SAVES):
        change(laptop, person, note=f"第{number}次")
    return laptop


def assert_begins(laptop: Laptop, waiting: list[str]) -> int:
    """What is left is the beginning of what was there, whole; how much that is."""
    left = queue(laptop)
    assert left == waiting[: len(left)]
    assert look(laptop.database, lambda reader: reader.rows_of("PRAGMA cipher_integrity_check")) == []
    assert_consistent(laptop.database)
    seen = next(iter(people(laptop).values())).note
    assert seen == (f"第{len(left) - 1}次" if left else "")
    return len(left)


def assert_agreed(centre: Centre, *laptops: Laptop) -> None:
    """Everybody synchronises, says the same, and the centre has everything once."""
    for laptop in (*laptops, *laptops):
        laptop.line.heal()
        laptop.sync()
        assert queue(laptop) == []
        assert_consistent(laptop.database)
    assert all(people(laptop) == people(laptops[0]) for laptop in laptops)
    assert centre.store.read(check) == []
    logged = [op for (op,) in centre.rows("SELECT op_id FROM op_log")]
    assert len(logged) == len(set(logged))


# ---------------------------------------------------------------------------------------------------- logs


def cut(share: float) -> Harm:
    """Only so much of the log reached the disk."""

    def harm(path: Path) -> None:
        log = Path(f"{path}-wal")
        log.write_bytes(log.read_bytes()[: int(log.stat().st_size * share)])

    return harm


def flip(share: float) -> Harm:
    """A bit of the log turns over."""

    def harm(path: Path) -> None:
        log = Path(f"{path}-wal")
        data = bytearray(log.read_bytes())
        data[min(int(len(data) * share), len(data) - 1)] ^= 4
        log.write_bytes(data)

    return harm


@pytest.mark.parametrize("share", SHARES)
def test_of_a_torn_log_whole_commits_are_left_and_the_centre_hears_of_all_of_them(
    centre: Centre, share: float
) -> None:
    laptop = busy(centre)
    waiting = put_elsewhere(laptop, cut(share))
    left = assert_begins(laptop, waiting)
    assert (left == len(waiting)) == (share == 1)
    assert_chained_from_here(laptop)
    assert_agreed(centre, laptop, centre.laptop("wang"))


@pytest.mark.parametrize("share", PLACES)
def test_a_bit_that_turns_over_in_the_log_never_becomes_a_word(centre: Centre, share: float) -> None:
    laptop = busy(centre)
    waiting = put_elsewhere(laptop, flip(share))
    assert assert_begins(laptop, waiting) < len(waiting)
    assert_agreed(centre, laptop, centre.laptop("wang"))


def assert_chained_from_here(laptop: Laptop) -> None:
    """The queue has no gap."""
    waiting = PaperCentre(laptop.database).waiting()
    links = [envelope.link for envelope in waiting]
    assert all(after.prev == before.hash for before, after in itertools.pairwise(links))
    if links and links[0].seq == 1:
        assert_chained(waiting)


def without_log(path: Path) -> None:
    """Somebody tidied up: the log is gone."""
    Path(f"{path}-wal").unlink()


def without_index(path: Path) -> None:
    """The log's index is gone."""
    Path(f"{path}-shm").unlink()


def with_rubbish_for_index(path: Path) -> None:
    """The log's index is rubbish."""
    Path(f"{path}-shm").write_bytes(b"\xa5" * 32_768)


def with_half_an_index(path: Path) -> None:
    """The log's index is cut off."""
    index = Path(f"{path}-shm")
    index.write_bytes(index.read_bytes()[:100])


@pytest.mark.parametrize("harm", [without_index, with_rubbish_for_index, with_half_an_index])
def test_the_index_of_a_log_is_made_anew(centre: Centre, harm: Harm) -> None:
    laptop = busy(centre)
    waiting = put_elsewhere(laptop, harm)
    assert assert_begins(laptop, waiting) == len(waiting) == SAVES
    assert_agreed(centre, laptop, centre.laptop("wang"))


def test_a_log_that_is_gone_takes_its_commits_along_and_nothing_that_was_sent(centre: Centre) -> None:
    laptop = busy(centre)
    laptop.line.lose_reply = lambda request: isinstance(request, PullRequest)
    with pytest.raises(Problem, match="server_slow"):
        laptop.sync()
    put_elsewhere(laptop, without_log)
    assert queue(laptop) == []
    change(laptop, next(iter(people(laptop))), address="新地址")
    wang = centre.laptop("wang")
    assert_agreed(centre, laptop, wang)
    (person,) = people(laptop).values()
    assert (person.note, person.address) == (f"第{SAVES - 1}次", "新地址")


# ------------------------------------------------------------------------------------------------- no room


@contextmanager
def no_room(laptop: Laptop) -> Iterator[None]:
    """The file may not grow any more."""

    def limit(tx: Any, pages: int) -> None:
        tx.driver.execute(f"PRAGMA max_page_count={pages}")

    laptop.database.write(limit, 1)
    yield
    laptop.database.write(limit, NO_LIMIT)


def much_news(centre: Centre) -> Laptop:
    """Another laptop has written much."""
    wang = centre.laptop("wang")
    for number in range(40):
        add(wang, f"居民{number}", note="很长的备注" * 300, scope=GRID_3)
    wang.sync()
    return wang


def in_pages(request: Any) -> Any:
    """A pull that asks for little at once."""
    return (
        msgspec.structs.replace(request, want_bytes=20_000) if isinstance(request, PullRequest) else request
    )


@pytest.mark.parametrize("known", [False, True], ids=["first fill", "checkpoint"])
def test_a_full_disk_ends_an_exchange_and_room_lets_it_go_on(centre: Centre, known: bool) -> None:
    laptop = centre.laptop("zhang")
    if known:
        add(laptop, "甲")
        laptop.sync()
    wang = much_news(centre)
    laptop.line.on_the_way = in_pages
    with no_room(laptop), pytest.raises(Problem, match="disk_full"):
        laptop.sync()
    assert_consistent(laptop.database)
    assert_agreed(centre, laptop, wang)
    assert len(people(laptop)) == 40 + known


def test_a_full_disk_stops_a_start_that_changes_the_tables_and_leaves_the_old_file(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = busy(centre)
    shapes = "UPDATE meta SET v='old' WHERE k='shape:resident'"
    laptop.database.write(lambda tx: tx.driver.execute(shapes))
    laptop.database.close()
    before = laptop.path.read_bytes()

    def full(*_args: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patched:
        patched.setattr("gridworker.db.migrate.os.replace", full)
        with pytest.raises(Problem, match="disk_full"):
            centre.open(laptop.path)
    assert laptop.path.read_bytes() == before
    laptop.database = centre.open(laptop.path)
    assert len(queue(laptop)) == SAVES
    assert_agreed(centre, laptop, centre.laptop("wang"))


def test_a_photo_for_which_there_is_no_room_leaves_neither_record_nor_file(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = busy(centre)
    files, person = BlobFiles(laptop.path), next(iter(people(laptop)))

    def full(_handle: int) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patched:
        patched.setattr("gridworker.db.blob_files.os.fsync", full)
        with pytest.raises(Problem, match="disk_full"):
            laptop.database.write(attach_photos, files, (Resident, person), [photo_of(0.2)])
    assert files.names() == set()
    assert look(laptop.database, lambda reader: reader.rows_of("SELECT 1 FROM attachment")) == []
    assert len(queue(laptop)) == SAVES
    assert_agreed(centre, laptop, centre.laptop("wang"))


# --------------------------------------------------------------------------------------------- foreign locks


def test_a_virus_scanner_that_holds_the_file_stops_an_exchange_for_a_while_only(centre: Centre) -> None:
    laptop = busy(centre)
    wang = much_news(centre)
    impatient(laptop)
    with somebody_writes(laptop.path), pytest.raises(Problem, match="db_locked"):
        laptop.sync()
    assert len(queue(laptop)) == SAVES
    assert_agreed(centre, laptop, wang)


def test_a_virus_scanner_that_holds_the_file_stops_a_migration_for_a_while_only(centre: Centre) -> None:
    laptop = busy(centre)
    laptop.database.write(lambda tx: tx.driver.execute("UPDATE meta SET v='old' WHERE k='shape:visit'"))
    laptop.database.close()
    with somebody_writes(laptop.path), pytest.raises(Problem, match="db_locked"):
        impatient(laptop)
    laptop.database = centre.open(laptop.path)
    assert len(queue(laptop)) == SAVES
    assert_agreed(centre, laptop, centre.laptop("wang"))


def impatient(laptop: Laptop) -> None:
    """Open the file with little patience for others."""
    database, ports = laptop.database, laptop.database.ports
    database.close()
    laptop.database = type(database).open(
        laptop.path, KEY, ports=ports, pinyin=database.pinyin, lock_wait_s=0.05
    )


def test_a_copy_of_a_file_in_use_is_a_laptop_of_its_own(centre: Centre, tmp_path: Path) -> None:
    laptop = busy(centre)
    copy = tmp_path / "copy.db"
    for suffix in ("", "-wal"):
        shutil.copy(f"{laptop.path}{suffix}", f"{copy}{suffix}")
    twin = centre.add(Laptop(centre, copy, "zhang"))
    assert queue(twin) == queue(laptop)
    change(twin, next(iter(people(twin))), address="一")
    change(laptop, next(iter(people(laptop))), address="二")
    assert_agreed(centre, laptop, twin, centre.laptop("wang"))
    assert len(centre.rows("SELECT 1 FROM op_log")) == 1 + SAVES + 2
