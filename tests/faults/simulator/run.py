"""Running worlds: days of work and faults, healing, the final check; many seeds on several processes."""

import argparse
import hashlib
import json
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.faults.simulator import faults, invariants, people, photos, weather
from tests.faults.simulator.device import Device
from tests.faults.simulator.world import DAY_MS, HOUR_MS, LAPTOPS, Violated, World

DAYS = 25
DEVICE_DAYS = DAYS * len(LAPTOPS)
"""What one seed is counted as; clones come on top."""
WEEK = 7
ROUNDS = 3
"""So many exchanges of every laptop, without faults, must bring everybody to rest."""
FAULTS_A_DAY = 0.45
ACTS_A_DAY = (0, 0, 1, 1, 2, 2, 3, 4, 8)
LONG_RUN = 2_000
"""Device-days after which every fault must have happened."""
EXPECTED = weather.COUNTED | faults.COUNTED | {"long_absence"}
MEMORY_FOLDER = Path("/dev/shm")


class Outcome(msgspec.Struct):
    """What came of one seed."""

    seed: int
    device_days: int
    operations: int
    faults: dict[str, int]
    acts: dict[str, int]
    outcomes: dict[str, int]
    digest: str
    """Of the whole log of the centre: the same seed gives the same one."""
    violation: str = ""
    trace: list[str] = []


def simulate(seed: int, *, days: int = DAYS) -> Outcome:
    """One world from its first day to its check."""
    with TemporaryDirectory(dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as folder, _quiet():
        world = World(Path(folder), seed)
        violation = ""
        try:
            with faults.poison_works(world):
                _live(world, days)
                _heal(world)
            invariants.check_end(world)
            photos.check_photos(world)
        except Violated as violated:
            violation = str(violated)
        except Exception:  # noqa: BLE001 - a bug of the program is what a simulation looks for
            violation = traceback.format_exc()
        outcome = _outcome(world, seed, violation)
        for device in world.devices:
            device.stop()
        world.centre.stop()
    return outcome


def _outcome(world: World, seed: int, violation: str) -> Outcome:
    rows = world.centre.rows("SELECT op_id, body_hash, code, reason, commit_seq FROM op_log ORDER BY n")
    return Outcome(
        seed=seed,
        device_days=world.device_days,
        operations=len(rows),
        faults=dict(world.faults),
        acts=dict(world.acts),
        outcomes=dict(world.outcomes),
        digest=hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest(),
        violation=violation,
        trace=list(world.trace) if violation else [],
    )


def _live(world: World, days: int) -> None:
    """Days of work and faults, with a long absence of everybody somewhere in between."""
    for number, user in enumerate(LAPTOPS):
        device = Device(world, f"{user}{number}", user)
        world.devices.append(device)
        device.enrol(perfect=True)
    absent = world.rng.randrange(days) if world.chance(0.5) else -1
    for day in range(days):
        if day == absent:
            world.count("long_absence")
            world.run_until(world.now_ms + world.rng.randrange(30, 90) * DAY_MS)
        for device in list(world.devices):
            _plan_day(device)
        world.device_days += len(world.devices)
        world.run_until(world.now_ms + DAY_MS)
        if day % WEEK == WEEK - 1:
            invariants.check_centre(world)


def _plan_day(device: Device) -> None:
    world = device.world
    for _ in range(world.rng.choice(ACTS_A_DAY)):
        world.later(_at_work(world), lambda: people.live(device))
    for _ in range(world.rng.choice((0, 1, 1, 2))):
        world.later(_at_work(world), lambda: _synchronise(device))
    if world.chance(FAULTS_A_DAY):
        world.later(_at_work(world), lambda: faults.strike(device))


def _at_work(world: World) -> int:
    return world.rng.randrange(8 * HOUR_MS, 18 * HOUR_MS)


def _synchronise(device: Device) -> None:
    if device.offline_until_ms <= device.world.now_ms:
        device.begin_exchange()


def _heal(world: World) -> None:
    """The faults stop, what is late arrives, and everybody synchronises a bounded number of times."""
    world.run_until(world.now_ms + 7 * DAY_MS)
    world.healed = True
    for device in world.devices:
        faults.make_room(device)
        for window in device.windows[1:]:
            device.close_window(window)
    for _ in range(ROUNDS):
        for device in world.devices:
            outcome = device.exchange_now()
            if outcome == "token_refused":
                device.enrol()
                outcome = device.exchange_now()
            if outcome == "mass_removal":
                device.agree()
                device.exchange_now()
            photos.move_all(device)


@contextmanager
def _quiet() -> Iterator[None]:
    """The centre writes poison into its log; that is no news here."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


# ---------------------------------------------------------------------------------------- many seeds


class Total(msgspec.Struct):
    """What came of many seeds."""

    device_days: int
    operations: int
    violations: list[str]
    seconds: float
    faults: dict[str, int]
    missing: list[str]
    """Faults that never happened: their injectors are dead."""
    digests: list[str]
    """Of the centre's log of each seed."""

    @property
    def good(self) -> bool:
        """Whether nothing was violated and a long run has met every fault."""
        return not self.violations and not (self.device_days >= LONG_RUN and self.missing)


def run_seeds(seeds: Sequence[int], *, processes: int, days: int = DAYS, verbose: bool = False) -> Total:
    """Simulate many seeds on some processes."""
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    for outcome in _outcomes(seeds, processes, days):
        outcomes.append(outcome)
        if verbose:
            said = outcome.violation.splitlines()[-1] if outcome.violation else "holds"
            print(f"seed {outcome.seed}: {outcome.device_days} device-days, {said:.300}", flush=True)
    return add_up(outcomes, time.perf_counter() - start)


def _outcomes(seeds: Sequence[int], processes: int, days: int) -> Iterator[Outcome]:
    one = partial(simulate, days=days)
    if processes < 2:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, seeds)


def add_up(outcomes: Sequence[Outcome], seconds: float) -> Total:
    """One total of many outcomes."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.faults)
    return Total(
        device_days=sum(outcome.device_days for outcome in outcomes),
        operations=sum(outcome.operations for outcome in outcomes),
        violations=[f"seed {one.seed}: {one.violation}" for one in outcomes if one.violation],
        seconds=round(seconds, 1),
        faults={name: counts[name] for name in sorted(EXPECTED | counts.keys())},
        missing=sorted(name for name in EXPECTED if not counts[name]),
        digests=[outcome.digest for outcome in outcomes],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate as many device-days as asked for; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="dev.py simulate", description=main.__doc__)
    parser.add_argument("--device-days", type=int, default=2_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--trace", action="store_true", help="one seed, and what happened before it failed")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON object")
    chosen = parser.parse_args(arguments)
    if chosen.trace:
        return _show_trace(chosen.seed)
    many = max(1, -(-chosen.device_days // DEVICE_DAYS))
    seeds = range(chosen.seed, chosen.seed + many)
    total = run_seeds(seeds, processes=min(chosen.processes, many), verbose=not chosen.json)
    said = {name: value for name, value in msgspec.to_builtins(total).items() if name != "digests"}
    print(json.dumps(said, ensure_ascii=False))
    return 0 if total.good else 1


def _show_trace(seed: int) -> int:
    outcome = simulate(seed)
    print("\n".join(outcome.trace))
    print(outcome.violation or "everything holds")
    print(json.dumps({"acts": outcome.acts, "outcomes": outcome.outcomes, "faults": outcome.faults}))
    return 1 if outcome.violation else 0


if __name__ == "__main__":
    sys.exit(main())
