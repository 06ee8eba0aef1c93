"""What befalls laptops and the centre: a table of faults with weights; each counts itself when it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import copytree
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from gridworker.db.reader import driver_of
from gridworker.db.transaction import Transaction
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident
from gridworker.server import push as pushing
from gridworker.server.outcomes import Attempt, Outcome
from gridworker.wire.envelope import SCHEMA
from tests.faults.simulator import office, people, photos, sticks
from tests.faults.simulator.device import Device, Run
from tests.faults.simulator.weather import pick
from tests.faults.simulator.world import DAY_MS, HOUR_MS, World

TEN_YEARS_MS = 3_652 * DAY_MS
POISON = "☠"
MOST_LAPTOPS = 11
NO_LIMIT = 1 << 30


class Fault(NamedTuple):
    """One thing that befalls a laptop: its name, how often, and how it happens."""

    name: str
    weight: int
    happen: Callable[[Device], object]


def strike(device: Device) -> None:
    """One fault of the table befalls a laptop."""
    pick(device.world, FAULTS).happen(device)


# ------------------------------------------------------------------------------------ programs and disks


def kill_between_steps(device: Device) -> None:
    """The program is killed between two steps of an exchange."""
    run = Run(device, device.database)
    for _ in range(device.world.rng.randint(0, 5)):
        outcome = run.step()
        if outcome:
            device.end_exchange(run, outcome)
            break
        device.check_step(run.database)
    device.world.count("kill_between_steps")
    device.crash()


def kill_in_exchange(device: Device) -> None:
    """The program is killed inside a transaction of an exchange."""
    run = Run(device, device.database)

    def work() -> None:
        while not run.step():
            device.check_step(run.database)

    if device.die_within(work):
        device.world.count("kill_in_exchange")


def kill_while_saving(device: Device) -> None:
    """The program is killed while its user saves something."""
    if device.die_within(lambda: people.live(device)):
        device.world.count("kill_while_saving")


def lose_power_while_saving(device: Device) -> None:
    """Power is lost in the commit of something that its user saves."""
    if device.lose_power_in(lambda: people.live(device)):
        device.world.count("power_loss")


def lose_power_in_exchange(device: Device) -> None:
    """Power is lost in the commit of a step of an exchange."""
    run = Run(device, device.database)
    for _ in range(device.world.rng.randint(0, 3)):
        if run.step():
            return
        device.check_step(run.database)
    if device.lose_power_in(run.step):
        device.world.count("power_loss_in_exchange")


def fill_disk(device: Device) -> None:
    """There is no room left for some hours: neither for people nor for an exchange."""
    for window in device.windows:
        driver = driver_of(window._writer)
        (pages,) = driver.execute("PRAGMA page_count").fetchone()
        driver.execute(f"PRAGMA max_page_count={pages}")

    def write_much(tx: Transaction) -> None:
        grant = people.any_grant(device, tx)
        if grant:
            note = device.world.words(grant.scope, "长" * 5_000)
            tx.create(Resident(name=device.world.words(grant.scope), note=note), scope=ScopeId(grant.scope))

    for _ in range(3):
        if device.save(write_much) == "disk_full":
            device.world.count("disk_full")
            break
    if not device.offline_until_ms > device.world.now_ms:
        device.exchange_now()
    device.world.later(5 * HOUR_MS, lambda: make_room(device))


def make_room(device: Device) -> None:
    """Somebody has emptied the disk."""
    for window in device.windows:
        driver_of(window._writer).execute(f"PRAGMA max_page_count={NO_LIMIT}")


def take_backup(device: Device) -> None:
    """Somebody copies the file away, in case of need."""
    device.backups = [*device.backups, (device.image(), device.operations())][-2:]


def restore_backup(device: Device) -> None:
    """An older copy of the file is put back: what only the newer one held is gone."""
    world = device.world
    if not device.backups:
        take_backup(device)
        world.later(world.rng.randrange(HOUR_MS, 3 * DAY_MS), lambda: restore_backup(device))
        return
    image, held = world.rng.choice(device.backups)
    device.restore(image, held)
    world.forked.add(device.path.name)
    world.ledger.find_again(held)
    world.ledger.mourn(world.existing_operations())
    world.count("restored_from_backup")
    device.begin_exchange()
    device.work_meanwhile()


def clone(device: Device) -> None:
    """The file is copied to a second laptop, and both are used from then on."""
    world = device.world
    if len(world.devices) >= MOST_LAPTOPS:
        return
    held = device.operations()
    twin = Device(world, f"{device.name}c{len(world.devices)}", device.user, device.image())
    twin.must_hold = held
    if device.path.with_suffix(".blobs").exists():
        copytree(device.path.with_suffix(".blobs"), twin.path.with_suffix(".blobs"))
    twin.look_into_archive()
    twin.damages = device.damages
    twin.skew_ms = device.skew_ms
    world.devices.append(twin)
    world.count("cloned")


def open_second_window(device: Device) -> None:
    """The program runs twice on one file, both save and synchronise."""
    if len(device.windows) > 1:
        return
    window = device.open_window()
    device.world.count("second_window")
    device.begin_exchange(window)
    device.begin_exchange(device.database)
    for _ in range(3):
        people.live(device)
    device.world.later(device.world.rng.randrange(HOUR_MS), lambda: device.close_window(window))


# --------------------------------------------------------------------------------------- clocks and lines


def jump_clock(device: Device) -> None:
    """The clock is wrong by years, in one direction or the other."""
    device.skew_ms = device.world.rng.choice((-TEN_YEARS_MS, TEN_YEARS_MS))
    device.world.count("clock_10_years")


def turn_clock_back(device: Device) -> None:
    """The clock goes back by up to two days."""
    device.skew_ms -= device.world.rng.randrange(2 * DAY_MS)
    device.world.count("clock_backwards")


def freeze_clock(device: Device) -> None:
    """The clock stands still for some days."""
    device.frozen_ms = device.clock()
    device.world.count("clock_frozen")
    device.world.later(3 * DAY_MS, lambda: thaw(device))


def thaw(device: Device) -> None:
    """The clock goes again and is set right."""
    device.frozen_ms = None
    device.skew_ms = 0


def go_offline(device: Device) -> None:
    """No line for some days, sometimes for a quarter."""
    days = device.world.rng.choice((1, 2, 3, 5, 8, 90))
    device.offline_until_ms = device.world.now_ms + days * DAY_MS
    device.world.count("offline")


# ------------------------------------------------------------------------------- people and their records


def create_same_person(device: Device) -> None:
    """The same person is recorded on three laptops before any of them hears of the others."""
    rng, words = device.world.rng, device.world.words
    number = f"999101{rng.randrange(1940, 2000)}0101{rng.randrange(1000):03d}0"
    for one in rng.sample(device.world.devices, 3):

        def create(tx: Transaction, one: Device = one) -> None:
            grant = people.any_grant(one, tx)
            if grant:
                scope = ScopeId(grant.scope)
                tx.create(Resident(name=words(scope, "同"), id_number=number), scope=scope)

        one.save(create)
    device.world.count("same_person_thrice")


def delete_and_edit(device: Device) -> None:
    """One laptop deletes what another edits, neither knowing of the other; later somebody wants it back."""
    world = device.world
    found = _known_people(device)
    others = [one for one in world.devices if one is not device]
    if not found:
        return
    stored = world.rng.choice(found)
    if people.perform_on(device, stored, "delete"):
        return
    for other in others:
        people.perform_on(other, stored, "edit")
    world.deleted.append(("resident", stored.id, stored.scope))
    world.later(2 * DAY_MS, lambda: people.perform(world.rng.choice(world.devices), people.BRING_BACK))
    world.count("delete_against_edit")


def write_poison(device: Device) -> None:
    """An operation that makes the centre fail whenever it looks at it."""

    def create(tx: Transaction) -> None:
        grant = people.any_grant(device, tx)
        if grant:
            scope = ScopeId(grant.scope)
            tx.create(Resident(name=device.world.words(scope, POISON)), scope=scope)

    device.save(create)


@contextmanager
def poison_works(world: World) -> Iterator[None]:
    """The centre's merge fails on poisoned operations, and on nothing else."""
    sound: Callable[[Attempt], Outcome] = vars(pushing)["apply_operation"]

    seen: set[str] = set()

    def apply(attempt: Attempt) -> Outcome:
        if POISON in str(attempt.op.values.get("name", "")):
            if attempt.op.op_id not in seen:
                world.count("poison")
                seen.add(attempt.op.op_id)
            raise ZeroDivisionError
        return sound(attempt)

    with patch.object(pushing, "apply_operation", apply):
        yield


