"""What the screen of moves lists: proposals to decide on, moves that wait to be sent, and who has gone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from gridworker.actions.moves import (
    Grid,
    Root,
    grids,
    may_decide_moves,
    may_take_back,
    may_take_back_decision,
    proposals,
)
from gridworker.db.handed_over import HandedOver, handed_over
from gridworker.db.moves import Waiting, waiting_moves
from gridworker.db.reader import Reader
from gridworker.domain.disputes import Dispute
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.i18n import _
from gridworker.ui.moving.words import root_words
from gridworker.ui.sync_centre.handed_over import WHY, entry_words, lamp_of
from gridworker.ui.sync_centre.subjects import subject_of

Titles = Mapping[ScopeId, Grid]
FEW = 3
"""More moves to one grid for one reason are one line."""


class MoveLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what became, or will become, of one move."""

    key: str
    state: str
    lamp: str
    whom: str
    at_ms: int
    roots: tuple[Root, ...] = ()
    target: str = ""
    way: str = ""
    why: str = ""
    who: str = ""
    answer: str = ""
    """What was decided and by whom, or what became of one's own entries."""
    proposal: RecordId | None = None
    may_decide: bool = False
    may_withdraw: bool = False
    """Whether it is one's own proposal, about which nobody has decided."""
    may_undo: bool = False
    """Whether the move, or the decision about it, was not given away yet."""


def read_lines(reader: Reader) -> list[MoveLine]:
    """Everything about moves out of one snapshot: what waits for a decision first."""
    titles = {grid.scope: grid for grid in grids(reader)}
    asked = [_proposed(reader, each, titles) for each in proposals(reader)]
    waiting = list(_waiting(reader, titles))
    gone = [_gone(each) for each in handed_over(reader)]
    rest = sorted([*(one for one in asked if not _is_open(one)), *gone], key=lambda one: -one.at_ms)
    return [*(one for one in asked if _is_open(one)), *waiting, *rest]


def _is_open(line: MoveLine) -> bool:
    return line.may_decide or line.may_withdraw or line.lamp == "soon"


def _proposed(reader: Reader, stored: Stored[Dispute], titles: Titles) -> MoveLine:
    record, me = stored.record, reader.author
    root = Root(record.target_kind, record.target_id)
    said = record.incoming if isinstance(record.incoming, dict) else {}
    is_open = record.state == "open"
    decides = may_decide_moves(reader, stored.scope)
    state, lamp = _state_of(stored, decides=decides)
    return MoveLine(
        key=f"p{stored.id}",
        state=state,
        lamp=lamp,
        whom=_whom(reader, root),
        at_ms=record.made_ms or record.opened_ms,
        roots=(root,),
        target=str(said.get("target", "")),
        way=_way(titles, str(said.get("source", "")), str(said.get("target", ""))),
        why=str(said.get("why", "")),
        who=record.actor_name,
        answer=_answer(record),
        proposal=stored.id,
        may_decide=is_open and decides,
        may_withdraw=is_open and not decides and record.actor_id == me.user_id,
        may_undo=not is_open and may_take_back_decision(reader, stored.id),
    )


def _state_of(stored: Stored[Dispute], *, decides: bool) -> tuple[str, str]:
    record = stored.record
    if record.state == "open":
        return (_("待决定") if decides else _("等网格长决定")), "soon"
    accepted = record.choice == "accept"
    if stored.pending:
        return (_("同意，待送") if accepted else _("退回，待送")), "wait"
    return (_("已同意"), "sent") if accepted else (_("已退回"), "stop")


def _answer(record: Dispute) -> str:
    if record.why == "large" and record.state == "open":
        return _("内容太多，须由街道网格中心分批办理。")
    return " · ".join(filter(None, (record.decided_name, record.remark)))


def _waiting(reader: Reader, titles: Titles) -> Iterator[MoveLine]:
    together: dict[tuple[str, str, str], list[Waiting]] = defaultdict(list)
    for each in waiting_moves(reader):
        together[each.source, each.target, each.why].append(each)
    for moves in together.values():
        lines = [moves] if len(moves) > FEW else [[each] for each in moves]
        yield from (_waits(reader, some, titles) for some in lines)


def _waits(reader: Reader, moves: Sequence[Waiting], titles: Titles) -> MoveLine:
    first = moves[-1]  # of a house its own, which comes last
    roots = tuple(Root(each.kind, each.id) for each in moves)
    whom = _whom(reader, roots[-1])
    many = _("{what}等 {count} 项").format(what=whom, count=len(moves))
    return MoveLine(
        key=f"w{first.op_id}",
        state=_("待送"),
        lamp="wait",
        whom=whom if len(moves) == 1 else many,
        at_ms=first.at_ms,
        roots=roots,
        target=first.target,
        way=_way(titles, first.source, first.target),
        why=first.why,
        who=reader.author.user_name,
        may_undo=may_take_back(reader, moves),
    )


def _gone(each: HandedOver) -> MoveLine:
    return MoveLine(
        key=f"h{each.id}",
        state=_("已移交"),
        lamp=lamp_of(each.entries),
        whom=root_words(Root(each.kind, each.id), each.words),
        at_ms=each.at_ms,
        why=_(WHY.get(each.reason, each.reason)),
        answer=" · ".join(entry_words(each.entries)),
    )


def _way(titles: Titles, source: str, target: str) -> str:
    """第三网格 → 第二网格; with their communities where these differ."""
    ends = [titles.get(ScopeId(scope)) for scope in (source, target)]
    near = len({end.community if end else None for end in ends}) == 1
    words = [
        (end.name if near else end.title) if end else scope
        for end, scope in zip(ends, (source, target), strict=True)
    ]
    return " → ".join(words) if target else ""


def _whom(reader: Reader, root: Root) -> str:
    return root_words(root, subject_of(reader, root.kind, root.id) or _("（不在本机）"))
