"""How cases read: their state as a lamp, their category, their number."""

from gridworker.dictionaries import case_dictionary
from gridworker.domain.cases import Case
from gridworker.domain.records import Stored
from gridworker.i18n import N_, _
from gridworker.ui.visits.words import choice_tag

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
NEXT = {
    "reported": N_("等网格长受理"),
    "sent_back": N_("等网格员补充"),
    "accepted": N_("等派人办理"),
    "filed": N_("等派人办理"),
    "handling": N_("正在办理"),
    "resolved": N_("等现场核查"),
    "self_solved": N_("等网格长结案"),
}
"""What happens next with a case in this state; the others are at their end."""


def number_of(case: Case) -> str:
    """The centre's number, or the laptop's until there is one."""
    return case.case_no or case.temp_no


def category_name(code: str) -> str:
    """The words of a category."""
    return _(case_dictionary().name_of(code))


def category_words(code: str) -> str:
    """The category and the area it belongs to."""
    dictionary = case_dictionary()
    area = dictionary.areas.get(code[:3], "")
    name = dictionary.name_of(code)
    return _(name) if name == area or not area else f"{_(name)} · {_(area)}"


def urgency_tags(stored: Stored[Case]) -> tuple[tuple[str, str], ...]:
    """A tag where a case is more urgent than usual."""
    return () if stored.record.urgency == "normal" else (choice_tag("urgency", stored.record.urgency),)
