"""Moves that a leader decides on, and what becomes of open disputes whose record moves."""

import pytest

from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop
from tests.server.matters import body_of, decide, disputes, only, pulled_disputes
from tests.server.test_moves import GRID_C, PERSON, VISIT, home, house, leader_of_a, move, person, present


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


def test_a_leader_accepts_a_held_move_and_the_matter_is_closed_where_the_person_is_now(
    centre: Centre, leader: Laptop, worker: Laptop, other: Laptop
) -> None:
    person(worker)
    worker.pull()
    assert move(worker, "r1", GRID_B).reason == "role"
    matter, dispute = only(centre)
    said = dispute.incoming
    assert (dispute.verb, dispute.target_id, said["target"]) == ("move", "r1", GRID_B)
    assert matter in pulled_disputes(leader)
    assert decide(leader, matter, "accept").code == "applied"
    assert (present(centre, GRID_A), present(centre, GRID_B)) == (set(), PERSON)
    closed = disputes(centre)[matter]
    assert (closed.state, closed.choice, closed.decided_by) == ("resolved", "accept", leader.me.user_id)
    assert home(centre, matter) == GRID_B
    gone = {(each.id, each.reason) for each in worker.pull().entries if each.gone}
    assert gone == {(id, "moved") for id in PERSON | {matter}}
    other.pull()
    assert other.ids() == PERSON | {matter}


def test_an_accepted_move_is_not_taken_back_by_changing_ones_mind(centre: Centre, leader: Laptop) -> None:
    worker, both = centre.laptop("zhang"), centre.laptop("qin", "grid_leader", GRID_A, GRID_B)
    person(worker)
    move(worker, "r1", GRID_B)
    matter, _ = only(centre)
    assert decide(both, matter, "accept").code == "applied"
    assert decide(leader, matter, "reject").reason == "scope"
    undone = decide(both, matter, "reject", source="accept", scope=GRID_B)
    assert (undone.code, undone.reason) == ("held", "state")
    assert present(centre, GRID_B) == PERSON
    assert move(both, "r1", GRID_A, source=GRID_B).code == "applied"
    assert present(centre, GRID_A) == PERSON
    assert disputes(centre)[matter].state == "resolved"


def test_a_leader_returns_a_held_move_and_its_author_reads_why(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    person(worker)
    move(worker, "r1", GRID_B)
    matter, _ = only(centre)
    assert decide(leader, matter, "reject", why="还没有搬").code == "applied"
    told = pulled_disputes(worker)[matter]
    assert (told.state, told.choice, told.remark) == ("resolved", "reject", "还没有搬")
    assert present(centre, GRID_A) == PERSON


def test_a_held_move_is_withdrawn_by_its_author_and_accepted_by_no_other_worker(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    person(worker)
    colleague = centre.laptop("sun")
    move(worker, "r1", GRID_B)
    matter, _ = only(centre)
    assert decide(colleague, matter, "accept").reason == "role"
    assert decide(worker, matter, "accept").reason == "role"
    assert decide(worker, matter, "reject").code == "applied"
    assert present(centre, GRID_A) == PERSON


def test_the_receiving_grid_alone_does_not_fetch_people(centre: Centre, worker: Laptop) -> None:
    receiving = centre.laptop("qian", "grid_leader", GRID_B)
    person(worker)
    move(worker, "r1", GRID_B)
    matter, _ = only(centre)
    assert matter not in pulled_disputes(receiving)
    assert decide(receiving, matter, "accept", scope=GRID_B).reason == "scope"
    assert present(centre, GRID_A) == PERSON


def test_a_held_move_whose_person_has_gone_elsewhere_meanwhile_stays_held(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    person(worker)
    move(worker, "r1", GRID_B)
    matter, _ = only(centre)
    assert move(leader, "r1", GRID_C).code == "applied"
    assert home(centre, matter) == GRID_C
    assert decide(leader, matter, "accept").reason == "scope"
    of_c = centre.laptop("wu", "grid_leader", GRID_C)
    assert decide(of_c, matter, "accept", scope=GRID_C).reason == "state"
    assert present(centre, GRID_C) == PERSON


def test_a_held_move_of_a_house_is_accepted_with_everything_in_it(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    house(worker)
    assert move(worker, "house", GRID_B, "building").reason == "role"
    matter, _ = only(centre)
    assert decide(leader, matter, "accept").code == "applied"
    assert present(centre, GRID_A) == {"estate"}
    assert len(present(centre, GRID_B)) == 1 + 1 + 4 * 2
    assert disputes(centre)[matter].state == "resolved"


def test_open_disputes_go_with_their_record_and_are_decided_in_the_new_grid(
    centre: Centre, leader: Laptop, worker: Laptop
) -> None:
    person(worker)
    colleague, new_leader = centre.laptop("sun"), centre.laptop("wu", "grid_leader", GRID_B)
    worker.do("patch", "r1", set={"note": ("", "甲")})
    assert colleague.do("patch", "r1", set={"note": ("", "乙")}).code == "conflict"
    assert colleague.do("delete", "care-r1", "care_profile").reason == "role"
    matters = disputes(centre)
    assert {each.sort for each in matters.values()} == {"conflict", "held"}
    assert move(leader, "r1", GRID_B).code == "applied"
    assert {home(centre, matter) for matter in matters} == {GRID_B}
    assert pulled_disputes(leader) == {}
    assert pulled_disputes(new_leader).keys() == matters.keys()
    clash = next(id for id, each in matters.items() if each.sort == "conflict")
    late = decide(leader, clash, "incoming")
    assert (late.code, late.reason) == ("held", "scope")
    assert decide(new_leader, clash, "incoming", scope=GRID_B).code == "applied"
    assert body_of(centre, "r1")["note"] == "乙"
    assert pulled_disputes(new_leader)[clash].state == "resolved"
    worker.pull()
    assert worker.ids() == set()


def test_a_dispute_about_a_visit_of_two_stays_with_the_one_who_stays(centre: Centre, leader: Laptop) -> None:
    for id in ("r1", "r2"):
        leader.do("create", id, values={"name": id})
    leader.do("append", "v", "visit", values={"resident_ids": ["r1", "r2"], **VISIT})
    worker = centre.laptop("zhang")
    assert worker.do("delete", "v", "visit").code == "held"
    matter, _ = only(centre)
    assert move(leader, "r1", GRID_B).code == "applied"
    assert home(centre, matter) == GRID_A
    shown = [scope for (scope,) in centre.rows(_SHOWN_IN, id=matter)]
    assert shown == [GRID_A, GRID_B]


_SHOWN_IN = "SELECT scope FROM scope_entry WHERE entity_id = :id AND present ORDER BY scope"
