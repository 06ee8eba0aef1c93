"""Backups: a whole centre comes out of the file again, also elsewhere; damage changes nothing."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from gridworker import centre as program
from gridworker.domain.problems import Problem
from gridworker.server.backups import restore_backup, write_backup
from gridworker.server.blob_folder import FolderShelf
from gridworker.server.check import check
from gridworker.server.local import LocalServer
from gridworker.server.sealing import new_key
from gridworker.server.store import Store, read_head
from gridworker.server.tables import METADATA
from gridworker.wire.blobs import blob_hash
from gridworker.wire.messages import EnrolRequest
from tests.server.conftest import fresh_database, make_door
from tests.server.laptop import PASSWORD, Centre, Laptop
from tests.server.test_blobs import attach, begin, send

KEY, RECIPIENT = new_key()


def contents(store: Store) -> dict[str, list[object]]:
    """Every row of every table but the head."""

    def read(tx: Connection) -> dict[str, list[object]]:
        rows = {t.name: list(map(tuple, tx.execute(select(t)).all())) for t in METADATA.sorted_tables}
        return {name: sorted(found, key=repr) for name, found in rows.items() if name != "sync_head"}

    return store.read(read)


def photo(number: int) -> bytes:
    """Bytes that nothing makes smaller."""
    return random.Random(number).randbytes(300_000)


def with_photos(centre: Centre, count: int) -> list[str]:
    """Photos that somebody has sent; the names of their bytes."""
    laptop = centre.laptop("photographer")
    laptop.do("create", "r1p", values={"name": "王秀兰"})
    data = [photo(number) for number in range(count)]
    for number, each in enumerate(data):
        attach(laptop, f"a{number}", blob_hash(each))
        assert send(laptop, each) == 0
    return [blob_hash(each) for each in data]


def files_of(shelf: FolderShelf) -> dict[str, bytes]:
    """Everything that lies on a shelf, by its path."""
    found = [path for path in shelf.folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(shelf.folder)): path.read_bytes() for path in found}


@pytest.fixture
def busy(centre: Centre) -> Callable[[], None]:
    """Lets people do a little of everything at the centre."""

    def work() -> None:
        laptop, other = centre.laptop("zhang"), centre.laptop("li")
        laptop.do("create", "r1", values={"name": "王秀兰", "note": "住二楼"})
        laptop.do("create", "r2", values={"name": "赵大勇"})
        laptop.do("patch", "r1", set={"note": ("住二楼", "住三楼")})
        other.do("patch", "r1", set={"note": ("住二楼", "住四楼")})
        laptop.do("delete", "r2")
        laptop.do("patch", "nobody", set={"note": ("", "x")})

    return work


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new centre's database that nobody has used, of each kind."""
    address = f"sqlite:///{tmp_path / 'other.db'}"
    store = Store(address if request.param == "sqlite" else request.getfixturevalue("other_postgres"))
    store.prepare(make_door().ids)
    yield store
    store.close()


@pytest.fixture
def other_postgres(postgres: str) -> Iterator[str]:
    """A second database beside the centre's own."""
    with fresh_database(postgres) as address:
        yield address


@pytest.fixture
def shelf(centre: Centre, tmp_path: Path) -> FolderShelf:
    """Where the centre keeps attachments' bytes."""
    shelf = FolderShelf(tmp_path / "blobs")
    centre.server.blobs = shelf
    return shelf


@pytest.fixture
def other_shelf(tmp_path: Path) -> FolderShelf:
    """The shelf beside the empty database."""
    return FolderShelf(tmp_path / "other.blobs")


def test_everything_comes_back_under_a_new_life(
    centre: Centre,
    busy: Callable[[], None],
    empty: Store,
    tmp_path: Path,
    shelf: FolderShelf,
    other_shelf: FolderShelf,
) -> None:
    busy()
    file = tmp_path / "centre.gwbackup"
    written = write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    restored = restore_backup(empty, file, blobs=other_shelf, key=KEY, ids=make_door().ids)
    assert restored == written
    assert written.rows > 10
    there, here = contents(empty), contents(centre.server.store)
    assert {**there, "scope": []} == {**here, "scope": []}  # the sums of another life are others
    before, after = centre.server.store.read(read_head), empty.read(read_head)
    assert (after.seq, after.server_id) == (before.seq, before.server_id)
    assert after.epoch != before.epoch
    assert empty.read(check) == []
    assert "王秀兰".encode() not in file.read_bytes()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other key", "no key", "other file"])
def test_a_damaged_backup_changes_nothing(
    centre: Centre,
    busy: Callable[[], None],
    empty: Store,
    tmp_path: Path,
    shelf: FolderShelf,
    other_shelf: FolderShelf,
    damage: str,
) -> None:
    busy()
    with_photos(centre, 3)
    file, key = tmp_path / "centre.gwbackup", KEY
    write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    data = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(data[:-40])
        case "flip":
            file.write_bytes(data[:-400] + bytes([data[-400] ^ 1]) + data[-399:])
        case "empty":
            file.write_bytes(b"")
        case "other key":
            key = new_key()[0]
        case "no key":
            key = "nonsense"
        case "other file":
            file.write_bytes(b"PK\x03\x04" * 100)
    before = contents(empty), empty.read(read_head)
    with pytest.raises(Problem, match=r"backup_unreadable|backup_key_bad"):
        restore_backup(empty, file, blobs=other_shelf, key=key, ids=make_door().ids)
    assert (contents(empty), empty.read(read_head)) == before
    assert files_of(other_shelf) == {}


