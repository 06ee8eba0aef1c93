"""Audit sums and revisions: golden values, and adding in any order."""

from hypothesis import given
from hypothesis import strategies as st

from gridworker.wire.sums import EMPTY, revision, seq_of, shift, term


def test_a_term_is_what_the_protocol_says() -> None:
    assert f"{term('g:1', 'r1', 'e1a2b3c4.7', b'{}'):032x}" == "13619356d42ed520426ace79ed6b2e5e"


@given(st.lists(st.integers(0, (1 << 128) - 1)))
def test_a_sum_does_not_depend_on_the_order_and_what_goes_leaves_nothing(terms: list[int]) -> None:
    acc = EMPTY
    for one in terms:
        acc = shift(acc, one)
    shuffled = sorted(terms, key=hash)
    for one in shuffled:
        acc = shift(acc, -one)
    assert acc == EMPTY


def test_a_revision_names_the_life_and_the_commit() -> None:
    assert revision("e1a2b3c4-0000", 7) == "e1a2b3c4.7"
    assert seq_of("e1a2b3c4.7", "e1a2b3c4-0000") == 7


def test_a_revision_of_another_life_or_rubbish_has_no_number_here() -> None:
    for name in (None, "", "ffffffff.7", "e1a2b3c4.", "e1a2b3c4.x", "e1a2b3c4"):
        assert seq_of(name, "e1a2b3c4-0000") is None
