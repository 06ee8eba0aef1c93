"""Handing people, homes and houses over to another grid: who could take them, what would go, and doing it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from gridworker.actions.disputes import decide
from gridworker.actions.typed import tidy
from gridworker.db.aggregates import Aggregate, aggregate_of
from gridworker.db.author import LOCAL_SCOPE
from gridworker.db.moves import Waiting, waiting_decisions, waiting_entries, waiting_moves
from gridworker.db.offers import may_withdraw, withdraw
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.db.transaction import Transaction
from gridworker.domain.areas import Area, community_in
from gridworker.domain.buildings import Building, Room
from gridworker.domain.cases import Case
from gridworker.domain.disputes import Dispute
from gridworker.domain.households import Household
from gridworker.domain.kinds import KINDS
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId, ScopeId, Stored, Touched, grid_scope
from gridworker.domain.residents import Resident
from gridworker.domain.roles import ROLES

ROOTS: tuple[type[Record], ...] = (Resident, Household, Building)
"""What people hand over; everything else goes along with one of these."""
AT_ONCE = 400
"""Rows that one operation may move, as counted here: the centre takes 500, and may know of more."""
TOGETHER = 40
"""Homes that are written down in one step: fewer than the operations of a group."""
OVER = frozenset({"closed", "refused", "cancelled"})
"""The states in which a case needs nobody any more."""


class Grid(msgspec.Struct, frozen=True):
    """A grid of the directory: what everybody may know of it, and whether it is one's own."""

    scope: ScopeId
    name: str
    community: str = ""
    mine: bool = False

    @property
    def title(self) -> str:
        """幸福里社区第二网格."""
        return self.name if self.name.startswith(self.community) else f"{self.community}{self.name}"


class Root(msgspec.Struct, frozen=True):
    """What is to be handed over."""

    kind: str
    id: RecordId


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What handing over would do; nothing has been done yet."""

    root: Root
    source: str
    going: Mapping[str, int]
    """How many records of each kind go."""
    open_cases: int = 0
    shared: int = 0
    """What tells of others, too: it stays, and both grids see it."""
    left: int = 0
    """What belongs to the place and is at home in another grid already."""
    unsent: int = 0
    """One's own entries about all of this that the centre does not have yet; they go first."""
    disputes: int = 0
    decides: bool = True
    """Whether the author may hand over by himself; else it is a proposal that a leader decides on."""
    steps: tuple[Root, ...] = ()
    """What is written down, in this order: the root alone, or a large house home by home."""
    begun: int = 0
    """Steps of a large house that were written down before."""
    too_large: bool = False
    """Whether even its smallest steps are more than a laptop may move: the centre has to do it."""
    waiting: tuple[Waiting, ...] = ()
    proposal: RecordId | None = None
    """An open proposal to hand this over that a leader has to decide on."""

    @property
    def rows(self) -> int:
        """Everything that goes."""
        return sum(self.going.values())


def grids(reader: Reader) -> list[Grid]:
    """Every grid that is known here, one's own first: the published tree of areas, and one's own grants."""
    areas = {each.id: each.record for each in reader.all(Area)}
    titles = {grant.scope: grant.title for grant in reader.author.grants}
    found = {
        grid_scope(id): Grid(grid_scope(id), area.name, _community(areas, area), grid_scope(id) in titles)
        for id, area in areas.items()
        if area.level == "grid"
    }
    for scope, title in titles.items():
        own = Grid(ScopeId(scope), title, community_in(title), True)
        found.setdefault(ScopeId(scope), own)
    return sorted(found.values(), key=lambda grid: (not grid.mine, grid.community, grid.name, grid.scope))


def _community(areas: Mapping[RecordId, Area], area: Area) -> str:
    above = areas.get(area.parent_id) if area.parent_id else None
    return above.name if above else community_in(area.name)


class Extent(msgspec.Struct, frozen=True):
    """How much could be handed over: a person, the whole home, the whole house; with the people in it."""

    root: Root
    people: int


def extents(reader: Reader, root: Root) -> list[Extent]:
    """The root itself and the home and house around it, the smallest first; those that are here."""
    found: list[Extent] = []
    for around in _around(reader, root):
        aggregate = aggregate_of(reader, _kind(around), around.id)
        if aggregate is not None:
            people = sum(part.kind == Resident.kind for part in (aggregate.root, *aggregate.parts))
            found.append(Extent(around, people))
    return found


def _around(reader: Reader, root: Root) -> list[Root]:
    stored = reader.get(_kind(root), root.id)
    record = stored.record if stored else None
    if isinstance(record, Resident):
        places = ((Household, record.household_id), (Building, record.building_id))
        return [root, *(Root(kind.kind, id) for kind, id in places if id)]
    if isinstance(record, Household) and record.room_id:
        room = reader.get(Room, record.room_id)
        return [root, Root(Building.kind, room.record.building_id)] if room else [root]
    return [root]


def rehearse(reader: Reader, root: Root) -> Rehearsal:
    """Count what handing a root over would move; raises Problem `record_gone`."""
    found = aggregate_of(reader, _kind(root), root.id)
    if found is None:
        raise Problem("record_gone", kind=root.kind)
    moves = waiting_moves(reader)
    steps, large = _steps(reader, found)
    done = {each.id for each in moves}
    return Rehearsal(
        root=root,
        source=found.root.scope,
        going=dict(Counter(part.kind for part in found.going if part.kind != Dispute.kind)),
        open_cases=_open_cases(reader, [part.id for part in found.going if part.kind == Case.kind]),
        shared=sum(part.kind != Dispute.kind for part in found.shared),
        left=len(found.left),
        unsent=waiting_entries(reader, [part.id for part in found.going]),
        disputes=_open_disputes(reader, [part.id for part in found.going]),
        decides=may_decide_moves(reader, found.root.scope),
        steps=tuple(step for step in steps if step.id not in done),
        begun=sum(step.id in done for step in steps) if len(steps) > 1 else 0,
        too_large=large,
        waiting=tuple(each for each in moves if each.id in {step.id for step in steps} | {root.id}),
        proposal=_proposal(reader, root.id),
    )


