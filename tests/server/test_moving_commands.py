"""The commands that move people, houses and grids: counted first, then done, told to people and programs."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.centre import main
from gridworker.domain.areas import Area
from gridworker.domain.records import ORGANISATION, RecordId
from gridworker.server.accounts import open_scope
from gridworker.server.planting import plant
from tests.server.laptop import GRID_A, GRID_B, Centre, Laptop
from tests.server.test_moves import person, present


@pytest.fixture
def leader(lite_centre: Centre) -> Laptop:
    """A leader of grid A who has written down two people; grid B exists."""
    lite_centre.server.store.write(lambda tx: open_scope(tx, GRID_B, "乙"))
    laptop = lite_centre.laptop("wang", "grid_leader", GRID_A)
    for id in ("r1", "r2"):
        person(laptop, id)
    return laptop


@pytest.fixture
def address(lite_centre: Centre, tmp_path: Path) -> str:
    """The database of the centre."""
    assert (tmp_path / "centre.db").exists()
    return f"sqlite:///{tmp_path / 'centre.db'}"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """What a command says to programs, and its exit code."""
    capsys.readouterr()
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_move_is_counted_and_then_done(
    leader: Laptop, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("move", "--database", address, "--kind", "resident", "--id", "r1", "--to", "grid-b")
    plan = run(capsys, *words, "--dry-run")[1]
    assert (plan["rows"], plan["kinds"]["visit"], sum(plan["kinds"].values())) == (5, 1, 5)
    assert present(leader.centre, GRID_B) == set()
    status, report = run(capsys, *words)
    assert (status, report["units"], report["rows"], report["commits"]) == (0, 1, 5, 1)
    assert len(present(leader.centre, GRID_B)) == 5
    assert leader.centre.violations() == []


def test_a_wrong_kind_a_wrong_id_and_a_wrong_grid_are_named(
    leader: Laptop, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("move", "--database", address)
    assert run(capsys, *words, "--kind", "building", "--id", "r1", "--to", "grid-b")[1]["missing"] == ["r1"]
    assert run(capsys, *words, "--id", "r9", "--to", "grid-b")[1]["missing"] == ["r9"]
    assert run(capsys, *words, "--id", "r1", "--to", "nowhere") == (
        1,
        {**_NOTHING, "missing": ["g:nowhere"]},
    )
    assert present(leader.centre, GRID_B) == set()


_NOTHING = {
    "units": 0,
    "rows": 0,
    "commits": 0,
    "kinds": {},
    "missing": [],
    "refused": [],
    "people_left": 0,
}


def test_a_grid_is_split_by_a_list_shared_and_merged(
    leader: Laptop, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text("r1\n", "utf-8")
    split = ("grid", "split", "--database", address, "--ids-file", str(tmp_path / "list.txt"))
    assert run(capsys, *split, "--to", "new", "--title", "新网格")[0] == 0
    assert len(present(leader.centre, "g:new")) == 5
    assert leader.centre.rows("SELECT title FROM scope WHERE id = 'g:new'") == [("新网格",)]
    share = ("share", "--database", address, "--id", "r2", "--with", "new")
    assert run(capsys, *share)[1]["rows"] == 5
    assert run(capsys, *share, "--undo")[1]["rows"] == 5
    status, report = run(capsys, "grid", "merge", "--database", address, "grid-a", "--to", "new")
    assert (status, report["people_left"]) == (0, 1)
    assert len(present(leader.centre, "g:new")) == 10
    assert present(leader.centre, GRID_A) == set()


def test_people_read_sentences(leader: Laptop, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["move", "--database", address, "--id", "r1", "--id", "r9", "--to", "grid-b"]) == 1
    said = capsys.readouterr()
    assert "已处理 1 项，5 条记录，1 批" in said.out
    assert "没有这条记录：r9" in said.err
    assert main(["tidy", "--database", address]) == 0


def test_a_rehearsal_says_to_people_what_goes_and_that_nothing_has(
    leader: Laptop, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    merge = ["grid", "merge", "--database", address, "grid-a", "--to", "grid-b"]
    assert main([*merge, "--dry-run"]) == 0
    rehearsed = capsys.readouterr().out
    assert "将处理 2 项，10 条记录" in rehearsed
    assert "其中：附件 2，关爱档案 2，事件 2，居民 2，走访 2" in rehearsed
    assert "以上只是预演，什么也没有改动。" in rehearsed
    assert "仍有 1 人只有原网格的权限" in rehearsed
    assert len(present(leader.centre, GRID_A)) == 10
    assert main(merge) == 0
    assert "其中：附件 2，关爱档案 2，事件 2，居民 2，走访 2" in capsys.readouterr().out
    assert present(leader.centre, GRID_A) == set()


def test_tidying_is_counted_by_kind_before_it_is_done(
    leader: Laptop, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leader.do("delete", "case-r1", "case")
    monkeypatch.setattr("gridworker.centre_moves.TOMBSTONES_MS", -10 * 366 * 86_400_000)
    words = ("tidy", "--database", address)
    plan = run(capsys, *words, "--dry-run")[1]
    assert (plan["rows"], plan["kinds"]) == (1, {"case": 1})
    done = run(capsys, *words)[1]
    assert (done["rows"], done["kinds"], done["commits"]) == (1, {"case": 1}, 1)
    assert run(capsys, *words, "--dry-run")[1]["rows"] == 0


def test_a_new_grid_is_in_the_directory_of_every_laptop(
    leader: Laptop, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "grid", "split", "--database", address, "--id", "r1", "--to", "new", "--title", "新网格")
    leader.pull()
    cursor = leader.cursors["org"]
    areas = {id: json.loads(bytes(row.body)) for (scope, id), row in leader.rows.items() if scope == "org"}
    assert areas["new"] == {"level": "grid", "name": "新网格"}
    assert areas["grid-b"]["level"] == "grid"
    run(capsys, "grid", "split", "--database", address, "--id", "r2", "--to", "new")
    assert "org" not in {entry.scope for entry in leader.pull().entries}
    assert leader.cursors["org"].seq > cursor.seq


def test_a_grid_that_is_only_published_takes_people(leader: Laptop) -> None:
    area = {"level": "grid", "name": "第九网格"}
    plant(leader.centre.server, ORGANISATION, [(RecordId("nine"), msgspec.convert(area, Area))])
    result = leader.do("move", "r1", source=GRID_A, target="g:nine")
    assert result.code == "applied"
    assert len(present(leader.centre, "g:nine")) == 5
    street = msgspec.convert({**area, "level": "street"}, Area)
    plant(leader.centre.server, ORGANISATION, [(RecordId("street"), street)])
    assert leader.do("move", "r2", source=GRID_A, target="g:street").reason == "missing"
    assert leader.centre.violations() == []
