"""Drafts about records that left: what was typed stays with its writer, and what the record said does not."""

from unittest.mock import ANY

import msgspec
import pytest

from gridworker.db.drafts import newest_draft, read_draft, save_draft, stray_drafts
from gridworker.db.handed_over import handed_over
from gridworker.domain.residents import Resident
from gridworker.server.purge import purge
from gridworker.server.regrid import move_aggregates
from tests.db.laptop import look
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add, asked, change, names


class Typed(msgspec.Struct, frozen=True):
    """What somebody has typed about a person."""

    about: str = ""
    words: str = ""
    address: str = ""
    note: str = ""


def test_answers_about_who_left_are_wiped_and_drafts_keep_what_was_typed(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    stays, goes = add(zhang, "留下"), add(zhang, "走了", address="幸福里3栋501")
    zhang.sync()
    wang.sync()
    change(wang, goes, note="组长的话")
    wang.sync()
    change(zhang, goes, note="我的话")
    zhang.sync()
    typed = Typed(words="写到一半", address="幸福里3栋501", note="自己的")
    for person in (stays, goes):
        zhang.database.write(save_draft, f"visit:{person}", typed)
    zhang.database.write(save_draft, "elsewhere", msgspec.structs.replace(typed, about=goes))
    move_aggregates(centre.server, [goes], GRID_2)
    zhang.sync()
    left = Typed(words="写到一半", note="自己的")
    assert look(zhang.database, read_draft, f"visit:{stays}", Typed) == typed
    assert look(zhang.database, read_draft, f"visit:{goes}", Typed) == left
    assert look(zhang.database, newest_draft, "visit:") == (f"visit:{stays}", ANY)
    strays = look(zhang.database, stray_drafts)
    assert {stray.name for stray in strays} == {f"visit:{goes}", "elsewhere"}
    assert {(stray.gone, stray.about) for stray in strays} == {((goes,), "走*")}
    assert all(stray.words == {"words": "写到一半", "note": "自己的"} for stray in strays)
    (question,) = asked(zhang)
    assert [(each.server, each.incoming) for each in question.conflicts] == [(None, "我的话")]


def test_a_draft_is_found_again_when_its_person_comes_back(centre: Centre, zhang: Laptop) -> None:
    person = add(zhang)
    zhang.sync()
    zhang.database.write(save_draft, f"visit:{person}", Typed(words="写到一半"))
    move_aggregates(centre.server, [person], GRID_2)
    zhang.sync()
    assert look(zhang.database, newest_draft, "visit:") is None
    zhang.reopen()
    move_aggregates(centre.server, [person], GRID_3)
    zhang.sync()
    assert look(zhang.database, stray_drafts) == []
    assert look(zhang.database, newest_draft, "visit:") == (f"visit:{person}", ANY)


@pytest.mark.parametrize("how", ["moved", "withdrawn", "deleted", "anew"])
def test_no_draft_goes_because_a_record_leaves(centre: Centre, zhang: Laptop, wang: Laptop, how: str) -> None:
    person = add(zhang)
    zhang.sync()
    wang.sync()
    wang.database.write(save_draft, f"visit:{person}", Typed(words="写到一半"))
    if how == "moved":
        centre.withdraw(wang, GRID_2)
        move_aggregates(centre.server, [person], GRID_2)
    elif how == "withdrawn":
        centre.withdraw(wang, GRID_3)
    elif how == "deleted":
        zhang.database.write(lambda tx: tx.delete(Resident, person, why="误录"))
        zhang.sync()
    else:
        centre.execute("DELETE FROM scope_entry WHERE scope = :scope", scope=GRID_3)
        centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=GRID_3)
    wang.sync()
    assert names(wang) == []
    assert [stray.words for stray in look(wang.database, stray_drafts)] == [{"words": "写到一半"}]


def test_a_purge_takes_drafts_along_also_those_about_who_had_left_before(
    centre: Centre, zhang: Laptop
) -> None:
    here, left, stays = add(zhang, "在"), add(zhang, "走"), add(zhang, "留")
    zhang.sync()
    for person in (here, left, stays):
        zhang.database.write(save_draft, f"visit:{person}", Typed(words="写到一半"))
    move_aggregates(centre.server, [left], GRID_2)
    zhang.sync()
    assert [stray.gone for stray in look(zhang.database, stray_drafts)] == [(left,)]
    centre.store.write(lambda tx: purge(tx, [here, left], centre.clock()))
    zhang.sync()
    assert look(zhang.database, lambda r: r.rows_of("SELECT name FROM draft")) == [(f"visit:{stays}",)]
    assert look(zhang.database, stray_drafts) == []


def test_a_draft_alone_makes_a_line_in_the_tray(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    with_draft, without = add(wang, "有草稿", scope=GRID_3), add(wang, "没有", scope=GRID_3)
    wang.sync()
    zhang.sync()
    zhang.database.write(save_draft, f"visit:{with_draft}", Typed(words="写到一半"))
    move_aggregates(centre.server, [with_draft, without], GRID_2)
    zhang.sync()
    assert [(line.id, line.words) for line in look(zhang.database, handed_over)] == [(with_draft, "有*稿")]
