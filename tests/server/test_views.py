"""The views: typed columns for people who query, on both databases."""

from gridworker.domain.kinds import KINDS
from tests.server.laptop import GRID_A, Centre


def test_residents_are_columns(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    values = {"name": "安宁", "phones": ["13800000000"], "lives_alone": True}
    laptop.do("create", "r1", values=values)
    laptop.do("create", "r2", values={"name": "平安"})
    laptop.do("delete", "r2")
    rows = centre.rows("SELECT record_id, record_scope, name, sex, phones FROM v_resident WHERE lives_alone")
    assert rows == [("r1", GRID_A, "安宁", None, '["13800000000"]')]


def test_numbers_are_numbers(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    visit = {"resident_ids": ["r1"], "visited_ms": 20, "method": "home", "outcome": "met"}
    laptop.do("append", "v1", "visit", values=visit)
    assert centre.rows("SELECT record_id FROM v_visit WHERE visited_ms > 3") == [("v1",)]


def test_every_kind_has_a_view(centre: Centre) -> None:
    for kind in KINDS:
        assert centre.rows(f"SELECT * FROM v_{kind}") == []


def test_views_follow_the_program_at_every_start(centre: Centre) -> None:
    centre.execute("DROP VIEW v_resident")
    centre.server.store.prepare(centre.ids)
    assert centre.rows("SELECT name FROM v_resident") == []
