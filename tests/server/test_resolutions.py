"""Decisions: both sides see what is disputed, and nothing is set that the one who decides had not seen."""

from typing import Any

import pytest

from gridworker.server.disputes import name_of_matter
from tests.server.laptop import GRID_A, GRID_B, Centre, grouped
from tests.server.matters import (
    ANN,
    CASE,
    body_of,
    decide,
    disputes,
    in_conflict,
    is_deleted,
    leader,
    only,
    pulled_disputes,
    two_workers,
)


def test_a_conflict_is_a_record_that_both_workers_and_their_leader_receive(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    for laptop in (one, other, leader(centre)):
        found = pulled_disputes(laptop)[matter]
        assert (found.sort, found.state, found.field) == ("conflict", "open", "note")
        assert (found.base, found.server, found.incoming) == ("住二楼", "甲", "乙")
        assert (found.actor_name, found.server_actor_name) == ("li的姓名", "zhang的姓名")
        assert (found.target_kind, found.target_id) == ("resident", "r1")
    assert pulled_disputes(centre.laptop("sun", "grid_worker", GRID_B)) == {}


def test_a_chain_of_edits_goes_on_in_the_same_dispute(centre: Centre) -> None:
    _, other, matter = in_conflict(centre)
    other.do("patch", "r1", set={"note": ("乙", "丙")})
    assert list(disputes(centre)) == [matter]
    found = disputes(centre)[matter]
    assert (found.incoming, found.trail, found.state) == ("丙", ("乙",), "open")


def test_a_dispute_closes_when_somebody_takes_its_value(centre: Centre) -> None:
    one, _, matter = in_conflict(centre)
    one.do("patch", "r1", set={"note": ("甲", "乙")})
    assert disputes(centre)[matter].state == "settled"


@pytest.mark.parametrize("target, value", [("incoming", "乙"), ("server", "甲"), ("base", "住二楼")])
def test_either_worker_decides_about_a_plain_field(centre: Centre, target: str, value: str) -> None:
    one, _, matter = in_conflict(centre)
    assert decide(one, matter, target, set={"note": ("甲", value)}, why="问过本人").code == "applied"
    assert body_of(centre, "r1")["note"] == value
    found = disputes(centre)[matter]
    assert (found.state, found.choice, found.decision) == ("resolved", target, value)
    assert (found.decided_by, found.decided_name, found.remark) == (one.me.user_id, "zhang的姓名", "问过本人")
    assert centre.rows("SELECT state FROM conflict") == [("resolved",)]


def test_a_decision_may_bring_a_value_of_its_own(centre: Centre) -> None:
    one, _, matter = in_conflict(centre)
    assert decide(one, matter, "value", values={"value": "丙"}).code == "applied"
    assert body_of(centre, "r1")["note"] == "丙"


def test_a_value_that_changed_since_is_not_overwritten_unseen(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    one.do("patch", "r1", set={"note": ("甲", "新")})
    result = decide(other, matter, "incoming", set={"note": ("甲", "乙")})
    assert (result.code, [(each.server, each.incoming) for each in result.conflicts]) == (
        "conflict",
        [("新", "乙")],
    )
    assert body_of(centre, "r1")["note"] == "新"
    assert (disputes(centre)[matter].state, disputes(centre)[matter].server) == ("open", "新")
    assert decide(other, matter, "incoming", set={"note": ("新", "乙")}).code == "applied"


def test_an_own_value_that_comes_too_late_is_kept_in_a_dispute_of_its_own(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    one.do("patch", "r1", set={"note": ("甲", "新")})
    assert decide(other, matter, "value", set={"note": ("甲", "我的")}).code == "conflict"
    kept = [found.incoming for found in disputes(centre).values() if found.state == "open"]
    assert kept == ["乙", "我的"]


def test_two_who_decide_differently_offline_leave_it_open_with_both(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    assert decide(one, matter, "incoming", set={"note": ("甲", "乙")}).code == "applied"
    second = decide(other, matter, "server", set={"note": ("甲", "甲")}, why="我确定")
    assert (second.code, second.reason) == ("conflict", "decided")
    assert body_of(centre, "r1")["note"] == "乙"
    found = disputes(centre)[matter]
    assert (found.state, found.choice) == ("open", "incoming")
    assert [(each.by, each.choice, each.why) for each in found.opinions] == [
        (other.me.user_id, "server", "我确定")
    ]


def test_a_third_decision_has_to_know_of_the_first(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    decide(one, matter, "incoming", set={"note": ("甲", "乙")})
    decide(other, matter, "server", set={"note": ("甲", "甲")})
    boss = leader(centre)
    assert decide(boss, matter, "server", set={"note": ("甲", "甲")}).code == "conflict"
    seen = decide(boss, matter, "server", source="incoming", set={"note": ("乙", "甲")})
    assert seen.code == "applied"
    assert body_of(centre, "r1")["note"] == "甲"
    assert disputes(centre)[matter].state == "resolved"


def test_the_same_decision_twice_is_nothing_to_do(centre: Centre) -> None:
    one, other, matter = in_conflict(centre)
    decide(one, matter, "incoming", set={"note": ("甲", "乙")})
    assert decide(other, matter, "incoming", set={"note": ("甲", "乙")}).code == "noop"
    assert disputes(centre)[matter].opinions == ()


def test_a_decision_is_taken_back_by_another_one(centre: Centre) -> None:
    one, _, matter = in_conflict(centre)
    decide(one, matter, "incoming", set={"note": ("甲", "乙")})
    undone = decide(one, matter, "server", source="incoming", set={"note": ("乙", "甲")})
    assert (undone.code, body_of(centre, "r1")["note"]) == ("applied", "甲")


def test_only_a_reviewer_decides_about_a_critical_field(centre: Centre) -> None:
    one, _, matter = in_conflict(centre, "name")
    result = decide(one, matter, "incoming", set={"name": ("甲", "乙")})
    assert (result.code, result.reason) == ("held", "role")
    assert body_of(centre, "r1")["name"] == "甲"
    assert [each.choice for each in disputes(centre)[matter].opinions] == ["incoming"], "and it is not lost"
    assert decide(leader(centre), matter, "incoming", set={"name": ("甲", "乙")}).code == "applied"
    assert body_of(centre, "r1")["name"] == "乙"


def test_nobody_decides_in_a_grid_that_is_not_his(centre: Centre) -> None:
    *_, matter = in_conflict(centre)
    foreign = leader(centre, "sun", GRID_B)
    assert decide(foreign, matter, "incoming", set={"note": ("甲", "乙")}).reason == "scope"
    assert body_of(centre, "r1")["note"] == "甲"
    assert disputes(centre)[matter].opinions == ()


@pytest.mark.parametrize("verb", ["patch", "delete", "undelete", "create", "transition"])
def test_nothing_but_a_decision_changes_a_dispute(centre: Centre, verb: str) -> None:
    *_, matter = in_conflict(centre)
    parts: dict[str, Any] = {"values": {"state": "resolved"}} if verb == "create" else {}
    parts = {"set": {"state": ("open", "resolved")}} if verb == "patch" else parts
    assert leader(centre).do(verb, matter, "dispute", **parts).code == "held"
    assert disputes(centre)[matter].state == "open"
    assert leader(centre, "zhao").do("create", "d1", "dispute", values={"sort": "held"}).reason == "role"


@pytest.mark.parametrize("target", ["accept", "", "nonsense"])
def test_a_choice_that_there_is_not_changes_nothing(centre: Centre, target: str) -> None:
    one, _, matter = in_conflict(centre)
    assert decide(one, matter, target).reason == "schema"
    assert decide(one, "r1", "server").reason == "schema"
    assert disputes(centre)[matter].state == "open"


def test_a_decision_waits_for_its_dispute_as_after_a_restore(centre: Centre) -> None:
    one, other = two_workers(centre)
    change = other.op("patch", "r1", set={"note": ("住二楼", "乙")})
    one.do("patch", "r1", set={"note": ("住二楼", "甲")})
    matter = name_of_matter(change.op_id, "note")
    assert decide(one, matter, "incoming", set={"note": ("甲", "乙")}).reason == "missing"
    other.send(other.seal(change))
    assert body_of(centre, "r1")["note"] == "乙"
    assert disputes(centre)[matter].state == "resolved"


# ------------------------------------------------------------------------------------------- what was held


def test_what_was_held_is_let_in_by_a_reviewer(centre: Centre) -> None:
    one, other = two_workers(centre)
    other.do("patch", "r1", set={"note": ("住二楼", "甲")})
    assert one.do("delete", "r1", why="重复").reason == "edited"
    matter, found = only(centre)
    assert (found.sort, found.why, found.verb) == ("held", "edited", "delete")
    assert decide(other, matter, "accept").reason == "role"
    assert decide(leader(centre), matter, "accept").code == "applied"
    assert is_deleted(centre, "r1")
    undone = decide(leader(centre, "zhao"), matter, "reject", source="accept")
    assert (undone.code, is_deleted(centre, "r1")) == ("applied", False)


def test_what_was_held_for_its_scope_is_let_in(centre: Centre) -> None:
    _, other = two_workers(centre)
    centre.withdraw("li", GRID_A)
    assert other.do("patch", "r1", set={"note": ("住二楼", "乙")}).reason == "scope"
    matter, found = only(centre)
    assert found.incoming == {"set": {"note": ["住二楼", "乙"]}}
    boss = leader(centre)
    assert decide(boss, matter, "accept").code == "applied"
    assert body_of(centre, "r1")["note"] == "乙"
    assert decide(boss, matter, "reject", source="accept").code == "applied"
    assert body_of(centre, "r1")["note"] == "住二楼"
    assert decide(boss, matter, "accept", source="reject").code == "applied"
    assert body_of(centre, "r1")["note"] == "乙"


def test_a_record_that_was_held_is_let_in_and_out_again(centre: Centre) -> None:
    _, other = two_workers(centre)
    centre.withdraw("li", GRID_A)
    centre.execute("DELETE FROM grant_past")
    assert other.do("create", "r2", values={"name": "平安"}, wall_ms=1).reason == "scope"
    matter, _ = only(centre)
    boss = leader(centre)
    assert decide(boss, matter, "accept").code == "applied"
    assert body_of(centre, "r2")["name"] == "平安"
    assert decide(boss, matter, "reject", source="accept").code == "applied"
    assert is_deleted(centre, "r2")


def test_letting_in_what_meets_another_value_opens_a_conflict(centre: Centre) -> None:
    one, other = two_workers(centre)
    centre.withdraw("li", GRID_A)
    other.do("patch", "r1", set={"note": ("住二楼", "乙")})
    matter, _ = only(centre)
    one.do("patch", "r1", set={"note": ("住二楼", "甲")})
    result = decide(leader(centre), matter, "accept")
    assert (result.code, [(each.server, each.incoming) for each in result.conflicts]) == (
        "conflict",
        [("甲", "乙")],
    )
    assert body_of(centre, "r1")["note"] == "甲"
    about = {found.target_id for found in disputes(centre).values()}
    assert about == {"r1"}


def test_an_edit_of_a_deleted_record_brings_it_back_when_it_is_let_in(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("delete", "r1")
    assert other.do("patch", "r1", set={"note": ("住二楼", "乙")}).reason == "deleted"
    matter, _ = only(centre)
    boss = leader(centre)
    assert decide(boss, matter, "accept").code == "applied"
    assert (is_deleted(centre, "r1"), body_of(centre, "r1")["note"]) == (False, "乙")
    assert decide(boss, matter, "reject", source="accept").code == "applied"
    assert (is_deleted(centre, "r1"), body_of(centre, "r1")["note"]) == (True, "住二楼")


def test_a_second_create_fills_gaps_when_it_is_let_in(centre: Centre) -> None:
    _, other = two_workers(centre)
    assert other.do("create", "r1", values={"name": "安宁", "address": "幸福里1号"}).reason == "exists"
    matter, _ = only(centre)
    assert decide(leader(centre), matter, "accept").code == "applied"
    assert body_of(centre, "r1") == {**ANN, "address": "幸福里1号"}


def test_what_is_rejected_stays_in_the_log_for_good(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("delete", "r1")
    held = other.op("patch", "r1", set={"note": ("住二楼", "乙")})
    other.send(other.seal(held))
    matter, _ = only(centre)
    assert decide(leader(centre), matter, "reject", why="已迁走").code == "applied"
    assert disputes(centre)[matter].choice == "reject"
    assert centre.rows("SELECT code FROM op_log WHERE op_id = :id", id=held.op_id) == [("held",)]


def test_an_author_withdraws_what_was_held_of_him(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("delete", "r1")
    other.do("patch", "r1", set={"note": ("住二楼", "乙")})
    matter, _ = only(centre)
    assert decide(one, matter, "reject").reason == "role"
    assert decide(other, matter, "reject").code == "applied"


def test_a_poisonous_operation_is_told_without_its_words(centre: Centre) -> None:
    one, _ = two_workers(centre)
    assert one.do("patch", "r1", set={"note": ("住二楼", "\0")}).reason == "quarantine"
    matter, found = only(centre)
    assert (found.why, found.incoming) == ("quarantine", None)
    assert decide(leader(centre), matter, "accept").code in ("applied", "held")


def test_what_was_refused_for_the_whole_organisation_is_not_told_to_it(centre: Centre) -> None:
    one, _ = two_workers(centre)
    assert one.do("create", "a1", "area", values={"level": "grid", "name": "x"}, scope="org").code == "held"
    assert disputes(centre) == {}


def test_a_grid_that_there_is_not_is_not_made_by_a_record_for_it(centre: Centre) -> None:
    one, _ = two_workers(centre)
    assert one.do("create", "r9", values=ANN, scope="g:无此网格").reason == "scope"
    assert disputes(centre) == {}
    assert centre.rows("SELECT id FROM scope WHERE id = 'g:无此网格'") == []


# ----------------------------------------------------------------------------------- notices and late actions


def test_a_critical_change_by_a_worker_is_applied_and_told(centre: Centre) -> None:
    one, _ = two_workers(centre)
    assert one.do("patch", "r1", set={"status": ("active", "deceased")}).code == "applied"
    matter, found = only(centre)
    assert (found.sort, found.field, found.base, found.incoming) == ("notice", "status", "active", "deceased")
    boss = leader(centre)
    assert decide(one, matter, "accept").reason == "role"
    assert decide(boss, matter, "accept").code == "applied"
    assert disputes(centre)[matter].state == "resolved"
    assert body_of(centre, "r1")["status"] == "deceased"


def test_a_rejected_notice_gives_the_field_its_value_again(centre: Centre) -> None:
    one, _ = two_workers(centre)
    one.do("patch", "r1", set={"name": ("安宁", "安定")})
    matter, _ = only(centre)
    boss = leader(centre)
    assert decide(boss, matter, "reject").code == "applied"
    assert body_of(centre, "r1")["name"] == "安宁"
    assert decide(boss, matter, "accept", source="reject").code == "applied"
    assert body_of(centre, "r1")["name"] == "安定"


def test_who_fills_a_gap_or_reviews_causes_no_notice(centre: Centre) -> None:
    one, _ = two_workers(centre)
    one.do("patch", "r1", set={"birth": (None, "1944-01-02")})
    leader(centre).do("patch", "r1", set={"name": ("安宁", "安定")})
    one.do("patch", "r1", set={"note": ("住二楼", "x")})
    assert disputes(centre) == {}


def test_care_groups_that_change_are_told(centre: Centre) -> None:
    one, _ = two_workers(centre)
    one.do("create", "p1", "care_profile", values={"resident_id": "r1", "groups": ["a"]})
    one.do("patch", "p1", "care_profile", set={"groups": (["a"], [])})
    _, found = only(centre)
    assert (found.sort, found.target_id, found.base, found.incoming) == ("notice", "p1", ["a"], [])


def late(centre: Centre) -> tuple[Any, str]:
    """A worker who solved a case that had been refused meanwhile, and his late action."""
    one, boss = centre.laptop("zhang"), leader(centre)
    one.do("create", "c1", "case", values=CASE)
    refused = {"source": "reported", "target": "refused", "set": {"remark": ("", "不在范围")}}
    assert boss.do("transition", "c1", "case", **refused).code == "applied"
    words = {"result": ("", "已修好"), "text": ("", "换了水管")}
    step = one.do("transition", "c1", "case", source="reported", target="self_solved", set=words)
    assert (step.code, step.reason) == ("held", "state")
    return boss, only(centre)[0]


def test_a_step_that_comes_too_late_is_kept_with_all_its_words(centre: Centre) -> None:
    boss, matter = late(centre)
    found = pulled_disputes(boss)[matter]
    assert (found.sort, found.target_id, found.verb) == ("late_action", "c1", "transition")
    assert found.incoming["set"] == {"result": ["", "已修好"], "text": ["", "换了水管"]}
    assert decide(boss, matter, "accept").code == "applied"
    body = body_of(centre, "c1")
    assert (body["state"], body["result"], body["text"]) == ("refused", "已修好", "换了水管")
    assert decide(boss, matter, "reject", source="accept").code == "applied"
    assert "result" not in body_of(centre, "c1")


def test_a_step_that_is_meant_from_there_as_well_is_taken(centre: Centre) -> None:
    one, boss = centre.laptop("zhang"), leader(centre)
    one.do("create", "c1", "case", values=CASE)
    boss.do("transition", "c1", "case", source="reported", target="accepted")
    words = {"result": ("", "已修好")}
    step = one.do("transition", "c1", "case", source="reported", target="self_solved", set=words)
    assert step.code == "applied"
    assert body_of(centre, "c1")["state"] == "self_solved"


# ----------------------------------------------------------------------------------------------- whole groups


def test_nobody_ever_sees_half_a_group(centre: Centre) -> None:
    one, other = two_workers(centre)
    ops = [one.op("create", f"n{n}", values={"name": str(n), "note": "x" * 900}) for n in range(20)]
    ops[7] = one.op("patch", "r1", set={"name": (7, 7)})
    one.send(one.seal(*grouped(*ops)))
    assert centre.rows("SELECT count(DISTINCT commit_seq) FROM op_log WHERE entity_id LIKE 'n%'") == [(1,)]
    other.pull()
    other.cursors = {}
    seen = [len([e for e in other.pull_page(want_bytes=1).entries if e.id.startswith("n")]) for _ in range(4)]
    assert {count for count in seen if count} == {19}


def test_a_member_of_a_group_that_is_held_is_held_alone_and_says_so(centre: Centre) -> None:
    one, _ = two_workers(centre)
    ops = grouped(
        one.op("patch", "r1", set={"note": ("住二楼", "甲")}),
        one.op("patch", "nobody", set={"note": ("", "x")}),
        one.op("create", "r2", values={"name": "平安"}),
    )
    assert [each.code for each in one.send(one.seal(*ops)).results] == ["applied", "held", "applied"]
