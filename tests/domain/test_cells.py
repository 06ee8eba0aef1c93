"""The text of a spreadsheet cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.cells import BLANK_MARKS, cell_text


@pytest.mark.parametrize(
    "value,text",
    [
        (None, ""),
        (" 宋 敏\n", "宋 敏"),
        ("'0571", "0571"),
        ("１２３Ａ＃", "123A#"),
        ("\u202d138\u202c", "138"),
        (13890470384.0, "13890470384"),
        (12.5, "12.5"),
        (float("nan"), ""),
        ("\t", ""),
    ],
)
def test_a_cell_says_its_half_width_trimmed_text(value: object, text: str) -> None:
    assert cell_text(value) == text


@given(st.sampled_from(sorted(BLANK_MARKS)), st.sampled_from(["", " ", "\u3000", "\n"]))
def test_what_people_write_for_nothing_is_nothing(mark: str, space: str) -> None:
    assert cell_text(space + mark + space) == ""
    assert cell_text(mark.lower()) == ""


@given(st.one_of(st.text(), st.integers(), st.floats(), st.dates(), st.binary(), st.booleans()))
def test_every_value_has_a_text(value: object) -> None:
    assert isinstance(cell_text(value), str)
