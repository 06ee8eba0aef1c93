"""State machines as tables: which role may move a record from which state to which."""

from collections.abc import Mapping

import msgspec

from gridworker.domain.visits import REVIEWERS

WORKER = ("grid_worker",)


class Transition(msgspec.Struct, frozen=True):
    """One legal step of a record's state, the roles that may take it and the fields it must bring."""

    source: str
    target: str
    roles: tuple[str, ...]
    label: str
    required: tuple[str, ...] = ()
    rebaseable: bool = False
    """Also meant where somebody else has meanwhile moved the record to `source`."""


TRANSITIONS: Mapping[str, tuple[Transition, ...]] = {
    "visit": (
        Transition("recorded", "accepted", REVIEWERS, "审阅通过"),
        Transition("recorded", "returned", REVIEWERS, "退回", ("review_remark",)),
        Transition("returned", "recorded", WORKER, "补充后再交"),
        Transition("returned", "accepted", REVIEWERS, "审阅通过"),
        Transition("accepted", "returned", REVIEWERS, "退回", ("review_remark",)),
    ),
    "case": (
        Transition("reported", "accepted", REVIEWERS, "受理"),
        Transition("reported", "sent_back", REVIEWERS, "退回补充", ("remark",)),
        Transition("reported", "refused", REVIEWERS, "不予受理", ("remark",)),
        Transition("reported", "self_solved", WORKER, "自办自结", ("result",)),
        Transition("reported", "cancelled", WORKER + REVIEWERS, "作废"),
        Transition("sent_back", "reported", WORKER, "补充后上报"),
        Transition("sent_back", "cancelled", WORKER + REVIEWERS, "作废", rebaseable=True),
        Transition("accepted", "self_solved", WORKER, "自办自结", ("result",), rebaseable=True),
        Transition("accepted", "sent_back", REVIEWERS, "退回补充", ("remark",)),
        Transition("self_solved", "closed", REVIEWERS, "结案"),
        Transition("self_solved", "sent_back", REVIEWERS, "退回补充", ("remark",)),
    ),
}


def legal(kind: str, source: str, target: str) -> Transition | None:
    """The step from one state to another, or None where the table has none."""
    return next(
        (step for step in TRANSITIONS.get(kind, ()) if (step.source, step.target) == (source, target)), None
    )


def steps_from(kind: str, source: str, role: str) -> tuple[Transition, ...]:
    """Every step this role may take now: the buttons of a card."""
    return tuple(s for s in TRANSITIONS.get(kind, ()) if s.source == source and role in s.roles)
