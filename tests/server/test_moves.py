"""Moves: aggregates change scopes whole, late work finds its record, and every scope's sum stays right."""

from functools import partial
from typing import Any

import pytest

from gridworker.server import regrid
from gridworker.server.accounts import open_scope
from gridworker.server.late import SLACK_MS
from gridworker.server.pull import TOMBSTONES_MS, drop_tombstones
from gridworker.server.regrid import Report, merge_grid, move_aggregates, share_aggregate
from gridworker.wire.messages import Result
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop

GRID_C = "g:grid-c"
VISIT = {"visited_ms": 1, "method": "home", "outcome": "met"}
CASE = {"title": "灯", "category": "C", "found_ms": 1}


def leader_of_a(centre: Centre) -> Laptop:
    """A leader of grid A; grids B and C exist."""
    for scope in (GRID_B, GRID_C):
        centre.server.store.write(partial(open_scope, scope=scope, title=scope))
    return centre.laptop("wang", "grid_leader", GRID_A)


@pytest.fixture
def leader(centre: Centre) -> Laptop:
    """A leader of grid A; grids B and C exist."""
    return leader_of_a(centre)


@pytest.fixture
def worker(leader: Laptop) -> Laptop:
    """A worker of grid A."""
    return leader.centre.laptop("zhang")


@pytest.fixture
def other(leader: Laptop) -> Laptop:
    """A worker of grid B."""
    return leader.centre.laptop("li", "grid_worker", GRID_B)


def person(laptop: Laptop, id: str = "r1", **values: Any) -> None:
    """A resident with a care profile, a visit and its photo, and a case."""
    laptop.do("create", id, values={"name": f"居民{id}", **values})
    laptop.do("create", f"care-{id}", "care_profile", values={"resident_id": id})
    laptop.do("append", f"visit-{id}", "visit", values={"resident_ids": [id], **VISIT})
    photo = {"owner_id": f"visit-{id}", "name": "n", "media_type": "m", "size": 1, "sha256": "0" * 64}
    laptop.do("append", f"photo-{id}", "attachment", values=photo)
    laptop.do("create", f"case-{id}", "case", values={**CASE, "resident_id": id})


PERSON = {"r1", "care-r1", "visit-r1", "photo-r1", "case-r1"}


def house(laptop: Laptop, people: int = 2) -> None:
    """A building in an estate with a room and a household for everybody."""
    laptop.do("create", "estate", "estate", values={"name": "花园"})
    laptop.do("create", "house", "building", values={"number": "3", "estate_id": "estate"})
    for n in range(people):
        laptop.do("create", f"room{n}", "room", values={"building_id": "house", "place": f"3-1-{n}01"})
        laptop.do("create", f"home{n}", "household", values={"room_id": f"room{n}"})
        laptop.do("create", f"p{n}", values={"name": f"人{n}", "household_id": f"home{n}"})
        laptop.do("append", f"v{n}", "visit", values={"resident_ids": [f"p{n}"], **VISIT})


def move(laptop: Laptop, id: str, target: str, kind: str = "resident", source: str = GRID_A) -> Result:
    """Move something as its user would."""
    return laptop.do("move", id, kind, source=source, target=target, scope=source)


def present(centre: Centre, scope: str) -> set[str]:
    """What a scope shows, without what waits to be decided."""
    sql = (
        "SELECT e.id FROM scope_entry s JOIN entity e ON e.id = s.entity_id"
        " WHERE s.scope = :scope AND s.present AND e.kind <> 'dispute'"
    )
    return {id for (id,) in centre.rows(sql, scope=scope)}


def home(centre: Centre, id: str) -> str:
    """Where a record is at home."""
    [(scope,)] = centre.rows("SELECT scope FROM entity WHERE id = :id", id=id)
    return str(scope)


# -------------------------------------------------------------------------------------------- aggregates


