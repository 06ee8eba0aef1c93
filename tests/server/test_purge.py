"""Purge: nothing that was written about a person can be found any more, and nothing else is touched."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gridworker import centre as program
from gridworker.server.blob_folder import FolderShelf
from gridworker.server.blob_rubbish import finish_shredding
from gridworker.server.purge import purge
from gridworker.server.refusals import Refused
from gridworker.wire.blobs import BLOB_PATHS, CHUNK_BYTES, BlobPutRequest
from tests.server.laptop import GRID_A, Centre, Laptop
from tests.server.matters import body_of, decide, in_conflict, leader, two_workers
from tests.server.test_blobs import DATA, SHA, attach, begin, fetch, send

CANARY = "金丝雀"


def erase(centre: Centre, *ids: str) -> list[str]:
    """What the command does."""
    return centre.server.store.write(lambda tx: purge(tx, ids, centre.clock()))


def everything(centre: Centre) -> str:
    """All text of all tables."""
    names = [name for (name,) in centre.rows(_TABLES[centre.server.store.engine.dialect.name])]
    return "".join(str(centre.rows(f"SELECT * FROM {name}")) for name in names)


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
    "AND table_type = 'BASE TABLE'",
}


def test_no_word_of_a_purged_record_is_left(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("create", "r2", values={"name": CANARY, "note": CANARY})
    one.do("patch", "r2", set={"note": (CANARY, CANARY + "1")})
    other.do("patch", "r2", set={"note": (CANARY, CANARY + "2")})
    other.do("patch", "r2", set={"name": (CANARY, CANARY + "3")})
    assert CANARY in everything(centre)
    kept = [tuple(row) for row in centre.rows("SELECT op_id, body_hash, code FROM op_log ORDER BY n")]
    other.pull()
    assert erase(centre, "r2", "nobody") == ["r2"]
    assert CANARY not in everything(centre)
    assert [tuple(row) for row in centre.rows("SELECT op_id, body_hash, code FROM op_log ORDER BY n")] == kept
    assert body_of(centre, "r1")["name"] == "安宁"
    reply = other.pull()
    assert {entry.reason for entry in reply.entries if entry.gone} == {"purged"}
    assert other.ids() == {"r1"}


def test_work_on_a_purged_record_that_comes_later_leaves_no_word_either(centre: Centre) -> None:
    one, other = two_workers(centre)
    late = other.seal(other.op("patch", "r1", set={"note": ("住二楼", CANARY)}))
    erase(centre, "r1")
    [result] = other.send(late).results
    assert (result.code, result.reason) == ("held", "purged")
    assert other.send(late).results == [result]
    assert CANARY not in everything(centre)
    for verb in ("undelete", "delete", "create"):
        assert one.do(verb, "r1", values={"name": CANARY} if verb == "create" else {}).code == "held"
    assert CANARY not in everything(centre)


def test_nobody_decides_any_more_about_what_was_purged(centre: Centre) -> None:
    one, _, matter = in_conflict(centre)
    erase(centre, "r1")
    assert decide(one, matter, "value", set={"note": ("甲", CANARY)}).code == "held"
    assert decide(leader(centre), matter, "server").code == "held"
    assert CANARY not in everything(centre)


def test_a_deleted_record_is_purged_also_where_its_end_was_heard_of(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("delete", "r1")
    other.pull()
    erase(centre, "r1")
    assert [(entry.id, entry.reason) for entry in other.pull().entries] == [("r1", "purged")]


def test_purging_twice_changes_nothing(centre: Centre) -> None:
    two_workers(centre)
    assert erase(centre, "r1") == erase(centre, "r1") == ["r1"]


def test_of_two_joined_records_each_is_purged_alone(centre: Centre) -> None:
    one, _ = two_workers(centre)
    boss = leader(centre)
    one.do("create", "r2", values={"name": "安宁", "note": CANARY})
    boss.do("merge", "r2", target="r1")
    erase(centre, "r2")
    assert body_of(centre, "r1")["name"] == "安宁"
    assert boss.do("unmerge", "r2").reason == "purged"
    assert one.do("patch", "r2", set={"address": ("", "x")}).code in ("applied", "held")


def test_the_file_holds_no_word_either(lite_centre: Centre, tmp_path: Path) -> None:
    one = lite_centre.laptop("zhang", "grid_worker", GRID_A)
    for n in range(50):
        one.do("create", f"r{n}", values={"name": f"{CANARY}{n}"})
    erase(lite_centre, *(f"r{n}" for n in range(50)))
    lite_centre.server.store.close()
    with sqlite3.connect(tmp_path / "centre.db") as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert CANARY.encode() not in (tmp_path / "centre.db").read_bytes()


def test_the_commands_purge_and_list(lite_centre: Centre, tmp_path: Path, capsys: Any) -> None:
    two_workers(lite_centre)
    lite_centre.server.store.close()
    address = f"sqlite:///{tmp_path / 'centre.db'}"
    assert program.main(["purge", "--database", address, "--id", "r1"]) == 0
    assert program.main(["purge", "--database", address, "--id", "nobody"]) == 1
    assert program.main(["duplicates", "--database", address]) == 0
    assert program.main(["check", "--database", address]) == 0
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["UPDATE op_log SET body = '{}' WHERE entity_id = 'r1'"])
def test_words_that_were_to_be_erased_are_named_by_the_check(lite_centre: Centre, damage: str) -> None:
    two_workers(lite_centre)
    erase(lite_centre, "r1")
    assert lite_centre.violations() == []
    lite_centre.execute(damage)
    assert any("to be erased" in line for line in lite_centre.violations())


# -------------------------------------------------------------------------------------------------- photos


@pytest.fixture
def photographed(centre: Centre, tmp_path: Path) -> tuple[Laptop, Path]:
    """A resident with a photo whose bytes lie in a folder, and the laptop that sent them."""
    centre.server.blobs = FolderShelf(tmp_path / "blobs")
    laptop, _ = two_workers(centre)
    attach(laptop, "a1")
    assert send(laptop) == 0
    return laptop, tmp_path / "blobs" / SHA[:2] / SHA


@pytest.mark.parametrize("erased", ["r1", "a1"])
def test_a_photo_goes_with_its_record_and_with_its_resident(
    centre: Centre, photographed: tuple[Laptop, Path], erased: str
) -> None:
    laptop, file = photographed
    kept = file.stat().st_ino, file.open("rb")
    assert erase(centre, erased) == [erased]
    with pytest.raises(Refused, match="no_blob"):
        fetch(laptop)
    assert finish_shredding(centre.server.store, centre.server.blobs) == 1
    assert not file.exists()
    with kept[1]:
        assert kept[1].read() == bytes(len(DATA))  # the disk's own copy was written over
    assert finish_shredding(centre.server.store, centre.server.blobs) == 0
    for table in ("blob", "blob_claim", "blob_upload", "blob_shred"):
        assert centre.rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_parts_of_a_photo_that_was_on_its_way_go_too(centre: Centre, tmp_path: Path) -> None:
    centre.server.blobs = FolderShelf(tmp_path / "blobs")
    laptop, _ = two_workers(centre)
    attach(laptop, "a1")
    begin(laptop)
    put = BlobPutRequest(epoch=laptop.me.epoch, sha=SHA, index=0, data=DATA[:CHUNK_BYTES])
    laptop.call(BLOB_PATHS[BlobPutRequest], put)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    erase(centre, "r1")
    finish_shredding(centre.server.store, centre.server.blobs)
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_crash_between_the_database_and_the_file_is_made_good_at_the_next_start(
    lite_centre: Centre, tmp_path: Path
) -> None:
    laptop, _ = two_workers(lite_centre)
    attach(laptop, "a1")
    send(laptop)
    erase(lite_centre, "r1")  # and then the power fails
    file = tmp_path / "centre.blobs" / SHA[:2] / SHA
    assert file.exists()
    lite_centre.server.store.close()
    assert program.main(["collect-blobs", "--database", f"sqlite:///{tmp_path / 'centre.db'}"]) == 0
    assert not file.exists()


def test_bytes_that_somebody_stores_again_meanwhile_stay(
    centre: Centre, photographed: tuple[Laptop, Path]
) -> None:
    laptop, file = photographed
    erase(centre, "a1")
    attach(laptop, "a2")
    assert send(laptop) == 0
    assert finish_shredding(centre.server.store, centre.server.blobs) == 0
    assert (file.read_bytes(), fetch(laptop)) == (DATA, DATA)


def test_bytes_that_another_record_names_stay(centre: Centre, photographed: tuple[Laptop, Path]) -> None:
    laptop, file = photographed
    laptop.do("create", "r2", values={"name": "赵大勇"})
    attach(laptop, "a2", owner="r2")
    assert begin(laptop) == (0, True)
    erase(centre, "r1")
    assert finish_shredding(centre.server.store, centre.server.blobs) == 0
    assert (file.read_bytes(), fetch(laptop)) == (DATA, DATA)


def test_an_author_who_sends_his_operation_again_brings_no_bytes_back(
    centre: Centre, photographed: tuple[Laptop, Path]
) -> None:
    laptop, _ = photographed
    erase(centre, "a1")
    assert laptop.send(laptop.sent).results
    with pytest.raises(Refused, match="no_blob"):
        begin(laptop)


def test_the_command_erases_the_files_of_a_folder_elsewhere(lite_centre: Centre, tmp_path: Path) -> None:
    lite_centre.server.blobs = FolderShelf(tmp_path / "elsewhere")
    laptop, _ = two_workers(lite_centre)
    attach(laptop, "a1")
    send(laptop)
    lite_centre.server.store.close()
    address = f"sqlite:///{tmp_path / 'centre.db'}"
    folder = tmp_path / "elsewhere"
    assert program.main(["purge", "--database", address, "--blobs", str(folder), "--id", "r1"]) == 0
    assert not [path for path in folder.rglob("*") if path.is_file()]
