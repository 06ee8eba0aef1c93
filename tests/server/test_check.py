"""The check: a healthy centre has no violation, and every kind of damage is named."""

import pytest

from tests.server.laptop import Centre, Laptop

ANN = {"name": "安宁", "note": "住二楼", "future": [1]}


@pytest.fixture
def laptop(lite_centre: Centre) -> Laptop:
    """A laptop that has done a little of everything."""
    laptop = lite_centre.laptop("zhang")
    other = lite_centre.laptop("li")
    laptop.do("create", "r1", values=ANN)
    laptop.do("create", "r2", values=ANN)
    laptop.do("patch", "r1", set={"note": ("住二楼", "住三楼"), "future": ([1], [2])})
    other.do("patch", "r1", set={"note": ("住二楼", "住四楼")})
    laptop.do("delete", "r2")
    laptop.do("create", "p1", "care_profile", values={"resident_id": "r1", "groups": ["a"]})
    other.do("patch", "p1", "care_profile", set={"groups": ([], ["b"])})
    laptop.do("patch", "nobody", set={"note": ("", "x")})
    return laptop


def test_a_healthy_centre_has_no_violation(laptop: Laptop) -> None:
    assert laptop.centre.violations() == []


@pytest.mark.parametrize(
    "damage, word",
    [
        ("UPDATE entity SET body = '{\"name\":\"x\"}' WHERE id = 'r1'", "its sum"),
        ("UPDATE entity SET rev_seq = rev_seq + 1 WHERE id = 'r1'", "its sum"),
        ("DELETE FROM scope_entry WHERE entity_id = 'r1'", "its sum"),
        ("UPDATE scope SET n = n + 1", "its sum"),
        ("UPDATE slot SET hash = 'x' WHERE seq = 1", "is broken"),
        ("DELETE FROM slot WHERE seq = 2", "follows 1"),
        ("UPDATE replica SET last_seq = 1", "its end"),
        ("UPDATE op_log SET body = '{}' WHERE n = 1", "not what its author wrote"),
        ("DELETE FROM op_log WHERE n = 1", "not in the log"),
        ("DELETE FROM conflict", "its value of note is nowhere"),
        ("DELETE FROM field_history WHERE field = 'future'", "its value of future is nowhere"),
    ],
)
def test_damage_is_named(laptop: Laptop, damage: str, word: str) -> None:
    laptop.centre.execute(damage)
    found = laptop.centre.violations()
    assert any(word in line for line in found), found
    assert not any("安宁" in line or "住" in line for line in found)