def test_a_resident_moves_with_all_that_tells_of_him(
    centre: Centre, leader: Laptop, worker: Laptop, other: Laptop
) -> None:
    person(worker)
    worker.pull()
    assert move(leader, "r1", GRID_B).code == "applied"
    assert present(centre, GRID_A) == set()
    assert present(centre, GRID_B) == PERSON
    gone = worker.pull().entries
    assert {(each.id, each.gone, each.reason) for each in gone} == {(id, True, "moved") for id in PERSON}
    other.pull()
    assert other.ids() == PERSON


def test_a_move_changes_neither_bytes_nor_revision(centre: Centre, leader: Laptop, other: Laptop) -> None:
    person(leader)
    leader.pull()
    before = {id: (row.rev, bytes(row.body)) for (_, id), row in leader.rows.items()}
    move(leader, "r1", GRID_B)
    other.pull()
    assert {id: (row.rev, bytes(row.body)) for (_, id), row in other.rows.items()} == before


def test_a_house_moves_with_rooms_homes_and_people_and_its_estate_is_seen_in_both(
    centre: Centre, leader: Laptop
) -> None:
    house(leader)
    person(leader, "elsewhere")
    assert move(leader, "house", GRID_B, "building").code == "applied"
    inside = {"house", *(f"{kind}{n}" for kind in ("room", "home", "p", "v") for n in range(2))}
    assert present(centre, GRID_B) == inside | {"estate"}
    assert "estate" in present(centre, GRID_A)
    assert not inside & present(centre, GRID_A)


def test_somebody_who_had_moved_away_stays_when_his_former_house_moves(
    centre: Centre, leader: Laptop
) -> None:
    house(leader)
    move(leader, "p0", GRID_C)
    move(leader, "house", GRID_B, "building")
    assert (home(centre, "p0"), home(centre, "v0"), home(centre, "p1")) == (GRID_C, GRID_C, GRID_B)


def test_a_visit_of_two_stays_and_is_shared_until_both_have_moved(centre: Centre, leader: Laptop) -> None:
    for id in ("r1", "r2"):
        leader.do("create", id, values={"name": id})
    leader.do("append", "v", "visit", values={"resident_ids": ["r1", "r2"], **VISIT})
    leader.do("create", "c", "case", values={**CASE, "visit_id": "v"})
    move(leader, "r1", GRID_B)
    assert home(centre, "v") == GRID_A
    assert present(centre, GRID_B) == {"r1", "v", "c"}
    assert present(centre, GRID_A) == {"r2", "v", "c"}
    move(leader, "r2", GRID_B)
    assert home(centre, "v") == home(centre, "c") == GRID_B
    assert present(centre, GRID_A) == set()


def test_what_moves_within_one_push_sees_what_came_before_it(centre: Centre, leader: Laptop) -> None:
    ops = [
        leader.op("create", "r1", values={"name": "甲"}),
        leader.op("append", "v", "visit", values={"resident_ids": ["r1"], **VISIT}),
        leader.op("move", "r1", source=GRID_A, target=GRID_B),
        leader.op("append", "w", "visit", values={"resident_ids": ["r1"], **VISIT}),
    ]
    results = leader.send(leader.seal(*ops)).results
    assert [(each.code, each.reason) for each in results][2:] == [("applied", ""), ("applied", "late")]
    assert present(centre, GRID_B) == {"r1", "v", "w"}


def test_a_deleted_record_moves_along_and_comes_back_in_the_new_grid_only(
    centre: Centre, leader: Laptop
) -> None:
    person(leader)
    leader.do("delete", "case-r1", "case")
    move(leader, "r1", GRID_B)
    centre.grant("wang", GRID_B, "grid_leader")
    assert leader.do("undelete", "case-r1", "case").code == "applied"
    assert "case-r1" in present(centre, GRID_B)
    assert present(centre, GRID_A) == set()


