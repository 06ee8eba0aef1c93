"""Writing an import: one batch, one transaction; all of it or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from gridworker.actions.imports.places import Home, PlannedHousehold
from gridworker.actions.imports.plan import Plan, make_plan
from gridworker.actions.imports.register import Progress, Register, no_progress
from gridworker.actions.imports.report import Report, report_of
from gridworker.db.imports import Batch, BatchRow, store_batch
from gridworker.db.transaction import Transaction
from gridworker.domain.buildings import Building, Estate, Room
from gridworker.domain.care import CareProfile
from gridworker.domain.households import Household
from gridworker.domain.records import Record, RecordId
from gridworker.domain.residents import Resident

WHY = "import"
_AT_ONCE = 2_000
_canonical = msgspec.json.Encoder(order="sorted").encode


def commit_register(
    tx: Transaction, register: Register, *, today: date, progress: Progress = no_progress
) -> Report:
    """Plan against the database as it is in this transaction, write everything, and give the report."""
    plan = make_plan(register, tx, today=today, progress=progress)
    return _Writing(tx, plan, progress).run()


def digest(record: Record) -> str:
    """What tells whether a record still is as it was created; the head of a household follows its people."""
    if isinstance(record, Household):
        record = msgspec.structs.replace(record, head_id=None)
    return sha256(_canonical(record)).hexdigest()[:32]


class _Writing:
    def __init__(self, tx: Transaction, plan: Plan, progress: Progress) -> None:
        self._tx = tx
        self._plan = plan
        self._progress = progress
        self._rows: list[BatchRow] = []
        self._created: dict[str, int] = {}
        matches = plan.matches
        self._resident_ids = [match.stored.id if match.stored else tx.new_id() for match in matches]
        self._household_of: dict[int, PlannedHousehold] = {}

    def run(self) -> Report:
        """Containers first, so that nothing ever points to what is not there."""
        self._create_places()
        self._save_households()
        self._save_residents()
        self._save_care()
        report = msgspec.structs.replace(report_of(self._plan), state="saved", created=self._created)
        return self._stored(report) if self._rows else report

    def _stored(self, report: Report) -> Report:
        """The report with its batch; an import that changed nothing leaves none behind."""
        batch_id = self._tx.new_id()
        report = msgspec.structs.replace(report, batch_id=batch_id)
        register = self._plan.register
        batch = Batch(batch_id, register.file, register.sha256, "done", self._tx.now_ms, report.to_json())
        store_batch(self._tx, batch, self._rows)
        return report

    def _create(
        self, records: Iterable[tuple[RecordId, Record]], progress: Callable[[int], None] | None = None
    ) -> None:
        for done, part in _parts(records):
            self._tx.create_many(part, scope=self._plan.scope, why=WHY)
            self._rows.extend(BatchRow(id, r.kind, "create", f'"{digest(r)}"') for id, r in part)
            kind = part[0][1].kind
            self._created[kind] = self._created.get(kind, 0) + len(part)
            if progress:
                progress(done)

    def _change(self, kind: type[Record], id: RecordId, old: Record, **fields: Any) -> None:
        if self._tx.change(kind, id, why=WHY, **fields):
            pairs = {
                name: [getattr(old, name), new] for name, new in fields.items() if getattr(old, name) != new
            }
            self._rows.append(BatchRow(id, kind.kind, "patch", msgspec.json.encode(pairs).decode()))

    # ---------------------------------------------------------------------------------------------- places

    def _create_places(self) -> None:
        places = self._plan.places
        self._create(self._new_estates())
        self._create(self._new_buildings())
        self._create(self._new_rooms(places.homes.values()))

    def _new_estates(self) -> Iterator[tuple[RecordId, Record]]:
        for estate in self._plan.places.estates.values():
            if estate.id is None:
                estate.id = self._tx.new_id()
                yield estate.id, Estate(name=estate.name)

    def _new_buildings(self) -> Iterator[tuple[RecordId, Record]]:
        for planned in self._plan.places.buildings.values():
            if planned.id is None:
                planned.id = self._tx.new_id()
                estate_id = planned.estate.id if planned.estate else None
                yield (
                    planned.id,
                    Building(
                        number=planned.number, estate_id=estate_id, units=planned.units, floors=planned.floors
                    ),
                )

    def _new_rooms(self, homes: Iterable[Home]) -> Iterator[tuple[RecordId, Record]]:
        for home in homes:
            if home.room_id is None and home.place and home.building_id:
                home.room_id = self._tx.new_id()
                yield home.room_id, _room(home, home.building_id)

    # ------------------------------------------------------------------------------------------ households

    def _save_households(self) -> None:
        households = [(home, h) for home in self._plan.places.homes.values() for h in home.households]
        known = [household for _, household in households if household.id]
        self._create(self._new_households(households))
        for _, household in households:
            self._household_of.update(dict.fromkeys(household.members, household))
        for household in known:
            head = self._resident_ids[household.head]
            if household.id and household.said and household.known_head != head:
                self._change(Household, household.id, Household(head_id=household.known_head), head_id=head)

    def _new_households(
        self, households: Sequence[tuple[Home, PlannedHousehold]]
    ) -> Iterator[tuple[RecordId, Record]]:
        for home, household in households:
            if household.id is None:
                household.id = self._tx.new_id()
                head = self._resident_ids[household.head]
                yield household.id, Household(room_id=home.room_id, head_id=head, place=home.place)

    # ------------------------------------------------------------------------------------------- residents

    def _save_residents(self) -> None:
        total = len(self._plan.drafts)
        self._create(self._new_residents(), lambda done: self._progress("save", done, total))
        for index, match in enumerate(self._plan.matches):
            if match.stored and match.changes:
                fields = {change.field: change.new for change in match.changes}
                fields.update(self._household_fields(index) if "household_id" in fields else {})
                fields.update(self._place_fields(index) if "address" in fields else {})
                self._change(Resident, match.stored.id, match.stored.record, **fields)
        self._progress("save", total, total)

    def _new_residents(self) -> Iterator[tuple[RecordId, Record]]:
        for index, (draft, match) in enumerate(zip(self._plan.drafts, self._plan.matches, strict=True)):
            if match.stored is None:
                fields = {**draft.values, **self._place_fields(index), **self._household_fields(index)}
                yield self._resident_ids[index], Resident(**fields)

    def _place_fields(self, index: int) -> dict[str, Any]:
        home = self._plan.places.home_of[index]
        if home is None:
            return {}
        return {
            "address": home.address,
            "place": home.place,
            "building_id": home.building_id,
            "room_id": home.room_id,
        }

    def _household_fields(self, index: int) -> dict[str, Any]:
        household = self._household_of.get(index)
        return {"household_id": household.id} if household else {}

    # ------------------------------------------------------------------------------------------------ care

    def _save_care(self) -> None:
        since = self._plan.today.isoformat()
        new = [care for care in self._plan.care if care.stored is None]
        self._create(
            (
                self._tx.new_id(),
                CareProfile(resident_id=self._resident_ids[c.index], groups=c.groups, since=since),
            )
            for c in new
        )
        for care in self._plan.care:
            if care.stored:
                groups = tuple(dict.fromkeys((*care.stored.record.groups, *care.groups)))
                self._change(CareProfile, care.stored.id, care.stored.record, groups=groups)


def _room(home: Home, building_id: RecordId) -> Room:
    at = home.at
    return Room(
        building_id=building_id,
        place=home.place,
        unit=at.unit or "",
        floor=at.floor or 0,
        number=at.room or "",
        use=home.use or "unknown",
    )


def _parts(records: Iterable[tuple[RecordId, Record]]) -> Iterator[tuple[int, list[tuple[RecordId, Record]]]]:
    """Records by the few thousand, each part with how many have come so far."""
    part: list[tuple[RecordId, Record]] = []
    done = 0
    for record in records:
        part.append(record)
        if len(part) == _AT_ONCE:
            done += len(part)
            yield done, part
            part = []
    if part:
        yield done + len(part), part
