"""Reading cases: lists and counts by state, and temporary numbers that are never given twice."""

import pytest

from gridworker.db.cases import case_keys, count_by_state, next_temp_no, take_temp_no
from gridworker.db.database import Database
from gridworker.db.states import first_state, in_states
from gridworker.domain.cases import Case
from gridworker.domain.problems import Problem
from gridworker.domain.visits import Visit
from tests.db.laptop import PaperCentre, look, put


@pytest.fixture
def cases(centre: PaperCentre, laptop: Database) -> Database:
    """Cases in several states."""
    states = {"c1": "", "c2": "accepted", "c3": "reported", "c4": "closed", "c5": "accepted"}
    documents = {
        id: {"title": id, "category": "C", "found_ms": n, **({"state": state} if state else {})}
        for n, (id, state) in enumerate(states.items())
    }
    centre.say(*(put("case", id, values) for id, values in documents.items()))
    return laptop


def ids(database: Database, keys: list[int]) -> list[str]:
    """The ids of rows."""
    return [each.id for each in look(database, lambda reader: reader.rows(Case, keys))]


def test_the_newest_case_comes_first(cases: Database) -> None:
    assert ids(cases, look(cases, case_keys)) == ["c5", "c4", "c3", "c2", "c1"]


def test_the_first_state_is_found_whether_it_is_written_down_or_not(cases: Database) -> None:
    assert ids(cases, look(cases, case_keys, states=["reported"])) == ["c3", "c1"]
    assert ids(cases, look(cases, case_keys, states=["accepted", "closed"])) == ["c5", "c4", "c2"]
    assert look(cases, count_by_state) == {"reported": 2, "accepted": 2, "closed": 1}


def test_every_kind_with_states_has_a_first_one() -> None:
    assert (first_state(Visit), first_state(Case)) == ("recorded", "reported")
    assert in_states(Case, ["closed"]) == ("state IN (?)", ("closed",))


def test_temporary_numbers_go_up_within_a_day(laptop: Database) -> None:
    days = ["20251101", "20251101", "20251102", "20251102", "20251102"]
    numbers = [laptop.write(take_temp_no, day) for day in days]
    assert numbers == [
        "LABC-20251101-1",
        "LABC-20251101-2",
        "LABC-20251102-1",
        "LABC-20251102-2",
        "LABC-20251102-3",
    ]


def test_looking_at_the_next_number_does_not_take_it(laptop: Database) -> None:
    for _ in range(2):
        assert look(laptop, next_temp_no, "d-abc", "20251101") == "LABC-20251101-1"


def test_a_number_of_an_action_that_failed_is_free_again(laptop: Database) -> None:
    def fail(tx: object) -> None:
        take_temp_no(tx, "20251101")  # type: ignore[arg-type]  # a transaction
        raise Problem("case_title_missing")

    with pytest.raises(Problem):
        laptop.write(fail)
    assert laptop.write(take_temp_no, "20251101") == "LABC-20251101-1"


def test_odd_numbers_of_others_do_no_harm(centre: PaperCentre, laptop: Database) -> None:
    values = {"title": "灯", "category": "C", "found_ms": 1, "temp_no": "LABC-20251101-²"}
    centre.say(put("case", "c1", values))
    assert laptop.write(take_temp_no, "20251101") == "LABC-20251101-1"
