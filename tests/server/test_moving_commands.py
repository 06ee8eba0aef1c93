"""The commands that move people, houses and grids: counted first, then done, told to people and programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from gridworker.centre import main
from gridworker.server.accounts import open_scope
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
    assert run(capsys, *words, "--dry-run")[1]["rows"] == 5
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


_NOTHING = {"units": 0, "rows": 0, "commits": 0, "missing": [], "refused": [], "people_left": 0}


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
