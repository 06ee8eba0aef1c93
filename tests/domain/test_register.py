"""Every cell of a register that a community sent is read by the rules of the domain."""

from collections import Counter
from collections.abc import Sequence

from gridworker.domain.addresses import parse_address
from gridworker.domain.dates import parse_day
from gridworker.domain.id_numbers import parse_id_number
from gridworker.domain.phones import parse_phones

People = Sequence[dict[str, object]]


def test_every_address_of_a_real_register_is_understood(register: People) -> None:
    places = [parse_address(person["现住址"]) for person in register]
    assert all(
        place.building and place.unit and place.room and place.floor and not place.rest for place in places
    )
    assert {place.building for place in places} == set("12345678")
    assert {place.estate for place in places} == {None, "幸福里小区"}


def test_every_birth_date_of_a_real_register_is_read_without_doubt(register: People) -> None:
    days = [parse_day(person["出生日期"]) for person in register]
    assert all(day.day and not day.doubtful for day in days)


def test_every_id_number_of_a_real_register_is_named_for_what_it_is(register: People) -> None:
    states = Counter(parse_id_number(person["身份证号码"]).state for person in register)
    assert states == {"ok": 580, "check_bad": 17, "format_bad": 17, "digits_lost": 16, "missing": 17}


def test_the_birth_dates_in_id_numbers_are_those_beside_them(register: People) -> None:
    numbers = [(parse_id_number(person["身份证号码"]), person) for person in register]
    read = [(number.birth, parse_day(person["出生日期"]).day) for number, person in numbers if number.birth]
    assert len(read) == 580 + 17 + 16
    assert [pair for pair in read if pair[0] != pair[1]] == []


def test_every_telephone_cell_of_a_real_register_is_read(register: People) -> None:
    cells = [parse_phones(person["联系电话"]) for person in register]
    assert [cell.doubtful for cell in cells if cell.doubtful] == []
    assert Counter(len(cell.numbers) for cell in cells) == {0: 92, 1: 537, 2: 18}
