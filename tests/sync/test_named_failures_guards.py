"""Named failures that a guard stops: a centre that would take everything away, silent differences."""

import logging
from pathlib import Path
from typing import Any

import pytest

from gridworker.domain.problems import Problem
from gridworker.server.check import check
from gridworker.wire.messages import PullReply
from tests.conftest import ExpectedLog
from tests.db.laptop import cursors_of, operations
from tests.sync.laptop import GRID_3, Centre, Laptop, add, change, counts, names, people
from tests.sync.test_audit import incidents, look_again, spoil

PEOPLE = 30


@pytest.fixture
def full(zhang: Laptop) -> Laptop:
    """A laptop with the people of its grid, and one change that waits."""
    persons = [add(zhang, f"居民{n}") for n in range(PEOPLE)]
    zhang.sync()
    change(zhang, persons[3], note="待送")
    return zhang


def test_mass_delete(full: Laptop, centre: Centre, tmp_path: Path) -> None:
    """Failure 19: an empty centre at the address, then one of our own that has no rows any more."""
    before = names(full), operations(full.database), cursors_of(full.database)
    (tmp_path / "empty").mkdir()
    empty, mine = Centre(tmp_path / "empty"), full.line.centre
    full.line.centre = empty
    with pytest.raises(Problem, match="other_server"):
        full.sync()
    assert (names(full), operations(full.database), cursors_of(full.database)) == before
    assert empty.rows("SELECT count(*) FROM op_log") == [(0,)]
    empty.close()
    full.line.centre = mine
    centre.execute("DELETE FROM scope_entry WHERE scope = :scope", scope=GRID_3)
    centre.execute("UPDATE scope SET gen = gen + 1, min_seq = 0 WHERE id = :scope", scope=GRID_3)
    for _ in range(2):
        with pytest.raises(Problem, match="mass_removal") as stopped:
            full.sync()
        rows = stopped.value.values["rows"]
        assert isinstance(rows, int)
        assert rows >= PEOPLE - 1
        assert names(full) == before[0]


def test_silent_divergence(full: Laptop, wang: Laptop, centre: Centre, expect_log: ExpectedLog) -> None:
    """Failure 20: a byte of what the centre had said is another one here; a row is lost at the centre."""
    expect_log("a laptop's sum")
    before = people(full)
    cared = next(id for id, record in before.items() if record.name == "居民3")
    for column in ("base", "body"):
        spoil(full, f"UPDATE resident SET {column}=replace({column},'居民3','居民X') WHERE id=?", cared)
    spoil(full, "UPDATE resident SET body=replace(body,'居民5','居民Y')")
    assert people(full) != before
    look_again(full)
    full.sync()
    assert people(full) == before
    assert incidents(full) == [(GRID_3, 1)]
    assert counts(full)[0] == 0
    lost = next(id for id, record in before.items() if record.name == "居民7")
    centre.execute("DELETE FROM scope_entry WHERE entity_id = :id", id=lost)
    expect_log("our own sum is wrong")
    wang.sync()
    assert people(full) == before, "nobody loses a row for it who has it"
    assert any("sum" in line for line in centre.store.read(check))


def test_no_log_holds_a_word_of_a_record(
    tmp_path: Path, expect_log: ExpectedLog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failure 24: a conflict, a poisonous operation, a reply that is rubbish, and the loudest logs."""
    expect_log("a push failed: ValueError")
    caplog.set_level(logging.DEBUG)
    centre = Centre(tmp_path)
    zhang, wang = centre.laptop("zhang"), centre.laptop("wang")
    person = add(zhang, "金丝雀", note="金丝雀", id_number="99910119440101281X")
    for laptop in (zhang, wang):
        laptop.sync()
    change(zhang, person, note="金丝雀甲")
    change(wang, person, note="金丝雀乙")
    for laptop in (zhang, wang, zhang):
        laptop.sync()

    def poisonous(attempt: Any) -> Any:
        raise ValueError(f"{attempt.op}")

    with monkeypatch.context() as patch:
        patch.setattr("gridworker.server.push.apply_operation", poisonous)
        change(zhang, person, address="金丝雀路1号")
        zhang.sync()
    zhang.line.on_the_way_back = lambda reply: "金丝雀" if isinstance(reply, PullReply) else reply
    with pytest.raises(Exception, match="Expected"):
        zhang.sync()
    centre.close()
    assert counts_of_words(caplog, "金丝雀", "99910119440101281X") == 0
    assert caplog.records, "somebody did say something"


def counts_of_words(caplog: pytest.LogCaptureFixture, *words: str) -> int:
    """How often words stand in what was logged, with its parameters and tracebacks."""
    whole = caplog.text + "".join(f"{record.args}{record.exc_info}" for record in caplog.records)
    return sum(whole.count(word) for word in words)
