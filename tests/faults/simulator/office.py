"""The office: what administrators and operators of the centre do to users, grids, people and the database."""

from collections.abc import Callable, Sequence

from gridworker.db.transaction import Transaction
from gridworker.domain.residents import Resident
from gridworker.server import regrid
from gridworker.server.accounts import revoke_device
from gridworker.server.local import LocalServer
from gridworker.server.pull import drop_tombstones
from gridworker.server.purge import purge
from tests.faults.simulator import people, photos
from tests.faults.simulator.centre import CentreCrashed
from tests.faults.simulator.device import Device
from tests.faults.simulator.world import DAY_MS, HOUR_MS, World

MOST_GRIDS = 5


def withdraw_grant(device: Device) -> None:
    """A user loses a grid, and gets it back some days later, perhaps in another role."""
    world, login = device.world, device.user
    grants = world.centre.grants[login]
    if not grants:
        return
    scope = world.rng.choice(sorted(grants))
    role = grants[scope]
    world.centre.withdraw(login, scope)
    world.count("grant_withdrawn")

    def give_back() -> None:
        if scope not in world.centre.grants[login]:
            world.centre.grant(login, scope, role)
            world.count("grant_given_again")

    world.later(world.rng.randrange(HOUR_MS, 6 * DAY_MS), give_back)


def grant_more(device: Device) -> None:
    """A worker helps out in another grid for some days."""
    world, login = device.world, device.user
    scope = world.rng.choice(world.grids())
    if scope in world.centre.grants[login]:
        return
    world.centre.grant(login, scope, "grid_worker")
    world.count("grant_added")

    def take_back() -> None:
        if scope in world.centre.grants[login]:
            world.centre.withdraw(login, scope)

    world.later(world.rng.randrange(DAY_MS, 5 * DAY_MS), take_back)


def revoke_token(device: Device) -> None:
    """The centre takes a laptop's token away; its user has to enrol again."""
    with device.database.read() as reader:
        author = reader.author
    centre = device.world.centre
    centre.store.write(lambda tx: revoke_device(tx, author.device_id, centre.door.clock))
    device.world.count("token_revoked")


def pass_horizon(device: Device) -> None:
    """The centre forgets old tombstones: whoever has not read since begins his scopes anew."""
    world = device.world
    before_ms = world.now_ms - world.rng.randrange(4 * DAY_MS)
    world.centre.store.write(lambda tx: drop_tombstones(tx, before_ms))
    device.world.count("tombstone_horizon")


def begin_scope_anew(device: Device) -> None:
    """A scope of the centre begins a new generation: everybody reads it again from the start."""
    scope = device.world.rng.choice(device.world.grids())
    device.world.centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=scope)
    device.world.count("scope_reset")


def back_up_centre(device: Device) -> None:
    """The operator copies the centre's database away."""
    backups = device.world.centre_backups
    backups.append(device.world.centre.back_up())
    del backups[:-2]


def restore_centre(device: Device) -> None:
    """The centre's database is put back as it was some days ago, and begins a new life."""
    world = device.world
    if not world.centre_backups:
        back_up_centre(device)
        world.later(world.rng.randrange(HOUR_MS, 3 * DAY_MS), lambda: restore_centre(device))
        return
    _lose_tail(world)
    begin_life(world)
    if world.chance(0.5):
        photos.lose_photos(world)
    world.count("centre_restored")


def fail_over(device: Device) -> None:
    """Another machine goes on without the last hours of the first; the operator hears of it later."""
    world = device.world
    if world.failed_over:
        return
    back_up_centre(device)

    def lose_the_first() -> None:
        if world.failed_over:
            return
        _lose_tail(world)
        world.failed_over = world.lost_a_tail = True
        world.count("failed_over")
        world.later(world.rng.randrange(HOUR_MS, 9 * HOUR_MS), lambda: begin_life(world))

    world.later(world.rng.randrange(HOUR_MS, DAY_MS), lose_the_first)


def begin_life(world: World) -> None:
    """The operator tells the centre that it was restored."""
    world.former_epochs = [*world.former_epochs, world.centre.epoch][-2:]
    world.centre.begin_life(world.new_id)
    world.failed_over = False
    for one in world.devices:
        one.seen_revs.clear()


def _lose_tail(world: World) -> None:
    for one in world.devices:
        one.check_step(one.database)  # afterwards the centre knows nothing of what it acknowledged
    world.centre.put_back(world.rng.choice(world.centre_backups))
    world.ledger.mourn(world.existing_operations())
    photos.mourn_photos(world)


# ------------------------------------------------------------------------------------- users and laptops


def move_user(device: Device) -> None:
    """A worker is sent to another grid for good."""
    world, login = device.world, device.user
    grants = world.centre.grants[login]
    others = [grid for grid in world.grids() if grid not in grants]
    if grants and others:
        former = world.rng.choice(sorted(grants))
        world.centre.grant(login, world.rng.choice(others), grants[former])
        world.centre.withdraw(login, former)
        world.count("user_moved")


def revoke_while_offline(device: Device) -> None:
    """A laptop is reported lost while it is out of reach, with work on it that nobody else has."""
    world = device.world
    device.offline_until_ms = max(device.offline_until_ms, world.now_ms + 4 * DAY_MS)
    people.live(device)

    def revoke() -> None:
        with device.database.read() as reader:
            (waiting,) = reader.rows_of("SELECT count(*) FROM outbox")[0]
        revoke_token(device)
        if waiting and device.offline_until_ms > world.now_ms:
            world.count("revoked_offline")

    world.later(world.rng.randrange(HOUR_MS, 3 * DAY_MS), revoke)


