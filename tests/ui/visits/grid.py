"""A small grid of clearly fictitious people behind a real, encrypted database, for tests of visits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from uuid_utils import uuid7

from gridworker.db.care import CHINA
from gridworker.db.database import Database, Ports
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import pinyin_table
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.problems import Problem
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.profiles import start_import
from gridworker.settings import Settings
from gridworker.ui.background import Background
from gridworker.ui.desk import Desk, Notice

NOON = int(datetime(2026, 11, 23, 14, 2, tzinfo=CHINA).timestamp() * 1000)
"""Monday, 23 November 2026, 14:02 in China."""
DAY_MS = 86_400_000
KEY = bytes(range(32))


class Office:
    """A desk whose clock stands still, with everything it said and asked for."""

    def __init__(self, folder: Path) -> None:
        """Opens the database in `folder`, or the one left there."""
        self.now_ms = NOON
        ports = Ports(now_ms=lambda: self.now_ms, new_id=lambda: str(uuid7()))
        self.database = Database.open(folder / "gridworker.db", KEY, ports=ports, pinyin=pinyin_table())
        self.background = Background(self._bug)
        self.desk = Desk(
            self.database,
            Settings(folder),
            self.background,
            start_import=lambda file: start_import(folder, file, self.desk.today),
        )
        self.notices: list[Notice] = []
        self.asked: list[tuple[str, object]] = []
        self.bugs: list[BaseException] = []
        self.desk.noticed.connect(self.notices.append)
        self.desk.asked.connect(lambda name, shown: self.asked.append((name, shown)))

    def add(self, *records: Record) -> list[RecordId]:
        """Store records as they are."""
        return self.database.write(_store, records)

    def count(self, kind: type[Record]) -> int:
        """How many records of a kind there are."""
        return self.desk.look(lambda reader: reader.count(kind))

    def visits(self) -> list[Visit]:
        """Every visit, the oldest first."""
        return [stored.record for stored in self.desk.look(lambda reader: list(reader.all(Visit)))]

    def settle(self) -> None:
        """Wait until everything asked of the threads is answered."""
        self.background.drain()

    def close(self) -> None:
        """End the threads and close the file."""
        self.desk.close()
        self.background.shutdown()
        self.database.close()
        assert self.bugs == []

    def fill_disk(self, *, full: bool = True) -> None:
        """Let the database grow no further, or again as it likes."""
        writer = self.database._writer.connection.driver_connection
        assert writer is not None
        pages = writer.execute("PRAGMA page_count").fetchone()[0] if full else 2**30
        writer.execute(f"PRAGMA max_page_count={pages}")

    def _bug(self, error: BaseException) -> Problem:
        self.bugs.append(error)
        return Problem("bug")


@contextmanager
def office_in(folder: Path) -> Iterator[Office]:
    """An office that is closed at the end."""
    office = Office(folder)
    try:
        yield office
    finally:
        office.close()


class People:
    """The ids of the people of the small grid, by a short name."""

    def __init__(self, office: Office) -> None:
        """One estate, two buildings, eight people in six flats."""
        self._office = office
        (estate,) = office.add(Estate(name="幸福里"))
        self.buildings = office.add(
            Building(number="3", estate_id=estate, units=2, floors=6),
            Building(number="5", estate_id=estate, units=1, floors=6),
        )
        self.wang = self.live("王秀兰", "3-2-501", birth="1944-03-02", sex="female", phones=("13800138000",))
        self.li = self.live("李建国", "3-2-501", birth="1942-07-11", sex="male", relation="spouse")
        self.zhao = self.live("赵桂英", "3-2-302", birth="1950-01-20", sex="female")
        self.qian = self.live("钱文", "3-1-101", birth="1985-05-05", sex="male")
        self.xiaoli = self.live("王小丽", "5-1-302", birth="1991-09-09", sex="female")
        self.sun = self.live("孙福", "5-1-601", birth="1939-12-01", sex="male")
        self.shan = self.live("单雄", "5-1-202", birth="1955-02-02", sex="male")
        self.care(self.wang, "elder80_alone", since="2026-01-05")

    def live(self, name: str, place: str, **fields: object) -> RecordId:
        """Somebody in a flat, in the household that is there."""
        building = self.buildings[0] if place.startswith("3") else self.buildings[1]
        room, household = self._home(place, building)
        (id,) = self._office.add(
            Resident(
                name=name,
                place=place,
                address=f"幸福里{place.replace('-', '栋', 1).replace('-', '单元', 1)}",
                building_id=building,
                room_id=room,
                household_id=household,
                **{"relation": "head", **fields},  # type: ignore[arg-type]  # a test says which fields
            )
        )
        return id

    def care(self, resident: RecordId, *groups: str, **fields: object) -> RecordId:
        """A care profile."""
        profile = CareProfile(resident_id=resident, groups=groups, **fields)  # type: ignore[arg-type]  # as above
        return self._office.add(profile)[0]

    def visit(self, *residents: RecordId, days_ago: int, **fields: object) -> RecordId:
        """A visit some days ago."""
        found = self._office.desk.look(lambda reader: reader.get_many(Resident, residents))
        visit = Visit(
            resident_ids=residents,
            visited_ms=NOON - days_ago * DAY_MS,
            who="、".join(person.record.name for person in found),
            address=found[0].record.address,
            room_id=found[0].record.room_id,
            **{"method": "home", "outcome": "met", "worker_id": "local", **fields},  # type: ignore[arg-type]  # as above
        )
        return self._office.add(visit)[0]

    def _home(self, place: str, building: RecordId) -> tuple[RecordId, RecordId]:
        rooms = self._office.desk.look(lambda reader: reader.where(Room, "place=?", (place,)))
        if rooms:
            room = rooms[0].id
        else:
            unit, number = place.split("-")[1:]
            (room,) = self._office.add(Room(building_id=building, place=place, unit=unit, number=number))
        homes = self._office.desk.look(lambda reader: reader.where(Household, "room_id=?", (room,)))
        household = homes[0].id if homes else self._office.add(Household(room_id=room, place=place))[0]
        return room, household


def _store(tx: Transaction, records: tuple[Record, ...]) -> list[RecordId]:
    return [tx.create(record) for record in records]
