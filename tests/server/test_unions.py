"""Unions: two records of one person become one and two again, exactly once, and nothing of either is lost."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.domain.disputes import Dispute
from gridworker.server.claims import open_pairs
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop, grouped
from tests.server.matters import body_of, decide, disputes, is_deleted, leader, pulled_disputes

NUMBER, OTHER_NUMBER = "99910119440101281X", "999101195002023129"
LI = {"name": "李安", "note": "甲", "phones": ["1"]}
LEE = {"name": "李安", "note": "乙", "address": "幸福里1号"}


def both(centre: Centre) -> tuple[Laptop, Laptop, Laptop]:
    """Workers of two grids who each have a record of one person, and a leader of both grids."""
    one = centre.laptop("zhang", "grid_worker", GRID_A)
    other = centre.laptop("li", "grid_worker", GRID_B)
    one.do("create", "a", values=LI)
    other.do("create", "b", values=LEE, scope=GRID_B)
    return one, other, leader(centre, "wang", GRID_A, GRID_B)


def test_the_one_stays_and_the_other_is_gone_with_a_reason(centre: Centre) -> None:
    _, other, boss = both(centre)
    other.pull()
    picks = {"address": ("", "幸福里1号")}
    assert boss.do("merge", "b", target="a", set=picks).code == "applied"
    assert body_of(centre, "a") == {**LI, "address": "幸福里1号", "absorbed": ["b"]}
    reply = other.pull()
    assert [(entry.id, entry.reason) for entry in reply.entries if entry.gone] == [("b", "merged")]
    assert "a" not in other.ids(), "and learns nothing of the other grid"


def test_only_who_reviews_in_both_grids_joins_two_records(centre: Centre) -> None:
    one, *_ = both(centre)
    half = leader(centre, "sun", GRID_A)
    assert one.do("merge", "b", target="a").reason == "role"
    assert half.do("merge", "b", target="a").reason == "role"
    assert not is_deleted(centre, "b")


def test_later_work_on_the_former_record_is_merged_into_the_one_that_stays(centre: Centre) -> None:
    _, other, boss = both(centre)
    boss.do("merge", "b", target="a")
    centre.grant("li", GRID_A, "grid_worker")
    fresh = other.do("patch", "b", set={"address": ("", "和平路2号")}, scope=GRID_B)
    assert fresh.code == "applied"
    assert body_of(centre, "a")["address"] == "和平路2号"
    clash = other.do("patch", "b", set={"note": ("乙", "丙")}, scope=GRID_B)
    assert [(one.server, one.incoming) for one in clash.conflicts] == [("甲", "丙")]
    assert {found.target_id for found in disputes(centre).values()} == {"a"}


def test_later_work_of_who_does_not_see_the_one_that_stays_is_held_there(centre: Centre) -> None:
    _, other, boss = both(centre)
    boss.do("merge", "b", target="a")
    late = other.do("patch", "b", set={"note": ("乙", "丙")}, scope=GRID_B)
    assert (late.code, late.reason) == ("held", "scope")
    [(_, found)] = pulled_disputes(boss).items()
    assert (found.target_id, found.actor_name) == ("a", "li的姓名")
    assert pulled_disputes(other) == {}


def test_a_former_record_is_neither_deleted_nor_brought_back_nor_made_again(centre: Centre) -> None:
    _, other, boss = both(centre)
    boss.do("merge", "b", target="a")
    assert other.do("delete", "b", scope=GRID_B).code == "noop"
    assert other.do("undelete", "b", scope=GRID_B).reason == "state"
    assert other.do("create", "b", values=LEE, scope=GRID_B).reason == "exists"
    assert (is_deleted(centre, "a"), is_deleted(centre, "b")) == (False, True)


def test_parted_again_both_are_as_they_were(centre: Centre) -> None:
    _, other, boss = both(centre)
    boss.do("merge", "b", target="a", set={"address": ("", "幸福里1号")})
    assert boss.do("unmerge", "b", target="a").code == "applied"
    assert (body_of(centre, "a"), body_of(centre, "b")) == (LI, LEE)
    other.pull()
    assert other.ids() == {"b"}


def test_what_came_by_the_former_name_goes_back_with_it(centre: Centre) -> None:
    one, _, boss = both(centre)
    boss.do("merge", "b", target="a")
    boss.do("patch", "b", set={"address": ("", "和平路2号"), "sex": (None, "male")})
    one.do("patch", "a", set={"note": ("甲", "甲改")})
    result = boss.do("unmerge", "b", target="a")
    assert body_of(centre, "a") == {**LI, "note": "甲改"}
    assert body_of(centre, "b") == {**LEE, "sex": "male"}
    kept = [(each.server, each.incoming) for each in result.conflicts]
    assert kept == [("幸福里1号", "和平路2号")], "and a value that finds another one is kept beside it"


def test_what_others_wrote_since_stays_and_the_former_value_is_kept_beside_it(centre: Centre) -> None:
    one, _, boss = both(centre)
    boss.do("merge", "b", target="a", set={"address": ("", "幸福里1号")})
    one.do("patch", "a", set={"address": ("幸福里1号", "幸福里3号")})
    result = boss.do("unmerge", "b", target="a")
    assert (result.code, body_of(centre, "a")["address"]) == ("conflict", "幸福里3号")


def test_joining_and_parting_twice_count_once(centre: Centre) -> None:
    _, _, boss = both(centre)
    assert boss.do("merge", "b", target="a").code == "applied"
    assert boss.do("merge", "b", target="a").code == "noop"
    assert boss.do("unmerge", "b").code == "applied"
    assert boss.do("unmerge", "b").code == "noop"
    assert boss.do("merge", "b", target="a").code == "applied"
    assert boss.do("unmerge", "b").code == "applied"
    assert (body_of(centre, "a"), body_of(centre, "b")) == (LI, LEE)


def test_what_is_joined_and_parted_in_one_request_is_as_before(centre: Centre) -> None:
    _, _, boss = both(centre)
    picks = {"note": ("甲", "乙")}
    ops = (boss.op("merge", "b", target="a", set=picks), boss.op("unmerge", "b"))
    assert [one.code for one in boss.send(boss.seal(*grouped(*ops))).results] == ["applied", "applied"]
    assert (body_of(centre, "a"), body_of(centre, "b")) == (LI, LEE)


def test_a_record_never_becomes_part_of_itself(centre: Centre) -> None:
    _, _, boss = both(centre)
    assert boss.do("merge", "a", target="a").reason == "state"
    boss.do("merge", "b", target="a")
    assert boss.do("merge", "a", target="b").reason == "state"
    assert not is_deleted(centre, "a")


def test_three_records_of_one_person_become_one(centre: Centre) -> None:
    one, _, boss = both(centre)
    one.do("create", "c", values={"name": "李安"})
    boss.do("merge", "b", target="a")
    assert boss.do("merge", "a", target="c").code == "applied"
    assert body_of(centre, "c")["absorbed"] == ["a", "b"]
    assert boss.do("patch", "b", set={"note": ("", "丙")}).code == "applied"
    assert body_of(centre, "c")["note"] == "丙"
    assert boss.do("unmerge", "a").code == "applied"
    assert "absorbed" not in body_of(centre, "c")
    assert body_of(centre, "a")["absorbed"] == ["b"]


def test_a_union_waits_for_the_records_it_names(centre: Centre) -> None:
    one, _, boss = both(centre)
    early = boss.op("merge", "b", target="z")
    assert boss.send(boss.seal(early)).results[0].reason == "missing"
    one.do("create", "z", values={"name": "李安"})
    assert centre.rows("SELECT code FROM op_log WHERE op_id = :id", id=early.op_id) == [("applied",)]
    assert is_deleted(centre, "b")


@pytest.mark.parametrize("verb, kind", [("create", "resident"), ("patch", "resident")])
def test_nobody_writes_the_list_of_former_records_himself(centre: Centre, verb: str, kind: str) -> None:
    _, _, boss = both(centre)
    forged: dict[str, Any] = {"values": {"name": "x", "absorbed": ["b"]}} if verb == "create" else {}
    forged = forged or {"set": {"absorbed": ([], ["b"])}}
    assert boss.do(verb, "n" if verb == "create" else "a", **forged).code == "conflict"
    assert "absorbed" not in body_of(centre, "n" if verb == "create" else "a")


WORDS = st.sampled_from(["", "甲", "乙"])
FIELDS = st.sampled_from(["note", "address", "place"])
PATCHES = st.lists(st.tuples(st.sampled_from("ab"), FIELDS, WORDS), max_size=5)
PICKS = st.dictionaries(FIELDS, WORDS, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(picks=PICKS, before=PATCHES)
def test_a_union_that_is_undone_never_was(
    lite_centre: Centre, picks: dict[str, str], before: list[tuple[str, str, str]]
) -> None:
    laptop = _known(lite_centre)
    one, other = lite_centre.ids(), lite_centre.ids()
    names = {"a": one, "b": other}
    laptop.send(laptop.seal(*(laptop.op("create", id, values=LI) for id in names.values())))
    for which, field, value in before:
        _set(laptop, names[which], field, value)
    held = body_of(lite_centre, one), body_of(lite_centre, other)
    current = held[0]
    laptop.do("merge", other, target=one, set={f: (current.get(f), new) for f, new in picks.items()})
    assert is_deleted(lite_centre, other)
    laptop.do("unmerge", other)
    assert (body_of(lite_centre, one), body_of(lite_centre, other)) == held
    assert lite_centre.violations() == []


def _known(centre: Centre) -> Laptop:
    if not hasattr(centre, "known"):
        centre.known = leader(centre)  # type: ignore[attr-defined]  # one laptop for all examples
    known: Laptop = centre.known  # type: ignore[attr-defined]  # see above
    return known


def _set(laptop: Laptop, record_id: str, field: str, value: str) -> None:
    current = body_of(laptop.centre, record_id).get(field)
    laptop.do("patch", record_id, set={field: (current, value)})


# --------------------------------------------------------------------------------------- suspected duplicates


def twins(centre: Centre) -> tuple[Laptop, Laptop, Any]:
    """Two workers of two grids who recorded one id number, and the result of the second."""
    one = centre.laptop("zhang", "grid_worker", GRID_A)
    other = centre.laptop("li", "grid_worker", GRID_B)
    assert one.do("create", "a", values={"name": "李安", "id_number": NUMBER}).reason == ""
    second = other.do("create", "b", values={"name": "李 安", "id_number": NUMBER}, scope=GRID_B)
    return one, other, second


def test_a_second_record_of_one_number_is_saved_and_told_to_who_sees_both_grids(centre: Centre) -> None:
    boss, half = leader(centre, "wang", GRID_A, GRID_B), leader(centre, "sun", GRID_B)
    one, other, second = twins(centre)
    assert (second.code, second.reason) == ("applied", "duplicate_suspect")
    assert body_of(centre, "b")["id_number"] == NUMBER
    [(_, found)] = pulled_disputes(boss).items()
    assert (found.sort, found.pair, found.state) == ("duplicate", ("a", "b"), "open")
    for laptop in (one, other, half):
        assert pulled_disputes(laptop) == {}


def test_what_nobody_can_be_told_is_listed_at_the_centre(centre: Centre) -> None:
    twins(centre)
    assert centre.server.store.read(open_pairs) == [("a", "b", 0)]
    assert disputes(centre) == {}


def test_nothing_of_a_number_can_be_read_in_the_table_of_claims(centre: Centre) -> None:
    twins(centre)
    rows = centre.rows("SELECT entity_id, number, holds FROM identity_claim ORDER BY n")
    assert [(row[0], bool(row[2])) for row in rows] == [("a", True), ("b", False)]
    assert rows[0][1] == rows[1][1]
    assert NUMBER not in str(rows)


def test_a_broken_number_says_nothing(centre: Centre) -> None:
    one = centre.laptop("zhang")
    for n, number in enumerate(["110101194401011", "11010119440101281", "未知", "1"]):
        for twin in "xy":
            assert one.do("create", f"{twin}{n}", values={"name": "x", "id_number": number}).reason == ""


def test_a_number_that_was_corrected_is_free_for_its_owner(centre: Centre) -> None:
    one = centre.laptop("zhang")
    one.do("create", "a", values={"name": "x", "id_number": NUMBER})
    one.do("patch", "a", set={"id_number": (NUMBER, OTHER_NUMBER)})
    assert one.do("create", "b", values={"name": "y", "id_number": NUMBER}).reason == ""
    one.do("delete", "b")
    assert one.do("create", "c", values={"name": "z", "id_number": NUMBER}).reason == ""


def test_joining_suspects_closes_the_matter_for_everybody(centre: Centre) -> None:
    boss, second = leader(centre, "wang", GRID_A, GRID_B), leader(centre, "sun", GRID_A, GRID_B)
    twins(centre)
    assert boss.do("merge", "b", target="a").code == "applied"
    for laptop in (boss, second):
        [(_, found)] = pulled_disputes(laptop).items()
        assert (found.state, found.choice, found.decided_name) == ("resolved", "accept", "wang的姓名")
    assert centre.rows("SELECT state FROM duplicate") == [("merged",)]


def test_two_persons_with_one_number_are_not_asked_about_again(centre: Centre) -> None:
    boss, second = leader(centre, "wang", GRID_A, GRID_B), leader(centre, "sun", GRID_A, GRID_B)
    _, other, _ = twins(centre)
    [matter] = pulled_disputes(boss)
    assert decide(second, matter, "reject").reason == "scope", "what is told to one is his"
    assert decide(boss, matter, "reject").code == "applied"
    [(_, found)] = pulled_disputes(second).items()
    assert (found.state, found.choice) == ("resolved", "reject")
    other.do("patch", "b", set={"id_number": (NUMBER, "")}, scope=GRID_B)
    assert other.do("patch", "b", set={"id_number": ("", NUMBER)}, scope=GRID_B).reason == ""


def test_unique_collision_three_records_two_candidates_and_no_leak(centre: Centre) -> None:
    """§4.17: one id card on three laptops in two grids."""
    boss = leader(centre, "wang", GRID_A, GRID_B)
    laptops = [
        centre.laptop(login, "grid_worker", scope)
        for login, scope in (("zhang", GRID_A), ("li", GRID_B), ("sun", GRID_B))
    ]
    for laptop, id, scope in zip(laptops, "abc", (GRID_A, GRID_B, GRID_B), strict=True):
        values = {"name": f"李{id}", "id_number": NUMBER}
        assert laptop.do("create", id, values=values, scope=scope).code == "applied"
    found = [dispute.pair for dispute in pulled_disputes(boss).values()]
    assert found == [("a", "b"), ("a", "c")]
    for laptop, own in zip(laptops, ({"a"}, {"b", "c"}, {"b", "c"}), strict=True):
        laptop.pull()
        assert laptop.ids() == own
        assert "a" in own or b'"a"' not in b"".join(bytes(one.body) for one in laptop.rows.values())
    assert boss.do("merge", "b", target="a").code == "applied"
    assert laptops[1].do("patch", "b", set={"note": ("", "后到")}, scope=GRID_B).reason == "scope"
    assert boss.do("unmerge", "b").code == "applied"
    assert {id: body_of(centre, id)["name"] for id in "abc"} == {"a": "李a", "b": "李b", "c": "李c"}


def test_a_dispute_is_read_by_every_program(centre: Centre) -> None:
    leader(centre, "wang", GRID_A, GRID_B)
    twins(centre)
    [(body,)] = centre.rows("SELECT body FROM entity WHERE kind = 'dispute'")
    assert msgspec.json.decode(body, type=Dispute).pair == ("a", "b")
