"""What this program cannot read is kept as it came, and is back as soon as a program can read it."""

from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from sqlalchemy import MetaData

from gridworker.db import tables
from gridworker.db.database import Database
from gridworker.db.migrate import bring_up_to_date
from gridworker.dictionaries import pinyin_table
from gridworker.domain import kinds
from gridworker.domain.care import CareProfile
from gridworker.domain.fields import Field
from gridworker.domain.records import Column, Record, RecordId
from gridworker.domain.residents import Resident
from tests.db.laptop import (
    GRID,
    KEY,
    PaperCentre,
    assert_consistent,
    document,
    gone,
    look,
    opened,
    operations,
    put,
)

R1 = RecordId("r1")


class Pet(Record, frozen=True, kw_only=True):
    """A kind that only the next program knows."""

    kind: ClassVar[str] = "pet"
    label: ClassVar[str] = "宠物"
    computed: ClassVar[tuple[Column, ...]] = (Column("name", "$.name"),)

    name: Annotated[str, Field("名字")]
    teeth: Annotated[int, Field("牙")] = 0


@pytest.fixture
def next_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the program knows pets."""
    monkeypatch.setitem(kinds.KINDS, "pet", Pet)
    monkeypatch.setattr(tables, "metadata", MetaData())
    monkeypatch.setitem(tables.KIND_TABLES, "pet", tables._kind_table(Pet))


def aside(database: Database) -> list[tuple[object, ...]]:
    """What is kept aside: id, kind, scope, rev, body."""
    return look(database, lambda reader: reader.rows_of("SELECT * FROM extra ORDER BY id"))


def test_a_kind_of_a_newer_program_is_kept_as_it_came(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("pet", "p1", {"name": "旺财", "teeth": 42}, rev=3))
    assert aside(laptop) == [("p1", "pet", GRID, "e1.3", '{"name":"旺财","teeth":42}')]
    centre.say(put("pet", "p1", {"name": "旺财"}, rev=4))
    assert [row[3] for row in aside(laptop)] == ["e1.4"]
    centre.say(gone("pet", "p1"))
    assert aside(laptop) == []


def test_a_kind_comes_back_when_the_program_knows_it(
    centre: PaperCentre, laptop: Database, path: Path, request: pytest.FixtureRequest
) -> None:
    centre.say(put("pet", "p1", {"name": "旺财", "teeth": 42}, rev=3), put("pet", "p2", {"teeth": 1}))
    laptop.close()
    request.getfixturevalue("next_program")
    with opened(path) as database:
        found = look(database, lambda reader: reader.get(Pet, RecordId("p1")))
        assert found is not None
        assert (found.record, found.rev, found.pending) == (Pet(name="旺财", teeth=42), "e1.3", False)
        assert look(database, lambda reader: reader.where(Pet, "name=?", ("旺财",))) == [found]
        assert [row[0] for row in aside(database)] == ["p2"]


def test_what_came_while_an_older_program_was_used_is_found_too(
    centre: PaperCentre, laptop: Database, path: Path, request: pytest.FixtureRequest
) -> None:
    laptop.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(kinds.KINDS, "pet", Pet)
        patch.setattr(tables, "metadata", MetaData())
        patch.setitem(tables.KIND_TABLES, "pet", tables._kind_table(Pet))
        bring_up_to_date(path, KEY, pinyin_table())
    with opened(path) as older:
        PaperCentre(older).say(put("pet", "p1", {"name": "旺财"}, rev=3))
    request.getfixturevalue("next_program")
    with opened(path) as database:
        assert [each.id for each in look(database, lambda reader: list(reader.all(Pet)))] == ["p1"]


def test_a_body_that_cannot_be_read_stops_nothing_else(centre: PaperCentre, laptop: Database) -> None:
    centre.say(
        put("resident", R1, {"name": ["not", "a", "name"]}),
        put("resident", "r2", {"name": "李"}),
        put("care_profile", "p1", {"resident_id": 5}),
    )
    assert [each.id for each in look(laptop, lambda reader: list(reader.all(Resident)))] == ["r2"]
    assert look(laptop, lambda reader: list(reader.all(CareProfile))) == []
    assert [row[0] for row in aside(laptop)] == ["p1", R1]


def test_a_record_is_in_one_place_only(centre: PaperCentre, laptop: Database) -> None:
    centre.say(put("resident", R1, {"name": "李"}))
    centre.say(put("resident", R1, {"name": 5}, rev=2))
    assert document(laptop, "resident", R1) is None
    assert [row[3] for row in aside(laptop)] == ["e1.2"]
    centre.say(put("resident", R1, {"name": "李"}, rev=3))
    assert document(laptop, "resident", R1) == {"name": "李"}
    assert aside(laptop) == []


def test_waiting_work_is_laid_on_again_when_a_document_can_be_read(
    centre: PaperCentre, laptop: Database, path: Path
) -> None:
    centre.say(put("resident", R1, {"name": "李"}))
    laptop.write(lambda tx: tx.change(Resident, R1, note="我的"))
    centre.say(put("resident", R1, {"name": "李", "birth": 1944}, rev=2))
    assert document(laptop, "resident", R1) is None
    assert [row[4] for row in aside(laptop)] == ['{"name":"李","birth":1944}']
    laptop.write(lambda tx: tx.driver.execute("UPDATE extra SET body=replace(body, '1944', '\"1944\"')"))
    laptop.close()
    with opened(path) as database:
        assert document(database, "resident", R1) == {"name": "李", "birth": "1944", "note": "我的"}
        assert len(operations(database)) == 1
        assert_consistent(database)


def test_a_stricter_program_puts_aside_what_it_cannot_read(
    centre: PaperCentre, laptop: Database, path: Path
) -> None:
    centre.say(put("resident", R1, {"name": "李"}), put("resident", "r2", {"name": "王"}))
    mine = laptop.write(lambda tx: tx.create(Resident(name="我的")))

    def older_program(tx: object) -> None:
        driver = tx.driver  # type: ignore[attr-defined]  # a transaction
        driver.execute("UPDATE resident SET body=json_set(body, '$.name', 5) WHERE id IN (?,?)", (R1, mine))
        driver.execute("UPDATE meta SET v='of an older program' WHERE k='read:resident'")

    laptop.write(older_program)
    laptop.close()
    with opened(path) as database:
        assert [each.id for each in look(database, lambda reader: list(reader.all(Resident)))] == ["r2"]
        assert {row[0] for row in aside(database)} == {R1, mine}
        database.write(lambda tx: tx.driver.execute("UPDATE extra SET body=json_set(body, '$.name', '我的')"))
    with opened(path) as database:
        found = look(database, lambda reader: reader.get(Resident, mine))
        assert found is not None
        assert (found.rev, found.record.name) == (None, "我的")
        assert_consistent(database)
