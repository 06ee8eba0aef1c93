"""Reading the list of residents: row keys filtered and sorted, and the lines of a page with their care."""

from collections.abc import Container, Mapping, Sequence
from datetime import date

import msgspec

from gridworker.db.care import day_of
from gridworker.db.reader import Reader, decoder_of
from gridworker.db.residents import ORDERS, SEARCH_LIMIT, search_residents
from gridworker.domain.care import CareProfile, CareRule, Due, next_due
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident

LIVING = ("active", "away")
"""Statuses of people who live here, those away for a while among them."""

_LIVES_HERE = "coalesce(status,'active') IN ('active','away')"
FILTERS: Mapping[str, str] = {
    "living": _LIVES_HERE,
    "alone": f"{_LIVES_HERE} AND json_extract(body,'$.lives_alone')",
    "care": f"{_LIVES_HERE} AND id IN (SELECT resident_id FROM care_profile"
    " WHERE json_array_length(body,'$.groups')>0)",
    "all": "1",
}
"""What the list can be narrowed to, and the condition that does it."""

SEARCHED_MORE = 40
"""How many times more a search looks through where a filter will leave only a few."""
RECENT = 3
"""How many of the visits recorded last are looked through for the one that was made last."""
_LINES = f"""
SELECT r.n, r.id, r.scope, r.rev, r.body, r.base IS NOT NULL, p.body,
 (SELECT max(v.visited_ms) FROM
  (SELECT id FROM link WHERE target=r.id AND kind='visit' ORDER BY id DESC LIMIT {RECENT}) l
  JOIN visit v ON v.id=l.id),
 (SELECT max(met_ms) FROM link WHERE target=r.id AND kind='visit')
 FROM resident r LEFT JOIN care_profile p ON p.resident_id=r.id WHERE r.n IN ({{marks}})
"""


class ResidentLine(msgspec.Struct, frozen=True):
    """One line of the list: the person, the care he receives, and when he was last visited and really met."""

    resident: Stored[Resident]
    profile: CareProfile | None = None
    last_ms: int | None = None
    effective_ms: int | None = None

    @property
    def id(self) -> RecordId:
        """The person's id."""
        return self.resident.id

    def due(self, rules: Mapping[str, CareRule], today: date) -> Due | None:
        """When he is next to be visited, if somebody has to."""
        if self.profile is None or self.resident.record.status not in LIVING:
            return None
        last = day_of(self.effective_ms) if self.effective_ms is not None else None
        return next_due(self.profile, last, rules=rules, today=today)


def line_keys(
    reader: Reader, *, order: str = "address", descending: bool = False, only: str = "living"
) -> list[int]:
    """The row keys of the list; who has no birth date or no place stays at the end in both directions."""
    keys = reader.keys(Resident, order=ORDERS[order], where=FILTERS[only])
    if not descending:
        return keys
    last = _without(reader, order)
    return [key for key in reversed(keys) if key not in last] + [key for key in keys if key in last]


def found_keys(reader: Reader, typed: str, *, among: Container[int], narrow: bool = False) -> list[int]:
    """The row keys that were searched and that a filter leaves; `narrow`: the filter leaves only a few."""
    looked = search_residents(reader, typed, SEARCH_LIMIT * (SEARCHED_MORE if narrow else 2))
    return [key for key in looked if key in among][:SEARCH_LIMIT]


def sorted_keys(reader: Reader, keys: Sequence[int], *, order: str, descending: bool) -> list[int]:
    """A short list of keys, such as what a search found, in another order."""
    marks = ",".join("?" * len(keys))
    ordered = reader.keys(Resident, order=ORDERS[order], where=f"n IN ({marks})", parameters=keys)
    if not descending:
        return ordered
    last = _without(reader, order)
    return [key for key in reversed(ordered) if key not in last] + [key for key in ordered if key in last]


def resident_lines(reader: Reader, keys: Sequence[int]) -> list[ResidentLine | None]:
    """A page of the list in the order of the keys; None where somebody is gone."""
    decode, decode_profile = decoder_of(Resident).decode, decoder_of(CareProfile).decode
    found: dict[int, ResidentLine] = {}
    for n, id, scope, rev, body, pending, profile, last_ms, effective_ms in reader.rows_of(
        _LINES.format(marks=",".join("?" * len(keys))), keys
    ):
        if n not in found:
            stored = Stored(RecordId(id), ScopeId(scope), rev, decode(body), bool(pending) or rev is None)
            care = decode_profile(profile) if profile else None
            found[n] = ResidentLine(stored, care, last_ms, effective_ms)
    return [found.get(key) for key in keys]


def line_of(reader: Reader, id: RecordId) -> tuple[int, ResidentLine] | None:
    """The row key and the line of one person."""
    key = reader.key_of(Resident, id)
    line = resident_lines(reader, [key])[0] if key is not None else None
    return (key, line) if key is not None and line is not None else None


def namesakes(reader: Reader, name: str, *, pinyin: str, limit: int = 6) -> list[int]:
    """Row keys of people with this name, or whose name sounds the same."""
    sql = "SELECT n FROM resident WHERE {}=? ORDER BY n LIMIT ?"
    found = reader.rows_of(sql.format("name"), (name, limit))
    if pinyin:
        found += reader.rows_of(sql.format("pinyin"), (pinyin, limit))
    return list(dict.fromkeys(row[0] for row in found))[:limit]


def holders(reader: Reader, *, id_number: str, phones: Sequence[str]) -> list[int]:
    """Row keys of people who have this id number or one of these phones."""
    found: list[tuple[int]] = []
    if id_number:
        found += reader.rows_of("SELECT n FROM resident WHERE id_number=? ORDER BY n LIMIT 3", (id_number,))
    for phone in phones:
        for column in ("phone_tail", "phone_tail_2"):
            sql = f"SELECT n FROM resident WHERE {column}=? ORDER BY n LIMIT 3"
            found += reader.rows_of(sql, (phone[::-1],))
    return list(dict.fromkeys(row[0] for row in found))


def _without(reader: Reader, order: str) -> frozenset[int]:
    condition = {"age": "birth IS NULL", "address": "walk>='~'"}.get(order)
    if condition is None:
        return frozenset()
    return frozenset(row[0] for row in reader.rows_of(f"SELECT n FROM resident WHERE {condition}"))
