"""Effects: what the verbs do that concern more records than the one that they name."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from gridworker.server.disputes import open_on_any
from gridworker.server.late import reach_of_creates
from gridworker.server.moves import move, reach_of_moves
from gridworker.server.outcomes import Outcome
from gridworker.server.resolutions import resolve, resolve_reaches
from gridworker.server.scene import Scene
from gridworker.server.unions import merge, merge_reaches, unmerge, unmerge_reaches
from gridworker.wire.envelope import Operation

Effect = Callable[[Scene, Operation], Outcome]
Reach = Callable[[Connection, Iterable[Operation]], Iterable[str]]
"""The ids of every record that operations of this verb may concern, read before anything is locked."""

EFFECTS: Mapping[str, Effect] = {
    "merge": merge,
    "move": move,
    "resolve": resolve,
    "unmerge": unmerge,
}
REACHES: Mapping[str, Reach] = {
    "append": reach_of_creates,
    "create": reach_of_creates,
    "merge": merge_reaches,
    "move": reach_of_moves,
    "resolve": resolve_reaches,
    "unmerge": unmerge_reaches,
}


def reached(tx: Connection, operations: Iterable[Operation]) -> set[str]:
    """The ids of all records that these operations concern beside those that they name."""
    by_verb: dict[str, list[Operation]] = {}
    ids: set[str] = set()
    for operation in operations:
        ids.add(operation.id)
        by_verb.setdefault(operation.verb, []).append(operation)
    found = {id for verb, group in by_verb.items() if verb in REACHES for id in REACHES[verb](tx, group)}
    # An operation may settle the open conflicts of its records, and each has a record of its own.
    return found | set(open_on_any(tx, ids | found))
