"""The columns of the list of residents."""

from collections.abc import Callable
from datetime import date

from gridworker.db.care import day_of
from gridworker.db.resident_lines import ResidentLine
from gridworker.dictionaries import care_rules
from gridworker.domain.ages import age_on
from gridworker.domain.care import Due
from gridworker.i18n import N_
from gridworker.ui.moments import day_words
from gridworker.ui.paged_model import TableColumn
from gridworker.ui.residents.words import (
    away_words,
    due_lamp,
    due_words,
    joined,
    line_tags,
    rule_words,
    shown_phone,
)
from gridworker.ui.visits.words import choice_words

SPARED = (6, 4, 3)
"""Phone, last visit and care are left out where there is no room, in this order; the card has them all."""


def resident_columns(
    today: Callable[[], date], masked: Callable[[], bool]
) -> tuple[TableColumn[ResidentLine], ...]:
    """`today` and `masked` are asked for each line, so that midnight and the settings show."""
    lines = _Lines(today, masked)
    return (
        TableColumn(N_("姓名"), lambda line: line.resident.record.name, 84, bold=True, sort="name"),
        TableColumn(N_("年龄性别"), lines.age, 80, sort="age"),
        TableColumn(N_("住址"), lambda line: line.resident.record.address, 150, stretch=True, sort="address"),
        TableColumn(N_("关爱"), lambda line: "", 150, tags=line_tags),
        TableColumn(N_("上次走访"), lines.last, 86),
        TableColumn(N_("下次走访"), lines.due, 96, lamp=lines.lamp, tip=lines.why),
        TableColumn(N_("联系电话"), lines.phone, 104),
    )


class _Lines:
    """What the cells of a line say."""

    def __init__(self, today: Callable[[], date], masked: Callable[[], bool]) -> None:
        self._today, self._masked = today, masked

    def age(self, line: ResidentLine) -> str:
        record = line.resident.record
        age = age_on(record.birth, self._today())
        sex = choice_words("sex", record.sex) if record.sex in ("male", "female") else ""
        return joined(("" if age is None else str(age), sex), " ")

    def last(self, line: ResidentLine) -> str:
        return day_words(day_of(line.last_ms), self._today()) if line.last_ms is not None else ""

    def due(self, line: ResidentLine) -> str:
        return away_words(line.profile, self._today()) or due_words(self._due(line), self._today())

    def lamp(self, line: ResidentLine) -> str:
        return "wait" if away_words(line.profile, self._today()) else due_lamp(self._due(line))

    def why(self, line: ResidentLine) -> str:
        due = self._due(line)
        return joined((self.due(line), rule_words(due.rule))) if due else ""

    def phone(self, line: ResidentLine) -> str:
        phones = line.resident.record.phones
        if not phones:
            return ""
        first = shown_phone(phones[0], masked=self._masked())
        return f"{first} +{len(phones) - 1}" if len(phones) > 1 else first

    def _due(self, line: ResidentLine) -> Due | None:
        return line.due(care_rules(), self._today())
