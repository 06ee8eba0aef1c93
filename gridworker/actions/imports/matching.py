"""Finding the people of a register among the residents that are already known."""

from collections.abc import Sequence

import msgspec

from gridworker.actions.imports.drafts import Doubt, Draft
from gridworker.actions.imports.places import Home
from gridworker.db.imports import has_residents, residents_named, residents_with_id
from gridworker.db.reader import Reader
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident


class Change(msgspec.Struct, frozen=True):
    """One field of a known resident that the file would change."""

    field: str
    old: object
    new: object


class Match(msgspec.Struct):
    """A draft beside the resident it was found to be, or None; the doubts are about finding, not reading."""

    stored: Stored[Resident] | None = None
    changes: tuple[Change, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def match_residents(
    drafts: Sequence[Draft], homes: Sequence[Home | None], reader: Reader, scope: ScopeId
) -> list[Match]:
    """One match per draft: by valid id number, then by name with birth date, telephone or place, if unique.

    Every known resident is matched at most once, so that a register that was imported finds exactly itself.
    """
    if not has_residents(reader, scope):
        return [Match() for _ in drafts]
    return _Matching(drafts, homes, reader, scope).run()


class _Matching:
    def __init__(
        self, drafts: Sequence[Draft], homes: Sequence[Home | None], reader: Reader, scope: ScopeId
    ) -> None:
        self._drafts = drafts
        self._homes = homes
        self._matches: list[Match | None] = [None] * len(drafts)
        self._claimed: set[RecordId] = set()
        self._by_name: dict[str, list[Stored[Resident]]] = {}
        self._by_id: dict[str, list[Stored[Resident]]] = {}
        for stored in residents_named(reader, scope, dict.fromkeys(draft.name for draft in drafts)):
            self._by_name.setdefault(stored.record.name, []).append(stored)
        for stored in residents_with_id(
            reader, scope, dict.fromkeys(d.valid_id for d in drafts if d.valid_id)
        ):
            self._by_id.setdefault(stored.record.id_number, []).append(stored)

    def run(self) -> list[Match]:
        """The strongest evidence first, so that a weak match never takes what a strong one needs."""
        for step in (self._by_id_and_name, self._identical, self._by_id_alone, self._by_evidence):
            for index, draft in enumerate(self._drafts):
                if self._matches[index] is None:
                    self._matches[index] = step(index, draft)
        return [match or Match() for match in self._matches]

    def _by_id_and_name(self, index: int, draft: Draft) -> Match | None:
        found = [s for s in self._free(self._by_id, draft.valid_id) if s.record.name == draft.name]
        return self._claim(index, found[0]) if found else None

    def _identical(self, index: int, draft: Draft) -> Match | None:
        """Whoever has this name and differs in nothing that the file says: two such people stay two."""
        found = (s for s in self._free(self._by_name, draft.name) if not self._differs(index, s))
        first = next(found, None)
        return self._claim(index, first) if first else None

    def _by_id_alone(self, index: int, draft: Draft) -> Match | None:
        found = self._free(self._by_id, draft.valid_id)
        return (
            self._claim(index, found[0], Doubt("name_differs", "name", found[0].record.name))
            if found
            else None
        )

    def _by_evidence(self, index: int, draft: Draft) -> Match | None:
        """The one namesake with the most in common; several with equally much are a doubt and no match."""
        scored = [(self._evidence(index, s), s) for s in self._free(self._by_name, draft.name)]
        best = max((score for score, _ in scored), default=0)
        if best == 0:
            return None
        found = [stored for score, stored in scored if score == best]
        if len(found) > 1:
            return Match(doubts=(Doubt("several_match", "name", draft.name),))
        return self._claim(index, found[0])

    def _evidence(self, index: int, stored: Stored[Resident]) -> int:
        draft, known = self._drafts[index], stored.record
        if draft.valid_id and known.id_state == "ok" and known.id_number != draft.valid_id:
            return 0
        birth = 4 if known.birth and draft.values.get("birth") == known.birth else 0
        phone = 2 if set(draft.phones) & set(known.phones) else 0
        return birth + phone + (1 if self._same_place(index, stored) else 0)

    def _same_place(self, index: int, stored: Stored[Resident]) -> bool:
        home, known = self._homes[index], stored.record
        if home is None or not home.place or home.place != known.place:
            return False
        return known.building_id is None or known.building_id == home.building_id

    def _differs(self, index: int, stored: Stored[Resident]) -> bool:
        changes, doubts = differences(self._drafts[index], self._homes[index], stored.record)
        return bool(changes or doubts)

    def _free(self, table: dict[str, list[Stored[Resident]]], key: str) -> list[Stored[Resident]]:
        return [stored for stored in table.get(key, ()) if stored.id not in self._claimed]

    def _claim(self, index: int, stored: Stored[Resident], *doubts: Doubt) -> Match:
        self._claimed.add(stored.id)
        changes, more = differences(self._drafts[index], self._homes[index], stored.record)
        return Match(stored, changes, (*doubts, *more))


_Differences = tuple[tuple[Change, ...], tuple[Doubt, ...]]


def differences(draft: Draft, home: Home | None, known: Resident) -> _Differences:
    """What the file says otherwise; what it does not say changes nothing."""
    changes: list[Change] = []
    doubts: list[Doubt] = []
    weak_id = known.id_state == "ok" and not draft.valid_id
    for field, new in draft.values.items():
        old = getattr(known, field)
        if old == new:
            continue
        if weak_id and field in ("id_number", "id_state"):
            if field == "id_number":
                doubts.append(Doubt("id_weaker", "id_number", str(new)))
            continue
        new = _joined(field, old, new)
        if old != new:
            changes.append(Change(field, old, new))
    address = _new_address(draft, home, known)
    if address is not None:
        changes.append(Change("address", known.address, address))
    return tuple(changes), tuple(doubts)


def _joined(field: str, old: object, new: object) -> object:
    """Telephones and remarks are added to, never replaced: what a worker wrote stays."""
    if field == "phones" and isinstance(old, tuple) and isinstance(new, tuple):
        return old if set(new) <= set(old) else tuple(dict.fromkeys((*new, *old)))
    if field == "note" and old:
        return old if str(new) in str(old) else f"{old};{new}"
    return new


def _new_address(draft: Draft, home: Home | None, known: Resident) -> str | None:
    """The new address if the file names another home; a vaguer one than the known room changes nothing."""
    if home is None or (home.room_id and home.room_id == known.room_id):
        return None
    if not home.place:
        return None if known.room_id or known.address == home.address else home.address
    return home.address
