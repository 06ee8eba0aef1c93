"""Record kinds: documents with a declared schema from which everything else is computed."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, NewType, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from gridworker.domain.fields import Field
from gridworker.domain.names import PinyinTable

RecordId = NewType("RecordId", str)
ScopeId = NewType("ScopeId", str)

ORGANISATION = ScopeId("org")
"""The scope of reference data that everybody receives: the tree of areas."""


def grid_scope(grid_id: str) -> ScopeId:
    """The scope of everything that belongs to one grid."""
    return ScopeId(f"g:{grid_id}")


class Column(msgspec.Struct, frozen=True):
    """A column that SQLite computes from the body by a JSON path, to sort, filter or search by."""

    name: str
    path: str
    type: str = "TEXT"
    index: bool = True


class Derived(msgspec.Struct, frozen=True):
    """Columns that need Python (pinyin, reversed phones); one function gives all of them for one record."""

    names: tuple[str, ...]
    values: Callable[[Any, PinyinTable], tuple[str | None, ...]]
    indexed: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of every record kind; unknown fields of a newer program stay in the stored body."""

    kind: ClassVar[str]
    label: ClassVar[str]
    append_only: ClassVar[bool] = False
    """Inserted once, later writers only add linked records or move its state."""
    computed: ClassVar[tuple[Column, ...]] = ()
    derived: ClassVar[Derived | None] = None
    links: ClassVar[tuple[str, ...]] = ()
    """Fields that hold ids of other records (one or several), indexed for timelines."""
    part_of: ClassVar[tuple[str, ...]] = ()
    """Fields that name the place or household it belongs to: it moves to another scope with any of them."""
    about: ClassVar[tuple[str, ...]] = ()
    """Fields that name whom or what it tells of, the first that names anything counts: it is in every scope
    where one of these is, and moves when all of them have moved."""


R = TypeVar("R", bound=Record)


class Stored(msgspec.Struct, Generic[R], frozen=True):
    """A record as the database keeps it: `rev` is None until the centre has accepted it."""

    id: RecordId
    scope: ScopeId
    rev: str | None
    record: R
    pending: bool = False


class Touched(msgspec.Struct, frozen=True):
    """Which records changed: the one message that refreshes every screen."""

    ids: frozenset[RecordId] = frozenset()
    kinds: frozenset[str] = frozenset()
    everything: bool = False

    def __or__(self, other: "Touched") -> "Touched":
        """Both changes together."""
        return Touched(self.ids | other.ids, self.kinds | other.kinds, self.everything or other.everything)

    def concerns(self, *kinds: type[Record]) -> bool:
        """Whether a screen that shows these kinds has to look again."""
        return self.everything or any(k.kind in self.kinds for k in kinds)


@cache
def fields_of(kind: type[Record]) -> Mapping[str, Field]:
    """The declared fields of a record kind, in order; a field without declaration is a bug."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: _declaration(kind, name, hints[name]) for name in kind.__struct_fields__}


def _declaration(kind: type[Record], name: str, hint: Any) -> Field:
    if get_origin(hint) is Annotated:
        for extra in get_args(hint)[1:]:
            if isinstance(extra, Field):
                return extra
    raise TypeError(f"{kind.__name__}.{name} needs Annotated[..., Field(label)]")


def link_ids(record: Record) -> Iterable[RecordId]:
    """Every id of another record that this record points to by its declared links."""
    for name in record.links:
        value = getattr(record, name)
        if isinstance(value, tuple):
            yield from value
        elif value:
            yield value


def parents_of(kind: type[Record], document: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of what a document goes along with, as it says; what is no id is passed over."""
    found: dict[str, None] = {}
    for name in kind.about or kind.part_of:
        value = document.get(name)
        if not value:
            continue
        listed = value if isinstance(value, list | tuple) else (value,)
        found.update((id, None) for id in listed if isinstance(id, str) and id)
        if found and kind.about:
            break
    return tuple(found)
