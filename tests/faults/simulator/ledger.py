"""The ledger: what people were told is saved, kept outside of all files that a fault can touch."""

import re
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from gridworker.wire.envelope import Operation

CANARY = re.compile("⟦([^⟧]*)⟧")
"""The name of a grid in a text that was written there."""


class Saved(msgspec.Struct, frozen=True):
    """One operation whose author was told that it is saved; `n` counts over all laptops."""

    n: int
    disk: str
    """The database file it was written to, at that time."""
    op: Operation


class Ledger:
    """Every saved operation, and those of which the last copy went down with a disk."""

    def __init__(self) -> None:
        self.saved: dict[str, Saved] = {}
        self.destroyed: set[str] = set()
        self.scopes: dict[str, set[str]] = defaultdict(set)
        """The grids whose words people wrote about each record, whatever the centre has forgotten since."""

    def note(self, disk: str, operations: Iterable[Operation]) -> None:
        """Remember operations of a write that has returned."""
        for op in operations:
            self.saved[op.op_id] = Saved(len(self.saved), disk, op)

    def note_words(self, operations: Iterable[Operation]) -> None:
        """Remember whose words these are; a kill may come between the commit and its return."""
        for op in operations:
            written = set(CANARY.findall(msgspec.json.encode(op).decode()))
            self.scopes[op.id] |= {op.scope, op.source or op.scope, op.target or op.scope, *written}

    def mourn(self, existing: set[str]) -> None:
        """A disk was destroyed: only these operations exist anywhere."""
        self.destroyed |= self.saved.keys() - existing

    def find_again(self, op_ids: Iterable[str]) -> None:
        """An old copy came back into use with these operations on it."""
        self.destroyed.difference_update(op_ids)

    def owed(self) -> list[Saved]:
        """What the centre must hold in the end."""
        return [saved for op_id, saved in self.saved.items() if op_id not in self.destroyed]


class Album:
    """Every photo that somebody was told is saved, and those of which no fault left the bytes anywhere."""

    def __init__(self) -> None:
        self.photos: dict[str, bytes] = {}
        self.excused: set[str] = set()
        self.harmed: set[str] = set()
        """Files on laptops that a fault has touched, by their names."""
