"""Addresses inside an estate: all ways to write one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.domain.addresses import (
    Address,
    display,
    floor_of,
    parse_address,
    parse_place_query,
    place_key,
    walk_key,
)
from tests.domain.test_numerals import chinese

FULL_WIDTH = str.maketrans("0123456789#-", "０１２３４５６７８９＃－")
ESTATES = st.sampled_from(
    [
        "幸福里小区",
        "三里屯",
        "五一新村",
        "一品苑",
        "SOHO",
        "幸福里二期",
        "108小区",
        "南区",
        "3号院",
        "幸福社区",
    ]
)
NOTES = st.sampled_from(["", "东户", "楼道", "502", "幸福路12号", "2楼"])


@st.composite
def rooms(draw: st.DrawFn) -> str:
    """A room number that tells its floor, above or below ground."""
    floor, number = draw(st.integers(1, 40)), draw(st.integers(1, 30))
    return draw(
        st.sampled_from(
            [
                f"{floor}{number:02d}",
                f"{floor}{number:02d}A",
                f"{floor}B",
                f"A{floor}{number:02d}",
                f"B{floor % 5 + 1}-{number:02d}",
            ]
        )
    )


BUILDINGS = st.one_of(
    st.integers(1, 199).map(str),
    st.sampled_from("ACK"),
    st.integers(1, 30).map("{}A".format),
    st.sampled_from(["甲3", "A3"]),
)
UNITS = st.one_of(st.none(), st.integers(1, 20).map(str), st.sampled_from(["A", "东"]))


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    """A place that a register may name."""
    estate, rest = draw(st.one_of(st.none(), ESTATES)), draw(NOTES)
    building, unit = draw(st.one_of(st.none(), BUILDINGS)), draw(UNITS)
    others = ["short", "floor"] if unit else ["floor"] if building else []
    kind = draw(st.sampled_from(["room", *others]))
    if kind == "floor":
        floor = draw(st.one_of(st.none(), st.integers(-3, 40).filter(bool)))
        return Address(estate, building, unit, floor, None, rest)
    room = draw(rooms()) if kind == "room" else str(draw(st.integers(1, 99)))
    if not (building or unit):
        room = room.removeprefix("A")  # A1201 alone is building A
    return Address(estate, building, unit, floor_of(room), room, rest)


def six_forms(building: int, unit: int, room: str) -> list[str]:
    """The ways in which real registers write the same place."""
    return [
        f"{building}栋{unit}单元{room}",
        f"{building}#{unit}-{room}",
        f"{building}号楼{unit}门{room}室",
        f"{chinese(building)}号楼{unit}单元{room}",
        f"幸福里小区{building}-{unit}-{room}",
        f"{building}栋 {unit}单元 {room} 室",
    ]


@given(st.integers(1, 99), st.integers(1, 20), st.integers(1, 40), st.integers(1, 30))
def test_all_six_forms_are_one_place(building: int, unit: int, floor: int, number: int) -> None:
    room = f"{floor}{number:02d}"
    forms = six_forms(building, unit, room)
    forms += [
        f"{building}幢{unit}-{room}",
        f"{chinese(building)}号楼{chinese(unit)}门{room}",
        f"{building:02d}栋{unit:02d}单元{room}室",
    ]
    forms += [form.translate(FULL_WIDTH) for form in forms]
    for form in forms:
        found = parse_address(form)
        assert (found.building, found.unit, found.floor, found.room, found.rest) == (
            str(building),
            str(unit),
            floor,
            room,
            "",
        )
        assert found.estate == ("幸福里小区" if "小区" in form else None)
        assert place_key(found) == f"{building}-{unit}-{room}"


@pytest.mark.parametrize(
    "text,address",
    [
        ("3#2-501", Address(None, "3", "2", 5, "501")),
        ("三号楼二门501", Address(None, "3", "2", 5, "501")),
        ("三号楼二单元五〇一室", Address(None, "3", "2", 5, "501")),
        ("12幢3-1502", Address(None, "12", "3", 15, "1502")),
        ("A座1201", Address(None, "A", None, 12, "1201")),
        ("a座1201室", Address(None, "A", None, 12, "1201")),
        ("A1201", Address(None, "A", None, 12, "1201")),
        ("5栋101", Address(None, "5", None, 1, "101")),
        ("5-101", Address(None, "5", None, 1, "101")),
        ("1栋1单元1001", Address(None, "1", "1", 10, "1001")),
        ("1栋1单元0501", Address(None, "1", "1", 5, "501")),
        ("3楼2单元501", Address(None, "3", "2", 5, "501")),
        ("3-2单元501", Address(None, "3", "2", 5, "501")),
        ("3栋2单元5层02室", Address(None, "3", "2", 5, "502")),
        ("2单元501", Address(None, None, "2", 5, "501")),
        ("501室", Address(None, None, None, 5, "501")),
        ("501", Address(None, None, None, 5, "501")),
        (501.0, Address(None, None, None, 5, "501")),
        ("地下室B1-02", Address(None, None, None, -1, "B1-02")),
        ("3栋2单元B1-02", Address(None, "3", "2", -1, "B1-02")),
        ("3栋负一层02室", Address(None, "3", None, -1, "B1-02")),
        ("3栋负2层", Address(None, "3", None, -2, None)),
        ("3栋-1层", Address(None, "3", None, -1, None)),
        ("3栋2单元楼道", Address(None, "3", "2", None, None, "楼道")),
        ("3号楼楼道", Address(None, "3", None, None, None, "楼道")),
        ("3栋2单元3楼楼道", Address(None, "3", "2", 3, None, "楼道")),
        ("3栋2单元501(东户)", Address(None, "3", "2", 5, "501", "东户")),
        ("3栋2单元501、502", Address(None, "3", "2", 5, "501", "502")),
        ("五一一号楼3单元501", Address("五一", "1", "3", 5, "501")),
        ("一品苑一号楼3单元501", Address("一品苑", "1", "3", 5, "501")),
        ("幸福公寓501室", Address("幸福公寓", None, None, 5, "501")),
        ("幸福里小区", Address("幸福里小区")),
        ("幸福路123弄45号601室", Address("幸福路123弄", "45", None, 6, "601")),
        ("幸福路12号幸福里小区3栋2单元501", Address("幸福里小区", "3", "2", 5, "501", "幸福路12号")),
        ("南省北市西县北山街道幸福社区幸福里小区3-2-501", Address("幸福里小区", "3", "2", 5, "501")),
        ("村东头王家大院", Address(rest="村东头王家大院")),
        ("同上", Address(rest="同上")),
        (None, Address()),
        ("/", Address()),
    ],
)
def test_an_address_is_read(text: object, address: Address) -> None:
    assert parse_address(text) == address


@given(addresses())
def test_what_is_shown_is_read_back(address: Address) -> None:
    assert parse_address(display(address)) == address


@pytest.mark.parametrize(
    "text,shown",
    [
        ("3#2-501", "3栋2单元501"),
        ("a-1201", "A座1201"),
        ("幸福里小区3-2-501", "幸福里小区3栋2单元501"),
        ("3栋2单元501 东户", "3栋2单元501（东户）"),
        ("3栋2单元 楼道", "3栋2单元楼道"),
        ("3栋-1层2室", "3栋地下室B1-02"),
        ("同上", "同上"),
    ],
)
def test_there_is_one_way_to_show_an_address(text: str, shown: str) -> None:
    assert display(parse_address(text)) == shown


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.text("0123456789AB#-栋号楼单元门室层一二十负 ", max_size=12),
        st.integers(),
        st.floats(),
    )
)
def test_reading_never_raises(value: object) -> None:
    address = parse_address(value)
    display(address)
    place_key(address)
    walk_key(address)


@pytest.mark.parametrize(
    "room,floor",
    [
        ("501", 5),
        ("1502", 15),
        ("1001", 10),
        ("101A", 1),
        ("A1201", 12),
        ("12B", 12),
        ("B1-02", -1),
        ("B3-102", -3),
        ("5", None),
        ("12", None),
        ("001", None),
        ("10501", None),
        (None, None),
    ],
)
def test_the_room_tells_the_floor(room: str | None, floor: int | None) -> None:
    assert floor_of(room) == floor


# --------------------------------------------------------------------------------------- keys and queries


@given(addresses().filter(lambda address: bool(address.building and (address.unit or address.room))))
def test_a_place_key_is_an_address_too(address: Address) -> None:
    assert place_key(parse_address(place_key(address))) == place_key(address)


@pytest.mark.parametrize(
    "query,key",
    [
        ("3#2-5", "3-2-5"),
        ("3栋2", "3-2"),
        ("3栋", "3-"),
        ("3#", "3-"),
        ("3-", "3-"),
        ("3-2", "3-2"),
        ("3-2-", "3-2-"),
        ("3-2-501", "3-2-501"),
        ("3 2 501", "3-2-501"),
        ("三号楼二门501", "3-2-501"),
        ("三号楼十二", "3-12"),
        ("3栋2单", "3-2-"),
        ("3栋2单元5楼", "3-2-5"),
        ("A座12", "A-12"),
        ("a-12", "A-12"),
        ("幸福里小区3-2", "3-2"),
        ("３＃２", "3-2"),
        ("3栋B1-0", "3-B10"),
        ("3栋地下室", "3-B"),
    ],
)
def test_a_half_typed_address_says_what_its_key_begins_with(query: str, key: str) -> None:
    assert parse_place_query(query) == key


@pytest.mark.parametrize(
    "query",
    [
        "",
        "3",
        "王",
        "wang",
        "13800138000",
        "138-0013",
        "0571-8888",
        "2026-11",
        "三号楼十",
        "3栋2单元501王",
        "幸福里小区",
        "110105",
    ],
)
def test_what_does_not_look_like_an_address_is_none(query: str) -> None:
    assert parse_place_query(query) is None


@given(st.integers(1, 99), st.integers(1, 20), st.integers(1, 40), st.integers(1, 30), st.data())
def test_every_keystroke_of_an_address_leads_to_it(
    building: int, unit: int, floor: int, number: int, data: st.DataObject
) -> None:
    room = f"{floor}{number:02d}"
    text = data.draw(st.sampled_from(six_forms(building, unit, room)))
    for typed in range(1, len(text) + 1):
        query = parse_place_query(text[:typed])
        assert query is None or f"{building}-{unit}-{room}".startswith(query)
    assert parse_place_query(text) == f"{building}-{unit}-{room}"


# ------------------------------------------------------------------------------------------ walking order


def test_a_walk_begins_on_the_top_floor_of_the_first_unit() -> None:
    walk = [
        "2栋1单元1001",
        "2栋1单元502",
        "2栋1单元103",
        "2栋1单元负一层",
        "2栋1单元",
        "2栋2单元601",
        "10栋101",
        "10栋1单元101",
        "A座301",
        "1单元101",
        "同上",
    ]
    places = [parse_address(text) for text in walk]
    assert sorted(places[6:] + places[:6], key=walk_key) == places


@given(
    st.lists(
        st.tuples(st.integers(1, 199), st.integers(1, 20), st.integers(1, 60), st.integers(1, 30)),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_places_sort_in_walking_order(numbers: list[tuple[int, int, int, int]]) -> None:
    def key(place: tuple[int, int, int, int]) -> str:
        building, unit, floor, number = place
        return walk_key(parse_address(f"{building}-{unit}-{floor}{number:02d}"))

    assert sorted(numbers, key=key) == sorted(
        numbers, key=lambda place: (place[0], place[1], -place[2], place[3])
    )
