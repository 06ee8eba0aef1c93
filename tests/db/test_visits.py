"""Reading visits: lists, the last effective one of each person, and counts that count nothing twice."""

import pytest

from gridworker.db.database import Database
from gridworker.db.visits import count_since, last_effective_visits, last_visit, visit_keys
from gridworker.domain.care import EFFECTIVE_OUTCOMES, CareProfile
from gridworker.domain.choices import CHOICES
from gridworker.domain.records import RecordId
from gridworker.domain.visits import Visit
from tests.db.laptop import GRID, OTHER_GRID, PaperCentre, look, put

R1, R2 = RecordId("r1"), RecordId("r2")


def visit(*people: RecordId, at: int, outcome: str = "met", **fields: object) -> dict[str, object]:
    """A visit as a document."""
    return {"resident_ids": list(people), "visited_ms": at, "method": "home", "outcome": outcome, **fields}


@pytest.fixture
def visits(centre: PaperCentre, laptop: Database) -> Database:
    """Visits of two grids in several states."""
    centre.say(
        put("care_profile", "p1", {"resident_id": R1}),
        put("care_profile", "p2", {"resident_id": R2}),
        put("visit", "v1", visit(R1, at=100)),
        put("visit", "v2", visit(R1, R2, at=300, state="accepted")),
        put("visit", "v3", visit(R1, at=200, state="returned"), scope=OTHER_GRID),
        put("visit", "v4", visit(R1, at=900, outcome="not_home", state="recorded")),
        put("visit", "v5", visit(R2, at=950, outcome="refused", corrects="v1")),
        put("visit", "v6", visit(RecordId("r3"), at=50)),
    )
    return laptop


def ids(database: Database, keys: list[int]) -> list[str]:
    """The ids of rows."""
    return [each.id for each in look(database, lambda reader: reader.rows(Visit, keys))]


def test_the_newest_visit_comes_first(visits: Database) -> None:
    assert ids(visits, look(visits, visit_keys)) == ["v5", "v4", "v2", "v3", "v1", "v6"]


def test_the_first_state_is_found_whether_it_is_written_down_or_not(visits: Database) -> None:
    assert ids(visits, look(visits, visit_keys, state="recorded")) == ["v5", "v4", "v1", "v6"]
    assert ids(visits, look(visits, visit_keys, state="returned")) == ["v3"]


def test_a_leader_may_look_at_some_grids_only(visits: Database) -> None:
    assert ids(visits, look(visits, visit_keys, scopes=[OTHER_GRID])) == ["v3"]
    assert ids(visits, look(visits, visit_keys, state="recorded", scopes=[OTHER_GRID])) == []
    assert len(look(visits, visit_keys, scopes=[GRID, OTHER_GRID])) == 6


def test_only_effective_visits_fulfil_the_duty(visits: Database) -> None:
    assert look(visits, last_effective_visits) == {R1: 300, R2: 300}


@pytest.mark.parametrize("outcome", [choice.code for choice in CHOICES["visit_outcome"]])
def test_what_is_effective_is_what_the_domain_says(
    centre: PaperCentre, laptop: Database, outcome: str
) -> None:
    centre.say(
        put("care_profile", "p1", {"resident_id": R1}), put("visit", "v1", visit(R1, at=7, outcome=outcome))
    )
    assert look(laptop, last_effective_visits) == ({R1: 7} if outcome in EFFECTIVE_OUTCOMES else {})


def test_people_without_a_care_profile_are_left_out(visits: Database) -> None:
    assert RecordId("r3") not in look(visits, last_effective_visits)
    visits.write(lambda tx: tx.create(CareProfile(resident_id=RecordId("r3"))))
    assert look(visits, last_effective_visits)[RecordId("r3")] == 50


def test_the_last_visit_is_the_one_recorded_last(visits: Database) -> None:
    found = look(visits, last_visit, R2)
    assert found is not None
    assert found.id == "v5"
    assert look(visits, last_visit, RecordId("nobody")) is None


def test_an_addition_is_not_counted_as_another_visit(visits: Database) -> None:
    assert look(visits, count_since, 200) == 3
    assert look(visits, count_since, 951) == 0
