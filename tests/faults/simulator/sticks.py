"""Sticks: work goes to the centre and news come home with no line: twice, late, damaged, to other laptops."""

from pathlib import Path

from gridworker.domain.problems import Problem
from gridworker.server.bundles import import_sticks
from gridworker.sync.arrivals import import_bundles
from gridworker.sync.bundles import export_bundle
from gridworker.wire.stick import DOWN_SUFFIX
from tests.faults.simulator.device import Device
from tests.faults.simulator.world import DAY_MS, HOUR_MS, Violated

COUNTED = frozenset({"usb_stick", "bundle_twice", "bundle_wrong_laptop", "bundle_damaged"})
TOLD = ("bundle_", "disk_full", "still_filling", "stick_", "mass_removal")
"""How codes begin that people may be told about a stick."""


def carry_stick(device: Device) -> None:
    """Somebody puts his work on a stick; it reaches the office and comes home on some later day."""
    world = device.world
    stick = world.folder / f"stick{world.new_id()}"
    stick.mkdir()
    try:
        export_bundle(device.database, stick, app="simulator")
    except Problem as problem:
        _note(device, problem)
        return
    world.count("usb_stick")
    world.later(world.rng.randrange(HOUR_MS, 4 * DAY_MS), lambda: take_to_office(device, stick))


def take_to_office(device: Device, stick: Path) -> None:
    """The office takes in what is on the stick, sometimes twice."""
    world = device.world
    for _ in range(world.rng.choice((1, 1, 2))):
        for outcome in import_sticks(world.centre.server, [stick]):
            world.outcomes[f"office: {outcome.code}"] += 1
            world.note(f"office reads the stick of {device.name}: {outcome.code}")
    if world.chance(0.2):
        _damage(device, stick)
    world.later(world.rng.randrange(HOUR_MS, 4 * DAY_MS), lambda: bring_home(device, stick))


def bring_home(device: Device, stick: Path) -> None:
    """The laptop takes in the answer, sometimes twice; sometimes another laptop tries first."""
    world = device.world
    if world.chance(0.3):
        world.count("bundle_wrong_laptop")
        read_stick(world.rng.choice(world.devices), stick)
    read_stick(device, stick)
    if world.chance(0.3):
        world.count("bundle_twice")
        read_stick(device, stick)


def read_stick(device: Device, stick: Path) -> None:
    """One laptop reads what is on the stick."""
    from tests.faults.simulator.invariants import check_kept  # noqa: PLC0415 - it knows laptops

    try:
        import_bundles(device.database, stick)
        device.world.outcomes["home: ok"] += 1
    except Problem as problem:
        _note(device, problem)
    device.check_step(device.database)
    check_kept(device, device.database)


def _damage(device: Device, stick: Path) -> None:
    for file in sorted(stick.glob(f"*{DOWN_SUFFIX}")):
        data = bytearray(file.read_bytes())
        data[device.world.rng.randrange(len(data))] ^= 1 << device.world.rng.randrange(8)
        file.write_bytes(data)
        device.world.count("bundle_damaged")


def _note(device: Device, problem: Problem) -> None:
    device.world.outcomes[f"stick: {problem.code}"] += 1
    device.world.note(f"{device.name} and a stick: {problem.code}")
    if not problem.code.startswith(TOLD):
        raise Violated("told", f"{device.name} was told {problem.code} of a stick") from problem
