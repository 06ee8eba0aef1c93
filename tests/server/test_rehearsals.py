"""Rehearsals at the centre: they count what then happens, and change nothing."""

from typing import Any

import pytest

from gridworker.server import regrid
from gridworker.server.pull import count_tombstones, drop_tombstones
from gridworker.server.regrid import merge_grid, move_aggregates, share_aggregate
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop
from tests.server.test_moves import GRID_C, VISIT, house, leader_of_a, person, present


@pytest.fixture
def leader(centre: Centre) -> Laptop:
    """A leader of grid A; grids B and C exist."""
    return leader_of_a(centre)


def busy(centre: Centre, leader: Laptop) -> None:
    """A grid with a house, people, visits of two, what is disputed, deleted, shared, and tells of nobody."""
    house(leader, 3)
    for id in ("r1", "r2", "r3"):
        person(leader, id)
    leader.do("append", "both", "visit", values={"resident_ids": ["r1", "r2"], **VISIT})
    leader.do("append", "about-p0", "visit", values={"resident_ids": ["p0", "r3"], **VISIT})
    leader.do("delete", "case-r1", "case")
    centre.laptop("zhang").do("delete", "r2")
    leader.do("append", "nobody", "visit", values={"resident_ids": ["unknown"], **VISIT})
    share_aggregate(centre.server, "r3", GRID_C)
    guest = centre.laptop("qin", "grid_leader", GRID_C)
    guest.do("create", "r4", values={"name": "丁"}, scope=GRID_C)
    share_aggregate(centre.server, "r4", GRID_A)


@pytest.mark.parametrize(
    "roots",
    [["r1"], ["r1", "r2"], ["house"], ["house", "r3"], ["home0", "p1"], ["r3", "r3"], ["nobody"], []],
    ids=str,
)
def test_a_rehearsal_counts_what_then_goes(
    centre: Centre, leader: Laptop, *, roots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrid, "MAX_ROWS", 4)
    busy(centre, leader)
    before = everything(centre)
    plan = move_aggregates(centre.server, roots, GRID_B, dry_run=True)
    assert everything(centre) == before
    done = move_aggregates(centre.server, roots, GRID_B)
    assert (plan.units, plan.rows, plan.kinds) == (done.units, done.rows, done.kinds)
    assert plan.commits == 0


def test_a_rehearsal_of_a_merge_counts_guests_and_what_tells_of_nobody(
    centre: Centre, leader: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrid, "MAX_ROWS", 4)
    busy(centre, leader)
    before = everything(centre)
    plan = merge_grid(centre.server, GRID_A, GRID_B, dry_run=True)
    assert everything(centre) == before
    done = merge_grid(centre.server, GRID_A, GRID_B)
    assert (plan.units, plan.rows, plan.kinds, plan.people_left) == (
        done.units,
        done.rows,
        done.kinds,
        done.people_left,
    )
    assert plan.kinds["visit"] == 9
    assert present(centre, GRID_A) == set()


def test_a_rehearsal_of_sharing_and_of_tidying_counts_the_same(centre: Centre, leader: Laptop) -> None:
    busy(centre, leader)
    plan = share_aggregate(centre.server, "r1", GRID_B, dry_run=True)
    done = share_aggregate(centre.server, "r1", GRID_B)
    assert (plan.rows, plan.kinds) == (done.rows, done.kinds)
    now = centre.clock()
    counted = centre.server.store.read(lambda tx: count_tombstones(tx, now))
    assert counted
    assert centre.server.store.write(lambda tx: drop_tombstones(tx, now)) == sum(counted.values())
    assert centre.server.store.read(lambda tx: count_tombstones(tx, now)) == {}


def everything(centre: Centre) -> list[Any]:
    """All that a rehearsal must not change."""
    entries = "SELECT entity_id, scope, seq, present, reason FROM scope_entry ORDER BY entity_id, scope"
    return [centre.rows("SELECT seq FROM sync_head"), centre.rows(entries)]