def use_newer_program(device: Device) -> None:
    """A newer program writes a field and a kind of record that nobody else knows."""

    def write(tx: Transaction) -> None:
        stored = people.any_of(device, tx, Resident)
        grant = people.any_grant(device, tx)
        if stored:
            row = tx._row(Resident, stored.id)
            old = (tx.document(Resident, stored.id) or ({}, None))[0].get("pets")
            new = [device.world.words(stored.scope, "猫")]
            tx._apply(Resident, stored.id, row, {"pets": new})
            tx._record(Resident, stored.id, row, "patch", set={"pets": (old, new)})
        if grant:
            values = {"name": device.world.words(grant.scope, "狗"), "legs": 4}
            operation = tx._operation("pet", RecordId(tx.new_id()), grant.scope, "create", values=values)
            tx._collect(_newer(operation))

    if not device.save(write):
        device.world.count("newer_schema")


def _newer(operation: Any) -> Any:
    return msgspec.structs.replace(operation, schema=SCHEMA + 1)


def write_unknown_enum(device: Device) -> None:
    """A newer program knows a state of people that nobody else has a word for."""

    def write(tx: Transaction) -> None:
        grant = people.any_grant(device, tx)
        if grant:
            values = {"name": device.world.words(grant.scope, "远"), "status": "abroad_for_long"}
            made = tx._operation("resident", tx.new_id(), grant.scope, "create", values=values)
            tx._collect(_newer(made))

    if not device.save(write):
        device.world.count("unknown_enum")


