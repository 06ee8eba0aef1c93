"""Rows: people in every broken form become drafts with their doubts named; what is no person is left out."""

import string
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.actions.imports.columns import TARGETS, ColumnUse
from gridworker.actions.imports.dictionaries import reasons
from gridworker.actions.imports.drafts import Draft
from gridworker.actions.imports.header import Heading
from gridworker.actions.imports.repeats import merge_repeats
from gridworker.actions.imports.rows import read_rows
from gridworker.actions.imports.workbook import SheetRows
from tests.actions.import_files import HEADING, SONG, TODAY, YIN, ZHAO, codes, draft_of, read, workbook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place for a register."""
    return tmp_path / "a.xlsx"


# ------------------------------------------------------------------------------------------ id numbers


def test_a_float_that_lost_its_digits_is_named_as_such(path: Path) -> None:
    draft = draft_of(path, 姓名="吴辉祥", 身份证号=9.992181954021336e17)
    assert draft.values["id_state"] == "digits_lost"
    assert codes(draft) == ["id_digits_lost", "address_missing"]


@pytest.mark.parametrize(
    "written",
    [
        " 999435 19490218 8346",
        "'999435194902188346",
        "９９９４３５１９４９０２１８８３４６",
        "999435194902188346\t",
    ],
)
def test_an_id_number_is_read_in_every_form(path: Path, written: str) -> None:
    draft = draft_of(path, 姓名="宋敏", 身份证号=written)
    assert (draft.values["id_number"], draft.values["id_state"]) == ("999435194902188346", "ok")


@pytest.mark.parametrize(
    "written,code", [("999435194902188347", "id_check_bad"), ("99943519490218834", "id_format_bad")]
)
def test_a_wrong_id_number_is_kept_and_doubted(path: Path, written: str, code: str) -> None:
    draft = draft_of(path, 姓名="宋敏", 身份证号=written)
    assert draft.values["id_number"] == written
    assert code in codes(draft)


def test_a_missing_birth_date_and_sex_come_from_the_id_number(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 身份证号="999435194902188346")
    assert (draft.values["birth"], draft.values["sex"]) == ("1949-02-18", "female")


def test_a_sex_and_a_birth_date_that_differ_from_the_id_number_are_doubted_and_kept(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 性别="男", 出生日期="1949-02-19", 身份证号="999435194902188346")
    assert codes(draft) == ["sex_differs", "birth_differs", "address_missing"]
    assert (draft.values["sex"], draft.values["birth"]) == ("male", "1949-02-19")


# ------------------------------------------------------------------------------------------ other cells


BIRTHS = ("1949-02-18", "1949.2.18", "1949年2月18日", "19490218", "1949/02/18")


@pytest.mark.parametrize("written", [*BIRTHS, date(1949, 2, 18), 17947, 19490218])
def test_a_birth_date_is_read_in_every_form(path: Path, written: object) -> None:
    assert draft_of(path, 姓名="宋敏", 出生日期=written).values["birth"] == "1949-02-18"


@pytest.mark.parametrize(
    "written,code",
    [
        ("不记得", "birth_unread"),
        ("1949-02-30", "birth_unread"),
        ("2030-01-01", "birth_ahead"),
        ("1900-01-02", "birth_long_ago"),
    ],
)
def test_a_birth_date_that_cannot_be_is_named(path: Path, written: str, code: str) -> None:
    assert code in codes(draft_of(path, 姓名="宋敏", 出生日期=written))


def test_two_telephone_numbers_in_a_cell_are_both_kept(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 电话="13890470384/15016005708")
    assert draft.phones == ("13890470384", "15016005708")


def test_a_telephone_number_that_is_none_is_named_and_not_kept(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 电话="1389047038")
    assert draft.phones == ()
    assert "phone_unread" in codes(draft)


@pytest.mark.parametrize(
    "word,code",
    [("户主", "head"), ("本人", "head"), ("户主之妻", "spouse"), ("长子", "son"), ("外孙女", "grandchild")],
)
def test_a_relation_is_known_by_many_words(path: Path, word: str, code: str) -> None:
    assert draft_of(path, 姓名="宋敏", 与户主关系=word).values["relation"] == code


def test_a_word_that_is_no_choice_is_named_and_leaves_the_field_open(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 性别="未定")
    assert "sex" not in draft.values
    assert next((d.code, d.field, d.value) for d in draft.doubts) == ("value_unread", "sex", "未定")


@pytest.mark.parametrize(
    "word,alone", [("是", True), ("√", True), ("独居", True), ("否", False), ("×", False)]
)
def test_living_alone_is_read_from_ticks_and_words(path: Path, word: str, alone: bool) -> None:
    assert draft_of(path, 姓名="宋敏", 是否独居=word).values["lives_alone"] is alone


def test_an_empty_cell_says_nothing(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 性别=None, 是否独居="", 备注="\t", 电话="/", 户籍地="无")
    assert draft.values == {"name": "宋敏"}


def test_a_registration_that_is_a_whole_address_is_counted_and_not_kept(path: Path) -> None:
    register = read(workbook(path, [("宋敏", "河南省郑州市某某路1号")], ("姓名", "户籍地址")))
    assert register.unread == {"hukou_region": 1}
    assert "hukou_region" not in register.drafts[0].values


def test_a_remark_about_what_may_not_be_kept_stays_in_the_file(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 备注="刑满释放人员,需关注")
    assert "note" not in draft.values
    assert next((d.code, d.value) for d in draft.doubts) == ("note_forbidden", "")


# -------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "written",
    ["3栋2单元501", "3#2-501", "3号楼2门501室", "三号楼2单元501", "幸福里小区3-2-501", "3栋 2单元 501 室"],
)
def test_six_ways_to_write_an_address_are_one_place(path: Path, written: str) -> None:
    assert draft_of(path, 姓名="宋敏", 现住址=written).place == "3-2-501"


def test_columns_for_estate_building_unit_and_room_make_a_place(path: Path) -> None:
    draft = draft_of(path, 姓名="宋敏", 小区="幸福里", 楼号="3", 单元="2单元", 房号=501)
    assert (draft.at.estate, draft.place, draft.address) == ("幸福里", "3-2-501", "幸福里3栋2单元501")


def test_a_merged_address_speaks_for_every_row_it_covers(path: Path) -> None:
    workbook(path, [("宋敏", "3栋2单元501"), ("赵辉华", None), ("尹学强", "3栋2单元502")], ("姓名", "现住址"))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("B2:B3")
    book.save(path)
    assert [draft.place for draft in read(path).drafts] == ["3-2-501", "3-2-501", "3-2-502"]


@pytest.mark.parametrize(
    "written,code",
    [(None, "address_missing"), ("村东头", "address_unread"), ("3栋2单元", "address_without_room")],
)
def test_an_address_without_a_room_is_doubted(path: Path, written: str | None, code: str) -> None:
    draft = draft_of(path, 姓名="宋敏", 现住址=written)
    assert codes(draft) == [code]
    assert draft.place == ""


# -------------------------------------------------------------------------------------- rows left out


def skipped(path: Path, *rows: tuple[object, ...]) -> Counter[str]:
    """Why rows were left out beside one person."""
    register = read(workbook(path, [("1", "宋敏", "女"), *rows], ("序号", "姓名", "性别")))
    assert [draft.name for draft in register.drafts] == ["宋敏"]
    return Counter(row.reason for row in register.skipped)


def test_rows_that_are_no_people_are_left_out_with_their_reason(path: Path) -> None:
    found = skipped(
        path,
        ("", "", ""),
        ("2", None, None),
        ("合计:644人", None, None),
        (None, "总计", "2"),
        ("填表人:", None, "审核人:"),
        ("序号", "姓名", "性别"),
        ("例:", "张三", "男"),
        ("注:本表仅用于网格服务", None, None),
        ("二号楼", None, None),
        ("3", None, "男"),
    )
    expected = {"empty": 2, "total": 2, "signature": 1, "heading": 1, "hint": 2, "title": 1, "no_name": 1}
    assert found == expected


def test_every_reason_and_every_doubt_has_a_sentence() -> None:
    assert {"empty", "total", "signature", "hint", "heading", "title", "no_name"} <= reasons().keys()


def test_a_name_with_digits_is_doubted_and_kept(path: Path) -> None:
    assert "name_odd" in codes(draft_of(path, 姓名="宋敏2", 性别="女"))


def test_names_that_begin_like_a_total_are_people(path: Path) -> None:
    register = read(workbook(path, [("合欢", "女"), ("例行", "男")], ("姓名", "性别")))
    assert [draft.name for draft in register.drafts] == ["合欢", "例行"]


# -------------------------------------------------------------------------------------- repeated people


def test_one_person_in_two_rows_is_one_draft_that_fills_its_gaps(path: Path) -> None:
    later = (*SONG[:4], "15016005708", *SONG[5:8], "需要助餐")
    register = read(workbook(path, [SONG, ZHAO, later]))
    first = register.drafts[0]
    assert (register.people_rows, len(register.drafts), first.rows) == (3, 2, [2, 4])
    assert first.phones == ("13890470384", "15016005708")
    assert first.values["note"] == "需要助餐"
    assert codes(first) == []


def test_rows_of_one_person_that_disagree_are_doubted_and_the_first_one_counts(path: Path) -> None:
    later = (*SONG[:5], "配偶", "2栋1单元101", *SONG[7:])
    first = read(workbook(path, [SONG, later])).drafts[0]
    assert first.place == "1-1-101"
    assert [d.field for d in first.doubts if d.code == "repeated_differs"] == ["relation", "address"]


def test_the_same_name_and_birth_date_at_one_place_is_one_person(path: Path) -> None:
    without = (*SONG[:3], None, None, *SONG[5:])
    assert len(read(workbook(path, [SONG, without])).drafts) == 1


def test_the_same_name_alone_is_two_people(path: Path) -> None:
    other = (SONG[0], "女", "1960-01-01", None, None, None, "5栋1单元101", None, None)
    assert len(read(workbook(path, [SONG, other])).drafts) == 2


def test_one_id_number_under_two_names_is_two_people_and_both_are_doubted(path: Path) -> None:
    other = ("尹学强", *SONG[1:])
    drafts = read(workbook(path, [SONG, other])).drafts
    assert [("id_shared" in codes(draft)) for draft in drafts] == [True, True]


def test_a_better_id_number_of_a_later_row_is_taken(path: Path) -> None:
    broken = (*SONG[:3], "99943519490218834", *SONG[4:])
    drafts = read(workbook(path, [broken, SONG])).drafts
    assert [draft.valid_id for draft in drafts] == ["999435194902188346"]


def test_laying_rows_together_twice_changes_nothing_more(path: Path) -> None:
    drafts = read(workbook(path, [SONG, ZHAO, SONG, YIN])).drafts
    assert merge_repeats(drafts) == drafts


# ------------------------------------------------------------------------------------------- hypothesis

MESS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.text(max_size=40),
    st.text(alphabet=string.digits + "xX'-/ .#栋单元室号楼门年月日一二三合计姓名户主男女", max_size=30),
    st.sampled_from([*HEADING, *SONG, "合计:", 9.99e17, float("inf"), date(1, 1, 1), "\ud800"]),
)
USES = tuple(
    ColumnUse(index, target, "mapped", target, 1.0)
    for index, target in enumerate((*TARGETS, "phones", "note"))
)


@given(st.lists(st.lists(MESS, max_size=len(USES) + 2), max_size=12))
def test_no_messy_row_ever_raises_and_each_is_a_person_or_left_out(rows: list[list[object]]) -> None:
    sheet = SheetRows("a", [list(HEADING), *rows])
    result = read_rows(sheet, Heading(0, 0, USES, 1.0), today=TODAY)
    assert len(result.drafts) + len(result.skipped) == len(rows)
    merged = merge_repeats(result.drafts)
    assert sorted(row for draft in merged for row in draft.rows) == sorted(draft_rows(result.drafts))
    known = reasons()
    assert all(doubt.code in known for draft in merged for doubt in draft.doubts)
    assert all(row.reason in known for row in result.skipped)


def draft_rows(drafts: list[Draft]) -> list[int]:
    """Every source row, merged ones from the first draft that holds them."""
    return [row for draft in merge_repeats(drafts) for row in draft.rows]


@given(st.permutations([SONG, ZHAO, YIN]), st.integers(0, 3))
def test_the_order_of_rows_changes_nobody(rows: list[tuple[str, ...]], titles: int) -> None:
    sheet = SheetRows("a", [*[["标题"]] * titles, list(HEADING), *rows])
    uses = tuple(
        ColumnUse(i, h, "mapped", t, 1.0) for i, (h, t) in enumerate(zip(HEADING, ORDER, strict=True))
    )
    drafts = read_rows(sheet, Heading(titles, titles, uses, 1.0), today=TODAY).drafts
    assert {draft.name: draft.place for draft in drafts} == {
        "宋敏": "1-1-101",
        "赵辉华": "1-1-102",
        "尹学强": "1-1-102",
    }


ORDER = ("name", "sex", "birth", "id_number", "phones", "relation", "address", "lives_alone", "note")
