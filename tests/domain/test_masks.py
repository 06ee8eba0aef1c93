"""Masks hide a person and keep what the work needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.addresses import parse_address
from gridworker.domain.masks import mask_address, mask_id, mask_name, mask_phone, mask_room

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@pytest.mark.parametrize(
    "name,masked",
    [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("张小三", "张*三"),
        ("买买提江", "买*江"),
        ("司马光", "司马*"),
        ("欧阳玉军", "欧阳*军"),
        ("阿依古丽·买买提", "阿*提"),
        ("John Smith", "J*h"),
    ],
)
def test_a_name_keeps_its_surname_and_its_end(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(HAN, min_size=2, max_size=6))
def test_a_masked_name_is_never_the_name(name: str) -> None:
    assert "*" in mask_name(name)
    assert len(mask_name(name).replace("*", "")) < len(name)


@pytest.mark.parametrize(
    "text,masked",
    [
        ("11010519491231002X", "110***********002X"),
        ("11010519491231002", "*************1002"),
        ("E12345678", "*****5678"),
        ("1234", "**34"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_an_id_number_keeps_its_head_and_tail(text: str, masked: str) -> None:
    assert mask_id(text) == masked


@given(st.from_regex(r"\A[0-9]{0,24}X?\Z"))
def test_a_masked_id_number_never_shows_the_birth_date_or_more_than_half(text: str) -> None:
    masked = mask_id(text)
    assert len(masked) == len(text)
    assert len(masked.replace("*", "")) * 2 <= len(text)
    assert set(masked[3:-4]) <= {"*"}


@pytest.mark.parametrize(
    "number,masked",
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("0571-88888888", "0571-****8888"),
        ("010-6666777", "010-****6777"),
        ("0571-88888888-801", "0571-****8888"),
        ("88886666", "****6666"),
        ("", ""),
    ],
)
def test_a_number_keeps_where_it_rings_and_its_tail(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    "text,masked",
    [
        ("3#2-501", "3栋2单元***"),
        ("幸福里小区3-2-501", "幸福里小区3栋2单元***"),
        ("A座1201(东户)", "A座***"),
        ("3栋2单元", "3栋2单元"),
        ("3栋5楼", "3栋***"),
        ("地下室B1-02", "***"),
        ("村东头王家大院", "***"),
        ("", ""),
    ],
)
def test_an_address_keeps_the_building_and_unit(text: str, masked: str) -> None:
    assert mask_address(text) == mask_address(parse_address(text)) == masked


def test_a_room_shows_nothing() -> None:
    assert mask_room("501") == "***"
    assert mask_room("") == ""
