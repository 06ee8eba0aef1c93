"""Times of visits as people say them, and days that only make sense to come."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.actions.visit_times import parse_coming_day, parse_spoken_moment

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 23, 14, 2, tzinfo=CHINA)
"""A Monday."""


@pytest.mark.parametrize(
    "typed,expected",
    [
        ("昨天 16:30", "2026-11-22T16:30"),
        ("10:20", "2026-11-23T10:20"),
        ("10点半", "2026-11-23T10:30"),
        ("9点15分", "2026-11-23T09:15"),
        ("９：０５", "2026-11-23T09:05"),
        ("下午1点", "2026-11-23T13:00"),
        ("中午12点", "2026-11-23T12:00"),
        ("11.22 下午3点", "2026-11-22T15:00"),
        ("11月22日16:30", "2026-11-22T16:30"),
        ("上周五 晚上7点半", "2026-11-20T19:30"),
        ("昨天下午", "2026-11-22T15:00"),
        ("昨天", "2026-11-22T14:02"),
        ("1122", "2026-11-22T14:02"),
        ("1122 9:05", "2026-11-22T09:05"),
        ("2026-11-20 08:00", "2026-11-20T08:00"),
        ("yesterday 16:30", "2026-11-22T16:30"),
    ],
)
def test_a_moment_is_understood(typed: str, expected: str) -> None:
    found = parse_spoken_moment(typed, NOW)
    assert found is not None
    assert found.strftime("%Y-%m-%dT%H:%M") == expected
    assert found.tzinfo is CHINA


@pytest.mark.parametrize(
    "typed", ["", "回头", "25:00", "9:75", "32日 9:00", "下午", "昨天昨天", "王秀兰 9:00"]
)
def test_what_is_no_moment_is_none(typed: str) -> None:
    if typed == "下午":
        assert parse_spoken_moment(typed, NOW) == NOW.replace(hour=15, minute=0)
    else:
        assert parse_spoken_moment(typed, NOW) is None


@pytest.mark.parametrize(
    "typed,expected",
    [
        ("周三", "2026-11-25"),
        ("周一", "2026-11-23"),
        ("下周三", "2026-12-02"),
        ("11.30", "2026-11-30"),
        ("1.5", "2027-01-05"),
        ("3天后", "2026-11-26"),
        ("明天", "2026-11-24"),
    ],
)
def test_a_coming_day_is_understood(typed: str, expected: str) -> None:
    assert parse_coming_day(typed, NOW.date()) == date.fromisoformat(expected)


def test_a_weekday_that_has_passed_is_that_of_next_week() -> None:
    friday = date(2026, 11, 27)
    assert parse_coming_day("周三", friday) == date(2026, 12, 2)
    assert parse_coming_day("昨天", friday) == date(2026, 11, 26)


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    parse_spoken_moment(text, NOW)
    parse_coming_day(text, NOW.date())
