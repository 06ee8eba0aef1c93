"""Citizen id numbers in every broken form."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.id_numbers import IdNumber, check_digit, parse_id_number

BIRTHS = st.dates(date(1880, 1, 1), date(2100, 12, 31))
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")


def number_of(region: int, birth: date, order: int) -> str:
    """A number of a region that does not exist, with a right check digit."""
    first17 = f"999{region:03d}{birth:%Y%m%d}{order:03d}"
    return first17 + check_digit(first17)


NUMBERS = st.builds(number_of, st.integers(0, 999), BIRTHS, st.integers(1, 899))


@pytest.mark.parametrize(
    "value,birth,sex",
    [
        ("11010519491231002X", "1949-12-31", "female"),
        ("440524188001010014", "1880-01-01", "male"),
        (440524188001010014, "1880-01-01", "male"),
        (" 999611 19940501 1980", "1994-05-01", "female"),
        ("'999890198806197773", "1988-06-19", "male"),
        ("９９９５０９１９８００９０７６２９７", "1980-09-07", "male"),
        ("99903619791123164x", "1979-11-23", "female"),
        ("999036-19791123-164×", "1979-11-23", "female"),
        ("\u202d11010519491231002X\u202c", "1949-12-31", "female"),
    ],
)
def test_a_right_number_is_read_in_every_form(value: object, birth: str, sex: str) -> None:
    number = parse_id_number(value)
    assert (number.state, number.birth, number.sex) == ("ok", birth, sex)


@given(NUMBERS, st.data())
def test_all_ways_to_write_a_number_give_the_same(text: str, data: st.DataObject) -> None:
    plain = parse_id_number(text)
    place = data.draw(st.integers(0, 18))
    written = [
        f"'{text}",
        f" {text}\n",
        text[:place] + " " + text[place:],
        text.lower(),
        text.translate(FULL_WIDTH),
        text.lower().translate(FULL_WIDTH),
        f"{text[:6]}-{text[6:14]}-{text[14:]}",
    ]
    assert plain.state == "ok"
    assert {parse_id_number(form) for form in written} == {plain}


@given(st.integers(0, 999), BIRTHS, st.integers(1, 999))
def test_birth_and_sex_come_from_the_digits(region: int, birth: date, order: int) -> None:
    number = parse_id_number(number_of(region, birth, order))
    assert number.birth == birth.isoformat()
    assert number.sex == ("male" if order % 2 else "female")


@given(NUMBERS, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_never_accepted(text: str, place: int, step: int) -> None:
    wrong = "0" if text[place] == "X" else str((int(text[place]) + step) % 10)
    assert parse_id_number(text[:place] + wrong + text[place + 1 :]).state != "ok"


@given(NUMBERS, st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_never_accepted(text: str, place: int) -> None:
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert swapped == text or parse_id_number(swapped).state != "ok"


def test_a_wrong_check_digit_still_says_what_its_digits_say() -> None:
    assert parse_id_number("110105194912310021") == IdNumber(
        "110105194912310021", "check_bad", "1949-12-31", "female"
    )


@given(st.integers(0, 999), st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(1, 999))
def test_an_old_number_of_15_digits_is_completed(region: int, birth: date, order: int) -> None:
    text = number_of(region, birth, order)
    old = text[:6] + text[8:17]
    for value in (old, int(old), float(old), f"{old}.0"):
        assert parse_id_number(value) == parse_id_number(text)


@given(NUMBERS.filter(lambda text: text.isdigit()))
def test_a_float_that_lost_its_digits_is_named_as_such(text: str) -> None:
    number = parse_id_number(float(text))
    assert number.state == "digits_lost"
    assert number.text[:14] == text[:14]
    assert number.birth == parse_id_number(text).birth
    assert number.sex is None


@given(NUMBERS.filter(lambda text: check_digit(text[:15] + "00") != "0"))
def test_a_text_that_a_spreadsheet_has_cut_to_15_digits_is_named_as_such(text: str) -> None:
    number = parse_id_number(text[:15] + "000")
    assert (number.state, number.birth) == ("digits_lost", parse_id_number(text).birth)


def test_a_right_number_that_happens_to_end_in_zeros_is_right() -> None:
    numbers = (number_of(region, date(1949, 2, 18), 100) for region in range(1000))
    text = next(number for number in numbers if number.endswith("000"))
    assert parse_id_number(text).state == "ok"


def test_a_number_shown_in_the_notation_of_floats_has_lost_its_digits() -> None:
    assert parse_id_number("1.10105E+17") == IdNumber("110105000000000000", "digits_lost")
    assert parse_id_number(9.992181954021336e17).text == "999218195402133600"
    assert parse_id_number(1234567890123456.0).state == "digits_lost"


@pytest.mark.parametrize(
    "value",
    [
        "99987119560807358",
        "999871195608073581234",
        "999871195602300019",
        "999871170001010017",
        "E12345678",
        "1E+9999",
        -1.0,
    ],
)
def test_anything_else_is_kept_and_called_badly_formed(value: object) -> None:
    number = parse_id_number(value)
    assert number.state == "format_bad"
    assert number.text
    assert number.birth is None


@pytest.mark.parametrize("value", [None, "", "  ", "/", "无", "'", float("nan")])
def test_nothing_written_is_missing(value: object) -> None:
    assert parse_id_number(value) == IdNumber("", "missing")


def test_a_birth_still_to_come_is_badly_formed_where_the_caller_knows_today() -> None:
    text = number_of(1, date(2026, 9, 11), 1)
    assert parse_id_number(text, latest_birth="2026-09-10").state == "format_bad"
    assert parse_id_number(text, latest_birth="2026-09-11").state == "ok"


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.binary(), st.dates(), st.booleans()))
def test_reading_never_raises(value: object) -> None:
    number = parse_id_number(value)
    assert (number.state == "missing") == (number.text == "")


@given(st.from_regex(r"\A[0-9]{15}([0-9]{2}[0-9xX])?\Z"))
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    once = parse_id_number(text)
    assert parse_id_number(once.text) == once
