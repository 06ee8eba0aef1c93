"""The table of each record kind, computed from its declaration; all other tables stand in migrations/."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Computed, Index, Integer, MetaData, Table, Text

from gridworker.domain.kinds import KINDS
from gridworker.domain.records import Record

metadata = MetaData()
_TYPES = {"TEXT": Text, "INTEGER": Integer}


def table_name(kind: type[Record]) -> str:
    """The table of a kind; `case` is a word of SQL and gets an underscore."""
    return "case_" if kind.kind == "case" else kind.kind


def _kind_table(kind: type[Record]) -> Table:
    """The table of one record kind, with its computed and derived columns and their indexes."""
    name = table_name(kind)
    computed: list[Column[Any]] = [
        Column(c.name, _TYPES[c.type], Computed(f"json_extract(body, '{c.path}')", persisted=False))
        for c in kind.computed
    ]
    derived: list[Column[Any]] = [Column(n, Text) for n in kind.derived.names] if kind.derived else []
    table = Table(
        name,
        metadata,
        Column("n", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("scope", Text, nullable=False),
        Column("rev", Text),
        Column("body", Text, nullable=False),
        Column("base", Text),
        *computed,
        *derived,
    )
    indexed = [c.name for c in kind.computed if c.index]
    for column in (*indexed, *(kind.derived.indexed if kind.derived else ())):
        Index(f"ix_{name}_{column}", table.c[column])
    return table


def indexes_of(table: Table) -> list[Index]:
    """The indexes of a table, always in the same order."""
    return sorted(table.indexes, key=lambda index: str(index.name))


KIND_TABLES: Mapping[str, Table] = {name: _kind_table(kind) for name, kind in KINDS.items()}
