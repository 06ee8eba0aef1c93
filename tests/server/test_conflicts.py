"""Conflicts as the centre stores them: all three values, their writers, and what became of them."""

from typing import Any

import msgspec

from tests.server.laptop import Centre, Laptop

ANN = {"name": "安宁", "note": "住二楼"}


def both(centre: Centre) -> tuple[Laptop, Laptop]:
    """Two workers of one grid who both know a resident."""
    one, other = centre.laptop("zhang"), centre.laptop("li")
    one.do("create", "r1", values=ANN)
    return one, other


def conflicts(centre: Centre) -> list[tuple[Any, ...]]:
    """Base, server's, incoming value, trail and state of every conflict."""
    rows = centre.rows("SELECT base, server, incoming, trail, state FROM conflict ORDER BY created_ms")
    return [(*map(msgspec.json.decode, row[:4]), row[4]) for row in rows]


def test_two_writers_of_one_field_leave_a_conflict_with_three_values(centre: Centre) -> None:
    one, other = both(centre)
    one.do("patch", "r1", set={"note": ("住二楼", "住三楼")}, wall_ms=77)
    result = other.do("patch", "r1", set={"note": ("住二楼", "住四楼")})
    assert result.code == "conflict"
    [found] = result.conflicts
    assert (found.field, found.base, found.server, found.incoming) == ("note", "住二楼", "住三楼", "住四楼")
    assert (found.server_actor, found.server_ms, found.why) == (one.me.user_id, 77, "concurrent")
    assert conflicts(centre) == [("住二楼", "住三楼", "住四楼", [], "open")]
    body = msgspec.json.decode(bytes(pulled(other)))
    assert body["note"] == "住三楼"


def pulled(laptop: Laptop) -> msgspec.Raw:
    """The resident's document after a pull."""
    laptop.pull()
    [entry] = [entry for entry in laptop.rows.values() if entry.id == "r1"]
    return entry.body


def test_a_value_that_was_never_changed_belongs_to_the_creator(centre: Centre) -> None:
    one, other = both(centre)
    [found] = other.do("patch", "r1", set={"note": ("住一楼", "住四楼")}).conflicts
    assert found.server_actor == one.me.user_id


def test_changes_of_different_fields_are_both_kept_without_a_conflict(centre: Centre) -> None:
    one, other = both(centre)
    assert one.do("patch", "r1", set={"note": ("住二楼", "住三楼")}).code == "applied"
    assert other.do("patch", "r1", set={"address": ("", "幸福里1号")}).code == "applied"
    assert conflicts(centre) == []


def test_an_author_who_goes_on_offline_continues_his_conflict(centre: Centre) -> None:
    one, other = both(centre)
    one.do("patch", "r1", set={"note": ("住二楼", "住三楼")})
    chain = [("住二楼", "甲"), ("甲", "乙"), ("乙", "丙")]
    first, second = (other.op("patch", "r1", set={"note": pair}) for pair in chain[:2])
    replies = other.send(other.seal(first, second)).results
    third = other.do("patch", "r1", set={"note": chain[2]})
    assert len({one.conflicts[0].id for one in (*replies, third)}) == 1
    assert conflicts(centre) == [("住二楼", "住三楼", "丙", ["甲", "乙"], "open")]


def test_a_conflict_ends_when_somebody_takes_its_value(centre: Centre) -> None:
    one, other = both(centre)
    one.do("patch", "r1", set={"note": ("住二楼", "住三楼")})
    other.do("patch", "r1", set={"note": ("住二楼", "住四楼")})
    assert one.do("patch", "r1", set={"note": ("住三楼", "住四楼")}).code == "applied"
    assert [row[4] for row in conflicts(centre)] == ["settled"]


def test_the_result_of_a_conflict_is_the_same_after_a_lost_reply(centre: Centre) -> None:
    one, other = both(centre)
    one.do("patch", "r1", set={"note": ("住二楼", "住三楼")})
    envelopes = other.seal(other.op("patch", "r1", set={"note": ("住二楼", "住四楼")}))
    assert other.send(envelopes).results == other.send(envelopes).results
    assert len(conflicts(centre)) == 1


def test_a_late_whole_day_of_one_worker_does_not_overwrite_the_other(centre: Centre) -> None:
    one, other = both(centre)
    old = [other.op("patch", "r1", set={"note": ("住二楼", f"旧{n}")}, wall_ms=1) for n in range(3)]
    late = other.seal(*old)
    one.do("patch", "r1", set={"note": ("住二楼", "新")})
    assert [result.code for result in other.send(late).results] == ["conflict"] * 3
    assert msgspec.json.decode(bytes(pulled(one)))["note"] == "新"
