"""The brake in an exchange: a mass of rows waits for a person's word, and all other work goes on."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.actions.brake import agree_to_removal, stopped_removal
from gridworker.db import brake
from gridworker.db.audit import AUDITED
from gridworker.db.brake import StoppedRemoval
from gridworker.db.standing import wrong_sums
from gridworker.db.transaction import Transaction
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.server.regrid import move_aggregates
from gridworker.wire.messages import PullReply
from gridworker.wire.sums import EMPTY
from tests.conftest import ExpectedLog
from tests.db.laptop import assert_consistent, look
from tests.sync.laptop import GRID_2, GRID_3, Centre, Laptop, add, counts, names, people, visit, visits
from tests.sync.stick import bring_home, export, office
from tests.sync.test_restored_centre import back_up, restore

MANY = 40
STEPS_OF_AN_EXCHANGE = 8


@pytest.fixture
def persons(zhang: Laptop, wang: Laptop) -> list[RecordId]:
    """Forty people of grid 3, on the laptops of its worker and his leader."""
    found = [add(zhang, f"居民{n}") for n in range(MANY)]
    zhang.sync()
    wang.sync()
    return found


def delete(laptop: Laptop, persons: list[RecordId]) -> None:
    """Delete them all, and tell the centre."""
    for person in persons:
        laptop.database.write(Transaction.delete, Resident, person, why="误录")
    laptop.sync()


def empty(centre: Centre) -> None:
    """What a centre's fault may do: the grid begins anew and has nobody in it."""
    centre.execute("DELETE FROM scope_entry WHERE scope = :scope", scope=GRID_3)
    centre.execute("UPDATE scope SET gen = gen + 1 WHERE id = :scope", scope=GRID_3)


def assert_stops(laptop: Laptop) -> StoppedRemoval:
    """An exchange ends with the question, and nothing has gone."""
    before = names(laptop)
    with pytest.raises(Problem) as raised:
        laptop.sync()
    found = stopped(laptop)
    assert found is not None
    assert raised.value.code == "mass_removal"
    assert raised.value.values == {"rows": found.rows, "here": found.here, "percent": found.percent}
    assert names(laptop) == before
    assert_consistent(laptop.database)
    return found


def stopped(laptop: Laptop) -> StoppedRemoval | None:
    """What waits for a person's word."""
    return look(laptop.database, stopped_removal)


def agree(laptop: Laptop, seen: StoppedRemoval) -> None:
    """Somebody agrees."""
    laptop.database.write(agree_to_removal, seen)


# --------------------------------------------------------------- failure 19: zero rows, and whose they are


def test_mass_delete_by_another_centre_is_stopped_by_its_id(
    zhang: Laptop, persons: list[RecordId], tmp_path: Path
) -> None:
    """Failure 19: the wrong address after a reinstall, a centre with an empty database behind it."""
    (tmp_path / "other").mkdir()
    other = Centre(tmp_path / "other")
    try:
        zhang.line.centre = other
        with pytest.raises(Problem) as raised:
            zhang.sync()
        assert raised.value.code == "other_server"
        other.laptop("zhang")
        zhang.line.token = other.laptops[0].line.token
        with pytest.raises(Problem) as raised:
            zhang.sync()
        assert raised.value.code == "other_server"
    finally:
        other.close()
    assert len(names(zhang)) == len(persons)
    assert stopped(zhang) is None


def test_mass_delete_by_ones_own_centre_that_lost_its_rows_is_stopped_by_the_brake(
    centre: Centre, zhang: Laptop, wang: Laptop, persons: list[RecordId]
) -> None:
    """Failure 19: the same centre in the same life, with nobody in the grid any more."""
    empty(centre)
    for laptop in (zhang, wang):
        found = assert_stops(laptop)
        assert (found.rows, found.kinds) == (MANY, {"resident": MANY})


def test_a_page_of_another_life_never_comes_as_far_as_the_brake(
    zhang: Laptop, persons: list[RecordId]
) -> None:
    zhang.line.on_the_way_back = _as_of_another_life
    with pytest.raises(Problem) as raised:
        zhang.sync()
    assert raised.value.code == "other_server"
    assert (len(names(zhang)), stopped(zhang)) == (len(persons), None)


def _as_of_another_life(reply: Any) -> Any:
    if isinstance(reply, PullReply):
        return msgspec.structs.replace(reply, epoch="e-other", entries=[], reset=[GRID_3])
    return reply


