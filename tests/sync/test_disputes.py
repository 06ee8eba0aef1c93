"""Disputes on laptops: everybody sees them offline, decides offline, and no decision overwrites unseen."""

from functools import partial
from typing import Any

import pytest

from gridworker.actions.disputes import (
    decide,
    decide_later,
    join_residents,
    may_decide,
    open_disputes,
    part_residents,
    undo,
)
from gridworker.actions.residents import set_care
from gridworker.db.care import day_of, due_visits, profile_of
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import care_rules
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.visits import Visit
from gridworker.server.check import check
from gridworker.server.purge import purge
from tests.db.laptop import START_MS, assert_consistent, look
from tests.sync.laptop import Centre, Laptop, add, asked, change, names, people, visit


def opened(laptop: Laptop) -> list[Stored[Dispute]]:
    """What waits for a decision on a laptop."""
    return look(laptop.database, open_disputes)


def dispute(laptop: Laptop, id: RecordId) -> Dispute:
    """A dispute as a laptop shows it."""
    found = look(laptop.database, lambda reader: reader.get(Dispute, id))
    assert found is not None
    return found.record


def choose(laptop: Laptop, id: RecordId, choice: str, **more: Any) -> None:
    """Decide on a laptop."""
    laptop.database.write(decide, id, choice, **more)


def sync(*laptops: Laptop) -> None:
    """Exchanges, one after another, then once more for what each learned of the others."""
    for laptop in (*laptops, *laptops):
        laptop.sync()
        assert_consistent(laptop.database)


@pytest.fixture
def pair(centre: Centre, zhang: Laptop, wang: Laptop) -> tuple[Laptop, Laptop, RecordId]:
    """A worker and his leader, and a resident about whom they wrote different notes."""
    person = add(zhang, note="一楼")
    sync(zhang, wang)
    change(zhang, person, note="二楼")
    change(wang, person, note="三楼")
    sync(zhang, wang)
    return zhang, wang, person


def healthy(centre: Centre) -> None:
    """The centre keeps all its promises."""
    assert centre.store.read(check) == []


def test_both_see_the_dispute_and_one_decides_offline(
    centre: Centre, pair: tuple[Laptop, Laptop, RecordId]
) -> None:
    zhang, wang, person = pair
    [seen] = opened(zhang)
    assert [each.id for each in opened(wang)] == [seen.id]
    assert (seen.record.server, seen.record.incoming) == ("二楼", "三楼")
    choose(zhang, seen.id, "incoming", remark="问过本人")
    assert (dispute(zhang, seen.id).state, people(zhang)[person].note) == ("resolved", "二楼")
    assert_consistent(zhang.database)
    sync(zhang, wang)
    assert people(zhang)[person].note == people(wang)[person].note == "三楼"
    assert dispute(wang, seen.id).decided_name == "张晓"
    assert opened(zhang) == opened(wang) == []
    healthy(centre)


def test_two_who_decide_differently_offline_hear_of_each_other(
    centre: Centre, pair: tuple[Laptop, Laptop, RecordId]
) -> None:
    zhang, wang, person = pair
    [seen] = opened(zhang)
    choose(zhang, seen.id, "server")
    choose(wang, seen.id, "incoming")
    sync(zhang, wang)
    [again] = opened(zhang)
    assert [each.record.opinions for each in opened(wang)] == [again.record.opinions]
    assert (again.record.choice, [one.choice for one in again.record.opinions]) == ("server", ["incoming"])
    assert people(wang)[person].note == "二楼"
    assert next((each.code, each.reason) for each in asked(wang)) == ("conflict", "decided")
    choose(wang, seen.id, "incoming")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"
    healthy(centre)


def test_a_decision_about_a_record_that_changed_waits_again(
    centre: Centre, pair: tuple[Laptop, Laptop, RecordId]
) -> None:
    zhang, wang, person = pair
    [seen] = opened(wang)
    choose(wang, seen.id, "incoming")
    change(zhang, person, note="四楼")
    sync(zhang, wang)
    assert people(wang)[person].note == "四楼"
    assert [each.record.server for each in opened(wang)] == ["四楼"]
    healthy(centre)


def test_a_decision_is_undone(centre: Centre, pair: tuple[Laptop, Laptop, RecordId]) -> None:
    zhang, wang, person = pair
    [seen] = opened(wang)
    choose(wang, seen.id, "incoming")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"
    wang.database.write(undo, seen.id, seen.record)
    sync(wang, zhang)
    assert people(zhang)[person].note == "二楼"
    healthy(centre)


def test_an_own_value_and_putting_off(centre: Centre, pair: tuple[Laptop, Laptop, RecordId]) -> None:
    zhang, wang, person = pair
    [question] = [each for each in asked(wang) if each.code == "conflict"]
    wang.database.write(decide_later, question.op_id)
    assert len(opened(wang)) == 1, "putting off decides nothing"
    choose(wang, opened(wang)[0].id, "value", value="五楼")
    sync(wang, zhang)
    assert people(zhang)[person].note == "五楼"


def test_a_worker_does_not_decide_what_is_for_reviewers(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang, note="一楼")
    sync(zhang, wang)
    change(zhang, person, name="王秀蓝")
    sync(zhang, wang)
    [notice] = opened(zhang)
    assert notice.record.sort == "notice"
    assert not look(zhang.database, may_decide, notice)
    with pytest.raises(Problem, match="not_yours_to_decide"):
        choose(zhang, notice.id, "accept")
    with pytest.raises(Problem, match="illegal_step"):
        choose(wang, notice.id, "incoming")
    choose(wang, notice.id, "reject")
    sync(wang, zhang)
    assert names(zhang) == ["王秀兰"]
    healthy(centre)


