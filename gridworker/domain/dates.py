"""Days and moments as people type them and as spreadsheets hold them."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec

from gridworker.domain.cells import cell_text
from gridworker.domain.numerals import ROW_PATTERN, TENS_PATTERN, digits_of

FIRST_YEAR, LAST_YEAR = 1880, 2199
_SERIALS = range(1, 80_001)
_SERIAL_ZERO = date(1899, 12, 30)
_LEAP_DAY_THAT_NEVER_WAS = 60
"""Spreadsheets count 1900-02-29, a day that never was; serials before it are one day behind."""
_CENTURY_PIVOT = 30
"""Two-digit years from 30 on belong to the 1900s, the rule of spreadsheets."""

_SEPARATOR = r"\s*[-./年月,、\s]\s*"
_CLOCK = r"(?:[T\s]*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_WEEKDAY = r"(?:\s*\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?"
_FULL = re.compile(
    rf"([0-9]{{4}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}})\s*[日号]?{_WEEKDAY}{_CLOCK}[.。,]?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SHORT_YEAR = re.compile(r"([0-9]{2})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?")
_SHORT_COMPACT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
_MONTH_COMPACT = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})")
_WRITTEN_OUT = re.compile(
    rf"({ROW_PATTERN}{{4}})年({TENS_PATTERN})月(二十[一-九]?|三十一?|{TENS_PATTERN})[日号]?"
)
_SERIAL_TEXT = re.compile(r"[0-9]{5}")

_DAYS_FROM_TODAY = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "今天": 0, "今日": 0, "今": 0,
    "明天": 1, "明日": 1, "后天": 2, "后日": 2, "大后天": 3, "yesterday": -1, "today": 0, "tomorrow": 1,
}  # fmt: skip
_WEEKS_FROM_NOW = {"上上": -2, "上": -1, "这": 0, "本": 0, "": 0, "下": 1, "下下": 2}
_TIME_OF_DAY = re.compile(r"(?:凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)$")
_WEEKDAY_NAME = re.compile(r"(上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_DISTANCE = re.compile(rf"([0-9]{{1,3}}|{TENS_PATTERN})天(?:以|之)?(前|后)")
_MONTH_DAY = re.compile(r"([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?")
_MONTH_DAY_COMPACT = re.compile(r"([0-9]{2})([0-9]{2})")
_DAY_OF_MONTH = re.compile(r"([0-9]{1,2})[日号]")


_MOMENT = re.compile(
    r"(?P<day>.+?)(?:T|\s+|(?<=[日号]))\s*(?P<half>上午|下午|晚上|AM|PM)?\s*"
    r"(?P<hour>[0-9]{1,2})\s*[:时点]\s*(?P<minute>[0-9]{1,2})\s*分?(?:\s*:?\s*(?P<second>[0-9]{1,2})(?:\.[0-9]+)?\s*秒?)?"
)
_AFTERNOON = ("下午", "晚上", "PM")


class ParsedDay(msgspec.Struct, frozen=True):
    """A day as ISO text; doubtful with a day is a guess to confirm, without one it could not be read."""

    day: str | None = None
    doubtful: bool = False


def parse_day(value: object) -> ParsedDay:
    """Read a day from any cell value; never raises, and an empty cell is not doubtful."""
    if isinstance(value, datetime):
        return _sure(value.year, value.month, value.day)
    if isinstance(value, date):
        return _sure(value.year, value.month, value.day)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    text = cell_text(value)
    return _from_text(text) if text else ParsedDay()


def parse_spoken_day(text: str, today: date) -> date | None:
    """The day a person means by 昨天, 上周三, 3天前, 11.23, 1123, 23号 or a full date; None if it is no day.

    A weekday belongs to the week (from Monday) of `today`; a day without a year is the one nearest to it.
    """
    spoken = _TIME_OF_DAY.sub("", cell_text(text).lower())
    try:
        return _near_today(spoken, today) or _nearest(spoken, today) or _written(spoken)
    except OverflowError:  # before the first or after the last day of the calendar
        return None


def parse_moment(value: object) -> str | None:
    """The date-time of a cell as ISO text without zone, or None; a day alone is its midnight."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") if value.tzinfo is None else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _moment_of_serial(value)
    text = cell_text(value)
    found = _MOMENT.fullmatch(text)
    day = parse_day(found["day"] if found else text)
    if day.day is None or day.doubtful:
        return None
    return _moment(day.day, found) if found else f"{day.day}T00:00:00"


