"""Days and moments as people type them and as spreadsheets hold them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.dates import ParsedDay, parse_day, parse_moment, parse_spoken_day

DAYS = st.dates(date(1880, 1, 1), date(2199, 12, 31))
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
SERIAL_ZERO = date(1899, 12, 30)
TODAY = date(2026, 9, 10)  # a Thursday
NOBODY_KNOWS = ParsedDay(None, doubtful=True)


@given(DAYS)
def test_all_forms_of_a_day_agree(day: date) -> None:
    forms: list[object] = [
        day,
        datetime.combine(day, time(13, 48)),
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month} 月 {day.day} 号",
        f"{day:%Y%m%d}",
        int(f"{day:%Y%m%d}"),
        float(f"{day:%Y%m%d}"),
        f"{day.isoformat()} 00:00:00",
        day.isoformat().translate(FULL_WIDTH),
    ]
    assert {parse_day(form) for form in forms} == {ParsedDay(day.isoformat())}


@given(st.one_of(st.integers(61, 1879), st.integers(2200, 80_000)), st.sampled_from([0, 0.25, 0.999]))
def test_a_spreadsheet_s_serial_number_is_its_day(serial: int, clock: float) -> None:
    assert parse_day(serial + clock) == ParsedDay((SERIAL_ZERO + timedelta(days=serial)).isoformat())


def test_the_day_that_spreadsheets_invented_is_doubtful_and_those_before_it_are_right() -> None:
    assert parse_day(1) == ParsedDay("1900-01-01")
    assert parse_day(59) == ParsedDay("1900-02-28")
    assert parse_day(60) == NOBODY_KNOWS
    assert parse_day(61) == ParsedDay("1900-03-01")


@pytest.mark.parametrize(
    "value",
    [
        "1996年7月",
        "1996-07",
        "1996.7",
        "199607",
        199607,
        1996,
        "1996",
        "1996年",
        "1961-02-30",
        "19610230",
        "农历二月十八",
        "约1950年",
        "1799-01-01",
        80_001,
        -5,
        True,
        "九月",
    ],
)
def test_what_names_no_single_day_is_doubtful_without_a_day(value: object) -> None:
    assert parse_day(value) == NOBODY_KNOWS


@pytest.mark.parametrize(
    "value,day",
    [
        ("61.5.11", "1961-05-11"),
        ("85年3月6日", "1985-03-06"),
        ("05-3-6", "2005-03-06"),
        ("490218", "1949-02-18"),
        ("5/11/1961", "1961-05-11"),
        ("13/1/1961", "1961-01-13"),
        ("17947", "1949-02-18"),
    ],
)
def test_a_form_with_two_meanings_is_a_doubtful_guess(value: str, day: str) -> None:
    assert parse_day(value) == ParsedDay(day, doubtful=True)


@pytest.mark.parametrize("value", [None, "", " ", "无", "/", float("nan")])
def test_an_empty_cell_is_not_doubtful(value: object) -> None:
    assert parse_day(value) == ParsedDay()


@pytest.mark.parametrize(
    "text,day",
    [
        ("一九四九年二月十八日", "1949-02-18"),
        ("二〇二六年三月三十一日", "2026-03-31"),
        ("1949-02-18(周五)", "1949-02-18"),
        ("1961.5.11.", "1961-05-11"),
    ],
)
def test_a_day_may_be_written_out_or_carry_a_tail(text: str, day: str) -> None:
    assert parse_day(text) == ParsedDay(day)


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.text("0123456789年月日-/. ", max_size=12),
        st.integers(),
        st.floats(),
        st.times(),
    )
)
def test_reading_a_day_never_raises(value: object) -> None:
    parsed = parse_day(value)
    assert parsed.day is None or date.fromisoformat(parsed.day)


# ------------------------------------------------------------------------------------------- spoken days


@pytest.mark.parametrize(
    "text,day",
    [
        ("今天", "2026-09-10"),
        ("昨天", "2026-09-09"),
        ("前天", "2026-09-08"),
        ("大前天", "2026-09-07"),
        ("明天", "2026-09-11"),
        ("昨天下午", "2026-09-09"),
        ("周三", "2026-09-09"),
        ("上周三", "2026-09-02"),
        ("上个星期三", "2026-09-02"),
        ("下周一", "2026-09-14"),
        ("本周日", "2026-09-13"),
        ("礼拜天", "2026-09-13"),
        ("11.23", "2026-11-23"),
        ("1123", "2026-11-23"),
        ("１１．２３", "2026-11-23"),
        ("11月23日", "2026-11-23"),
        ("11月23号", "2026-11-23"),
        ("23号", "2026-09-23"),
        ("3天前", "2026-09-07"),
        ("十五天前", "2026-08-26"),
        ("两天后", "2026-09-12"),
        ("2026-09-01", "2026-09-01"),
        ("20260901", "2026-09-01"),
        ("Yesterday", "2026-09-09"),
    ],
)
def test_a_spoken_day_is_understood(text: str, day: str) -> None:
    assert parse_spoken_day(text, TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["", "foo", "31号", "9999", "2.30", "周八", "123", "1996-07", "05-3-6", "王"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_spoken_day(text, TODAY) is None


def test_a_day_without_a_year_is_looked_for_on_both_sides_of_new_year() -> None:
    assert parse_spoken_day("12.30", date(2026, 1, 3)) == date(2025, 12, 30)
    assert parse_spoken_day("0102", date(2025, 12, 30)) == date(2026, 1, 2)


@given(DAYS, DAYS)
def test_a_day_without_a_year_is_never_more_than_half_a_year_away(spoken: date, today: date) -> None:
    found = parse_spoken_day(f"{spoken.month}.{spoken.day}", today)
    if found is None or (spoken.month, spoken.day) == (2, 29):
        assert (spoken.month, spoken.day) == (2, 29)
    elif 1881 <= today.year <= 2198:
        assert (found.month, found.day) == (spoken.month, spoken.day)
        assert abs(found - today) <= timedelta(days=183)


@given(DAYS, st.sampled_from(list("一二三四五六日")), st.sampled_from(["", "上", "下"]))
def test_a_weekday_lies_in_the_named_week(today: date, weekday: str, week: str) -> None:
    found = parse_spoken_day(f"{week}周{weekday}", today)
    assert found is not None
    assert found.weekday() == "一二三四五六日".index(weekday)
    monday = today - timedelta(days=today.weekday())
    assert (found - monday).days // 7 == {"上": -1, "": 0, "下": 1}[week]


@given(st.text(max_size=8), st.dates())
def test_reading_a_spoken_day_never_raises(text: str, today: date) -> None:
    parse_spoken_day(text, today)


def test_a_distance_beyond_the_calendar_is_no_day() -> None:
    assert parse_spoken_day("999天前", date(1, 1, 2)) is None


# ----------------------------------------------------------------------------------------------- moments


@pytest.mark.parametrize(
    "value",
    [
        "2026/09/10 18:14",
        "2026-09-10 18:14:00",
        "2026-09-10T18:14:00.123",
        "2026年9月10日 18时14分",
        "2026年9月10日18:14",
        "2026/9/10 下午 6:14:00",
        "2026.9.10 18:14",
        "２０２６／０９／１０　１８：１４",
        datetime(2026, 9, 10, 18, 14),  # noqa: DTZ001 -- a cell's date-time has no zone
        46275.7597222222,
    ],
)
def test_all_forms_of_a_moment_agree(value: object) -> None:
    assert parse_moment(value) == "2026-09-10T18:14:00"


@given(st.datetimes(datetime(1950, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 -- as above
def test_a_moment_is_read_back_from_its_text(moment: datetime) -> None:
    expected = moment.isoformat(timespec="seconds")
    assert parse_moment(moment) == parse_moment(f"{moment:%Y/%m/%d %H:%M:%S}") == expected


@pytest.mark.parametrize("value", ["2026-09-10", date(2026, 9, 10), 20260910, "2026年9月10日"])
def test_a_day_alone_is_its_midnight(value: object) -> None:
    assert parse_moment(value) == "2026-09-10T00:00:00"


@pytest.mark.parametrize(
    "half,hour",
    [("上午 12", 0), ("上午 9", 9), ("中午 12", None), ("下午 12", 12), ("下午 1", 13), ("PM 11", 23)],
)
def test_halves_of_the_day_are_counted_as_on_a_clock(half: str, hour: int | None) -> None:
    expected = None if hour is None else f"2026-09-10T{hour:02d}:05:00"
    assert parse_moment(f"2026-09-10 {half}:05") == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "18:14",
        "2026-09-10 25:00",
        "2026-02-30 10:00",
        "26-09-10 10:00",
        "2026-09-10T18:14:00Z",
        datetime(2026, 9, 10, tzinfo=UTC),
        float("inf"),
    ],
)
def test_what_is_no_local_moment_is_none(value: object) -> None:
    assert parse_moment(value) is None


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.times(), st.booleans()))
def test_reading_a_moment_never_raises(value: object) -> None:
    parse_moment(value)
