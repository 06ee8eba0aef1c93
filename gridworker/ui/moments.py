"""Instants and days in the words of a desk: 今天 14:02, 昨天, 周三, 11月30日."""

from datetime import date, datetime, timedelta

from gridworker.i18n import N_, _

_DAYS = {-1: N_("昨天"), 0: N_("今天"), 1: N_("明天"), 2: N_("后天")}
_WEEK = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))

_MONTHS = (
    N_("1月"),
    N_("2月"),
    N_("3月"),
    N_("4月"),
    N_("5月"),
    N_("6月"),
    N_("7月"),
    N_("8月"),
    N_("9月"),
    N_("10月"),
    N_("11月"),
    N_("12月"),
)


def day_words(day: date, today: date) -> str:
    """今天, 昨天, 明天, 后天, 周三 (this week to come), 11月30日, or with the year where it is another."""
    ahead = (day - today).days
    if ahead in _DAYS:
        return _(_DAYS[ahead])
    if 0 < ahead < 7 and day < today + timedelta(days=7 - today.weekday()):
        return _(_WEEK[day.weekday()])
    month = _(_MONTHS[day.month - 1])
    if day.year == today.year:
        return _("{month}{day}日").format(month=month, day=day.day)
    return _("{year}年{month}{day}日").format(year=day.year, month=month, day=day.day)


def moment_words(at: datetime, now: datetime) -> str:
    """The day in words and the time; both arguments in local time."""
    return f"{day_words(at.date(), now.date())} {at:%H:%M}"
