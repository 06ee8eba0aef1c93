"""The care schedule: nobody who needs a visit is ever forgotten, and every pause has an end."""

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.dictionaries import care_rules
from gridworker.domain.care import (
    EFFECTIVE_OUTCOMES,
    CareProfile,
    CareRule,
    Due,
    groups_by_facts,
    next_due,
    rule_for,
)
from gridworker.domain.choices import CHOICES
from gridworker.domain.records import RecordId

RULES = care_rules()
TODAY = date(2026, 3, 10)
R1 = RecordId("r1")

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
groups = st.lists(st.sampled_from([*RULES, "of_a_newer_table"]), max_size=5).map(tuple)
known_groups = st.lists(st.sampled_from(list(RULES)), min_size=1, max_size=5).map(tuple)
profiles = st.builds(
    CareProfile,
    resident_id=st.just(R1),
    groups=known_groups,
    since=st.none() | days.map(date.isoformat),
    away_from=st.none() | days.map(date.isoformat),
    away_to=st.none() | days.map(date.isoformat),
)


def due(profile: CareProfile, last: date | None, today: date = TODAY) -> Due:
    """When somebody is due who is due some day."""
    found = next_due(profile, last, rules=RULES, today=today)
    assert found is not None
    return found


@given(profiles, st.none() | days, days)
def test_nobody_with_a_known_group_is_ever_forgotten(
    profile: CareProfile, last: date | None, today: date
) -> None:
    named = [date.fromisoformat(day) for day in (profile.since, profile.away_to) if day]
    far = max(due(profile, last, today).due_day, *named, today) + timedelta(days=1)
    assert due(profile, last, far).overdue_days >= 0


@given(profiles, st.none() | days, days)
def test_an_away_notice_always_ends(profile: CareProfile, last: date | None, today: date) -> None:
    if profile.away_to is None:
        return
    back = date.fromisoformat(profile.away_to) + timedelta(days=1)
    rule = rule_for(profile.groups, RULES)
    assert rule is not None
    without = CareProfile(resident_id=R1, groups=profile.groups, since=profile.since)
    latest = max(back, due(without, last, today).due_day)
    assert due(profile, last, today).due_day <= latest


@given(known_groups, days, days)
def test_somebody_who_is_away_is_not_due_before_he_is_back(
    names: tuple[str, ...], last: date, away_to: date
) -> None:
    profile = CareProfile(resident_id=R1, groups=names, away_from="2000-01-01", away_to=away_to.isoformat())
    assert due(profile, last, away_to).due_day > away_to
    assert due(profile, None, away_to).due_day > away_to


def test_an_absence_that_has_not_begun_pauses_nothing() -> None:
    profile = CareProfile(
        resident_id=R1, groups=("elder_alone",), away_from="2026-03-11", away_to="2026-04-01"
    )
    assert due(profile, TODAY - timedelta(days=7)).overdue_days == 0
    assert due(profile, TODAY - timedelta(days=7), TODAY + timedelta(days=1)).due_day == date(2026, 4, 2)


def test_an_absence_that_is_over_forgives_nothing() -> None:
    profile = CareProfile(
        resident_id=R1, groups=("elder_alone",), away_from="2026-01-01", away_to="2026-02-01"
    )
    assert due(profile, date(2025, 12, 1)).due_day == date(2026, 2, 2)
    assert due(profile, date(2026, 2, 20)).due_day == date(2026, 2, 27)


@given(groups)
def test_the_strictest_rule_wins_whatever_the_order(names: tuple[str, ...]) -> None:
    intervals = [RULES[name].interval_days for name in names if name in RULES]
    found = {rule_for(order, RULES) for order in list(permutations(names))[:6]}
    assert len(found) == 1
    rule = found.pop()
    assert (rule.interval_days if rule else None) == min(intervals, default=None)


@given(known_groups, known_groups, st.none() | days, days)
def test_another_group_never_puts_a_visit_off(
    few: tuple[str, ...], more: tuple[str, ...], last: date | None, today: date
) -> None:
    one = due(CareProfile(resident_id=R1, groups=few), last, today)
    both = due(CareProfile(resident_id=R1, groups=few + more), last, today)
    assert both.due_day <= one.due_day


@given(profiles, days, days, days)
def test_a_later_visit_never_brings_the_next_one_forward(
    profile: CareProfile, one: date, other: date, today: date
) -> None:
    first, second = sorted((one, other))
    assert due(profile, first, today).due_day <= due(profile, second, today).due_day


@given(known_groups, days, days)
def test_the_interval_runs_from_the_last_visit(names: tuple[str, ...], last: date, today: date) -> None:
    found = due(CareProfile(resident_id=R1, groups=names), last, today)
    assert found.due_day == last + timedelta(days=found.rule.interval_days)
    assert found.overdue_days == (today - found.due_day).days


def test_without_any_visit_the_start_of_the_profile_counts_and_without_that_today() -> None:
    assert due(CareProfile(resident_id=R1, groups=("veteran",), since="2026-01-05"), None).overdue_days == 64
    assert due(CareProfile(resident_id=R1, groups=("veteran",)), None).overdue_days == 0


@pytest.mark.parametrize("names", [(), ("of_a_newer_table",)])
def test_who_is_in_no_known_group_is_not_on_the_list(names: tuple[str, ...]) -> None:
    assert next_due(CareProfile(resident_id=R1, groups=names), None, rules=RULES, today=TODAY) is None


@pytest.mark.parametrize(
    ("lives_alone", "age", "expected"),
    [
        (True, 85, ("elder80_alone",)),
        (True, 80, ("elder80_alone",)),
        (True, 79, ("elder_alone",)),
        (True, 60, ("elder_alone",)),
        (True, 59, ()),
        (True, None, ()),
        (False, 90, ()),
    ],
)
def test_elders_who_live_alone_are_found_by_plain_facts(
    lives_alone: bool, age: int | None, expected: tuple[str, ...]
) -> None:
    assert groups_by_facts(lives_alone=lives_alone, age=age) == expected
    assert set(expected) <= RULES.keys()


def test_the_table_of_rules_is_whole() -> None:
    assert len({rule.id for rule in RULES.values()}) == len(RULES)
    assert len({rule.label for rule in RULES.values()}) == len(RULES)
    methods = {choice.code for choice in CHOICES["visit_method"]}
    for rule in RULES.values():
        assert isinstance(rule, CareRule)
        assert 1 <= rule.interval_days <= 366
        assert rule.tier in ("high", "key", "general")
        assert set(rule.methods) <= methods


def test_what_is_effective_is_an_outcome() -> None:
    assert {choice.code for choice in CHOICES["visit_outcome"]} > EFFECTIVE_OUTCOMES
