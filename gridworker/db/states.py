"""Conditions on the state of records: the first state is what a document says that says nothing."""

from collections.abc import Sequence

import msgspec

from gridworker.db.fold import STATE_FIELD
from gridworker.db.reader import Reader
from gridworker.db.tables import table_name
from gridworker.domain.records import Record


def first_state(kind: type[Record]) -> str:
    """The state in which a record of this kind begins."""
    return next(str(field.default) for field in msgspec.structs.fields(kind) if field.name == STATE_FIELD)


def in_states(kind: type[Record], states: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The SQL condition that a record is in one of these states, and its parameters; an index answers it."""
    named = f"state IN ({','.join('?' * len(states))})"
    return (f"({named} OR state IS NULL)" if first_state(kind) in states else named), tuple(states)


def count_states(reader: Reader, kind: type[Record]) -> dict[str, int]:
    """How many records are in each state."""
    counts: dict[str, int] = {}
    for state, n in reader.rows_of(f"SELECT state, count(*) FROM {table_name(kind)} GROUP BY state"):
        name = state or first_state(kind)
        counts[name] = counts.get(name, 0) + n
    return counts
