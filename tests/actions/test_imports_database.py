"""Imports against a real database: new, changed, the same, one batch, and taking it back."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from gridworker.actions.imports.commit import commit_register
from gridworker.actions.imports.plan import make_plan
from gridworker.actions.imports.preview import Page, Preview
from gridworker.actions.imports.report import report_text
from gridworker.actions.imports.run import import_file
from gridworker.actions.imports.undo import take_back, undo_import
from gridworker.db.database import Database
from gridworker.db.imports import batches, earlier_batch
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from tests.actions.import_files import (
    KEY,
    REAL,
    SONG,
    TODAY,
    YIN,
    ZHAO,
    asked,
    count,
    imported,
    open_database,
    read,
    residents,
    workbook,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty encrypted database."""
    with closing(open_database(tmp_path / "gridworker.db", KEY)) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place for a register."""
    return tmp_path / "a.xlsx"


def counts(database: Database) -> dict[str, int]:
    """How many records of every kind that an import makes."""
    kinds = (Estate, Building, Room, Household, Resident, CareProfile)
    return {kind.kind: count(database, kind) for kind in kinds}


def edit(tx: Transaction, name: str, fields: dict[str, Any]) -> None:
    """Change a resident by name."""
    (found,) = tx.where(Resident, "name=?", (name,))
    tx.change(Resident, found.id, **fields)


# -------------------------------------------------------------------------------------- the real register


def facts_of_the_real_register() -> dict[str, Any]:
    """The counts of the real register by other means: openpyxl, regular expressions and counting by hand."""
    book = openpyxl.load_workbook(REAL)
    rows = [
        row for row in book.worksheets[0].iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)
    ]
    numbered = {row[0]: row for row in rows}
    chinese = {word: str(n) for n, word in enumerate("一二三四五六七八九", 1)}
    heads: Counter[tuple[str, ...]] = Counter()
    for row in numbered.values():
        address = re.sub("|".join(chinese), lambda found: chinese[found[0]], str(row[9]))
        place = tuple(re.findall(r"\d+", address))
        heads[place] += row[8] == "户主"
    ids = [str(row[5] or "") if not isinstance(row[5], float) else "float" for row in numbered.values()]
    return {
        "rows": len(rows),
        "residents": len(numbered),
        "rooms": len(heads),
        "buildings": len({place[0] for place in heads}),
        "households": sum(max(1, n) for n in heads.values()),
        "digits_lost": ids.count("float"),
    }


def test_the_real_register_gives_the_counts_that_a_person_finds_in_it(database: Database) -> None:
    facts = facts_of_the_real_register()
    report = import_file(database, REAL, today=TODAY)
    found = msgspec.to_builtins(report)
    assert {name: found[name] for name in facts if name != "digits_lost"} == {
        name: value for name, value in facts.items() if name != "digits_lost"
    }
    assert facts["residents"] == 644
    assert report.doubtful["id_digits_lost"] == facts["digits_lost"]
    assert report.repeated == facts["rows"] - facts["residents"]
    assert (report.new, report.changed, report.same) == (644, 0, 0)
    assert [dropped.heading for dropped in report.dropped_columns] == ["民族", "政治面貌"]
    assert report.skipped == {"empty": 6, "total": 1, "signature": 1}
    assert report.skipped_sheets == ("填表说明",)


def test_the_real_register_fills_every_kind_of_record(database: Database) -> None:
    report = import_file(database, REAL, today=TODAY)
    assert counts(database) == report.created
    assert report.created["estate"] == 1
    song = residents(database)["宋敏"].record
    assert (song.place, song.birth, song.phones) == ("1-1-101", "1949-02-18", ("13890470384", "15016005708"))
    assert song.address == "幸福里小区1栋1单元101"


def test_a_second_import_of_the_same_file_changes_nothing(database: Database) -> None:
    first = import_file(database, REAL, today=TODAY)
    before = counts(database)
    again = import_file(database, REAL, today=TODAY)
    assert (again.new, again.changed, again.same, again.created, again.batch_id) == (0, 0, 644, {}, "")
    assert counts(database) == before
    assert len(asked(database, batches)) == 1
    assert asked(database, lambda reader: earlier_batch(reader, read(REAL).sha256)).id == first.batch_id


def test_an_import_that_is_taken_back_leaves_an_empty_database(database: Database) -> None:
    report = import_file(database, REAL, today=TODAY)
    undone = database.write(take_back, report.batch_id)
    assert undone.deleted == sum(report.created.values())
    assert undone.kept == ()
    assert set(counts(database).values()) == {0}


def test_a_dry_run_writes_nothing_and_reports_the_same(database: Database) -> None:
    dry = import_file(database, REAL, today=TODAY, dry_run=True)
    assert set(counts(database).values()) == {0}
    wet = import_file(database, REAL, today=TODAY)
    assert msgspec.structs.replace(wet, state="planned", created={}, batch_id="") == dry


def test_the_report_holds_nothing_about_anybody(database: Database) -> None:
    text = import_file(database, REAL, today=TODAY).to_json()
    assert not any(name in text for name in residents(database))
    assert not re.search(r"\d{11}", re.sub(r'"batch_id":"[^"]*"', "", text))


def test_the_report_is_read_in_chinese_and_in_any_other_language(database: Database) -> None:
    report = import_file(database, REAL, today=TODAY)
    assert "已新增 644 人" in report_text(report)
    assert "位数丢失" not in report_text(report, lambda text: "x")
    assert {line.strip().split()[-1] for line in report_text(report, lambda text: "x").splitlines()} == {"x"}


# -------------------------------------------------------------------------------------------- households


def test_people_of_one_room_are_one_household_with_its_head(database: Database, path: Path) -> None:
    head = (*YIN[:5], "户主", *YIN[6:])
    imported(database, path, [ZHAO, head])
    people = residents(database)
    (household,) = asked(database, lambda reader: list(reader.all(Household)))
    assert {people[name].record.household_id for name in ("赵辉华", "尹学强")} == {household.id}
    assert household.record.head_id == people["尹学强"].id
    assert household.record.room_id == people["赵辉华"].record.room_id


def test_a_second_head_begins_a_second_household_in_the_same_room(database: Database, path: Path) -> None:
    rows = [(*row[:5], "户主", "1栋1单元101", *row[7:]) for row in (SONG, ZHAO)]
    rows.append((*YIN[:5], "女", "1栋1单元101", *YIN[7:]))
    report = imported(database, path, rows)
    people = residents(database)
    assert (report.rooms, report.households) == (1, 2)
    assert people["尹学强"].record.household_id == people["赵辉华"].record.household_id
    assert people["宋敏"].record.household_id != people["赵辉华"].record.household_id


def test_a_person_who_joins_later_joins_the_household_of_the_room(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    report = imported(database, path, [YIN])
    people = residents(database)
    assert report.created == {"resident": 1}
    assert people["尹学强"].record.household_id == people["赵辉华"].record.household_id


def test_two_households_of_one_room_are_found_again(database: Database, path: Path) -> None:
    rows = [(*row[:5], "户主", "1栋1单元101", *row[7:]) for row in (SONG, ZHAO, YIN)]
    imported(database, path, rows)
    again = imported(database, path, rows[::-1])
    assert (again.new, again.changed, count(database, Household)) == (0, 0, 3)


# ----------------------------------------------------------------------------------------------- estates


def test_an_address_without_estate_belongs_to_the_only_estate_of_the_file(
    database: Database, path: Path
) -> None:
    named = (*ZHAO[:6], "幸福里小区1-1-102", *ZHAO[7:])
    imported(database, path, [SONG, named])
    assert counts(database)["estate"] == counts(database)["building"] == 1
    assert residents(database)["宋敏"].record.address == "幸福里小区1栋1单元101"


def test_an_address_that_could_be_in_several_estates_is_doubted(database: Database, path: Path) -> None:
    rows = [
        (*ZHAO[:6], "幸福里小区1-1-102", *ZHAO[7:]),
        (*YIN[:6], "阳光花园1-1-102", *YIN[7:]),
        SONG,
    ]
    report = imported(database, path, rows)
    assert report.doubtful["estate_unclear"] == 1
    assert imported(database, path, rows).new == 0
    assert counts(database)["building"] == 3


def test_a_known_building_is_used_again_however_its_estate_is_written(database: Database, path: Path) -> None:
    imported(database, path, [(*ZHAO[:6], "幸福里小区1-1-102", *ZHAO[7:])])
    report = imported(database, path, [(*YIN[:6], "幸福里1栋1单元201", *YIN[7:])])
    assert report.created == {"room": 1, "household": 1, "resident": 1}


# ------------------------------------------------------------------------------------- known residents


def only_change(database: Database, path: Path, row: tuple[Any, ...]) -> tuple[str, Any, Any]:
    """The one change that a register with one row brings."""
    with database.read() as reader:
        preview = Preview(make_plan(read(workbook(path, [row])), reader, today=TODAY))
    (planned,) = preview.page("changed").rows
    (change,) = planned.changes
    return change.field, change.old, change.new


def test_a_changed_field_is_shown_with_its_old_and_new_value(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    assert only_change(database, path, (*ZHAO[:5], "父", *ZHAO[6:])) == ("relation", "spouse", "parent")


def test_an_empty_cell_never_blanks_a_value(database: Database, path: Path) -> None:
    imported(database, path, [SONG])
    report = imported(database, path, [("宋敏", None, None, SONG[3], None, None, None, None, None)])
    assert (report.same, report.changed) == (1, 0)
    assert residents(database)["宋敏"].record.phones == ("13890470384",)


def test_a_new_telephone_number_comes_first_and_the_old_one_stays(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    change = only_change(database, path, (*ZHAO[:4], "15016005708", *ZHAO[5:]))
    assert change == ("phones", ("19915310307",), ("15016005708", "19915310307"))


def test_a_remark_is_added_to_what_a_worker_wrote(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    database.write(edit, "赵辉华", {"note": "喜欢下棋"})
    assert only_change(database, path, (*ZHAO[:8], "需要助餐")) == ("note", "喜欢下棋", "喜欢下棋;需要助餐")


def test_who_moves_gets_the_new_room_and_a_household_in_it(database: Database, path: Path) -> None:
    imported(database, path, [SONG, ZHAO, YIN])
    report = imported(database, path, [(*YIN[:6], "9栋1单元101", *YIN[7:])])
    moved = residents(database)["尹学强"].record
    assert (report.new, report.changed) == (0, 1)
    assert moved.place == "9-1-101"
    assert moved.household_id != residents(database)["赵辉华"].record.household_id
    rooms = {room.id: room.record for room in asked(database, lambda reader: list(reader.all(Room)))}
    assert moved.room_id
    assert rooms[moved.room_id].building_id == moved.building_id


@pytest.mark.parametrize("kept", [(2,), (4,), (6,), (2, 4, 6)])
def test_without_id_number_a_name_with_birth_phone_or_place_finds_the_person(
    database: Database, path: Path, kept: tuple[int, ...]
) -> None:
    imported(database, path, [ZHAO])
    row = tuple(cell if index in (0, *kept) else None for index, cell in enumerate(ZHAO))
    assert imported(database, path, [row]).new == 0
    assert count(database, Resident) == 1


def test_a_name_alone_finds_nobody_who_differs(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    other = ("赵辉华", "女", "1990-01-01", None, "13800138000", None, "7栋1单元101", None, None)
    assert imported(database, path, [other]).new == 1


def test_people_with_equally_good_matches_are_doubted_and_stay_stable(database: Database, path: Path) -> None:
    twins = [
        ("赵辉华", "男", "1961-05-11", None, phone, None, None, None, None)
        for phone in ("13800138000", "13800138001")
    ]
    imported(database, path, twins)
    third = [("赵辉华", "男", "1961-05-11", None, "13800138002", None, None, None, None)]
    report = imported(database, path, third)
    assert (report.new, report.doubtful["several_match"]) == (1, 1)
    again = imported(database, path, third)
    assert (again.new, again.changed) == (0, 0)


def test_people_known_by_name_only_are_not_imported_twice(database: Database, path: Path) -> None:
    rows = [("李伟",), ("李伟",), ("王芳",)]
    assert imported(database, path, rows).new == 3
    assert imported(database, path, rows).new == 0


def test_a_known_resident_is_matched_once(database: Database, path: Path) -> None:
    imported(database, path, [("李伟",)])
    report = imported(database, path, [("李伟",), ("李伟",)])
    assert (report.same, report.new, count(database, Resident)) == (1, 1, 2)


def test_a_known_id_number_under_another_name_is_a_doubted_change(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    report = imported(database, path, [("赵辉", *ZHAO[1:])])
    assert (report.changed, report.doubtful["name_differs"]) == (1, 1)


def test_two_names_under_one_id_number_stay_two_people(database: Database, path: Path) -> None:
    rows = [ZHAO, ("钱辉华", *ZHAO[1:])]
    assert imported(database, path, rows).new == 2
    again = imported(database, path, rows)
    assert (again.new, again.changed) == (0, 0)


def test_a_broken_id_number_never_replaces_a_good_one(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    report = imported(database, path, [(*ZHAO[:3], 9.99914196105119e17, *ZHAO[4:])])
    assert (report.same, report.doubtful["id_weaker"]) == (1, 1)
    assert residents(database)["赵辉华"].record.id_number == ZHAO[3]


# -------------------------------------------------------------------------------------------------- care


def test_an_elder_who_lives_alone_gets_a_care_profile_once(database: Database, path: Path) -> None:
    young = (*YIN[:7], "是", "")
    assert imported(database, path, [SONG, young]).created["care_profile"] == 1
    assert imported(database, path, [SONG, young]).created == {}
    (care,) = asked(database, lambda reader: list(reader.all(CareProfile)))
    assert care.record.groups == ("elder_alone",)
    assert (care.record.resident_id, care.record.since) == (residents(database)["宋敏"].id, "2026-11-01")


def test_who_is_marked_alone_and_lives_with_others_is_doubted(database: Database, path: Path) -> None:
    rows = [SONG, (*ZHAO[:6], "1栋1单元101", *ZHAO[7:])]
    assert imported(database, path, rows).doubtful == {"alone_with_others": 1}


# -------------------------------------------------------------------------------------------- taking back


def test_what_somebody_changed_since_stays_and_is_listed(database: Database, path: Path) -> None:
    report = imported(database, path, [SONG, ZHAO])
    database.write(edit, "宋敏", {"note": "已联系子女"})
    undone = database.write(take_back, report.batch_id)
    people = residents(database)
    assert people.keys() == {"宋敏"}
    kept = {each.kind: each.id for each in undone.kept}
    assert kept["resident"] == people["宋敏"].id
    assert kept.keys() == {"resident", "household", "room", "building"}
    assert counts(database)["room"] == 1


def test_who_was_visited_since_stays(database: Database, path: Path) -> None:
    report = imported(database, path, [SONG, ZHAO])
    song = residents(database)["宋敏"].id

    def visit(tx: Transaction) -> None:
        tx.create(Visit(resident_ids=(song,), visited_ms=1, method="home", outcome="met"))

    database.write(visit)
    database.write(take_back, report.batch_id)
    assert residents(database).keys() == {"宋敏"}


def test_changed_fields_get_their_old_values_back(database: Database, path: Path) -> None:
    imported(database, path, [ZHAO])
    before = residents(database)["赵辉华"].record
    other = (*ZHAO[:4], "15016005708", "父", "9栋1单元101", "", "需要助餐")
    report = imported(database, path, [other])
    undone = database.write(take_back, report.batch_id)
    assert residents(database)["赵辉华"].record == before
    assert undone.restored == 1
    assert counts(database)["building"] == 1


def test_a_field_that_was_changed_since_the_import_keeps_its_newest_value(
    database: Database, path: Path
) -> None:
    imported(database, path, [ZHAO])
    report = imported(database, path, [(*ZHAO[:5], "父", *ZHAO[6:8], "需要助餐")])
    database.write(edit, "赵辉华", {"relation": "other"})
    undone = database.write(take_back, report.batch_id)
    record = residents(database)["赵辉华"].record
    assert (record.relation, record.note) == ("other", "")
    assert [each.fields for each in undone.kept] == [("relation",)]


def test_taking_back_twice_is_a_clear_problem_and_changes_nothing(database: Database, path: Path) -> None:
    report = imported(database, path, [SONG])
    assert "resident" in database.write(undo_import, report.batch_id).kinds
    imported(database, path, [SONG])
    before = counts(database)
    with pytest.raises(Problem, match="already_undone"):
        database.write(undo_import, report.batch_id)
    assert counts(database) == before
    with pytest.raises(Problem, match="batch_missing"):
        database.write(undo_import, "nowhere")


def test_batches_can_be_taken_back_in_any_order(database: Database, path: Path) -> None:
    first = imported(database, path, [SONG, ZHAO])
    second = imported(database, path, [SONG, YIN])
    database.write(take_back, first.batch_id)
    assert residents(database).keys() == {"尹学强"}
    database.write(take_back, second.batch_id)
    assert set(counts(database).values()) == {0}


# ---------------------------------------------------------------------------------------- all or nothing


def test_an_import_that_breaks_off_leaves_nothing(database: Database, path: Path) -> None:
    register = read(REAL)

    def broken(phase: str, done: int, total: int) -> None:
        if phase == "save":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.write(commit_register, register, today=TODAY, progress=broken)
    assert set(counts(database).values()) == {0}
    assert asked(database, batches) == []


def test_records_never_point_to_what_is_not_there(database: Database) -> None:
    import_file(database, REAL, today=TODAY)
    with database.read() as reader:
        ids = {id for kind in KINDS.values() for id in (stored.id for stored in reader.all(kind))}
        pointers = [
            pointer
            for resident in reader.all(Resident)
            for pointer in (
                resident.record.room_id,
                resident.record.household_id,
                resident.record.building_id,
            )
        ]
        pointers += [household.record.head_id for household in reader.all(Household)]
    assert set(pointers) <= ids


# ------------------------------------------------------------------------------------------------ preview


def test_the_preview_is_read_by_pages_and_survives_the_pipe(database: Database) -> None:
    with database.read() as reader:
        preview = Preview(make_plan(read(REAL), reader, today=TODAY))
    pages = [preview.page("all", offset, 100) for offset in range(0, 700, 100)]
    assert [len(page.rows) for page in pages] == [100] * 6 + [44]
    assert {page.total for page in pages} == {644}
    assert pages[0].rows[0].row == 4
    assert [preview.page(name).total for name in ("new", "changed", "same", "doubtful", "repeated")] == [
        644,
        0,
        0,
        50,
        3,
    ]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(pages[0]), type=Page).rows[0].name == "宋敏"
    assert len(preview.skipped()) == 8
    with pytest.raises(ValueError, match="no such list"):
        preview.page("other")  # type: ignore[arg-type]  # the mistake under test
