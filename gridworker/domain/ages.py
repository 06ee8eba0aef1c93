"""Ages and birthdays, counted by the birthday and not by the year."""

from datetime import date


def age_on(birth: str | None, today: date) -> int | None:
    """The age in full years (周岁); None if the birth date is unknown or still to come."""
    if not birth:
        return None
    born = date.fromisoformat(birth)
    if born > today:
        return None
    return today.year - born.year - (today < _birthday(born, today.year))


def birthday_in_days(birth: str | None, today: date) -> int | None:
    """Days until the next birthday, 0 on the day itself; None like `age_on`."""
    if not birth:
        return None
    born = date.fromisoformat(birth)
    if born > today:
        return None
    this_year = _birthday(born, today.year)
    return ((this_year if this_year >= today else _birthday(born, today.year + 1)) - today).days


def _birthday(born: date, year: int) -> date:
    """The birthday in a year; 29 February falls on the month's last day (民法典 art. 202)."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