def test_a_database_in_use_is_not_written_over(
    centre: Centre, busy: Callable[[], None], tmp_path: Path, shelf: FolderShelf
) -> None:
    busy()
    file = tmp_path / "centre.gwbackup"
    write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    before = contents(centre.server.store), centre.server.store.read(read_head)
    with pytest.raises(Problem, match="backup_not_empty"):
        restore_backup(centre.server.store, file, blobs=shelf, key=KEY, ids=make_door().ids)
    assert (contents(centre.server.store), centre.server.store.read(read_head)) == before


def test_a_place_that_cannot_be_written_is_told(centre: Centre, tmp_path: Path, shelf: FolderShelf) -> None:
    store = centre.server.store
    with pytest.raises(Problem, match="backup_not_written"):
        write_backup(store, tmp_path / "nowhere" / "file", blobs=shelf, recipient=RECIPIENT)
    with pytest.raises(Problem, match="backup_key_bad"):
        write_backup(store, tmp_path / "file", blobs=shelf, recipient="age1nonsense")
    assert list(tmp_path.glob("*.part")) == []


def test_attachments_come_back_with_their_records(
    centre: Centre, empty: Store, tmp_path: Path, shelf: FolderShelf, other_shelf: FolderShelf
) -> None:
    names = with_photos(centre, 3)
    file = tmp_path / "centre.gwbackup"
    written = write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    restored = restore_backup(empty, file, blobs=other_shelf, key=KEY, ids=make_door().ids)
    assert (written.blobs, written.lost) == (restored.blobs, restored.lost) == (3, ())
    assert files_of(other_shelf) == files_of(shelf)
    assert {Path(name).name for name in files_of(other_shelf)} == set(names)
    assert photo(0)[:1_000] not in file.read_bytes()


def test_what_is_missing_or_damaged_is_named_and_stops_nothing(
    centre: Centre, empty: Store, tmp_path: Path, shelf: FolderShelf, other_shelf: FolderShelf
) -> None:
    gone, damaged, whole = with_photos(centre, 3)
    shelf.remove(gone)
    (shelf.folder / damaged[:2] / damaged).write_bytes(b"x" * 300_000)
    file = tmp_path / "centre.gwbackup"
    written = write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    restored = restore_backup(empty, file, blobs=other_shelf, key=KEY, ids=make_door().ids)
    assert (written.blobs, sorted(written.lost)) == (1, sorted([gone, damaged]))
    assert (restored.blobs, list(restored.lost)) == (1, sorted([gone, damaged]))
    assert [Path(name).name for name in files_of(other_shelf)] == [whole]
    other = Centre(LocalServer(empty, make_door(), other_shelf))
    laptop = Laptop.__new__(Laptop)
    laptop.centre = other
    request = EnrolRequest(user="photographer", password=PASSWORD, device_name="d", app="test")
    laptop.me = other.server.call("/v1/enrol", "", request)
    assert begin(laptop, photo(0)) == (0b11, False)  # it is asked for again, and then whole
    assert send(laptop, photo(0)) == 0
    assert len(files_of(other_shelf)) == 2


def test_a_shelf_that_takes_nothing_is_told_and_nothing_is_restored(
    centre: Centre, empty: Store, tmp_path: Path, shelf: FolderShelf
) -> None:
    with_photos(centre, 1)
    file = tmp_path / "centre.gwbackup"
    write_backup(centre.server.store, file, blobs=shelf, recipient=RECIPIENT)
    (tmp_path / "full").write_bytes(b"no folder")
    before = contents(empty)
    with pytest.raises(Problem, match="blobs_not_written"):
        restore_backup(empty, file, blobs=FolderShelf(tmp_path / "full" / "x"), key=KEY, ids=make_door().ids)
    assert contents(empty) == before


def test_the_commands_take_the_attachments_along(
    lite_centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = with_photos(lite_centre, 2)
    lite_centre.server.store.close()
    here, there = f"sqlite:///{tmp_path / 'centre.db'}", f"sqlite:///{tmp_path / 'there.db'}"
    key, file, elsewhere = tmp_path / "key", tmp_path / "file", tmp_path / "elsewhere"
    assert program.main(["backup-key", str(key)]) == 0
    recipient = capsys.readouterr().out.strip()
    (tmp_path / "centre.blobs" / names[0][:2] / names[0]).unlink()
    backup = ["backup", "--database", here, "--recipient", recipient, str(file)]
    assert program.main(backup) == 0
    told = capsys.readouterr()
    assert "1 个附件" in told.out
    assert names[0] in told.err
    restore = ["restore", "--database", there, "--blobs", str(elsewhere), "--key-file", str(key), str(file)]
    assert program.main(restore) == 0
    assert "1 个附件" in capsys.readouterr().out
    assert [Path(name).name for name in files_of(FolderShelf(elsewhere))] == [names[1]]