def _move_visit(id: RecordId, target: str, remark: str, tx: Transaction) -> None:
    tx.move(Visit, id, target, review_remark=remark)


def test_a_late_step_reaches_its_reviewer_with_its_words(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    seen = visit(zhang, person, "见到本人")
    sync(zhang, wang)
    steps = {"returned": "请补充", "accepted": ""}
    for target, remark in steps.items():
        step = partial(_move_visit, seen, target, remark or "好")
        wang.database.write(step)
        wang.sync()
        if target == "returned":
            zhang.sync()
    zhang.database.write(lambda tx: tx.move(Visit, seen, "recorded", note="已补充"))
    sync(zhang, wang)
    [late] = opened(wang)
    assert (late.record.sort, late.record.incoming["set"]["note"]) == ("late_action", ["见到本人", "已补充"])
    choose(wang, late.id, "accept")
    sync(wang, zhang)
    stored = look(zhang.database, lambda reader: reader.get(Visit, seen))
    assert stored is not None
    assert stored.record.note == "已补充"
    healthy(centre)


# ------------------------------------------------------------------------------------ two records, one person


@pytest.fixture
def twins(centre: Centre, zhang: Laptop, wang: Laptop) -> tuple[RecordId, RecordId]:
    """Two records of one person, each with a visit; the second one is cared for."""
    one, other = add(zhang, note="甲"), add(zhang, note="乙", address="幸福里1号")
    visit(zhang, one, "第一次")
    visit(zhang, other, "第二次")
    zhang.database.write(set_care, other, ("elder80_alone",), today="2025-01-01")
    sync(zhang, wang)
    return one, other


def visited(laptop: Laptop, person: RecordId) -> list[str]:
    """The notes of the visits to a person."""
    found = look(laptop.database, lambda reader: reader.linked(Visit, person))
    return sorted(each.record.note for each in found)


def test_what_belongs_to_either_record_is_found_at_the_one_that_stays(
    centre: Centre, zhang: Laptop, wang: Laptop, twins: tuple[RecordId, RecordId]
) -> None:
    one, other = twins
    wang.database.write(join_residents, other, one, {"address": "幸福里1号"})
    assert_consistent(wang.database)
    sync(wang, zhang)
    for laptop in (wang, zhang):
        assert set(people(laptop)) == {one}
        assert people(laptop)[one].address == "幸福里1号"
        assert visited(laptop, one) == ["第一次", "第二次"]
        profile = look(laptop.database, profile_of, one)
        assert profile is not None
        due = look(laptop.database, due_visits, care_rules(), day_of(START_MS), horizon_days=9999)
        assert [each.resident.id for each in due] == [one]
    wang.database.write(part_residents, other, one)
    sync(wang, zhang)
    for laptop in (wang, zhang):
        assert set(people(laptop)) == {one, other}
        assert (visited(laptop, one), visited(laptop, other)) == (["第一次"], ["第二次"])
        assert look(laptop.database, profile_of, one) is None
    healthy(centre)


def test_work_on_the_former_record_is_redirected(
    centre: Centre, zhang: Laptop, wang: Laptop, twins: tuple[RecordId, RecordId]
) -> None:
    one, other = twins
    change(zhang, other, sex="male")
    wang.database.write(join_residents, other, one)
    wang.sync()
    sync(zhang, wang)
    assert people(wang)[one].sex == "male"
    assert set(people(zhang)) == {one}
    healthy(centre)


def test_a_new_laptop_finds_what_belongs_to_former_records(
    centre: Centre, zhang: Laptop, wang: Laptop, twins: tuple[RecordId, RecordId]
) -> None:
    one, other = twins
    wang.database.write(join_residents, other, one)
    sync(wang)
    assert visited(synced(centre.laptop("zhang", "second")), one) == ["第一次", "第二次"]


def synced(laptop: Laptop) -> Laptop:
    """A laptop after an exchange."""
    laptop.sync()
    return laptop


def test_workers_do_not_join_records(zhang: Laptop, twins: tuple[RecordId, RecordId]) -> None:
    with pytest.raises(Problem, match="not_yours_to_decide"):
        zhang.database.write(join_residents, twins[0], twins[1])


def test_a_purged_record_leaves_no_word_on_a_laptop(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    person, kept = add(zhang, name="金丝雀", note="金丝雀"), add(zhang)
    sync(zhang, wang)
    change(zhang, person, note="金丝雀二")
    change(wang, person, note="金丝雀三")
    sync(zhang, wang)
    centre.store.write(lambda tx: purge(tx, [person], centre.clock()))
    sync(zhang, wang)
    for laptop in (zhang, wang):
        assert set(people(laptop)) == {kept}
        assert opened(laptop) == []
        with laptop.database.read() as reader:
            tables = [name for (name,) in reader.rows_of("SELECT name FROM sqlite_master WHERE type='table'")]
            text = "".join(str(reader.rows_of(f"SELECT * FROM {name}")) for name in tables)
        assert not any(word in text for word in ("金丝雀", "\\xe9\\x87\\x91\\xe4\\xb8\\x9d"))
    healthy(centre)


def test_operations_say_what_is_known_of_the_clock(centre: Centre, zhang: Laptop) -> None:
    zhang.sync()
    add(zhang)
    zhang.sync()
    rows = centre.rows("SELECT clock_good FROM op_log ORDER BY n")
    assert [bool(good) for (good,) in rows] == [True]