def join_and_edit(device: Device) -> None:
    """Two records are taken for one person on one laptop, and others go on with the one that ends."""
    people_here = _known_people(device)
    if len(people_here) < 2:
        return
    loser, survivor = device.world.rng.sample(people_here, 2)
    if device.save(lambda tx: tx.merge(Resident, loser.id, survivor.id, why="同一人")):
        return
    device.world.merged.append((loser.id, survivor.id, survivor.scope))
    others = [one for one in device.world.devices if one is not device]
    told = [people.perform_on(other, loser, "edit") for other in others]
    if "" in told:
        device.world.count("edit_of_loser")


def _known_people(device: Device) -> list[Stored[Resident]]:
    with device.database.read() as reader:
        return [stored for stored in reader.all(Resident) if stored.rev is not None]


def read_only_user_writes(device: Device) -> None:
    """Somebody whose role may write nothing writes all the same."""
    for one in device.world.devices:
        grants = device.world.centre.grants[one.user]
        if set(grants.values()) == {"auditor"} and not people.live(one):
            device.world.count("read_only_user")


def damage_disk(device: Device) -> None:
    """A record on the disk becomes another one, by no program's doing."""
    with device.database.read() as reader:
        rows = reader.rows_of("SELECT id, scope FROM resident WHERE rev IS NOT NULL AND base IS NULL")
    if rows:
        id, scope = device.world.rng.choice(sorted(rows))
        note = device.world.words(scope, "坏")
        driver = driver_of(device.database._writer)
        driver.execute("UPDATE resident SET body=json_set(body,'$.note',?) WHERE id=?", (note, id))
        device.damages += 1
        device.world.count("silent_damage")


FAULTS = (
    Fault("kill_between_steps", 8, kill_between_steps),
    Fault("kill_in_exchange", 10, kill_in_exchange),
    Fault("kill_while_saving", 6, kill_while_saving),
    Fault("power_loss", 6, lose_power_while_saving),
    Fault("power_loss_in_exchange", 5, lose_power_in_exchange),
    Fault("disk_full", 4, fill_disk),
    Fault("backup", 4, take_backup),
    Fault("restored_from_backup", 7, restore_backup),
    Fault("cloned", 2, clone),
    Fault("second_window", 5, open_second_window),
    Fault("clock_10_years", 2, jump_clock),
    Fault("clock_backwards", 2, turn_clock_back),
    Fault("clock_frozen", 2, freeze_clock),
    Fault("offline", 5, go_offline),
    Fault("same_person_thrice", 3, create_same_person),
    Fault("delete_against_edit", 4, delete_and_edit),
    Fault("poison", 4, write_poison),
    Fault("newer_schema", 4, use_newer_program),
    Fault("read_only_user", 2, read_only_user_writes),
    Fault("silent_damage", 2, damage_disk),
    Fault("usb_stick", 5, sticks.carry_stick),
    Fault("unknown_enum", 3, write_unknown_enum),
    Fault("edit_of_loser", 3, join_and_edit),
    Fault("photo_partial", 5, photos.cut_off),
    Fault("photo_missing", 2, photos.lose_file),
    Fault("photo_corrupt", 2, photos.damage_file),
    Fault("photo_cut", 2, photos.cut_file),
    *(Fault(*one) for one in office.FAULTS),
)
COUNTED = frozenset(
    {fault.name for fault in FAULTS} - {"backup", "centre_backup"}
    | sticks.COUNTED
    | office.COUNTED
    | {"mass_removal"}
)
"""What a long run must have met, beside the faults of the line."""
