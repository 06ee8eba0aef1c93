"""Headings: found under titles, read in two rows, mapped by many words, and forbidden ones never read."""

from pathlib import Path

import msgspec
import openpyxl
import pytest

from gridworker.actions.imports.columns import forbidden_group, meaning_of
from gridworker.actions.imports.dictionaries import forbidden_groups
from gridworker.domain.problems import Problem
from tests.actions.import_files import HEADING, SONG, draft_of, read, workbook


def targets(path: Path) -> dict[str, str]:
    """The meaning of each heading of a register."""
    return {use.heading: use.target for use in read(path).layout.columns}


@pytest.mark.parametrize(
    "heading,meaning",
    [
        ("姓 名", "name"),
        ("*姓名（必填）", "name"),
        ("居民\n姓名", "name"),
        ("公民身份号码", "id_number"),
        ("居民身份证号码(18位)", "id_number"),
        ("身份证号★", "id_number"),
        ("出生年月", "birth"),
        ("联系电话1", "phones"),
        ("手机号码（本人）", "phones"),
        ("与户主的关系", "relation"),
        ("现居住详细地址", "address"),
        ("户籍所在地", "hukou_region"),
        ("户籍地详细地址", "hukou_region"),
        ("是否独居", "lives_alone"),
        ("所在小区", "estate"),
        ("楼栋号", "building"),
        ("单元号", "unit"),
        ("房间号", "room"),
        ("备  注", "note"),
        ("序号", "serial"),
    ],
)
def test_headings_are_known_in_the_words_that_registers_use(heading: str, meaning: str) -> None:
    assert meaning_of(heading)[0] == meaning


@pytest.mark.parametrize(
    "heading",
    ["户主姓名", "监护人电话", "紧急联系人", "物业电话", "工作单位", "登记日期", "网格员姓名", "金额", ""],
)
def test_headings_about_somebody_or_something_else_mean_nothing(heading: str) -> None:
    assert meaning_of(heading)[0] == ""


def test_an_exact_heading_is_surer_than_one_that_only_contains_it() -> None:
    assert meaning_of("姓名")[1] == 1.0
    assert 0.5 <= meaning_of("现居住详细地址")[1] < 1.0


@pytest.mark.parametrize(
    "heading,group",
    [
        ("民族", "ethnicity"),
        ("民 族", "ethnicity"),
        ("政治面貌", "politics"),
        ("是否党员", "politics"),
        ("宗教信仰", "religion"),
        ("籍贯", "origin"),
        ("曾用名", "origin"),
        ("上访情况", "petition"),
        ("是否信访重点", "petition"),
        ("管控级别", "control"),
        ("稳控责任人", "control"),
        ("吸毒史", "justice"),
        ("是否刑满释放人员", "justice"),
        ("社区矫正", "justice"),
        ("艾滋病", "health"),
    ],
)
def test_forbidden_columns_are_recognised_in_every_form(heading: str, group: str) -> None:
    found = forbidden_group(heading)
    assert found is not None
    assert found.id == group


@pytest.mark.parametrize("heading", HEADING)
def test_columns_that_the_work_needs_are_not_forbidden(heading: str) -> None:
    assert forbidden_group(heading) is None


def test_every_forbidden_group_says_why() -> None:
    assert all(group.reason.endswith("。") for group in forbidden_groups())


def test_a_forbidden_value_is_nowhere_in_what_was_read(tmp_path: Path) -> None:
    heading = (*HEADING, "民族", "政治面貌")
    register = read(workbook(tmp_path / "a.xlsx", [(*SONG, "某某族", "某面貌")], heading))
    dropped = [use.heading for use in register.layout.columns if use.verdict == "dropped"]
    assert dropped == ["民族", "政治面貌"]
    everything = msgspec.json.encode([register.drafts, register.layout, register.skipped]).decode()
    assert "某某族" not in everything
    assert "某面貌" not in everything


def test_a_heading_is_found_under_title_and_unit_rows(tmp_path: Path) -> None:
    rows = [("填表单位:示范社区",), (), HEADING, SONG]
    register = read(workbook(tmp_path / "a.xlsx", rows, ("示范社区居民信息登记表",)))
    assert register.layout.heading_row == 4
    assert register.drafts[0].rows == [5]


def test_a_heading_of_two_rows_is_read_as_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["序号", "基本信息", None, None, "现住址", None, None, "紧急联系人", None])
    sheet.append([None, "姓名", "性别", "身份证号", "楼栋", "单元", "房号", "姓名", "电话"])
    sheet.append([1, "宋敏", "女", "999435194902188346", "3栋", "2", "501", "别人", "13800138000"])
    sheet.merge_cells("B1:D1")
    sheet.merge_cells("E1:G1")
    sheet.merge_cells("H1:I1")
    book.save(tmp_path / "a.xlsx")
    register = read(tmp_path / "a.xlsx")
    draft = register.drafts[0]
    assert (draft.name, draft.place, draft.phones) == ("宋敏", "3-2-501", ())
    assert register.layout.heading_row == 2


def test_a_row_of_data_is_not_taken_for_a_second_heading(tmp_path: Path) -> None:
    register = read(workbook(tmp_path / "a.xlsx", [SONG, SONG]))
    assert register.layout.heading_row == 1
    assert register.people_rows == 2


def test_unknown_columns_are_listed_as_ignored(tmp_path: Path) -> None:
    register = read(workbook(tmp_path / "a.xlsx", [("宋敏", "女", "大专")], ("姓名", "性别", "学历")))
    assert [use.heading for use in register.layout.columns if use.verdict == "ignored"] == ["学历"]


def test_two_telephone_columns_are_both_read(tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "a.xlsx", 姓名="宋敏", 联系电话1="13890470384", 联系电话2="15016005708")
    assert draft.phones == ("13890470384", "15016005708")


def test_of_two_columns_with_one_meaning_the_surer_one_is_read(tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "a.xlsx", 姓名="宋敏", 老家详细住址="外地", 现住址="3栋2单元501")
    assert draft.place == "3-2-501"


def test_the_mapping_can_be_chosen_by_hand(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("宋敏", "女", "13890470384")], ("姓名", "性别", "号"))
    register = read(path, chosen={2: "phones", 1: None})
    assert register.drafts[0].phones == ("13890470384",)
    assert "sex" not in register.drafts[0].values


def test_a_chosen_meaning_is_taken_from_the_column_that_was_guessed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("宋敏", "宋大敏", "女")], ("姓名", "大名", "性别"))
    assert read(path, chosen={1: "name"}).drafts[0].name == "宋大敏"


def test_a_forbidden_column_cannot_be_chosen(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("宋敏", "女", "某某族")], ("姓名", "性别", "民族"))
    with pytest.raises(Problem, match="column_forbidden"):
        read(path, chosen={2: "note"})


def test_a_meaning_that_does_not_exist_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [SONG])
    with pytest.raises(ValueError, match="no such column or meaning"):
        read(path, chosen={1: "height"})
