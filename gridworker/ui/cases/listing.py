"""What the list of cases reads: keys with those that came back on top, counts, one case with its steps."""

from collections.abc import Sequence

import msgspec

from gridworker.db.cases import case_keys, count_by_state, own_steps
from gridworker.db.reader import Reader
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.transitions import TRANSITIONS, legal
from gridworker.domain.visits import REVIEWERS
from gridworker.i18n import N_

BACK = "sent_back"
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "open": (
        N_("办理中"),
        ("reported", BACK, "accepted", "filed", "handling", "resolved", "self_solved"),
    ),
    "back": (N_("退回补充"), (BACK,)),
    "done": (N_("已办结"), ("closed", "refused", "cancelled")),
    "all": (N_("全部"), ()),
}
"""The chips above the list: their words and the states that they show (all for none)."""


class CaseKeys(msgspec.Struct, frozen=True):
    """The row keys of a list and how many cases are in each state."""

    keys: list[int]
    counts: dict[str, int]


class Step(msgspec.Struct, frozen=True):
    """One thing that happened to a case: when, who, what (a label of the domain, or empty), in what words."""

    at_ms: int
    who: str
    label: str
    words: str
    state: str


class CaseDetail(msgspec.Struct, frozen=True):
    """One case with what is known here of its steps, oldest first."""

    case: Stored[Case]
    steps: tuple[Step, ...]


def read_keys(reader: Reader, name: str) -> CaseKeys:
    """The keys of one filter; what came back to be completed stands on top."""
    states = FILTERS[name][1]
    keys = case_keys(reader, states=states)
    if not states or (BACK in states and len(states) > 1):
        back = case_keys(reader, states=(BACK,))
        on_top = set(back)
        keys = [*back, *(key for key in keys if key not in on_top)]
    return CaseKeys(keys, count_by_state(reader))


def count_of(counts: dict[str, int], name: str) -> int:
    """How many cases a filter shows."""
    states = FILTERS[name][1]
    return sum(n for state, n in counts.items() if not states or state in states)


def read_page(reader: Reader, keys: Sequence[int]) -> list[Stored[Case] | None]:
    """The cases of these keys, None for one that is gone."""
    rows = reader.rows(Case, keys)
    if len(rows) == len(keys):
        return list(rows)
    return [next(iter(reader.rows(Case, [key])), None) for key in keys]


def read_detail(reader: Reader, id: RecordId) -> CaseDetail | None:
    """One case in full, or None if it is gone."""
    stored = reader.get(Case, id)
    return CaseDetail(stored, _steps(reader, stored)) if stored else None


def _steps(reader: Reader, stored: Stored[Case]) -> tuple[Step, ...]:
    """The report, the steps taken on this laptop, and the leader's last word; others' are no records."""
    case, me = stored.record, reader.author.user_name
    steps = [Step(case.found_ms, case.worker_name, "", "", "reported")]
    for operation in own_steps(reader, stored.id):
        step = legal(Case.kind, operation.source or "", operation.target or "")
        said = (operation.set.get(name, ("", ""))[1] for name in ("result", "remark"))
        words = next((str(each) for each in said if each), operation.why)
        label = step.label if step else ""
        steps.append(Step(operation.wall_ms, me, label, words, operation.target or ""))
    if case.reviewed_ms and all(step.at_ms != case.reviewed_ms for step in steps):
        steps.append(_review_of(case, case.reviewed_ms))
    return tuple(sorted(steps, key=lambda step: step.at_ms))


def _review_of(case: Case, at_ms: int) -> Step:
    """The leader's last word; the state tells which step it was unless somebody has gone on since."""
    labels = (s.label for s in TRANSITIONS[Case.kind] if s.target == case.state and s.roles == REVIEWERS)
    label = next(labels, "")
    return Step(at_ms, case.reviewer_name, label, case.remark, case.state if label else "")
