"""Reading the building matrix: the buildings, and every door of one with its people, care and visits."""

import msgspec

from gridworker.db.buildings import Flat, buildings, flats
from gridworker.db.reader import Reader
from gridworker.db.resident_lines import LIVING, RECENT
from gridworker.domain.buildings import Building, Estate
from gridworker.domain.care import CareProfile
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident


class BuildingLine(msgspec.Struct, frozen=True):
    """One building of the list with its estate and what is known of it."""

    building: Stored[Building]
    estate: str = ""
    rooms: int = 0

    @property
    def id(self) -> RecordId:
        """The building's id."""
        return self.building.id


class Met(msgspec.Struct, frozen=True):
    """What a person's newest visits say: the last one, the last effective one, and the needs heard last."""

    last_ms: int
    effective_ms: int | None = None
    needs: tuple[str, ...] = ()


class Door(msgspec.Struct, frozen=True):
    """One room with those who live there now, their care profiles, and their newest visits."""

    flat: Flat
    people: tuple[Stored[Resident], ...]
    care: tuple[CareProfile, ...] = ()
    met: tuple[tuple[RecordId, Met], ...] = ()

    @property
    def head(self) -> Stored[Resident] | None:
        """The head of the household, or whoever comes first."""
        heads = (person for person in self.people if person.record.relation == "head")
        return next(heads, self.people[0] if self.people else None)


def building_lines(reader: Reader) -> list[BuildingLine]:
    """All buildings by estate and number."""
    names = {estate.id: estate.record.name for estate in reader.all(Estate)}
    sql = "SELECT building_id, count(*) FROM room GROUP BY building_id"
    rooms = dict(reader.rows_of(sql))
    lines = [
        BuildingLine(b, names.get(b.record.estate_id or RecordId(""), ""), rooms.get(b.id, 0))
        for b in buildings(reader)
    ]
    return sorted(lines, key=lambda line: line.estate)


def doors(reader: Reader, building_id: RecordId) -> list[Door]:
    """Every room of a building."""
    met = _met(reader, building_id)
    sql = "resident_id IN (SELECT id FROM resident WHERE building_id=?)"
    profiles = {p.record.resident_id: p.record for p in reader.where(CareProfile, sql, (building_id,))}
    return [_door(flat, profiles, met) for flat in flats(reader, building_id)]


def _door(flat: Flat, profiles: dict[RecordId, CareProfile], met: dict[RecordId, Met]) -> Door:
    living = [person for person in flat.people if person.record.status in LIVING]
    people = tuple(sorted(living, key=lambda person: person.record.relation != "head"))
    ids = [person.id for person in people]
    care = tuple(profiles[id] for id in ids if id in profiles)
    return Door(flat, people, care, tuple((id, met[id]) for id in ids if id in met))


def _met(reader: Reader, building_id: RecordId) -> dict[RecordId, Met]:
    """The newest visits of everybody there; CROSS JOIN keeps the planner from reading all."""
    sql = (
        "SELECT r.id, v.visited_ms, json_extract(v.body,'$.needs'),"
        " (SELECT max(met_ms) FROM link WHERE target=r.id AND kind='visit')"
        " FROM resident r CROSS JOIN visit v"
        " ON v.id IN (SELECT id FROM link WHERE target=r.id AND kind='visit' ORDER BY id DESC LIMIT ?)"
        " WHERE r.building_id=? ORDER BY v.visited_ms"
    )
    return {
        RecordId(id): Met(at_ms, met_ms, tuple(msgspec.json.decode(needs)) if needs else ())
        for id, at_ms, needs, met_ms in reader.rows_of(sql, (RECENT, building_id))
    }
