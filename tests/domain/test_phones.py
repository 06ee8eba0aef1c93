"""Telephone numbers as registers hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.phones import Phones, format_phone, parse_phones, phone_digits

MOBILES = st.from_regex(r"\A1[3-9][0-9]{9}\Z")
AREAS = st.one_of(st.just("010"), st.from_regex(r"\A02[0-9]\Z"), st.from_regex(r"\A0[3-9][0-9]{2}\Z"))
LANDLINES = st.builds("{}-{}".format, AREAS, st.from_regex(r"\A[2-8][0-9]{6,7}\Z"))
NUMBERS = st.one_of(MOBILES, LANDLINES)
SEPARATORS = st.sampled_from(
    ["/", "、", ",", "，", ";", "；", "\n", " 或 ", "或", " / ", "和", "|", " 儿子:"]
)


def decorated(number: str) -> list[str]:
    """The ways people write one number."""
    if "-" in number:
        area, line = number.split("-")
        half = len(line) - 4
        return [
            number,
            area + line,
            f"{area} {line}",
            f"({area}){line}",
            f"{area}-{line[:half]} {line[half:]}",
            f"+86-{number}",
            f"{area}—{line}",
        ]
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}"
    return [
        number,
        spaced,
        spaced.replace(" ", "-"),
        f"+86{number}",
        f"+86 {spaced}",
        f"86{number}",
        f"0{number}",
        f"'{number}",
        f"本人:{number}",
    ]


@pytest.mark.parametrize(
    "value,numbers",
    [
        ("13890470384/15016005708", ("13890470384", "15016005708")),
        ("/18615303433", ("18615303433",)),
        (13890470384.0, ("13890470384",)),
        (13890470384, ("13890470384",)),
        ("13890470384.0", ("13890470384",)),
        ("１３８９０４７０３８４", ("13890470384",)),
        ("+86 138 9047 0384", ("13890470384",)),
        ("138 9047 0384 150 1600 5708", ("13890470384", "15016005708")),
        ("1389047038415016005708", ("13890470384", "15016005708")),
        ("13890470384-15016005708", ("13890470384", "15016005708")),
        ("0571-8888 8888", ("0571-88888888",)),
        ("057188888888", ("0571-88888888",)),
        ("01088888888", ("010-88888888",)),
        ("0571-88888888转801", ("0571-88888888-801",)),
        ("0571-88888888-801", ("0571-88888888-801",)),
        ("0571 88888888 13800138000", ("0571-88888888", "13800138000")),
        ("13800138000（儿子13900139000）", ("13800138000", "13900139000")),
        ("大儿子1:13900139000", ("13900139000",)),
        ("13800138000/13800138000", ("13800138000",)),
    ],
)
def test_the_numbers_of_a_cell_are_found(value: object, numbers: tuple[str, ...]) -> None:
    assert parse_phones(value) == Phones(numbers)


@given(st.lists(NUMBERS, min_size=1, max_size=3, unique=True), SEPARATORS, st.data())
def test_several_numbers_in_a_cell_are_found_however_they_are_written(
    numbers: list[str], separator: str, data: st.DataObject
) -> None:
    written = [data.draw(st.sampled_from(decorated(number))) for number in numbers]
    assert parse_phones(separator.join(written)) == Phones(tuple(numbers))


@given(NUMBERS)
def test_a_number_that_was_read_is_read_again_from_how_it_is_shown(number: str) -> None:
    assert parse_phones(format_phone(number)).numbers == (number,)


@pytest.mark.parametrize(
    "value", ["138904703841", "88888888", "400-810-8888", "661234", "同上", "1.38904703E+10", "12"]
)
def test_what_is_no_number_is_doubtful_and_kept(value: str) -> None:
    assert parse_phones(value) == Phones(doubtful=(value,))


def test_a_wrong_number_beside_a_right_one_is_doubtful_alone() -> None:
    assert parse_phones("13800138000/1390013900") == Phones(("13800138000",), ("1390013900",))


@pytest.mark.parametrize("value", [None, "", "无", "/", " - ", float("nan")])
def test_an_empty_cell_is_not_doubtful(value: object) -> None:
    assert parse_phones(value) == Phones()


def test_a_mobile_is_shown_in_groups_and_a_landline_as_it_is() -> None:
    assert format_phone("13800138000") == "138 0013 8000"
    assert format_phone("0571-88888888") == "0571-88888888"


def test_the_digits_are_what_is_dialled() -> None:
    assert phone_digits("0571-88888888-801") == "057188888888801"


@given(
    st.one_of(st.none(), st.text(), st.text("0123456789-/() +转", max_size=40), st.integers(), st.floats())
)
def test_reading_never_raises_and_gives_each_number_once(value: object) -> None:
    phones = parse_phones(value)
    assert len(set(phones.numbers)) == len(phones.numbers)
    assert all(parse_phones(number).numbers == (number,) for number in phones.numbers)