def test_an_audit_takes_no_mass_away_that_no_page_has_spoken_of(
    centre: Centre, zhang: Laptop, persons: list[RecordId], expect_log: ExpectedLog
) -> None:
    """The centre has lost rows and sums alike and says nothing of it: it is the centre that is wrong."""
    expect_log("a laptop's sum")
    centre.execute("DELETE FROM scope_entry WHERE scope = :scope", scope=GRID_3)
    centre.execute("UPDATE scope SET n = 0, acc = :acc WHERE id = :scope", scope=GRID_3, acc=EMPTY)
    zhang.database.write(lambda tx: tx.driver.execute("DELETE FROM meta WHERE k=?", (AUDITED,)))
    zhang.sync()
    assert len(names(zhang)) == len(persons)
    assert (stopped(zhang), look(zhang.database, wrong_sums)) == (None, [GRID_3])


def test_without_the_brake_they_would_all_have_gone(
    centre: Centre, zhang: Laptop, persons: list[RecordId], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: that the two tests above are about something."""
    empty(centre)
    monkeypatch.setattr(brake, "is_mass", lambda _rows, _here: False)
    zhang.sync()
    assert (len(persons), names(zhang)) == (MANY, [])


def test_a_restored_centre_that_has_lost_nearly_all_waits_until_others_have_mended_it(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    _lose(centre, zhang, wang, tmp_path)
    assert_stops(wang)
    zhang.sync()
    wang.sync()
    assert stopped(wang) is None
    assert len(names(wang)) == len(names(zhang)) == MANY


def test_the_lost_future_of_a_restored_centre_goes_when_somebody_agrees_and_comes_back_with_its_author(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    _lose(centre, zhang, wang, tmp_path)
    agree(wang, assert_stops(wang))
    wang.reopen()
    wang.sync()
    assert (names(wang), stopped(wang)) == ([], None)
    zhang.sync()
    wang.sync()
    assert len(names(wang)) == len(names(zhang)) == MANY


def _lose(centre: Centre, zhang: Laptop, wang: Laptop, folder: Path) -> None:
    """Everybody has forty people, of whom the restored centre has never heard."""
    zhang.sync()
    wang.sync()
    before = back_up(centre, folder)
    for n in range(MANY):
        add(zhang, f"居民{n}")
    zhang.sync()
    wang.sync()
    restore(centre, before)


# ---------------------------------------------------------------------------------------- what goes freely


@pytest.mark.parametrize("how", ["moved", "withdrawn"])
def test_a_mass_with_a_reason_needs_nobodys_word(
    centre: Centre, wang: Laptop, zhang: Laptop, persons: list[RecordId], how: str
) -> None:
    if how == "moved":
        move_aggregates(centre.server, persons, GRID_2)
    else:
        centre.withdraw(zhang, GRID_3)
    zhang.sync()
    assert (names(zhang), stopped(zhang)) == ([], None)
    wang.sync()
    assert len(names(wang)) == MANY


# ------------------------------------------------------------------------------------- while it is stopped


def test_work_goes_on_and_is_sent_while_a_removal_waits(
    zhang: Laptop, wang: Laptop, persons: list[RecordId]
) -> None:
    delete(zhang, persons[:30])
    for note in ("停下时记的", "又记一条"):
        visit(wang, persons[35], note)
        assert_stops(wang)
    zhang.sync()
    assert sorted(each.note for each in visits(zhang).values()) == ["停下时记的", "又记一条"]
    assert len(visits(wang)) == 2
    agree(wang, assert_stops(wang))
    wang.sync()
    assert sorted(people(wang)) == sorted(persons[30:])
    assert len(visits(wang)) == 2
    assert counts(wang)[:2] == (0, 2)


def test_what_one_wrote_about_those_who_go_is_sent_and_held(
    zhang: Laptop, wang: Laptop, persons: list[RecordId]
) -> None:
    wang.database.write(lambda tx: tx.change(Resident, persons[0], note="我的话"))
    delete(zhang, persons)
    found = assert_stops(wang)
    assert people(wang)[persons[0]].note == "我的话"
    agree(wang, found)
    wang.sync()
    assert names(wang) == []
    assert counts(wang) == (0, 0, 0, 1)


def test_a_centre_that_is_mended_ends_the_stop_by_itself(
    centre: Centre, zhang: Laptop, persons: list[RecordId]
) -> None:
    kept = centre.rows("SELECT entity_id FROM scope_entry WHERE scope = :s", s=GRID_3)
    centre.execute("CREATE TABLE aside AS SELECT * FROM scope_entry")
    empty(centre)
    assert_stops(zhang)
    centre.execute("INSERT INTO scope_entry SELECT * FROM aside WHERE scope = :s", s=GRID_3)
    zhang.sync()
    assert len(kept) == MANY
    assert (len(names(zhang)), stopped(zhang)) == (len(persons), None)
    zhang.sync()


def test_a_centre_that_takes_its_word_back_without_any_news_ends_the_stop(
    zhang: Laptop, persons: list[RecordId]
) -> None:
    def empty_page(reply: Any) -> Any:
        return msgspec.structs.replace(reply, reset=[GRID_3]) if isinstance(reply, PullReply) else reply

    add(zhang, "李")
    zhang.line.on_the_way_back = empty_page
    assert_stops(zhang)
    zhang.line.heal()
    zhang.sync()
    assert (len(names(zhang)), stopped(zhang)) == (len(persons) + 1, None)
    zhang.line.on_the_way_back = empty_page
    assert_stops(zhang)
    zhang.line.heal()
    zhang.sync()
    assert stopped(zhang) is None


def test_a_further_mass_after_an_agreement_stops_again(
    zhang: Laptop, wang: Laptop, persons: list[RecordId]
) -> None:
    more = [add(zhang, f"后来{n}") for n in range(30)]
    zhang.sync()
    wang.sync()
    delete(zhang, persons[:25])
    agree(wang, assert_stops(wang))
    delete(zhang, more)
    found = assert_stops(wang)
    assert (found.rows, found.agreed_ms) == (55, None)
    agree(wang, found)
    wang.sync()
    assert sorted(people(wang)) == sorted(persons[25:])


# --------------------------------------------------------------------------------------------------- kills


@pytest.mark.parametrize("steps", range(STEPS_OF_AN_EXCHANGE))
def test_a_kill_between_stop_agreement_and_removal_leaves_it_exact(
    zhang: Laptop, wang: Laptop, persons: list[RecordId], steps: int
) -> None:
    delete(zhang, persons[:30])
    visit(wang, persons[35], "等着送")
    _killed(wang, steps)
    assert len(people(wang)) == MANY
    found = assert_stops(wang)
    wang.reopen()
    assert stopped(wang) == found
    agree(wang, found)
    wang.reopen()
    agreed = stopped(wang)
    assert agreed is not None
    assert agreed.agreed_ms is not None
    _killed(wang, steps)
    assert len(people(wang)) in (MANY, MANY - 30)
    assert (stopped(wang) is None) == (len(people(wang)) == MANY - 30)
    assert_consistent(wang.database)
    wang.sync()
    assert sorted(people(wang)) == sorted(persons[30:])
    assert stopped(wang) is None
    assert [each.note for each in visits(wang).values()] == ["等着送"]
    assert counts(wang)[:2] == (0, 1)


def _killed(laptop: Laptop, steps: int) -> None:
    """An exchange that ends after some steps, or with the question, and the next start of the program."""
    exchange: Iterator[object] = laptop.exchange().steps()
    with suppress(Problem):
        for _ in zip(range(steps), exchange, strict=False):
            pass
    laptop.reopen()


def test_pages_of_a_stopped_pull_are_asked_for_again(
    zhang: Laptop, wang: Laptop, persons: list[RecordId]
) -> None:
    """Many small pages: a kill among them, a stop at the last one, and no page left aside."""
    delete(zhang, persons)
    for laptop in (wang,):
        laptop.line.on_the_way = _small_pages
        _killed(laptop, 3)
        laptop.line.on_the_way = _small_pages
        found = assert_stops(laptop)
        assert look(laptop.database, lambda reader: reader.rows_of("SELECT 1 FROM stage")) == []
        agree(laptop, found)
        laptop.sync()
        assert names(laptop) == []


def _small_pages(request: Any) -> Any:
    small = "want_bytes" in request.__struct_fields__
    return msgspec.structs.replace(request, want_bytes=200) if small else request


# -------------------------------------------------------------------------------------------------- sticks


def test_a_bundle_that_takes_a_mass_away_waits_too(
    centre: Centre, zhang: Laptop, wang: Laptop, persons: list[RecordId], tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    visit(wang, persons[35], "在U盘上")
    delete(zhang, persons[:30])
    export(wang, stick)
    office(centre, stick)
    with pytest.raises(Problem) as raised:
        bring_home(wang, stick)
    assert raised.value.code == "mass_removal"
    assert len(people(wang)) == MANY
    assert counts(wang)[0] == 1
    found = stopped(wang)
    assert found is not None
    agree(wang, found)
    bring_home(wang, stick)
    assert sorted(people(wang)) == sorted(persons[30:])
    assert (stopped(wang), counts(wang)[0]) == (None, 0)
