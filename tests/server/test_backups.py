"""Backups: a whole centre comes out of the file again, also elsewhere; damage changes nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from gridworker.domain.problems import Problem
from gridworker.server.backups import restore_backup, write_backup
from gridworker.server.check import check
from gridworker.server.sealing import new_key
from gridworker.server.store import Store, read_head
from gridworker.server.tables import METADATA
from tests.server.conftest import fresh_database, make_door
from tests.server.laptop import Centre

KEY, RECIPIENT = new_key()


def contents(store: Store) -> dict[str, list[object]]:
    """Every row of every table but the head."""

    def read(tx: Connection) -> dict[str, list[object]]:
        rows = {t.name: list(map(tuple, tx.execute(select(t)).all())) for t in METADATA.sorted_tables}
        return {name: sorted(found, key=repr) for name, found in rows.items() if name != "sync_head"}

    return store.read(read)


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


def test_everything_comes_back_under_a_new_life(
    centre: Centre, busy: Callable[[], None], empty: Store, tmp_path: Path
) -> None:
    busy()
    file = tmp_path / "centre.gwbackup"
    written = write_backup(centre.server.store, file, recipient=RECIPIENT)
    restored = restore_backup(empty, file, key=KEY, ids=make_door().ids)
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
    centre: Centre, busy: Callable[[], None], empty: Store, tmp_path: Path, damage: str
) -> None:
    busy()
    file, key = tmp_path / "centre.gwbackup", KEY
    write_backup(centre.server.store, file, recipient=RECIPIENT)
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
        restore_backup(empty, file, key=key, ids=make_door().ids)
    assert (contents(empty), empty.read(read_head)) == before


def test_a_database_in_use_is_not_written_over(
    centre: Centre, busy: Callable[[], None], tmp_path: Path
) -> None:
    busy()
    file = tmp_path / "centre.gwbackup"
    write_backup(centre.server.store, file, recipient=RECIPIENT)
    before = contents(centre.server.store), centre.server.store.read(read_head)
    with pytest.raises(Problem, match="backup_not_empty"):
        restore_backup(centre.server.store, file, key=KEY, ids=make_door().ids)
    assert (contents(centre.server.store), centre.server.store.read(read_head)) == before


def test_a_place_that_cannot_be_written_is_told(centre: Centre, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="backup_not_written"):
        write_backup(centre.server.store, tmp_path / "nowhere" / "file", recipient=RECIPIENT)
    with pytest.raises(Problem, match="backup_key_bad"):
        write_backup(centre.server.store, tmp_path / "file", recipient="age1nonsense")
    assert list(tmp_path.glob("*.part")) == []
