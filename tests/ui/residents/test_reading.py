"""What the form means by what was typed: it never fails, never loses, and says what it understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.ui.residents.reading import DOUBT, FINE, WRONG, Typed, filled_by_id, phones_of, read_form
from tests.ui.residents.village import TODAY, id_number

GOOD = id_number("1957-08-09", female=True)
texts = st.text(max_size=40) | st.sampled_from(["", "3-2-501", "13800138000", GOOD, "1944.3.2", "王 秀兰"])


def remark(field: str, **typed: str) -> tuple[str, str] | None:
    """Kind and words of the remark beside a field."""
    found = read_form(Typed(**{"name": "周甲", **typed}), TODAY).remarks.get(field)  # type: ignore[arg-type]  # texts only
    return (found.kind, found.words) if found else None


@given(st.builds(Typed, name=texts, birth=texts, id_number=texts, phones=texts, address=texts, note=texts))
def test_whatever_is_typed_is_read_and_only_two_things_stop_saving(typed: Typed) -> None:
    reading = read_form(typed, TODAY)
    wrong = {name for name, remark in reading.remarks.items() if remark.kind == WRONG}
    assert wrong <= {"name", "birth"}
    assert reading.first_wrong in {"", *wrong}
    assert reading.draft.birth is None or reading.draft.birth <= TODAY.isoformat() or "birth" in wrong


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1944-3-2", "1944-03-02"),
        ("19440302", "1944-03-02"),
        ("1944年3月2日", "1944-03-02"),
        ("44.3.2", "1944-03-02"),
    ],
)
def test_a_birth_date_is_read_in_any_form_and_said_back(typed: str, day: str) -> None:
    assert read_form(Typed(name="周甲", birth=typed), TODAY).draft.birth == day
    found = remark("birth", birth=typed)
    assert found is not None
    assert day in found[1]


def test_a_guess_is_said_to_be_one_and_an_exact_day_needs_no_words() -> None:
    assert remark("birth", birth="44.3.2") == (DOUBT, "按 1944-03-02 理解，不对请改")
    assert remark("birth", birth="1944-03-02") is None
    assert remark("birth", birth="2027-01-01") == (WRONG, "出生日期不能晚于今天")


def test_id_numbers_in_every_state_are_kept_with_a_word_about_them() -> None:
    assert remark("id_number", id_number=GOOD) == (FINE, "证件号有效")
    assert remark("id_number", id_number="12345") == (
        DOUBT,
        "不是18位（或15位）证件号，请核对；也可以先按原样保存",
    )
    lost = remark("id_number", id_number="9.99101E+17")
    assert lost is not None
    assert "末几位丢失" in lost[1]
    assert read_form(Typed(name="周甲", id_number="12345"), TODAY).draft.id_number == "12345"


def test_a_sex_that_the_id_number_contradicts_is_pointed_out() -> None:
    assert remark("id_number", id_number=GOOD, sex="male") == (DOUBT, "证件号里的性别是“女”，请核对")


def test_a_whole_id_number_fills_two_fields_and_half_of_one_nothing() -> None:
    assert filled_by_id(GOOD, TODAY) == ("1957-08-09", "female")
    assert filled_by_id(GOOD[:10], TODAY) is None


def test_a_number_that_is_none_is_saved_as_it_was_typed() -> None:
    assert phones_of("13800138000、8812345") == ("13800138000", "8812345")
    assert remark("phones", phones="8812345") == (DOUBT, "“8812345”位数不对或缺区号，将按原样保存")


def test_an_address_is_said_back_in_the_one_way_we_write_it() -> None:
    assert remark("address", address="3-2-501") == (FINE, "3栋2单元501")
    assert remark("address", address="3栋2单元501") is None