def test_a_record_in_two_grids_is_changed_and_deleted_in_both(
    centre: Centre, leader: Laptop, other: Laptop
) -> None:
    person(leader)
    share_aggregate(centre.server, "r1", GRID_B)
    assert present(centre, GRID_B) == PERSON
    assert other.do("patch", "r1", set={"note": ("", "帮扶")}, scope=GRID_B).code == "applied"
    assert other.do("append", "v2", "visit", values={"resident_ids": ["r1"], **VISIT}, scope=GRID_B).code
    assert home(centre, "v2") == GRID_A
    leader.pull()
    assert {"v2"} | PERSON <= leader.ids()
    leader.do("delete", "r1")
    other.pull()
    assert "r1" not in other.ids()
    share_aggregate(centre.server, "r1", GRID_B, undo=True)
    assert present(centre, GRID_B) == set()


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("who", "change", "reason"),
    [
        ("worker", {}, "role"),
        ("other", {}, "scope"),
        ("leader", {"target": "g:nowhere"}, "missing"),
        ("leader", {"target": "org"}, "missing"),
        ("leader", {"target": "u:somebody"}, "missing"),
        ("leader", {"target": None}, "schema"),
        ("leader", {"source": GRID_C}, "state"),
        ("leader", {"kind": "visit"}, "schema"),
    ],
)
def test_a_move_that_may_not_be_is_a_proposal(
    centre: Centre,
    leader: Laptop,
    worker: Laptop,
    other: Laptop,
    *,
    who: str,
    change: dict[str, Any],
    reason: str,
) -> None:
    person(worker)
    laptop = {"worker": worker, "other": other, "leader": leader}[who]
    result = laptop.do("move", "r1", **{"source": GRID_A, "target": GRID_B, **change})
    assert (result.code, result.reason) == ("held", reason)
    assert present(centre, GRID_A) == PERSON


def test_a_visit_alone_is_not_moved_by_people(centre: Centre, leader: Laptop) -> None:
    person(leader)
    assert move(leader, "visit-r1", GRID_B, "visit").reason == "role"