def may_decide_moves(reader: Reader, scope: str) -> bool:
    """Whether the author hands over and decides on proposals in a grid."""
    role = ROLES.get(reader.author.role_in(scope))
    return role is not None and role.reviews


def hand_over(tx: Transaction, steps: Sequence[Root], target: ScopeId, *, why: str) -> Touched:
    """Write down that these go to another grid; they stay here until the centre has said so.

    Raises Problem `not_enrolled`, `same_grid`, `unknown_grid`, `move_waits`, `record_gone`.
    """
    if not tx.me.enrolled:
        raise Problem("not_enrolled")
    if target not in {grid.scope for grid in grids(tx)}:
        raise Problem("unknown_grid")
    waiting = {each.id for each in waiting_moves(tx)}
    for step in steps:
        stored = tx.get(_kind(step), step.id)
        if stored is not None and stored.scope in (target, LOCAL_SCOPE):
            raise Problem("same_grid")
        if step.id in waiting:
            raise Problem("move_waits")
        tx.move_to(_kind(step), step.id, target, why=tidy(why))
    return tx.touched


def portions(steps: Sequence[Root]) -> list[Sequence[Root]]:
    """The steps as they are written down one after another, with a look at the progress in between."""
    return [steps[start : start + TOGETHER] for start in range(0, len(steps), TOGETHER)]


def may_take_back(reader: Reader, moves: Collection[Waiting]) -> bool:
    """Whether these moves were never given away."""
    return may_withdraw(reader, {each.op_id for each in moves})


def take_back(tx: Transaction, steps: Iterable[Root]) -> Touched:
    """Undo moves that were not sent yet; raises Problem `already_sent`."""
    ids = {step.id for step in steps}
    return withdraw(tx, {each.op_id for each in waiting_moves(tx) if each.id in ids})


def decide_move(tx: Transaction, proposal: RecordId, choice: str, *, remark: str = "") -> Touched:
    """Accept a proposal, or return it with a word why.

    Raises Problem `record_gone`, `not_yours_to_decide`, `field_required` where a return says nothing.
    """
    if choice == "reject" and not tidy(remark):
        raise Problem("field_required", field="remark")
    return decide(tx, proposal, choice, remark=remark)


def take_back_proposal(tx: Transaction, proposal: RecordId) -> Touched:
    """Withdraw one's own proposal while nobody has decided; raises Problem `record_gone`."""
    tx.resolve(proposal, "reject", why="撤回")
    return tx.touched


def take_back_decision(tx: Transaction, proposal: RecordId) -> Touched:
    """Undo a decision about a proposal that was not sent yet; raises Problem `already_sent`."""
    return withdraw(tx, waiting_decisions(tx, proposal))


def may_take_back_decision(reader: Reader, proposal: RecordId) -> bool:
    """Whether a decision about a proposal waits here and was never given away."""
    return may_withdraw(reader, waiting_decisions(reader, proposal))


def proposals(reader: Reader, *, limit: int = 200) -> list[Stored[Dispute]]:
    """Moves that were held for a leader, open ones first, then what was decided, newest first."""
    held = reader.where(Dispute, "json_extract(body,'$.verb')='move'")
    held.sort(key=lambda each: (each.record.state != "open", -each.record.opened_ms, each.id))
    return held[:limit]


def _kind(root: Root) -> type[Record]:
    return KINDS[root.kind]


def _steps(reader: Reader, found: Aggregate) -> tuple[list[Root], bool]:
    """The root alone; a large house home by home, the house with its empty rooms last."""
    root = Root(found.root.kind, found.root.id)
    if len(found.going) <= AT_ONCE:
        return [root], False
    if found.root.kind != Building.kind:
        return [root], True
    homes = [Root(part.kind, part.id) for part in found.parts if part.kind == Household.kind]
    within = _at_home(reader, [home.id for home in homes])
    loose = [part for part in found.parts if part.kind == Resident.kind and part.id not in within]
    steps = [*homes, *(Root(part.kind, part.id) for part in loose), root]
    rooms = sum(part.kind == Room.kind for part in found.parts)
    return steps, rooms >= AT_ONCE


def _at_home(reader: Reader, homes: Sequence[RecordId]) -> set[str]:
    listed = msgspec.json.encode(homes).decode()
    sql = "SELECT id FROM resident WHERE household_id IN (SELECT value FROM json_each(?))"
    return {id for (id,) in reader.rows_of(sql, (listed,))}


def _open_cases(reader: Reader, ids: Sequence[RecordId]) -> int:
    return sum(each.record.state not in OVER for each in reader.get_many(Case, ids))


def _open_disputes(reader: Reader, ids: Sequence[RecordId]) -> int:
    listed = msgspec.json.encode(ids).decode()
    among = "state='open' AND json_extract(body,'$.verb') IS NOT 'move'"
    return reader.count(Dispute, f"{among} AND target_id IN (SELECT value FROM json_each(?))", (listed,))


def _proposal(reader: Reader, id: RecordId) -> RecordId | None:
    sql = (
        f"SELECT id FROM {table_name(Dispute)} WHERE target_id=? AND state='open'"
        " AND json_extract(body,'$.verb')='move' ORDER BY n LIMIT 1"
    )
    found = reader.rows_of(sql, (id,))
    return RecordId(found[0][0]) if found else None
