"""The one search box: people, rooms, buildings, cases, things to do by pinyin, each with what Enter does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from gridworker.ui.palette import PaletteItem
from gridworker.ui.search import provider, search
from tests.ui.residents.village import Village
from tests.ui.visits.grid import Office, office_in


@pytest.fixture
def office(qtbot: QtBot, tmp_path: Path) -> Iterator[Office]:
    """A desk on a real database."""
    with office_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def village(office: Office) -> Village:
    """Who lives there."""
    return Village(office)


def found(office: Office, query: str) -> list[str]:
    """What is found, as icon and text."""
    return [f"{item.icon} {item.text}" for item in search(office.desk, query)]


def first(office: Office, query: str) -> PaletteItem:
    """The likeliest one."""
    return search(office.desk, query)[0]


def test_a_person_is_found_and_told_from_others(office: Office, village: Village) -> None:
    item = first(office, "秀兰")
    assert item.text == "王秀兰"
    assert item.hint == "82岁 女 · 幸福里3栋2单元501 · 80岁以上独居老人"
    item.run()
    assert office.asked == [("resident", village.wang)]


@pytest.mark.parametrize("query", ["sxx", "shanxiongxin", "单雄信", "9000"])
def test_people_are_found_in_the_same_ways_as_everywhere(
    office: Office, village: Village, query: str
) -> None:
    assert "person 单雄信" in found(office, query)


def test_those_who_moved_out_come_last(office: Office, village: Village) -> None:
    gone = village.live("王秀丽", "3-1-101", status="moved_out")
    here = village.live("王秀美", "3-1-101")
    assert gone < here
    assert [text for text in found(office, "王秀") if text.startswith("person")] == [
        "person 王秀兰", "person 王秀美", "person 王秀丽",
    ]  # fmt: skip


def test_a_room_is_found_with_its_estate_and_its_people(office: Office, village: Village) -> None:
    items = search(office.desk, "3-2-501")
    assert [(item.text, item.hint) for item in items[:2]] == [
        ("3栋2单元501", "幸福里 · 王秀兰等2人"),
        ("3栋2单元501", "阳光花园 · 孙福"),
    ]
    items[1].run()
    assert office.asked == [("building", village.twin_room)]


def test_a_named_estate_leaves_only_its_rooms(office: Office, village: Village) -> None:
    hints = [item.hint for item in search(office.desk, "阳光花园3栋2单元501") if item.icon == "home"]
    assert hints == ["阳光花园 · 孙福"]


def test_an_empty_room_says_how_it_is_used(office: Office, village: Village) -> None:
    assert first(office, "3-1-201").hint == "幸福里 · 空置"


def test_a_building_is_found_by_its_number(office: Office, village: Village) -> None:
    buildings = [item for item in search(office.desk, "三号楼") if item.icon == "building"]
    assert [(item.text, item.hint) for item in buildings] == [("3栋", "幸福里"), ("3栋", "阳光花园")]
    buildings[1].run()
    assert office.asked == [("building", village.other)]


def test_cases_are_found_by_their_words_and_by_their_number(office: Office, village: Village) -> None:
    old = village.case("楼道堆物", days_ago=9, temp_no="LOC-20261114-1")
    new = village.case("楼道灯不亮", days_ago=1)
    items = [item for item in search(office.desk, "楼道") if item.icon == "case"]
    assert [item.text for item in items] == ["楼道灯不亮", "楼道堆物"]
    assert items[0].hint.startswith("已上报 · 暴露垃圾")
    items[0].run()
    first(office, "loc-20261114").run()
    assert office.asked == [("case_record", new), ("case_record", old)]


def test_names_of_fields_are_no_words_of_a_case(office: Office, village: Village) -> None:
    village.case("楼道堆物")
    assert "case 楼道堆物" not in found(office, "category")


def test_things_to_do_are_found_by_pinyin_and_initials(office: Office, village: Village) -> None:
    assert "visit 记走访" in found(office, "jzf")
    assert "visit 记走访" in found(office, "jizou")
    assert "import 导入台账" in found(office, "drtz")
    next(item for item in search(office.desk, "loudong") if item.icon == "building").run()
    assert office.asked == [("screen", "buildings")]


def test_nothing_is_found_for_nothing(office: Office, village: Village) -> None:
    assert search(office.desk, "") == []
    assert search(office.desk, " '") == []


def test_the_palette_gets_the_same_by_one_argument(office: Office, village: Village) -> None:
    assert [item.text for item in provider(office.desk)("sxx")] == ["单雄信"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_no_text_breaks_the_search(office: Office, query: str) -> None:
    assert isinstance(search(office.desk, query), list)
