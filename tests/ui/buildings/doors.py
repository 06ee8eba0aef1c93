"""Doors made by hand, for tests of where they are drawn and how they are coloured."""

from datetime import date, timedelta

from gridworker.db.buildings import Flat
from gridworker.db.matrix import Door, Met
from gridworker.dictionaries import care_rules
from gridworker.domain.buildings import Room
from gridworker.domain.care import CareProfile
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident
from gridworker.ui.buildings.layers import Context
from tests.ui.visits.grid import DAY_MS, NOON

TODAY = date(2026, 11, 23)
CONTEXT = Context(TODAY, care_rules())
SOMEBODY = RecordId("somebody")


def door(
    number: str,
    *,
    unit: str = "",
    floor: int | None = None,
    people: int = 1,
    care: tuple[CareProfile, ...] = (),
    met: Met | None = None,
    cases: int = 0,
    use: str = "self",
) -> Door:
    """A door; its floor is the one its number tells."""
    level = floor if floor is not None else int(number[:-2] or 0)
    id = RecordId(f"{unit}-{number}")
    room = Room(
        building_id=RecordId("b"), place=f"3-{unit}-{number}", unit=unit, number=number, floor=level, use=use
    )
    living = tuple(
        _stored(RecordId(f"{id}-{n}"), Resident(name=f"周{n}", relation="head" if n == 0 else "other"))
        for n in range(people)
    )
    known = ((SOMEBODY, met),) if met else ()
    return Door(Flat(_stored(id, room), living, cases), living, care, known)


def profile(*groups: str, **fields: object) -> CareProfile:
    """The care of somebody."""
    return CareProfile(resident_id=SOMEBODY, groups=groups, **fields)  # type: ignore[arg-type]  # a test says which fields


def met(days_ago: int, *needs: str, effective: bool = True) -> Met:
    """A visit so many days ago."""
    at_ms = NOON - days_ago * DAY_MS
    return Met(at_ms, at_ms if effective else None, needs)


def day(ahead: int) -> str:
    """A day from today, as text."""
    return (TODAY + timedelta(days=ahead)).isoformat()


def _stored(id, record):  # type: ignore[no-untyped-def]  # of any kind
    return Stored(id, ScopeId("g:1"), None, record)
