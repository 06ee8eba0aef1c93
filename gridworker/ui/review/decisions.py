"""What a leader may decide in each queue, as data: the digit, the step it takes, and the usual reasons."""

from typing import NamedTuple

from gridworker.domain.cases import Case
from gridworker.domain.transitions import Transition, legal
from gridworker.domain.visits import Visit
from gridworker.i18n import N_

DAY_MS = 86_400_000


Reviewed = type[Visit] | type[Case]
"""The kinds that a leader reviews."""


class Decision(NamedTuple):
    """One step by digit: its button, the state it leads to, how it reads when done; some need a reason."""

    digit: int
    label: str
    target: str
    done: str
    reasoned: bool = False


class QueueKind(NamedTuple):
    """What waits in a queue: its name, kind and states, what may be decided, what its emptiness means."""

    title: str
    kind: Reviewed
    states: tuple[str, ...]
    decisions: tuple[Decision, ...]
    empty: str
    newest_first: bool = False


_PASS = Decision(1, N_("通过"), "accepted", N_("已通过"))
_RETURN = Decision(2, N_("退回"), "returned", N_("已退回"), reasoned=True)
_SEND_BACK = Decision(2, N_("退回补充"), "sent_back", N_("已退回"), reasoned=True)
QUEUES: dict[str, QueueKind] = {
    "visits": QueueKind(
        N_("待审走访"),
        Visit,
        ("recorded",),
        (_PASS, _RETURN),
        N_("走访都审完了。网格员下次同步后，新的走访会排在这里。"),
    ),
    "cases": QueueKind(
        N_("待受理事件"),
        Case,
        ("reported",),
        (
            Decision(1, N_("受理"), "accepted", N_("已受理")),
            _SEND_BACK,
            Decision(3, N_("不予受理"), "refused", N_("不予受理"), reasoned=True),
        ),
        N_("没有待受理的事件。"),
    ),
    "solved": QueueKind(
        N_("待结案事件"),
        Case,
        ("self_solved",),
        (Decision(1, N_("结案"), "closed", N_("已结案")), _SEND_BACK),
        N_("没有待结案的事件。网格员自办自结的会排在这里。"),
    ),
    "returned": QueueKind(
        N_("已退回走访"),
        Visit,
        ("returned",),
        (_PASS,),
        N_("没有退回未补的走访。"),
        newest_first=True,
    ),
    "decided": QueueKind(
        N_("近30天已审"),
        Visit,
        ("accepted",),
        (_RETURN,),
        N_("近30天还没有审过走访。审过的可以在这里改为退回。"),
        newest_first=True,
    ),
}
"""The queues from top to bottom."""
WAITING = ("visits", "cases", "solved")
"""Those that wait for the leader: what the badge counts."""
RECENT_MS = 30 * DAY_MS
"""How far back the queue of decided visits goes."""

REASONS: dict[Reviewed, tuple[str, ...]] = {
    Visit: (
        N_("请补充当事人近况"),
        N_("请写明下一步安排"),
        N_("走访结果与情况不一致，请核对"),
        N_("请联系家属后再记"),
        N_("请写明隐患在哪里"),
    ),
    Case: (
        N_("地点不清楚，请补充"),
        N_("请写明是哪一户、什么时间"),
        N_("请补充联系人"),
        N_("重复上报，请核对"),
        N_("不属于网格事项，请转相关单位"),
    ),
}
"""Reasons that a digit picks; the words can be changed before they are sent."""


def way_back(kind: Reviewed, source: str, decision: Decision, role: str) -> Transition | None:
    """The legal step that takes a decision back, or None where the table has none."""
    step = legal(kind.kind, decision.target, source)
    return step if step and role in step.roles else None
