"""Ages and birthdays."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.ages import age_on, birthday_in_days

DAYS = st.dates(date(1900, 1, 1), date(2050, 12, 31))


def test_the_age_changes_on_the_birthday_and_not_with_the_year() -> None:
    assert age_on("1949-02-18", date(2026, 2, 17)) == 76
    assert age_on("1949-02-18", date(2026, 2, 18)) == 77
    assert age_on("1949-02-18", date(2026, 12, 31)) == 77


def test_who_was_born_on_29_february_ages_on_the_28th_of_a_common_year() -> None:
    assert age_on("1948-02-29", date(2026, 2, 27)) == 77
    assert age_on("1948-02-29", date(2026, 2, 28)) == 78
    assert age_on("1948-02-29", date(2028, 2, 28)) == 79
    assert age_on("1948-02-29", date(2028, 2, 29)) == 80


def test_a_birthday_is_counted_in_days_across_new_year() -> None:
    assert birthday_in_days("1949-02-18", date(2026, 2, 18)) == 0
    assert birthday_in_days("1949-02-18", date(2026, 2, 17)) == 1
    assert birthday_in_days("1949-01-01", date(2026, 12, 31)) == 1
    assert birthday_in_days("1948-02-29", date(2026, 3, 1)) == 364
    assert birthday_in_days("1948-02-29", date(2028, 2, 28)) == 1


def test_nobody_has_an_age_before_birth_or_without_a_birth_date() -> None:
    today = date(2026, 9, 10)
    assert age_on(None, today) is age_on("", today) is age_on("2026-09-11", today) is None
    assert birthday_in_days(None, today) is birthday_in_days("2026-09-11", today) is None
    assert age_on("2026-09-10", today) == 0


@given(DAYS, DAYS)
def test_everybody_is_one_year_older_on_the_next_birthday(born: date, today: date) -> None:
    age, days = age_on(born.isoformat(), today), birthday_in_days(born.isoformat(), today)
    if age is None or days is None:
        assert born > today
        return
    assert 0 <= days <= 365
    birthday = today + timedelta(days=days)
    assert age_on(born.isoformat(), birthday) == birthday.year - born.year == age + (days > 0)


@given(DAYS, DAYS)
def test_nobody_gets_younger(born: date, today: date) -> None:
    age, tomorrow = age_on(born.isoformat(), today), age_on(born.isoformat(), today + timedelta(days=1))
    assert age is None or tomorrow in (age, age + 1)