def test_what_is_too_large_for_one_commit_is_left_to_the_centre(
    centre: Centre, leader: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridworker.server.moves.MAX_ROWS", 4)
    person(leader)
    assert move(leader, "r1", GRID_B).reason == "large"
    assert present(centre, GRID_A) == PERSON
    move_aggregates(centre.server, ["r1"], GRID_B)
    assert present(centre, GRID_B) == PERSON


# --------------------------------------------------------------------------------------------- late work


def test_late_visits_find_the_person_and_late_edits_wait_for_the_new_grid(
    centre: Centre, leader: Laptop, worker: Laptop, other: Laptop
) -> None:
    person(worker)
    worker.pull()
    move(leader, "r1", GRID_B)
    results = worker.send(
        worker.seal(
            worker.op("append", "late1", "visit", values={"resident_ids": ["r1"], **VISIT}),
            worker.op("create", "late2", "case", values={**CASE, "resident_id": "r1"}),
            worker.op("patch", "r1", set={"phones": ([], ["13800000000"])}),
            worker.op("delete", "r1"),
        )
    ).results
    assert [(each.code, each.reason) for each in results] == [
        ("applied", "late"),
        ("applied", "late"),
        ("held", "scope"),
        ("held", "scope"),
    ]
    assert present(centre, GRID_A) == set()
    assert present(centre, GRID_B) == PERSON | {"late1", "late2"}
    worker.pull()
    assert worker.ids() == set()


def test_with_an_id_alone_nobody_writes_into_another_grid(
    centre: Centre, worker: Laptop, other: Laptop
) -> None:
    other.do("create", "r9", values={"name": "别人"}, scope=GRID_B)
    result = worker.do("append", "v9", "visit", values={"resident_ids": ["r9"], **VISIT})
    assert (result.code, result.reason) == ("applied", "")
    assert "v9" in present(centre, GRID_A)
    assert "v9" not in present(centre, GRID_B)


def test_work_from_before_the_grant_ended_is_taken_in(centre: Centre, worker: Laptop) -> None:
    person(worker)
    before = worker.op("append", "v1", "visit", values={"resident_ids": ["r1"], **VISIT})
    worker.pull()
    centre.withdraw("zhang", GRID_A)
    worker.pull()
    later = centre.clock() + 2 * SLACK_MS
    after = worker.op("append", "v2", "visit", values={"resident_ids": ["r1"], **VISIT}, wall_ms=later)
    edit = worker.op("patch", "r1", set={"note": ("", "新")})
    results = worker.send(worker.seal(before, after, edit)).results
    assert [(each.code, each.reason) for each in results] == [
        ("applied", "late"),
        ("held", "scope"),
        ("held", "scope"),
    ]


def test_a_laptop_that_had_not_heard_that_its_grant_ended_is_taken_in_whatever_its_clock_says(
    centre: Centre, worker: Laptop
) -> None:
    worker.pull()
    centre.withdraw("zhang", GRID_A)
    result = worker.do("create", "r1", values={"name": "甲"}, wall_ms=4_102_444_800_000)
    assert (result.code, result.reason) == ("applied", "late")
    worker.pull()
    result = worker.do("create", "r2", values={"name": "乙"}, wall_ms=4_102_444_800_000)
    assert (result.code, result.reason) == ("held", "scope")


def test_a_grant_that_was_never_there_or_ended_long_ago_gives_no_right(
    centre: Centre, worker: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker.do("create", "r1", values={"name": "甲"}, scope=GRID_B).reason == "scope"
    old = worker.op("create", "r2", values={"name": "乙"})
    centre.withdraw("zhang", GRID_A)
    monkeypatch.setattr("gridworker.server.late.MEMORY_MS", 0)
    assert worker.send(worker.seal(old)).results[0].reason == "scope"


def test_grants_remember_when_they_were(centre: Centre, worker: Laptop) -> None:
    centre.grant("zhang", GRID_A, "grid_leader")
    centre.grant("zhang", GRID_A, "grid_leader")
    centre.withdraw("zhang", GRID_A)
    centre.grant("zhang", GRID_A, "grid_worker")
    past = centre.rows("SELECT role, from_ms, to_ms FROM grant_past ORDER BY from_ms")
    assert [role for role, _, _ in past] == ["grid_worker", "grid_leader"]
    assert past[0][2] == past[1][1]
    assert all(begin < end for _, begin, end in past)
    assert centre.rows("SELECT role FROM grant_ WHERE user_id = :id", id=worker.me.user_id) == [
        ("grid_worker",)
    ]


# -------------------------------------------------------------------------------------- whole grids


def test_a_grid_is_split_and_merged_again(centre: Centre, leader: Laptop) -> None:
    house(leader)
    for id in ("r1", "r2"):
        person(leader, id)
    everything = present(centre, GRID_A)
    report = move_aggregates(centre.server, ["house", "r1", "nobody"], GRID_B)
    assert report.missing == ("nobody",)
    assert report.refused == ()
    assert present(centre, GRID_A) & present(centre, GRID_B) == {"estate"}
    assert "r1" in present(centre, GRID_B)
    assert "r2" in present(centre, GRID_A)
    assert merge_grid(centre.server, GRID_A, GRID_B, dry_run=True).units > 0
    merged = merge_grid(centre.server, GRID_A, GRID_B)
    assert (merged.refused, merged.people_left) == ((), 1)
    assert present(centre, GRID_A) == set()
    assert present(centre, GRID_B) == everything
    assert merge_grid(centre.server, GRID_A, GRID_B).rows == 0
    reasons = centre.rows("SELECT DISTINCT reason FROM scope_entry WHERE NOT present")
    assert reasons == [("regrid",)]


def test_what_tells_of_nobody_known_goes_with_its_grid(centre: Centre, leader: Laptop) -> None:
    leader.do("append", "v", "visit", values={"resident_ids": ["unknown"], **VISIT})
    leader.do("create", "c", "case", values=CASE)
    assert merge_grid(centre.server, GRID_A, GRID_B).refused == ()
    assert present(centre, GRID_B) == {"v", "c"}


def test_what_a_grid_only_saw_is_seen_in_the_one_it_is_merged_into(centre: Centre, leader: Laptop) -> None:
    person(leader)
    share_aggregate(centre.server, "r1", GRID_B)
    merge_grid(centre.server, GRID_B, GRID_C)
    assert present(centre, GRID_B) == set()
    assert present(centre, GRID_A) == present(centre, GRID_C) == PERSON


def test_a_house_moves_in_portions_that_may_be_killed_between_any_two(
    centre: Centre, leader: Laptop, other: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    house(leader, people=12)
    monkeypatch.setattr(regrid, "MAX_ROWS", 6)
    untouched, left = regrid._move_portion, iter([True, True, False])

    def mortal(*args: Any, **values: Any) -> Any:
        if not next(left, True):
            raise KeyboardInterrupt
        return untouched(*args, **values)

    monkeypatch.setattr(regrid, "_move_portion", mortal)
    with pytest.raises(KeyboardInterrupt):
        move_aggregates(centre.server, ["house"], GRID_B)
    moved = present(centre, GRID_B)
    assert {f"v{n}" in moved for n in range(12) if f"p{n}" in moved} == {True}
    assert 0 < len(moved) < 49
    assert centre.violations() == []
    report = move_aggregates(centre.server, ["house"], GRID_B)
    assert report.refused == ()
    assert len(present(centre, GRID_B)) == 1 + 1 + 4 * 12
    assert present(centre, GRID_A) == {"estate"}
    sizes = centre.rows("SELECT count(*) FROM scope_entry WHERE scope = :s GROUP BY seq", s=GRID_B)
    assert max(size for (size,) in sizes) <= 8
    assert move_aggregates(centre.server, ["house"], GRID_B) == Report()


def test_a_house_of_several_hundred_records_takes_as_many_commits_as_it_needs(lite_centre: Centre) -> None:
    lite_centre.server.store.write(lambda tx: open_scope(tx, GRID_B, "乙"))
    leader = lite_centre.laptop("wang", "grid_leader", GRID_A)
    leader.do("create", "house", "building", values={"number": "3"})
    for n in range(40):
        ops = [leader.op("create", f"room{n}", "room", values={"building_id": "house", "place": f"{n}"})]
        for m in range(4):
            one = f"p{n}-{m}"
            ops.append(leader.op("create", one, values={"name": one, "room_id": f"room{n}"}))
            visits = [(f"v{one}-{each}", {"resident_ids": [one], **VISIT}) for each in range(3)]
            ops += [leader.op("append", id, "visit", values=values) for id, values in visits]
        leader.send(leader.seal(*ops))
    assert move(leader, "house", GRID_B, "building").reason == "large"
    plan = move_aggregates(lite_centre.server, ["house"], GRID_B, dry_run=True)
    report = move_aggregates(lite_centre.server, ["house"], GRID_B)
    assert (plan.units, report.units, report.refused) == (201, 201, ())
    sizes = lite_centre.rows("SELECT count(*) FROM scope_entry WHERE scope = :s GROUP BY seq", s=GRID_B)
    held = 1  # the dispute about the move that was too large goes along
    assert sum(size for (size,) in sizes) == 1 + 40 + 160 + 480 + held
    assert max(size for (size,) in sizes) <= 500
    assert lite_centre.violations() == []


# ------------------------------------------------------------------------------------------ tombstones


def test_old_tombstones_are_dropped_and_who_has_not_seen_them_begins_anew(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    for id in ("r1", "r2"):
        leader.do("create", id, values={"name": id})
    worker.pull()
    leader.do("delete", "r1")
    leader.pull()
    now = centre.clock()
    assert centre.server.store.write(lambda tx: drop_tombstones(tx, now - TOMBSTONES_MS)) == 0
    assert centre.server.store.write(lambda tx: drop_tombstones(tx, now)) == 1
    assert leader.pull().reset == []
    assert worker.pull().reset == [GRID_A]
    assert worker.ids() == leader.ids() == {"r2"}
    assert leader.do("undelete", "r1").code == "applied"
    worker.pull()
    assert worker.ids() == {"r1", "r2"}
