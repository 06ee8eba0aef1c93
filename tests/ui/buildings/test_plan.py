"""Where doors are drawn, and how one moves from door to door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.db.matrix import Door
from gridworker.ui.buildings.plan import Plan, Spot, plan_of, room_words, units_of
from tests.ui.buildings.doors import door

BLOCK = [door(f"{floor}0{room}", unit=unit) for unit in "12" for floor in (1, 2, 3) for room in (1, 2)]


def number_at(plan: Plan, spot: Spot | None) -> str:
    """The unit and room at a spot."""
    return room_words(plan.doors[spot]) if spot else ""


def drawn(doors: list[Door]) -> list[list[str]]:
    """The plan as rows of words."""
    plan = plan_of(doors)
    return [
        [
            room_words(plan.doors[row, at]) if (row, at) in plan.doors else ""
            for at in range(len(plan.columns))
        ]
        for row in range(len(plan.floors))
    ]


def test_floors_run_from_the_top_and_units_stand_side_by_side() -> None:
    assert drawn(BLOCK) == [
        ["1单元301", "1单元302", "2单元301", "2单元302"],
        ["1单元201", "1单元202", "2单元201", "2单元202"],
        ["1单元101", "1单元102", "2单元101", "2单元102"],
    ]


def test_a_missing_flat_leaves_a_gap_and_an_empty_floor_none() -> None:
    assert drawn([door("501"), door("502"), door("302")]) == [["501", "502"], ["", "302"]]


def test_cellars_lie_below_the_ground_and_unknown_floors_below_them() -> None:
    doors = [door("101"), door("B1-01", floor=-1), door("门卫", floor=0)]
    assert list(plan_of(doors).floors) == [1, -1, 0]


def test_two_rooms_that_would_share_a_spot_get_columns_of_their_own() -> None:
    plan = plan_of([door("501"), door("A501", floor=5), door("1501", floor=5)])
    assert len(plan.doors) == 3
    assert [column.stack for column in plan.columns] == ["01", "1501", "A501"]


def test_ten_units_and_rooms_are_in_the_order_of_their_numbers() -> None:
    doors = [door("101", unit=str(unit)) for unit in (10, 2, 1)]
    assert units_of(doors) == ["1", "2", "10"]
    assert [column.unit for column in plan_of(doors).columns] == ["1", "2", "10"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "1", "2"]), st.integers(-2, 60), st.integers(1, 9)),
        min_size=1,
        unique=True,
    )
)
def test_every_door_has_exactly_one_spot(rooms: list[tuple[str, int, int]]) -> None:
    doors = [door(f"{abs(floor)}0{room}", unit=unit, floor=floor) for unit, floor, room in rooms]
    plan = plan_of(doors)
    ids = [each.flat.room.id for each in plan.doors.values()]
    assert sorted(ids) == sorted(each.flat.room.id for each in doors)
    assert all(plan.spot_of(id) is not None for id in ids)


@given(
    st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]),
    st.lists(st.sampled_from(BLOCK), min_size=1, unique_by=id),
)
def test_an_arrow_always_ends_on_a_door(step: tuple[int, int], doors: list[Door]) -> None:
    plan = plan_of(doors)
    first = plan.first()
    assert first is not None
    assert plan.move(first, *step) in plan.doors


def test_arrows_step_over_gaps() -> None:
    plan = plan_of([door("501"), door("503"), door("401"), door("402")])
    spot = plan.find("501", None)
    assert spot is not None
    assert number_at(plan, plan.move(spot, 0, 1)) == "503"
    assert number_at(plan, plan.move(spot, 1, 0)) == "401"
    assert plan.move(spot, -1, 0) == spot


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("301", "1单元301"),
        ("2-301", "2单元301"),
        ("2-2", "2单元201"),
        ("1", "1单元101"),
        ("901", ""),
        ("2-", "2单元101"),
    ],
)
def test_typed_digits_find_a_room(typed: str, found: str) -> None:
    plan = plan_of(BLOCK)
    assert number_at(plan, plan.find(typed, None)) == found


def test_the_unit_one_is_in_is_searched_first() -> None:
    plan = plan_of(BLOCK)
    assert number_at(plan, plan.find("302", plan.find("2-101", None))) == "2单元302"
