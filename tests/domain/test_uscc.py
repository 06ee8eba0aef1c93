"""Unified social credit codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.uscc import Uscc, check_character, parse_uscc

CHARSET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FIRST_17 = st.builds(
    "".join,
    st.tuples(
        st.text(CHARSET, min_size=2, max_size=2),
        st.from_regex(r"\A[0-9]{6}\Z"),
        st.text(CHARSET, min_size=9, max_size=9),
    ),
)


def test_the_sample_of_the_standard_is_right() -> None:
    assert parse_uscc("91350100M000100Y43") == Uscc("91350100M000100Y43", "ok")
    assert check_character("91350100M000100Y4") == "3"


@given(FIRST_17)
def test_a_code_is_read_in_every_form(first17: str) -> None:
    text = first17 + check_character(first17)
    assert parse_uscc(text) == Uscc(text, "ok")
    assert parse_uscc(f" {text[:8].lower()} {text[8:].lower()}-") == Uscc(text, "ok")


@given(FIRST_17, st.integers(0, 17), st.sampled_from(CHARSET))
def test_one_wrong_character_is_never_accepted(first17: str, place: int, wrong: str) -> None:
    text = first17 + check_character(first17)
    changed = text[:place] + wrong + text[place + 1 :]
    assert changed == text or parse_uscc(changed).state != "ok"


def test_a_wrong_check_character_is_not_a_wrong_form() -> None:
    assert parse_uscc("91350100M000100Y44").state == "check_bad"


@pytest.mark.parametrize(
    "value", ["91350100M000100Y4", "91350100O000100Y43", "I1350100M000100Y43", "913501A0M000100Y43", 12.5]
)
def test_a_wrong_form_is_kept(value: object) -> None:
    assert parse_uscc(value) == Uscc(str(value), "format_bad")


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats()))
def test_reading_never_raises(value: object) -> None:
    code = parse_uscc(value)
    assert (code.state == "missing") == (code.text == "")
