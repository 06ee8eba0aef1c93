"""Second thoughts: whoever decided wrongly takes it back, before the centre has heard of it and after."""

from typing import Any

import pytest

from gridworker.actions.disputes import (
    agree_to_all,
    choices_for,
    decide,
    decided_disputes,
    may_take_back,
    open_disputes,
    put_off,
    put_off_when,
    undo,
    undo_all,
)
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, Stored
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.wire.messages import PushRequest
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import Centre, Laptop, add, change, names, people


def opened(laptop: Laptop) -> list[Stored[Dispute]]:
    """What waits for a decision on a laptop."""
    return look(laptop.database, open_disputes)


def choose(laptop: Laptop, id: RecordId, choice: str, **more: Any) -> None:
    """Decide on a laptop."""
    laptop.database.write(decide, id, choice, **more)
    assert_consistent(laptop.database)


def sync(*laptops: Laptop) -> None:
    """Exchanges, one after another, then once more for what each learned of the others."""
    for laptop in (*laptops, *laptops):
        laptop.sync()
        assert_consistent(laptop.database)


@pytest.fixture
def pair(zhang: Laptop, wang: Laptop) -> tuple[Laptop, Laptop, RecordId]:
    """A worker and his leader, and a resident about whom they wrote different notes."""
    person = add(zhang, note="一楼")
    sync(zhang, wang)
    change(zhang, person, note="二楼")
    change(wang, person, note="三楼")
    sync(zhang, wang)
    return zhang, wang, person


@pytest.fixture(autouse=True)
def healthy(centre: Centre) -> Any:
    """The centre keeps all its promises."""
    yield
    assert centre.store.read(check) == []


def test_what_nobody_has_heard_of_is_taken_back_as_if_it_had_never_been_said(
    centre: Centre, pair: tuple[Laptop, Laptop, RecordId]
) -> None:
    zhang, wang, person = pair
    [seen] = opened(zhang)
    logged = centre.rows("SELECT count(*) FROM op_log")
    choose(zhang, seen.id, "incoming")
    assert opened(zhang) == []
    zhang.database.write(undo, seen.id, seen.record)
    assert opened(zhang) == [seen]
    sync(zhang, wang)
    assert centre.rows("SELECT count(*) FROM op_log") == logged
    choose(wang, seen.id, "incoming")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"
    assert opened(zhang) == opened(wang) == []


def test_a_decision_on_its_way_is_taken_back_by_another_one(pair: tuple[Laptop, Laptop, RecordId]) -> None:
    zhang, wang, person = pair
    [seen] = opened(zhang)
    choose(zhang, seen.id, "incoming")
    zhang.line.lose_request = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_unreachable"):
        zhang.sync()
    zhang.line.heal()
    zhang.database.write(undo, seen.id, seen.record)
    assert [each.id for each in opened(zhang)] == [seen.id]
    sync(zhang, wang)
    assert people(zhang)[person].note == people(wang)[person].note == "二楼"
    assert [each.id for each in opened(zhang)] == [each.id for each in opened(wang)] == [seen.id]
    choose(wang, seen.id, "incoming")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"
    assert opened(zhang) == opened(wang) == []


def test_whoever_changes_his_mind_twice_before_the_exchange_gets_his_last_word(
    pair: tuple[Laptop, Laptop, RecordId],
) -> None:
    zhang, wang, person = pair
    [seen] = opened(zhang)
    for choice, value in (("incoming", None), ("value", "五楼"), ("base", None)):
        choose(zhang, seen.id, choice, value=value)
    sync(zhang, wang)
    assert people(wang)[person].note == "一楼"
    assert opened(zhang) == opened(wang) == []
    assert [each.record.choice for each in look(wang.database, decided_disputes)] == ["base"]


def test_a_value_that_was_shown_for_the_time_being_is_shown_again(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    person = add(zhang, address="一楼")
    sync(zhang, wang)
    change(zhang, person, address="二楼")
    zhang.sync()
    change(wang, person, address="三楼")
    sync(wang, zhang)
    [seen] = opened(zhang)
    assert (seen.record.why, people(zhang)[person].address) == ("fresh", "三楼")
    choose(zhang, seen.id, "server")
    sync(zhang, wang)
    assert people(wang)[person].address == "二楼"
    zhang.database.write(undo, seen.id, seen.record)
    sync(zhang, wang)
    assert people(wang)[person].address == "三楼"


def test_a_leader_takes_back_what_he_did_about_a_notice(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    sync(zhang, wang)
    change(zhang, person, name="王秀蓝")
    sync(zhang, wang)
    [notice] = opened(wang)
    choose(wang, notice.id, "reject")
    sync(wang, zhang)
    assert names(zhang) == ["王秀兰"]
    wang.database.write(undo, notice.id, notice.record)
    sync(wang, zhang)
    assert names(zhang) == ["王秀蓝"]
    assert [each.id for each in opened(wang)] == [notice.id]


def test_several_notices_are_agreed_to_at_once_and_nothing_else_is(zhang: Laptop, wang: Laptop) -> None:
    persons = [add(zhang, name=f"王{n}", note="一楼") for n in range(3)]
    sync(zhang, wang)
    for person in persons:
        change(zhang, person, name="李四")
    sync(zhang, wang)
    before = {each.id: each.record for each in opened(wang)}
    wang.database.write(agree_to_all, list(before))
    assert opened(wang) == []
    wang.database.write(undo_all, before)
    assert {each.id: each.record for each in opened(wang)} == before
    wang.database.write(agree_to_all, list(before))
    sync(wang, zhang)
    assert opened(zhang) == []
    change(zhang, persons[0], note="二楼")
    change(wang, persons[0], note="三楼")
    sync(zhang, wang)
    [conflict] = opened(wang)
    with pytest.raises(Problem, match="illegal_step"):
        wang.database.write(agree_to_all, [conflict.id])


def test_an_author_withdraws_what_was_held_and_nothing_more(zhang: Laptop, wang: Laptop) -> None:
    person = add(zhang)
    sync(zhang, wang)
    wang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    change(zhang, person, note="三楼")
    wang.sync()
    sync(zhang, wang)
    [held] = opened(zhang)
    assert look(zhang.database, choices_for, held) == ("reject",)
    assert look(wang.database, choices_for, held) == ("accept", "reject")
    assert not look(zhang.database, may_take_back, held)
    with pytest.raises(Problem, match="not_yours_to_decide"):
        choose(zhang, held.id, "accept")
    choose(zhang, held.id, "reject")
    sync(zhang, wang)
    assert opened(zhang) == opened(wang) == []
    [decided] = look(wang.database, decided_disputes)
    assert not look(zhang.database, may_take_back, decided)
    assert look(wang.database, may_take_back, decided)
    choose(wang, held.id, "accept")
    sync(wang, zhang)
    assert people(zhang)[person].note == "三楼"


def test_putting_off_is_remembered_here_only_and_can_be_taken_back(
    pair: tuple[Laptop, Laptop, RecordId],
) -> None:
    zhang, wang, _person = pair
    [seen] = opened(zhang)
    zhang.database.write(put_off, [seen.id])
    assert set(look(zhang.database, put_off_when)) == {seen.id}
    assert look(wang.database, put_off_when) == {}
    assert [each.id for each in opened(zhang)] == [seen.id]
    zhang.database.write(put_off, [seen.id], back=True)
    assert look(zhang.database, put_off_when) == {}
