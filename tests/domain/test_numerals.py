"""Chinese numerals."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.numerals import TENS_PATTERN, digits_of

ROW = "〇一二三四五六七八九"


def chinese(number: int) -> str:
    """The numeral from 1 to 99 as it is written."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else ROW[tens] + "十"
    return head + (ROW[ones] if ones else "")


@given(st.integers(1, 99))
def test_a_numeral_up_to_99_is_read_back(number: int) -> None:
    assert digits_of(chinese(number)) == str(number)
    assert re.fullmatch(TENS_PATTERN, chinese(number))


@given(st.text("0123456789", min_size=1, max_size=6))
def test_digits_in_a_row_keep_their_zeros(digits: str) -> None:
    assert digits_of(digits) == digits
    assert digits_of("".join(ROW[int(digit)] for digit in digits)) == digits


@pytest.mark.parametrize("text", ["", "十十", "五百", "二三十", "十二三", "abc", "１", "〇十", "-1"])
def test_anything_else_is_no_numeral(text: str) -> None:
    assert digits_of(text) is None


def test_two_and_zero_have_a_second_way_to_write_them() -> None:
    assert digits_of("两") == "2"
    assert digits_of("五零一") == digits_of("五○一") == "501"
