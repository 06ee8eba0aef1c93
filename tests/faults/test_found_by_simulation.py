"""What the simulator found, each fault in its smallest form."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.db.blobs import to_send
from gridworker.db.brake import FEW_ROWS, note_stop, removal_to_stop, stopped_removal
from gridworker.db.lives import begin_new_replica
from gridworker.db.news import News
from gridworker.db.transaction import Transaction
from gridworker.domain.care import CareProfile
from gridworker.domain.disputes import Dispute
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId, ScopeId
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.server.lives import begin_life
from gridworker.server.pull import drop_tombstones
from gridworker.server.purge import purge
from gridworker.wire.messages import PullRequest, PushRequest
from tests.db.laptop import look
from tests.sync.laptop import GRID_3, Centre, Laptop, add, all_of, change, names, people
from tests.sync.photos import in_grid, move, photo_of, sync_all, want
from tests.sync.test_restored_centre import back_up, restore


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """A centre for what the simulator found."""
    centre = Centre(tmp_path)
    yield centre
    centre.close()


def in_small_pages(request: Any) -> Any:
    """A pull that asks for one commit a page."""
    return msgspec.structs.replace(request, want_bytes=1) if isinstance(request, PullRequest) else request


def test_a_scope_that_is_read_anew_in_several_pages_after_its_horizon_comes_to_an_end(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    for name in ("甲", "乙", "丙", "丁"):
        last = add(zhang, name)
        zhang.sync()
        if name == "甲":
            wang.sync()
    zhang.database.write(lambda tx: tx.delete(Resident, last, why="重复"))
    zhang.sync()
    centre.store.write(lambda tx: drop_tombstones(tx, 1 << 60))
    fresh = centre.laptop("wang", "new")
    for laptop in (wang, fresh):
        laptop.line.on_the_way = in_small_pages
        laptop.sync()
        assert names(laptop) == ["丙", "乙", "甲"]


def test_a_result_that_comes_after_the_grant_has_ended_says_nothing_of_what_others_wrote(
    centre: Centre,
) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    person = add(zhang, "甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="王芳知道的")
    wang.sync()
    change(zhang, person, note="张晓写的")
    zhang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_slow"):
        zhang.sync()
    zhang.line.heal()
    centre.withdraw(zhang, GRID_3)
    heard: list[str] = []

    def listen(reply: Any) -> Any:
        heard.append(msgspec.json.encode(reply).decode())
        return reply

    zhang.line.on_the_way_back = listen
    zhang.sync()
    assert heard
    assert "王芳知道的" not in "".join(heard)


def test_a_set_keeps_what_was_added_and_need_not_keep_what_its_author_only_saw(centre: Centre) -> None:
    zhang = centre.laptop("zhang")
    profile = CareProfile(resident_id=add(zhang, "甲"), groups=("a",))
    id = zhang.database.write(lambda tx: tx.create(profile, scope=ScopeId(GRID_3)))
    zhang.sync()
    seen = {"groups": (["a", "x"], ["a", "x", "b"])}  # a centre that was restored has never heard of x
    zhang.database.write(lambda tx: tx._collect(tx._operation("care_profile", id, GRID_3, "patch", set=seen)))
    zhang.sync()
    assert centre.store.read(check) == []


def open_matter(laptop: Laptop, verb: str) -> RecordId:
    """The dispute about an operation of this verb that the user of a laptop can decide about."""
    (found,) = [id for id, matter in all_of(laptop, Dispute).items() if matter.verb == verb]
    return found


def decide(laptop: Laptop, matter: RecordId, choice: str) -> None:
    """A decision that is not on its way yet."""
    laptop.database.write(lambda tx: tx.resolve(matter, choice))


def test_letting_a_change_in_brings_nobody_back_who_was_deleted_meanwhile(centre: Centre) -> None:
    zhang, wang, reader = centre.laptop("zhang"), centre.laptop("wang"), centre.laptop("li")
    centre.grant(reader, GRID_3, "auditor")
    person = add(zhang, "甲")
    for laptop in (zhang, reader):
        laptop.sync()
    change(reader, person, note="他不能写")
    for laptop in (reader, wang, zhang):
        laptop.sync()
    decide(wang, open_matter(wang, "patch"), "accept")
    zhang.database.write(lambda tx: tx.delete(Resident, person, why="重复"))
    for laptop in (zhang, wang, zhang):
        laptop.sync()
    assert names(zhang) == names(wang) == []


def test_a_union_that_was_let_in_and_taken_back_harms_neither_record(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    first, second = add(zhang, "甲"), add(zhang, "乙")
    for laptop in (zhang, wang):
        laptop.sync()
    zhang.database.write(lambda tx: tx.delete(Resident, second, why="重复"))
    wang.database.write(lambda tx: tx.merge(Resident, second, first))
    for laptop in (zhang, wang):
        laptop.sync()
    zhang.database.write(lambda tx: tx._collect(tx._operation("resident", second, GRID_3, "undelete")))
    zhang.sync()
    for choice in ("accept", "reject"):
        decide(wang, open_matter(wang, "merge"), choice)
        wang.sync()
        assert centre.store.read(check) == []
    zhang.sync()
    assert "甲" in names(zhang)


def test_what_is_told_again_under_another_number_says_nothing_of_what_others_wrote(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    person = add(zhang, "甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="王芳知道的")
    wang.sync()
    change(zhang, person, note="张晓写的")
    zhang.line.lose_reply = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_slow"):
        zhang.sync()
    zhang.line.heal()
    zhang.database.write(begin_new_replica)
    centre.withdraw(zhang, GRID_3)
    heard: list[str] = []

    def listen(reply: Any) -> Any:
        heard.append(msgspec.json.encode(reply).decode())
        return reply

    zhang.line.on_the_way_back = listen
    zhang.sync()
    assert any("张晓写的" in said for said in heard)
    assert "王芳知道的" not in "".join(heard)


def test_photos_of_a_grid_that_is_no_longer_ones_own_are_not_offered_to_a_restored_centre(
    centre: Centre,
) -> None:
    zhang, wang, photo = centre.laptop("zhang"), centre.laptop("wang"), photo_of(0.5)
    id = in_grid(zhang, photo)
    for laptop in (zhang, wang):
        sync_all(laptop)
    want(wang, id)
    move(wang)
    centre.withdraw(wang, GRID_3)
    centre.store.write(lambda tx: begin_life(tx, centre.ids()))
    sync_all(wang)
    assert look(wang.database, to_send) == []
    sync_all(zhang)
    assert look(zhang.database, to_send) == []


def incidents(laptop: Laptop) -> int:
    """How often a laptop was found to differ from the centre."""
    return int(look(laptop.database, lambda reader: reader.rows_of("SELECT count(*) FROM incident"))[0][0])


def test_a_new_laptop_that_is_filled_in_a_new_life_of_the_centre_keeps_its_rows(centre: Centre) -> None:
    wang, fresh = centre.laptop("wang"), centre.laptop("wang", "new")
    for name in ("甲", "乙", "丙"):
        add(wang, name, scope=GRID_3)
    wang.sync()
    centre.store.write(lambda tx: begin_life(tx, centre.ids()))
    fresh.sync()
    add(wang, "丁", scope=GRID_3)
    wang.sync()
    fresh.sync()
    assert names(fresh) == sorted(["甲", "乙", "丙", "丁"])
    assert incidents(fresh) == 0


def test_a_fill_that_met_a_new_life_half_way_keeps_nothing_of_the_old_one(
    centre: Centre, tmp_path: Path
) -> None:
    wang, fresh = centre.laptop("wang"), centre.laptop("wang", "new")
    kept = add(wang, "甲", scope=GRID_3)
    wang.sync()
    backup = back_up(centre, tmp_path)
    for name in ("乙", "丙"):
        add(wang, name, scope=GRID_3)
        wang.sync()
    fresh.line.on_the_way = in_small_pages
    fresh.sync_until(3)
    fresh.line.heal()
    assert len(names(fresh)) > 1
    restore(centre, backup)
    fresh.sync()
    assert list(all_of(fresh, Resident)) == [kept]
    assert incidents(fresh) == 0


def test_what_is_left_of_a_group_after_somebody_was_erased_holds_up_no_queue(centre: Centre) -> None:
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    first, second = add(zhang, "甲"), add(zhang, "乙")
    zhang.sync()

    def correct_both(tx: Transaction) -> None:
        for person in (first, second):
            tx.change(Resident, person, note="楼道堆物")

    zhang.database.write(correct_both)
    zhang.sync()
    centre.store.write(lambda tx: purge(tx, [first], centre.clock()))
    zhang.sync()
    centre.store.write(lambda tx: begin_life(tx, centre.ids()))
    change(zhang, second, address="新地址")
    zhang.sync()
    wang.sync()
    assert [person.address for person in people(wang).values()] == ["新地址"]
    assert centre.store.read(check) == []


def test_a_record_that_goes_for_two_reasons_is_stopped_once(centre: Centre) -> None:
    zhang = centre.laptop("zhang")
    keys = [("resident", str(add(zhang, f"居民{number}"))) for number in range(FEW_ROWS)]
    news = News({}, {}, frozenset(), frozenset(), reasons=dict.fromkeys(keys, "deleted"))

    def stop(tx: Transaction) -> None:
        mass = removal_to_stop(tx, news, {"resident": [id for _, id in keys]}, keys)
        assert mass is not None
        note_stop(tx, mass, 1)

    zhang.database.write(stop)
    stopped = look(zhang.database, stopped_removal)
    assert stopped is not None
    assert stopped.rows == FEW_ROWS
