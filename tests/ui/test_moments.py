"""Instants and days in the words of a desk."""

from datetime import date, datetime, timedelta

import pytest

from gridworker.ui.moments import day_words, moment_words

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (MONDAY, "今天"),
        (MONDAY - timedelta(1), "昨天"),
        (MONDAY + timedelta(1), "明天"),
        (MONDAY + timedelta(2), "后天"),
        (MONDAY + timedelta(3), "周四"),
        (MONDAY + timedelta(6), "周日"),
        (MONDAY + timedelta(7), "11月30日"),
        (MONDAY - timedelta(2), "11月21日"),
        (date(2027, 1, 2), "2027年1月2日"),
    ],
)
def test_days_read_as_people_say_them(day: date, words: str) -> None:
    assert day_words(day, MONDAY) == words


def test_a_weekday_is_only_said_of_this_week() -> None:
    friday = MONDAY + timedelta(4)
    assert day_words(friday + timedelta(3), friday) == "11月30日"


def test_a_moment_has_its_time() -> None:
    noon = datetime(2026, 11, 23, 8, 42)  # noqa: DTZ001 - the clock on the wall, as people read it
    assert moment_words(noon, noon + timedelta(days=1)) == "昨天 08:42"
