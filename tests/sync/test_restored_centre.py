"""A centre restored from a backup: laptops repair it, nothing is lost or doubled, no lost future stays."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.server.check import check
from gridworker.server.lives import begin_life
from gridworker.server.store import Store
from gridworker.sync.exchange import Exchange
from gridworker.wire.messages import PushRequest
from tests.sync.laptop import Centre, Laptop, add, asked, change, counts, names, people


def back_up(centre: Centre, tmp_path: Path) -> Path:
    """A copy of the centre's file as it is now."""
    file = tmp_path / "backup.db"
    centre.store.close()
    shutil.copy(centre.folder / "centre.db", file)
    reopen(centre)
    return file


def reopen(centre: Centre) -> None:
    """Open the centre's file as it is."""
    centre.store = Store(f"sqlite:///{centre.folder / 'centre.db'}")
    centre.server.store = centre.store


def restore(centre: Centre, file: Path) -> None:
    """Put the copy back and say so."""
    centre.store.close()
    for side in ("", "-wal", "-shm"):
        Path(f"{centre.folder / 'centre.db'}{side}").unlink(missing_ok=True)
    shutil.copy(file, centre.folder / "centre.db")
    reopen(centre)
    centre.store.write(lambda tx: begin_life(tx, centre.ids()))


def assert_sound(centre: Centre) -> None:
    """The centre keeps its promises and has every operation once."""
    assert centre.store.read(check) == []
    assert centre.rows("SELECT op_id FROM op_log GROUP BY op_id HAVING count(*) > 1") == []


def test_what_others_did_to_the_lost_future_comes_back_in_order(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    yesterday = back_up(centre, tmp_path)
    person = add(zhang, "王秀兰", note="甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="乙")
    wang.sync()
    zhang.sync()
    restore(centre, yesterday)
    for laptop in (wang, zhang, wang, zhang):
        laptop.sync()
    assert [r.note for r in people(zhang).values()] == [r.note for r in people(wang).values()] == ["乙"]
    assert_sound(centre)


def test_values_that_changed_again_later_do_not_come_back(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    person = add(zhang, "王秀兰")
    change(zhang, person, note="甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="乙")
    wang.sync()
    yesterday = back_up(centre, tmp_path)
    restore(centre, yesterday)
    zhang.sync()
    assert [r.note for r in people(zhang).values()] == ["乙"]
    assert (counts(zhang), asked(zhang)) == ((0, 2, 0, 0), [])
    assert_sound(centre)


def test_the_screen_shows_the_truth_while_the_archive_is_sent_again(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    person = add(zhang, "王秀兰")
    change(zhang, person, note="甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="乙")
    wang.sync()
    zhang.sync()
    restore(centre, back_up(centre, tmp_path))
    zhang.line.lose_request = lambda request: isinstance(request, PushRequest)
    with pytest.raises(Problem, match="server_unreachable"):
        zhang.sync()
    assert counts(zhang) == (0, 2, 0, 0)
    change(zhang, person, status="away")
    assert [(r.note, r.status) for r in people(zhang).values()] == [("乙", "away")]
    zhang.line.heal()
    zhang.sync()
    assert [(r.note, r.status) for r in people(zhang).values()] == [("乙", "away")]
    assert counts(zhang) == (0, 3, 0, 0)


def test_a_question_that_was_put_aside_is_not_asked_again(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    person = add(zhang, "王秀兰", note="甲")
    zhang.sync()
    wang.sync()
    change(wang, person, note="乙")
    wang.sync()
    change(zhang, person, note="丙")
    zhang.sync()
    (question,) = asked(zhang)
    zhang.database.write(lambda tx: tx.driver.execute("UPDATE inbox SET seen=1"))
    restore(centre, back_up(centre, tmp_path))
    zhang.sync()
    assert [found.op_id for found in asked(zhang)] == [question.op_id]
    with zhang.database.read() as reader:
        assert reader.rows_of("SELECT seen FROM inbox") == [(1,)]


@pytest.mark.parametrize("steps", range(1, 7))
def test_a_kill_anywhere_in_the_repair_loses_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path, steps: int
) -> None:
    yesterday = back_up(centre, tmp_path)
    add(zhang, "先")
    zhang.sync()
    add(zhang, "后")
    restore(centre, yesterday)
    zhang.sync_until(steps)
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == sorted(["先", "后"])
    assert counts(zhang) == (0, 2, 0, 0)
    assert_sound(centre)


def test_two_restores_one_after_the_other_lose_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    yesterday = back_up(centre, tmp_path)
    add(zhang, "先")
    zhang.sync()
    restore(centre, yesterday)
    zhang.sync_until(1)
    restore(centre, yesterday)
    zhang.sync()
    wang.sync()
    assert names(zhang) == names(wang) == ["先"]
    assert_sound(centre)


def test_who_enrolled_after_the_backup_enrols_again_and_loses_nothing(
    centre: Centre, wang: Laptop, tmp_path: Path
) -> None:
    yesterday = back_up(centre, tmp_path)
    late = centre.laptop("zhang", "late")
    add(late, "先")
    late.sync()
    restore(centre, yesterday)
    add(late, "后")
    with pytest.raises(Problem, match="token_refused"):
        late.sync()
    late.enrol()
    late.sync()
    wang.sync()
    assert names(wang) == names(late) == sorted(["先", "后"])
    assert_sound(centre)


def test_a_half_read_pull_of_the_former_life_is_forgotten(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang.sync()
    yesterday = back_up(centre, tmp_path)
    for n in range(4):
        add(wang, f"居民{n}", scope="g:3", note="x" * 900)
        wang.sync()
    monkeypatch.setattr("gridworker.sync.exchange.PAGE_BYTES", 500)
    zhang.sync_until(3)
    assert zhang.meta("staged_cursors")
    restore(centre, yesterday)
    zhang.sync()
    assert names(zhang) == []
    wang.sync()
    zhang.sync()
    assert len(names(zhang)) == 4


def test_an_operation_of_a_group_comes_back_with_its_group(
    centre: Centre, zhang: Laptop, wang: Laptop, tmp_path: Path
) -> None:
    yesterday = back_up(centre, tmp_path)

    def two(tx: Any) -> None:
        tx.create(Resident(name="甲"))
        tx.create(Resident(name="乙"))

    zhang.database.write(two)
    zhang.sync()
    restore(centre, yesterday)
    exchange = Exchange(zhang.database, zhang.line, app="test")
    exchange.run()
    wang.sync()
    assert names(wang) == sorted(["甲", "乙"])
    assert_sound(centre)
