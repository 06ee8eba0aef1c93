"""Since the last look one is told what others changed, not what one did oneself, and nothing twice."""

import pytest

from gridworker.actions.disputes import decide, open_disputes
from gridworker.db.last_look import Unseen, note_look, unseen
from gridworker.domain.records import RecordId
from tests.db.laptop import look
from tests.sync.laptop import Centre, Laptop, add, change, visit


@pytest.fixture
def person(zhang: Laptop, wang: Laptop) -> RecordId:
    """Somebody whom both have, seen by both."""
    found = add(zhang, note="一楼")
    for laptop in (zhang, wang, zhang):
        laptop.sync()
    for laptop in (zhang, wang):
        laptop.database.write(note_look)
    return found


def told(laptop: Laptop) -> Unseen:
    """What a laptop tells."""
    found = look(laptop.database, unseen)
    assert found is not None
    return found


def test_nothing_is_told_before_the_first_look_and_nothing_right_after(zhang: Laptop, wang: Laptop) -> None:
    add(zhang)
    zhang.sync()
    wang.sync()
    assert look(wang.database, unseen) is None
    wang.database.write(note_look)
    assert told(wang).nothing


def test_what_others_did_is_told_until_somebody_has_looked(
    zhang: Laptop, wang: Laptop, person: RecordId
) -> None:
    change(zhang, person, note="二楼")
    other = add(zhang, name="李四")
    seen = visit(zhang, other, "好")
    zhang.sync()
    wang.sync()
    found = told(wang)
    assert found.changed == {"resident": 2, "visit": 1}
    assert {id for _kind, id in found.newest} == {person, other, seen}
    assert told(zhang).nothing
    wang.database.write(note_look)
    assert told(wang).nothing


def test_what_was_raised_and_decided_is_counted(zhang: Laptop, wang: Laptop, person: RecordId) -> None:
    change(zhang, person, note="二楼")
    change(wang, person, note="三楼")
    for laptop in (zhang, wang, zhang):
        laptop.sync()
    assert (told(zhang).raised, told(zhang).decided) == (1, 0)
    zhang.database.write(note_look)
    [matter] = look(wang.database, open_disputes)
    wang.database.write(decide, matter.id, "server")
    wang.sync()
    zhang.sync()
    assert (told(zhang).raised, told(zhang).decided) == (0, 1)
    assert told(wang).decided == 0


def test_another_life_of_the_centre_is_no_news(
    centre: Centre, zhang: Laptop, wang: Laptop, person: RecordId
) -> None:
    wang.database.write(lambda tx: tx.set_meta("epoch", "another"))
    assert look(wang.database, unseen) is None
