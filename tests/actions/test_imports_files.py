"""Files that come from anywhere: each wrong one gets its own code, each odd one is read."""

import os
import zipfile
from pathlib import Path

import openpyxl
import pytest

from gridworker.actions.imports.limits import Limits
from gridworker.actions.imports.workbook import RegisterFile
from gridworker.domain.problems import Problem
from tests.actions.import_files import HEADING, SONG, YIN, ZHAO, codes, read, workbook

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def problem(path: Path, **options: object) -> Problem:
    """The Problem that reading a file raises."""
    with pytest.raises(Problem) as caught:
        read(path, **options)
    return caught.value


def written(path: Path, data: bytes) -> Path:
    """A file with these bytes."""
    path.write_bytes(data)
    return path


def repacked(path: Path, part: str, data: bytes) -> Path:
    """The workbook with another content for one of its parts."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {**parts, part: data}.items():
            package.writestr(name, content)
    return path


# ------------------------------------------------------------------------------------------- wrong files


def test_a_missing_file_is_named_as_missing(tmp_path: Path) -> None:
    assert problem(tmp_path / "a.xlsx").code == "file_missing"


def test_a_file_that_may_not_be_read_is_named_as_locked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    path.chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        assert problem(path).code == "file_locked"
    finally:
        os.seteuid(user)


def test_a_file_whose_disk_fails_is_named_as_unreadable() -> None:
    assert problem(Path("/proc/self/mem")).code == "file_unreadable"


def test_a_folder_is_no_workbook(tmp_path: Path) -> None:
    assert problem(tmp_path).code == "file_not_workbook"


@pytest.mark.parametrize(
    "data",
    [b"hello", b"PK\x03\x04 cut off", OLE + bytes(2000), OLE + "Workbook".encode("utf-16-le") + bytes(5000)],
)
def test_a_file_that_is_no_workbook_says_so_whatever_its_name(tmp_path: Path, data: bytes) -> None:
    assert problem(written(tmp_path / "a.xlsx", data)).code == "file_not_workbook"


def test_a_file_cut_in_half_is_no_workbook(tmp_path: Path) -> None:
    data = workbook(tmp_path / "a.xlsx", [SONG] * 200).read_bytes()
    assert problem(written(tmp_path / "b.xlsx", data[: len(data) // 2])).code == "file_not_workbook"


def test_a_package_without_a_workbook_in_it_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("word/document.xml", "<a/>")
    assert problem(tmp_path / "a.xlsx").code == "file_not_workbook"


def test_a_package_with_a_part_twice_is_no_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    with zipfile.ZipFile(path, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("xl/workbook.xml", "<a/>")
    assert problem(path).code == "file_not_workbook"


def test_xml_that_defines_entities_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    assert problem(repacked(path, "xl/workbook.xml", bomb)).code == "file_not_workbook"


def test_a_protected_workbook_asks_for_a_copy_without_password(tmp_path: Path) -> None:
    data = OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    assert problem(written(tmp_path / "a.xlsx", data)).code == "file_password"


def test_an_empty_file_is_named_as_empty(tmp_path: Path) -> None:
    assert problem(written(tmp_path / "a.xlsx", b"")).code == "file_empty"


def test_a_workbook_with_nothing_in_it_is_named_as_empty(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    assert problem(tmp_path / "a.xlsx").code == "file_empty"


def test_a_heading_without_people_is_named_as_empty(tmp_path: Path) -> None:
    assert problem(workbook(tmp_path / "a.xlsx", [("合计:0人",)])).code == "file_empty"


def test_a_workbook_without_names_has_no_heading(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("1", "2"), ("3", "4")], ("数量", "金额"))
    assert problem(path).code == "file_no_header"


# -------------------------------------------------------------------------------------------- large files


def test_a_file_larger_than_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    assert problem(path, limits=Limits(file=100)).code == "file_too_large"


def test_a_sheet_of_more_than_200_megabytes_is_refused_by_the_directory_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(201):
            part.write(bytes(1 << 20))
    found = problem(path)
    assert (found.code, found.values["megabytes"], found.values["limit"]) == ("file_too_large", 201, 200)


@pytest.mark.parametrize("limits", [Limits(sheet=5000), Limits(package=5000), Limits(members=3)])
def test_every_limit_of_a_package_is_kept(tmp_path: Path, limits: Limits) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG, ZHAO, YIN] * 20)
    assert problem(path, limits=limits).code == "file_too_large"
    assert read(path).people_rows == 60


def test_a_part_packed_too_tightly_is_a_bomb(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    path = repacked(path, "xl/media/a.xml", bytes(1 << 20))
    assert problem(path, limits=Limits(ratio_from=1 << 19)).code == "file_too_large"


def test_a_directory_that_lies_about_sizes_is_found_out(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG] * 500)
    with zipfile.ZipFile(path) as package:
        true = package.getinfo("xl/worksheets/sheet1.xml").file_size
    data = path.read_bytes().replace(true.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert problem(written(path, data)).code == "file_not_workbook"


def test_stray_cells_far_away_cost_no_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADING, SONG):
        sheet.append(row)
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "a.xlsx")
    register = read(tmp_path / "a.xlsx")
    assert [draft.name for draft in register.drafts] == ["宋敏"]


# ---------------------------------------------------------------------------------------------- odd files


def test_a_hidden_sheet_is_named_and_not_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "说明"
    for title, row, state in (("旧", ZHAO, "hidden"), ("本月", SONG, "visible")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(HEADING)
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    register = read(tmp_path / "a.xlsx")
    assert register.layout.sheet == "本月"
    assert register.layout.skipped_sheets == ("说明", "旧")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_tables_are_read_in_the_encodings_that_occur(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = "\r\n".join(delimiter.join(row) for row in (HEADING, SONG, ZHAO, YIN))
    register = read(written(tmp_path / "a.csv", text.encode(encoding)))
    assert [draft.values["birth"] for draft in register.drafts] == ["1949-02-18", "1961-05-11", "1996-07-13"]


def test_a_text_table_larger_than_its_limit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", (",".join(HEADING) + "\n").encode() * 100)
    assert problem(path, limits=Limits(text=1000)).code == "file_too_large"


def test_a_binary_file_called_csv_is_no_workbook(tmp_path: Path) -> None:
    assert problem(written(tmp_path / "a.csv", bytes([0, 1, 2]) * 50)).code == "file_not_workbook"
    assert problem(written(tmp_path / "a.csv", b"\xff\xfe\x00\xd8" * 50)).code == "file_not_workbook"


def test_a_formula_without_a_value_is_doubtful_and_one_with_a_value_is_not(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [("宋敏", "女", "=A9", None, None), ("赵辉华", "男", "=A9", None, None)]
    )
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as package:
        xml = package.read(sheet)
    filled = xml.replace(b'<c r="C3"><f>A9</f><v />', b'<c r="C3"><f>A9</f><v>22331</v>')
    assert filled != xml
    first, second = read(repacked(path, sheet, filled)).drafts
    assert "formula_empty" in codes(first)
    assert "formula_empty" not in codes(second)
    assert second.values["birth"] == "1961-02-19"


def test_a_formula_whose_value_is_an_error_is_doubtful(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("宋敏", "女", "=A9", None, None)])
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as package:
        xml = package.read(sheet)
    broken = xml.replace(b'<c r="C2"><f>A9</f><v />', b'<c r="C2" t="e"><f>A9</f><v>#REF!</v>')
    assert "formula_empty" in codes(read(repacked(path, sheet, broken)).drafts[0])


def test_numbers_stay_floats_and_days_stay_days(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [(9.992181954021336e17, 13890470384)], ("a", "b"))
    file = RegisterFile(path)
    row = file.sheet(file.sheet_names[0]).rows[1]
    assert list(row) == [9.992181954021336e17, 13890470384.0]
    assert all(isinstance(cell, float) for cell in row)


def test_a_workbook_of_the_old_format_is_read_like_a_new_one() -> None:
    song, zhao = read(Path(__file__).parent / "data" / "register.xls").drafts
    assert (song.rows, song.values["birth"], song.phones) == ([3], "1949-02-18", ("13890470384",))
    assert (zhao.place, zhao.values["id_state"]) == ("1-1-102", "digits_lost")