# --------------------------------------------------------------------------------------------- mass moves


def split_grid(device: Device) -> None:
    """Half of a grid becomes a new one, whose worker goes along."""
    world = device.world
    if len(world.grids()) >= MOST_GRIDS:
        return
    source = world.rng.choice(world.grids())
    ids = [id for (id,) in world.centre.rows(AT_HOME, scope=source, kind="resident")]
    target = f"g:{len(world.centre.rows(GRIDS))}"
    regrid.open_grid(world.centre.server, target, target)
    for login, grants in world.centre.grants.items():
        if source in grants:
            world.centre.grant(login, target, grants[source])
    half = ids[: len(ids) // 2]
    done = _in_portions(world, lambda server: regrid.move_aggregates(server, half, target))
    world.count("grid_split" if done else "nothing_split")


def merge_grids(device: Device) -> None:
    """A grid becomes a part of another one; whoever worked there works in the other one now."""
    world = device.world
    if len(world.grids()) < 3:
        return
    source, target = world.rng.sample(world.grids(), 2)
    done = _in_portions(world, lambda server: regrid.merge_grid(server, source, target))
    for login, grants in world.centre.grants.items():
        if source in grants:
            role = grants[source]
            if target not in grants:
                world.centre.grant(login, target, role)
            world.centre.withdraw(login, source)
    world.count("grid_merged" if done else "nothing_merged")


def move_there_and_back(device: Device) -> None:
    """Somebody moves to another grid and back while people write about him."""
    world = device.world
    homes = world.centre.rows(HOMES)
    if not homes:
        return
    id, home = world.rng.choice(homes)
    other = world.rng.choice([grid for grid in world.grids() if grid != home])
    there = _in_portions(world, lambda server: regrid.move_aggregates(server, [id], other))

    def back() -> None:
        world.device_of(home).work_meanwhile()
        if _in_portions(world, lambda server: regrid.move_aggregates(server, [id], home)) and there:
            world.count("moved_there_and_back")

    world.later(world.rng.randrange(HOUR_MS, 3 * DAY_MS), back)


def _in_portions(world: World, work: Callable[[LocalServer], regrid.Report]) -> int:
    """A command that may die in the middle, and is then given again; how many units it moved."""
    if world.chance(0.3):
        world.centre.store.dies = world.rng.choice(("before", "after"))
    try:
        return work(world.centre.server).units
    except CentreCrashed:
        world.centre.restart()
        return work(world.centre.server).units
    finally:
        world.centre.store.dies = ""


def erase(device: Device) -> None:
    """The centre erases a person for good, while people still write about him."""
    world = device.world
    known = [id for id, _ in world.centre.rows(HOMES)]
    if not known:
        return
    ids = world.rng.sample(known, min(len(known), 2))
    for one in world.devices:
        one.check_step(one.database)
    done = world.centre.store.write(lambda tx: purge(tx, ids, world.now_ms))
    world.purged |= {id for (id,) in world.centre.rows("SELECT id FROM entity WHERE purged")}
    world.count("purged" if done else "nothing_purged")


def retract_much(device: Device) -> None:
    """Somebody who may do so deletes most of a grid by mistake."""
    world = device.world
    scope = world.rng.choice(world.grids())
    leaders = [one for one in world.devices if world.centre.grants[one.user].get(scope) in DELETERS]
    if not leaders:
        return
    leader = world.rng.choice(leaders)

    def delete(tx: Transaction) -> int:
        here = [one for one in tx.all(Resident) if one.scope == scope and one.rev is not None]
        chosen = world.rng.sample(here, len(here) * 2 // 3)
        for one in chosen:
            tx.delete(Resident, one.id, why="重复")
            world.deleted.append(("resident", one.id, one.scope))
        return len(chosen)

    if not leader.save(delete):
        world.count("mass_retract")


AT_HOME = (
    "SELECT id FROM entity WHERE scope = :scope AND kind = :kind AND NOT deleted AND NOT purged ORDER BY id"
)
HOMES = (
    "SELECT id, scope FROM entity WHERE kind = 'resident' AND NOT deleted AND NOT purged "
    "AND merged_into = '' ORDER BY id DESC LIMIT 30"
)
GRIDS = "SELECT id FROM scope"
DELETERS = ("grid_leader", "street_center")
FAULTS: Sequence[tuple[str, int, Callable[[Device], object]]] = (
    ("grant_withdrawn", 4, withdraw_grant),
    ("grant_added", 3, grant_more),
    ("user_moved", 2, move_user),
    ("token_revoked", 3, revoke_token),
    ("revoked_offline", 4, revoke_while_offline),
    ("tombstone_horizon", 2, pass_horizon),
    ("scope_reset", 2, begin_scope_anew),
    ("grid_split", 3, split_grid),
    ("grid_merged", 2, merge_grids),
    ("moved_there_and_back", 3, move_there_and_back),
    ("purged", 3, erase),
    ("mass_retract", 2, retract_much),
    ("centre_backup", 2, back_up_centre),
    ("centre_restored", 2, restore_centre),
    ("failed_over", 2, fail_over),
)
COUNTED = frozenset({"grant_given_again", "centre_lost_photos"})
"""What else has to happen."""
