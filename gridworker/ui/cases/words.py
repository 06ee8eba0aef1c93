"""How cases read: their state as a lamp and a tag, their category, their time."""

from datetime import datetime

from gridworker.db.care import CHINA
from gridworker.dictionaries import case_dictionary
from gridworker.domain.cases import Case
from gridworker.domain.choices import CHOICES
from gridworker.domain.records import Stored
from gridworker.i18n import _
from gridworker.ui.moments import moment_words

LAMP_OF_STATE = {
    "reported": "wait",
    "sent_back": "stop",
    "accepted": "ok",
    "filed": "ok",
    "handling": "ok",
    "resolved": "soon",
    "self_solved": "soon",
    "closed": "sent",
    "refused": "none",
    "cancelled": "none",
}
"""Which lamp a state shows; the word beside it says the same."""


def local(at_ms: int) -> datetime:
    """The time in China of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, CHINA).replace(tzinfo=None)


def number_of(case: Case) -> str:
    """The centre's number, or the laptop's until there is one."""
    return case.case_no or case.temp_no


def category_of(case: Case) -> str:
    """The category and the area it belongs to."""
    dictionary = case_dictionary()
    area = dictionary.areas.get(case.category[:3], "")
    name = dictionary.name_of(case.category)
    return _(name) if name == area or not area else f"{_(area)} · {_(name)}"


def tag(table: str, code: str) -> tuple[str, str]:
    """The word and colour of a code."""
    found = next((choice for choice in CHOICES[table] if choice.code == code), None)
    return (_(found.label), found.colour) if found else (code, "grey")


def urgency_tags(stored: Stored[Case]) -> tuple[tuple[str, str], ...]:
    """A pill where a case is more urgent than usual."""
    return () if stored.record.urgency == "normal" else (tag("urgency", stored.record.urgency),)


def found_words(case: Case, now: datetime) -> str:
    """When it was found."""
    return moment_words(local(case.found_ms), now)
