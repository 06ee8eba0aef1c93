"""What the colours say: each layer sorts every door into exactly one of its shades."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.db.matrix import Door
from gridworker.domain.choices import CHOICES
from gridworker.ui.buildings.cells import cells_of
from gridworker.ui.buildings.layers import LAYERS, layer_named
from gridworker.ui.buildings.plan import plan_of
from gridworker.ui.lamps import LAMPS
from tests.ui.buildings.doors import CONTEXT, day, door, met, profile


def shade(layer: str, each: Door) -> str:
    """The code of the shade of a door."""
    return layer_named(layer).shade(each, CONTEXT).code


@pytest.mark.parametrize(("days_ago", "code"), [(8, "late"), (7, "today"), (3, "soon"), (0, "soon")])
def test_due_follows_the_last_effective_visit(days_ago: int, code: str) -> None:
    assert shade("due", door("501", care=(profile("elder_alone"),), met=met(days_ago))) == code


def test_a_visit_to_a_closed_door_does_not_count() -> None:
    each = door("501", care=(profile("elder_alone", since=day(-20)),), met=met(1, effective=False))
    assert shade("due", each) == "late"


def test_somebody_away_is_away_and_not_overdue() -> None:
    away = profile("elder_alone", away_from=day(-3), away_to=day(4))
    assert shade("due", door("501", care=(away,), met=met(30))) == "away"


def test_far_off_and_no_duty_are_two_things() -> None:
    assert shade("due", door("501", care=(profile("veteran"),), met=met(10))) == "later"
    assert shade("due", door("501", met=met(10))) == "none"


def test_care_shows_the_strictest_tier_and_needs_where_there_is_no_care() -> None:
    assert shade("care", door("501", care=(profile("veteran", "elder80_alone"),))) == "high"
    assert shade("care", door("501", care=(profile("low_income"),))) == "key"
    assert shade("care", door("501", met=met(3, "meals"))) == "need"
    assert shade("care", door("501")) == "none"


@pytest.mark.parametrize("use", [choice.code for choice in CHOICES["house_use"]])
def test_every_use_of_a_room_has_its_shade(use: str) -> None:
    assert shade("use", door("501", use=use)) == use


def test_open_cases_are_counted_one_or_several() -> None:
    assert [shade("cases", door("501", cases=n)) for n in (0, 1, 2, 9)] == [
        "none",
        "one",
        "several",
        "several",
    ]


@pytest.mark.parametrize(
    ("days_ago", "code"), [(0, "recent"), (30, "recent"), (31, "while"), (90, "while"), (91, "long")]
)
def test_unvisited_counts_any_visit(days_ago: int, code: str) -> None:
    assert shade("unvisited", door("501", met=met(days_ago, effective=False))) == code


def test_where_nobody_lives_nobody_is_to_be_visited() -> None:
    assert shade("unvisited", door("501", people=0)) == "nobody"
    assert shade("unvisited", door("501")) == "never"


@given(
    days_ago=st.none() | st.integers(0, 400),
    groups=st.lists(st.sampled_from(["elder_alone", "veteran", "low_income", "unknown"]), unique=True),
    cases=st.integers(0, 5),
    people=st.integers(0, 4),
    use=st.sampled_from(["self", "vacant", "from_the_future"]),
)
def test_every_door_has_one_shade_in_every_layer(
    days_ago: int | None, groups: list[str], cases: int, people: int, use: str
) -> None:
    each = door(
        "501",
        people=people,
        cases=cases,
        use=use,
        care=(profile(*groups),) if groups else (),
        met=met(days_ago) if days_ago is not None else None,
    )
    for layer in LAYERS:
        assert layer.shade(each, CONTEXT) in layer.shades


def test_no_two_shades_of_a_layer_share_sign_or_colour() -> None:
    for layer in LAYERS:
        assert len({shade.sign for shade in layer.shades}) == len(layer.shades)
        assert len({shade.colour for shade in layer.shades}) == len(layer.shades)
        assert all(
            not shade.sign or shade.sign in {sign.icon for sign in LAMPS.values()} for shade in layer.shades
        )


def test_the_words_of_a_cell_say_all_that_its_colours_say() -> None:
    each = door("501", unit="2", people=3, cases=2, care=(profile("elder_alone"),), met=met(9, "meals"))
    (cell,) = cells_of(plan_of([each]), layer_named("due"), CONTEXT).values()
    assert cell.words == "2单元501，周0等3人，超期，超期 2 天，需求：助餐，2件未结事件"


def test_marks_tell_of_the_other_layers_only() -> None:
    each = door("501", cases=1, care=(profile("elder_alone"),), met=met(9, "meals"))
    marks = {
        layer.name: [
            icon for icon, _token in next(iter(cells_of(plan_of([each]), layer, CONTEXT).values())).marks
        ]
        for layer in LAYERS
    }
    assert marks["use"] == ["lamp-late", "heart", "case"]
    assert marks["due"] == ["heart", "case"]
    assert marks["care"] == ["lamp-late", "case"]
    assert marks["cases"] == ["lamp-late", "heart"]