def _moment(day: str, clock: re.Match[str]) -> str | None:
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + 12 if clock["half"] in _AFTERNOON else hour % 12 if hour == 12 else hour
    try:
        moment = datetime.fromisoformat(day).replace(
            hour=hour, minute=int(clock["minute"]), second=int(clock["second"] or 0)
        )
    except ValueError:
        return None
    return moment.isoformat(timespec="seconds")


def _moment_of_serial(value: float) -> str | None:
    day = parse_day(value)
    if day.day is None or day.doubtful:
        return None
    seconds = round((value - math.floor(value)) * 86_400) if int(value) in _SERIALS else 0
    return (datetime.fromisoformat(day.day) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def _real_day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def _sure(year: int, month: int, day: int) -> ParsedDay:
    iso = _real_day(year, month, day)
    return ParsedDay(iso, doubtful=iso is None)


def _guess(year: int, month: int, day: int) -> ParsedDay:
    return ParsedDay(_real_day(year, month, day), doubtful=True)


def _short_year(year: int, month: int, day: int) -> ParsedDay:
    return _guess(year + (1900 if year >= _CENTURY_PIVOT else 2000), month, day)


def _year_last(first: int, second: int, year: int) -> ParsedDay:
    return _guess(year, first, second) if first <= 12 else _guess(year, second, first)


def _from_number(value: float) -> ParsedDay:
    """A bare number: 19710111 before a year (doubtful) before a spreadsheet's serial day."""
    if not math.isfinite(value):
        return ParsedDay()
    number = math.floor(value)
    compact = _COMPACT.fullmatch(str(number))
    if compact:
        return _sure(*map(int, compact.groups()))
    if FIRST_YEAR <= number < LAST_YEAR or number not in _SERIALS or number == _LEAP_DAY_THAT_NEVER_WAS:
        return ParsedDay(doubtful=True)
    behind = 1 if number < _LEAP_DAY_THAT_NEVER_WAS else 0
    return ParsedDay((_SERIAL_ZERO + timedelta(days=number + behind)).isoformat())


_FORMS: tuple[tuple[re.Pattern[str], Callable[[int, int, int], ParsedDay]], ...] = (
    (_FULL, _sure),
    (_COMPACT, _sure),
    (_SHORT_YEAR, _short_year),
    (_YEAR_LAST, _year_last),
)


def _from_text(text: str) -> ParsedDay:
    for form, read in _FORMS:
        match = form.fullmatch(text)
        if match:
            return read(*map(int, match.groups()))
    if _SERIAL_TEXT.fullmatch(text):
        return ParsedDay(_from_number(int(text)).day, doubtful=True)
    if _SHORT_COMPACT.fullmatch(text) and not _MONTH_COMPACT.fullmatch(text):
        return _short_year(int(text[:2]), int(text[2:4]), int(text[4:]))
    return _written_out(text)


def _written_out(text: str) -> ParsedDay:
    match = _WRITTEN_OUT.fullmatch(text)
    numbers = [digits_of(part) for part in match.groups()] if match else []
    if len(numbers) != 3 or not all(numbers):
        return ParsedDay(doubtful=True)
    year, month, day = (int(number or 0) for number in numbers)
    return _sure(year, month, day)


def _near_today(spoken: str, today: date) -> date | None:
    if spoken in _DAYS_FROM_TODAY:
        return today + timedelta(days=_DAYS_FROM_TODAY[spoken])
    weekday = _WEEKDAY_NAME.fullmatch(spoken)
    if weekday:
        wanted = (
            "一二三四五六日".index(weekday[2].replace("天", "日")) + 7 * _WEEKS_FROM_NOW[weekday[1] or ""]
        )
        return today + timedelta(days=wanted - today.weekday())
    distance = _DISTANCE.fullmatch(spoken)
    if distance:
        days = int(digits_of(distance[1]) or 0)
        return today + timedelta(days=-days if distance[2] == "前" else days)
    return None


def _nearest(spoken: str, today: date) -> date | None:
    match = _MONTH_DAY.fullmatch(spoken) or _MONTH_DAY_COMPACT.fullmatch(spoken)
    if match:
        days = [_date(year, int(match[1]), int(match[2])) for year in range(today.year - 1, today.year + 2)]
        return min((day for day in days if day), key=lambda day: abs(day - today), default=None)
    match = _DAY_OF_MONTH.fullmatch(spoken)
    return _date(today.year, today.month, int(match[1])) if match else None


def _written(spoken: str) -> date | None:
    parsed = parse_day(spoken)
    return date.fromisoformat(parsed.day) if parsed.day and not parsed.doubtful else None


def _date(year: int, month: int, day: int) -> date | None:
    iso = _real_day(year, month, day)
    return date.fromisoformat(iso) if iso else None
