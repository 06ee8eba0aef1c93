"""How people, places and visits are put into words wherever visits are planned, made or listed."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from gridworker.db.care import CHINA, day_of
from gridworker.domain.addresses import display, parse_address
from gridworker.domain.ages import age_on
from gridworker.domain.choices import CHOICES, label_of
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _, problem_text
from gridworker.ui.moments import day_words, moment_words

DAY_MS = 86_400_000
WITHOUT_CONDITION = frozenset({"not_home", "refused", "away", "moved"})
"""Outcomes at which nobody learnt how the person is."""


def china_time(at_ms: int) -> datetime:
    """An instant as the clock on the wall shows it."""
    return datetime.fromtimestamp(at_ms / 1000, CHINA)


def moment_of(at_ms: int, now_ms: int) -> str:
    """今天 14:02 or 11月14日 09:30."""
    return moment_words(china_time(at_ms), china_time(now_ms))


def day_of_month(day: date, today: date) -> str:
    """11月30日, also where it is near; with the year where it is another."""
    # Seen from far away no day is called 明天 or 周三.
    far = (
        date(day.year, 1 if day.month > 6 else 12, 1) if day.year == today.year else date(day.year - 2, 1, 1)
    )
    return day_words(day, far)


def dated(day: date, today: date) -> str:
    """11月25日 周三."""
    week = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return f"{day_of_month(day, today)} {week[day.weekday()]}"


def since_words(at_ms: int, today: date) -> str:
    """The day of an instant, the near ones by name."""
    return day_words(day_of(at_ms), today)


@lru_cache(maxsize=4096)
def _shown_place(place: str) -> str:
    return display(parse_address(place))


def place_words(resident: Resident) -> str:
    """3栋2单元501, or the address as it was written where no place is known."""
    return _shown_place(resident.place) if resident.place else resident.address


def age_words(resident: Resident, today: date) -> str:
    """82岁 女, as far as it is known."""
    age = age_on(resident.birth, today)
    parts = [_("{age}岁").format(age=age)] if age is not None else []
    if resident.sex in ("male", "female"):
        parts.append(choice_words("sex", resident.sex))
    return " ".join(parts)


def choice_words(table: str, code: str) -> str:
    """The word of a code in the language in use."""
    return _(label_of(table, code)) if code else ""


def choice_tag(table: str, code: str) -> tuple[str, str]:
    """The word and colour of a code, as a tag."""
    colour = next((choice.colour for choice in CHOICES[table] if choice.code == code), "grey")
    return choice_words(table, code), colour


def condition_words(visit: Visit) -> str:
    """How the person is, empty where nobody learnt it."""
    return "" if visit.outcome in WITHOUT_CONDITION else choice_words("condition", visit.condition)


def listed(words: Iterable[str]) -> str:
    """Several words in a row."""
    return _("、").join(words)


def problem_words(problem: Problem) -> str:
    """What went wrong and what to do about it, in one line."""
    sentence, step = problem_text(problem.code, problem.values)
    return f"{sentence} {step}".strip()


def iso_day_words(day: str | None, now_ms: int) -> str:
    """The words of a stored day, empty for none."""
    return day_words(date.fromisoformat(day), day_of(now_ms)) if day else ""
