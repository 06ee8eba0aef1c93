"""Today's list: everybody who is due, nobody forgotten, in the order in which one walks."""

from datetime import UTC, date, datetime

import pytest

from gridworker.db.care import day_of, due_visits, profile_of
from gridworker.db.database import Database
from gridworker.dictionaries import care_rules
from gridworker.domain.records import RecordId
from gridworker.wire.messages import Entry
from tests.db.laptop import PaperCentre, look, put

TODAY = date(2026, 3, 10)
NOON_MS = int(datetime(2026, 3, 10, 4, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000


def due(database: Database, **options: int) -> list[str]:
    """Who is on the list."""
    return [each.resident.id for each in look(database, due_visits, care_rules(), TODAY, **options)]


def person(id: str, place: str = "1-1-101", **fields: object) -> Entry:
    """A resident from the centre."""
    return put("resident", id, {"name": id, "place": place, **fields})


def profile(id: str, *groups: str, **fields: object) -> Entry:
    """A care profile of the person of that id."""
    return put("care_profile", f"p-{id}", {"resident_id": id, "groups": list(groups), **fields})


def visited(id: str, days_ago: int, outcome: str = "met") -> Entry:
    """A visit some days ago."""
    values = {
        "resident_ids": [id],
        "visited_ms": NOON_MS - days_ago * DAY_MS,
        "method": "home",
        "outcome": outcome,
    }
    return put("visit", f"v-{id}-{days_ago}", values)


def test_who_was_not_visited_for_his_interval_is_due(centre: PaperCentre, laptop: Database) -> None:
    for id, days in (("a", 6), ("b", 7), ("c", 8)):
        centre.say(person(id), profile(id, "elder_alone"), visited(id, days))
    assert due(laptop) == ["b", "c"]
    assert due(laptop, horizon_days=1) == ["a", "b", "c"]
    lines = look(laptop, due_visits, care_rules(), TODAY)
    assert [(line.due.overdue_days, line.due.rule.group) for line in lines] == [
        (0, "elder_alone"),
        (1, "elder_alone"),
    ]


def test_a_visit_that_reached_nobody_does_not_count(centre: PaperCentre, laptop: Database) -> None:
    centre.say(person("a"), profile("a", "elder_alone"), visited("a", 9), visited("a", 1, "not_home"))
    assert due(laptop) == ["a"]


def test_nobody_is_forgotten_because_of_a_day_that_cannot_be_read(
    centre: PaperCentre, laptop: Database
) -> None:
    bad = {
        "a": {"since": "2026年1月"},
        "b": {"away_to": "明天"},
        "c": {"away_to": "9999-12-31"},
        "d": {"since": "2026-3-1", "away_from": "x", "away_to": "2026-02-30"},
        "e": {"since": "2099-01-01"},
    }
    for id, fields in bad.items():
        centre.say(person(id), profile(id, "elder_alone", **fields))
    assert due(laptop) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("days_ago", [-4_000, -30, -1, 0])
def test_a_visit_from_a_clock_that_is_ahead_counts_as_today(
    centre: PaperCentre, laptop: Database, days_ago: int
) -> None:
    centre.say(person("a"), profile("a", "elder_alone"), visited("a", days_ago))
    assert due(laptop) == []
    assert due(laptop, horizon_days=7) == ["a"]


def test_a_visit_at_an_impossible_time_does_not_stop_the_list(centre: PaperCentre, laptop: Database) -> None:
    centre.say(person("a"), profile("a", "elder_alone"), visited("a", -(10**9)))
    assert due(laptop) == ["a"]


def test_the_stricter_of_two_profiles_counts(centre: PaperCentre, laptop: Database) -> None:
    lax = put("care_profile", "p9", {"resident_id": "a", "groups": ["veteran"]})
    for rows in ((profile("a", "elder_alone"), lax), (lax, profile("a", "elder_alone"))):
        centre.say(person("a"), visited("a", 10), *rows)
        assert due(laptop) == ["a"]


@pytest.mark.parametrize(
    ("status", "on_list"), [("active", True), ("away", True), ("moved_out", False), ("deceased", False)]
)
def test_only_who_lives_here_is_on_the_list(
    centre: PaperCentre, laptop: Database, status: str, on_list: bool
) -> None:
    centre.say(person("a", status=status), profile("a", "elder_alone"))
    assert due(laptop) == (["a"] if on_list else [])


def test_a_profile_whose_person_is_not_here_stops_nothing(centre: PaperCentre, laptop: Database) -> None:
    centre.say(profile("gone", "elder_alone"), person("a"), profile("a", "elder_alone"))
    assert due(laptop) == ["a"]


def test_the_list_is_walked_building_by_building_from_the_top(centre: PaperCentre, laptop: Database) -> None:
    places = {"a": "12-1-101", "b": "3-2-201", "c": "3-1-101", "d": "3-1-602", "e": ""}
    for id, place in places.items():
        centre.say(person(id, place), profile(id, "elder_alone"))
    assert due(laptop) == ["d", "c", "b", "a", "e"]


def test_a_day_is_a_day_in_china() -> None:
    just_before = int(datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC).timestamp() * 1000)
    assert day_of(just_before) == date(2026, 3, 9)
    assert day_of(just_before + 1_000) == date(2026, 3, 10)
    assert day_of(0) == date(1970, 1, 1)


def test_a_person_has_at_most_one_profile_to_show(centre: PaperCentre, laptop: Database) -> None:
    centre.say(person("a"), profile("a", "elder_alone"))
    found = look(laptop, profile_of, RecordId("a"))
    assert found is not None
    assert found.record.groups == ("elder_alone",)
    assert look(laptop, profile_of, RecordId("b")) is None
