"""Names: tidied, split and spelt."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT

from gridworker.domain.cells import BLANK_MARKS
from gridworker.domain.names import (
    COMPOUND_SURNAMES,
    MOST_VARIANTS,
    PinyinTable,
    clean_name,
    match_kind,
    spelling_queries,
    surname_of,
)

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
NAMES = st.one_of(
    st.text(HAN, min_size=2, max_size=4),
    st.builds(
        "{}{}".format,
        st.sampled_from("单查仇区解盖曾覃重乐长朴尉"),
        st.text("长重乐行朝强平", min_size=1, max_size=3),
    ),
    st.builds(
        "{}{}".format, st.sampled_from(sorted(COMPOUND_SURNAMES)), st.text(HAN, min_size=1, max_size=2)
    ),
).filter(lambda name: name not in BLANK_MARKS)


# ------------------------------------------------------------------------------------------------- tidying


@pytest.mark.parametrize(
    "value,name",
    [
        ("宋 敏", "宋敏"),
        ("宋　敏", "宋敏"),
        (" 尉 迟 辉\n", "尉迟辉"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽 • 买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("ＡＢ", "AB"),
        ("魏𣲗", "魏𣲗"),
        (None, ""),
        ("暂 无", ""),
        ("/", ""),
    ],
)
def test_a_name_is_tidied(value: object, name: str) -> None:
    assert clean_name(value) == name


@given(NAMES, st.data())
def test_spaces_between_the_characters_of_a_name_do_not_matter(name: str, data: st.DataObject) -> None:
    spaced = "".join(char + data.draw(st.sampled_from(["", " ", "\u3000"])) for char in name)
    assert clean_name(spaced) == clean_name(name) == name


@given(st.text())
def test_a_tidy_name_stays_as_it_is(text: str) -> None:
    assert clean_name(clean_name(text)) == clean_name(text)


@pytest.mark.parametrize(
    "name,surname",
    [
        ("王秀兰", "王"),
        ("司马彬学", "司马"),
        ("尉迟辉", "尉迟"),
        ("欧阳涛", "欧阳"),
        ("欧阳", "欧"),
        ("阿依古丽·买买提", ""),
        ("John Smith", ""),
        ("", ""),
    ],
)
def test_the_surname_is_known(name: str, surname: str) -> None:
    assert surname_of(name) == surname


# ------------------------------------------------------------------------------------------------ spelling


@pytest.mark.parametrize(
    "name,spelling",
    [
        ("王秀兰", "wangxiulan"),
        ("单雄信", "shanxiongxin"),
        ("查文", "zhawen"),
        ("仇英", "qiuying"),
        ("区凤", "oufeng"),
        ("解缙", "xiejin"),
        ("盖聪", "gecong"),
        ("曾志", "zengzhi"),
        ("翟天", "zhaitian"),
        ("朴正", "piaozheng"),
        ("种师道", "chongshidao"),
        ("员半千", "yunbanqian"),
        ("缪荃", "miaoquan"),
        ("尉迟恭", "yuchigong"),
        ("尉健", "weijian"),
        ("万俟卨", "moqixie"),
        ("长孙无忌", "zhangsunwuji"),
        ("令狐冲", "linghuchong"),
        ("逄先", "pangxian"),
        ("乜红", "niehong"),
        ("召虎", "shaohu"),
        ("覃桂", "qingui"),
        ("吕霞", "lvxia"),
        ("卜华", "buhua"),
        ("张长江", "zhangchangjiang"),
        ("魏𣲗", "weiwei"),
        ("苏㛃", "sujie"),
        ("阿依古丽·买买提", "ayigulimaimaiti"),
        ("John Smith", "johnsmith"),
        ("", ""),
    ],
)
def test_a_name_is_spelt_as_its_bearer_says_it(pinyin_table: PinyinTable, name: str, spelling: str) -> None:
    assert pinyin_table.pinyin(name) == spelling
    assert pinyin_table.spellings(name)[0] == spelling


@pytest.mark.parametrize(
    "name,initials",
    [
        ("王秀兰", ("wxl",)),
        ("单雄信", ("sxx", "dxx")),
        ("覃桂", ("qg", "tg")),
        ("曾志", ("zz", "cz")),
        ("盖聪", ("gc",)),
        ("尉迟恭", ("ycg", "wcg")),
        ("重阳", ("cy", "zy")),
        ("单长重", ("scz", "dcz", "szz", "scc")),
        ("魏𣲗", ("ww",)),
        ("", ("",)),
    ],
)
def test_initials_begin_with_the_preferred_ones(
    pinyin_table: PinyinTable, name: str, initials: tuple[str, ...]
) -> None:
    assert pinyin_table.initials(name) == initials


def test_a_surname_is_found_by_its_other_reading_too(pinyin_table: PinyinTable) -> None:
    assert pinyin_table.spellings("覃桂") == ("qingui", "tangui")


def test_a_character_is_read_as_a_surname_only_where_it_is_one(pinyin_table: PinyinTable) -> None:
    assert pinyin_table.pinyin("单单") == "shandan"
    assert pinyin_table.spell("单元") == "danyuan"
    assert pinyin_table.pinyin("区·买买提") == "qumaimaiti"


def test_a_place_is_found_by_both_readings(pinyin_table: PinyinTable) -> None:
    assert pinyin_table.spell("幸福里3栋") == "xingfuli3dong"
    assert set(pinyin_table.spell_initials("重庆路")) == {"zql", "cql"}


@given(name=NAMES)
def test_spellings_and_initials_are_few_different_and_agree(pinyin_table: PinyinTable, name: str) -> None:
    spellings, initials = pinyin_table.spellings(name), pinyin_table.initials(name)
    assert spellings[0] == pinyin_table.pinyin(name)
    assert 1 <= len(set(initials)) == len(initials) <= MOST_VARIANTS
    assert 1 <= len(set(spellings)) == len(spellings) <= MOST_VARIANTS
    assert initials[0][:1] == spellings[0][:1]
    assert all(spelling.isascii() and spelling.isalpha() for spelling in spellings)


def test_every_name_of_the_register_is_spelt_in_full(
    pinyin_table: PinyinTable, register: Sequence[dict[str, object]]
) -> None:
    names = [clean_name(person["姓名"]) for person in register]
    assert len(names) == 647
    assert all(len(pinyin_table.initials(name)[0]) == len(name) for name in names)


# --------------------------------------------------------------------------------------------- the table


def rows_of(builder: ModuleType, file: str) -> list[dict[str, str]]:
    """One of our own lists."""
    source: Path = builder.SOURCES / file
    return list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))


def test_every_character_of_the_dictionary_has_a_reading(pinyin_table: PinyinTable) -> None:
    unread = [
        chr(code) for code in PINYIN_DICT if 0x3400 <= code <= 0x9FFF and not pinyin_table.spell(chr(code))
    ]
    assert unread == []
    assert sum(0x4E00 <= code <= 0x9FFF for code in PINYIN_DICT) > 20_900


def test_every_character_is_read_as_in_the_dictionary_or_our_list(
    pinyin_table: PinyinTable, table_builder: ModuleType
) -> None:
    ours = {row["character"]: row["reading"] for row in rows_of(table_builder, "given_names.csv")}
    for code, toned in PINYIN_DICT.items():
        expected = ours.get(chr(code)) or table_builder.syllable(toned.split(",")[0])
        assert pinyin_table.spell(chr(code)) == expected


def test_our_lists_name_everything_once_and_only_syllables_that_exist(table_builder: ModuleType) -> None:
    syllables = {
        table_builder.syllable(toned) for readings in PINYIN_DICT.values() for toned in readings.split(",")
    }
    for file, key in (("surnames.csv", "surname"), ("given_names.csv", "character")):
        rows = rows_of(table_builder, file)
        assert len({row[key] for row in rows}) == len(rows)
        readings = [
            reading for row in rows for reading in (row["reading"], *row["also"].split("/")) if reading
        ]
        assert {syllable for reading in readings for syllable in reading.split()} <= syllables
        assert all(len(row["reading"].split()) == len(row[key]) for row in rows)


def test_every_compound_surname_has_a_reading(table_builder: ModuleType) -> None:
    compound = {row["surname"] for row in rows_of(table_builder, "surnames.csv") if len(row["surname"]) > 1}
    assert compound == COMPOUND_SURNAMES


def test_the_same_sources_give_the_same_table(table_builder: ModuleType, tmp_path: Path) -> None:
    table_builder.write(tmp_path / "table.bin")
    assert (tmp_path / "table.bin").read_bytes() == table_builder.build()
    assert [file.name for file in tmp_path.iterdir()] == ["table.bin"]


# ------------------------------------------------------------------------------------------------- queries


@pytest.mark.parametrize(
    "query,kind",
    [
        ("", "empty"),
        (" ", "empty"),
        ("王", "name"),
        ("宋 敏", "name"),
        ("w'x'l", "letters"),
        ("lü", "letters"),
        ("1388", "digits"),
        ("002X", "digits"),
        ("3#2", "mixed"),
        ("王1", "mixed"),
        ("x", "letters"),
    ],
)
def test_the_kind_of_a_query_is_known(query: str, kind: str) -> None:
    assert match_kind(query) == kind


@pytest.mark.parametrize(
    "query", ["lvxia", "luxia", "lüxia", "LÜ XIA", "lyuxia", "lu'xia", "lu:xia", "lvx", "lu"]
)
def test_every_way_to_type_the_umlaut_finds_the_name(pinyin_table: PinyinTable, query: str) -> None:
    assert pinyin_table.pinyin("吕霞").startswith(spelling_queries(query))


def test_an_u_that_may_not_be_an_umlaut_stays_one() -> None:
    assert spelling_queries("chenyu") == ("chenyu",)
    assert spelling_queries("luoluan") == ("luoluan",)
    assert spelling_queries("lulu") == ("lulu", "lulv", "lvlu", "lvlv")


@given(name=NAMES)
def test_a_spelling_typed_as_it_is_stored_finds_the_name(pinyin_table: PinyinTable, name: str) -> None:
    for spelling in (*pinyin_table.spellings(name), *pinyin_table.initials(name)):
        assert spelling in spelling_queries(spelling)
