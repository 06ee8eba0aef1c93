"""Times of visits as people say them: 昨天 16:30, 11.22 下午3点, 10点半, and coming days such as 周三."""

import re
import unicodedata
from datetime import date, datetime, timedelta

from gridworker.domain.dates import parse_spoken_day

_CLOCK = re.compile(
    r"(?P<half>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|am|pm)?\s*"
    r"(?P<hour>[0-9]{1,2})\s*(?::\s*(?P<minute>[0-9]{2})|[点时](?:钟|整)?(?P<part>半|[0-9]{1,2}分?)?)$"
)
_ONLY_HALF = {
    "凌晨": 5,
    "早上": 8,
    "早晨": 8,
    "上午": 10,
    "中午": 12,
    "下午": 15,
    "傍晚": 18,
    "晚上": 19,
    "夜里": 22,
}
_AFTERNOON = ("下午", "傍晚", "晚上", "夜里", "pm")
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天]")


def parse_spoken_moment(text: str, now: datetime) -> datetime | None:
    """The moment meant by 昨天 16:30, 10:20 (today), 上周五 下午3点半 or a day alone (at the time of `now`).

    None where it is no moment; a bare 昨天下午 is taken at a plain hour of that part of the day.
    """
    spoken = unicodedata.normalize("NFKC", text).strip().lower()
    clock = _CLOCK.search(spoken)
    if clock is None:
        return _by_part_of_day(spoken, now)
    day = _day(spoken[: clock.start()].strip(), now.date())
    hour, minute = int(clock["hour"]), _minute(clock)
    if clock["half"] in _AFTERNOON and hour < 12:
        hour += 12
    if day is None or hour > 23 or minute > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)


def parse_coming_day(text: str, today: date) -> date | None:
    """The day meant where only a day to come makes sense: on a Friday 周三 is that of next week."""
    spoken = unicodedata.normalize("NFKC", text).strip()
    day = parse_spoken_day(spoken, today)
    if day is not None and day < today and _WEEKDAY.fullmatch(spoken):
        return day + timedelta(days=7)
    return day


def _minute(clock: re.Match[str]) -> int:
    if clock["part"] == "半":
        return 30
    return int((clock["minute"] or clock["part"] or "0").rstrip("分"))


def _day(spoken: str, today: date) -> date | None:
    return parse_spoken_day(spoken, today) if spoken else today


def _by_part_of_day(spoken: str, now: datetime) -> datetime | None:
    half = next((word for word in _ONLY_HALF if spoken.endswith(word)), "")
    day = _day(spoken.removesuffix(half).strip(), now.date()) if spoken else None
    if day is None:
        return None
    hour, minute = (_ONLY_HALF[half], 0) if half else (now.hour, now.minute)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)
