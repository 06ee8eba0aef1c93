"""A brake that is killed: a stop, an agreement and a removal are there whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridworker.actions.brake import stopped_removal
from gridworker.db import brake, checkpoint
from gridworker.db.checkpoint import install_checkpoint
from gridworker.db.database import Database
from tests.db.laptop import PaperCentre, ack_of, assert_consistent, look, opened
from tests.db.test_brake import applied, left, rows, stopped, there, work
from tests.db.test_checkpoint import everything

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 8
STEPS: list[tuple[Any, str]] = [
    (checkpoint, "_retire"),
    (checkpoint, "drop_reasons"),
    (checkpoint, "removal_to_stop"),
    (checkpoint, "note_stop"),
    (checkpoint, "drop_stage"),
    (brake, "end_stop"),
]


@pytest.mark.parametrize(("module", "name"), STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_stop_that_breaks_off_has_noted_nothing(
    centre: PaperCentre,
    laptop: Database,
    monkeypatch: pytest.MonkeyPatch,
    *,
    module: Any,
    name: str,
    moment: str,
) -> None:
    centre.say(*rows(*range(60)))
    work(laptop)
    ops = centre.waiting()
    centre.stage(centre.page(*left(*range(40)), ack=ack_of(ops[-1]), results=applied(ops)))
    before = everything(laptop)
    step: Callable[..., object] = getattr(module, name)

    def broken(*args: object, **kwargs: object) -> None:
        if moment == "after":
            step(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, broken)
    with pytest.raises(KeyboardInterrupt):
        laptop.write(install_checkpoint)
    monkeypatch.undo()
    assert everything(laptop) == before
    laptop.write(install_checkpoint)
    assert (stopped(laptop).rows, len(there(laptop))) == (40, 60)


KILLED = """
import sys
from pathlib import Path
from gridworker.actions.brake import agree_to_removal, stopped_removal
from tests.db.laptop import PaperCentre, look, open_database
from tests.db.test_brake import left, rows
database = open_database(Path(sys.argv[1]), start=int(sys.argv[2]))
centre = PaperCentre(database)
print("ready", flush=True)
while True:
    centre.say(*rows(*range(100)))
    print("full", flush=True)
    centre.say(*left(*range(40)))
    print("stopped", flush=True)
    database.write(agree_to_removal, look(database, stopped_removal))
    print("agreed", flush=True)
    centre.say(*left(*range(40)))
    print("gone", flush=True)
"""


def test_a_kill_leaves_a_stop_an_agreement_or_a_removal_whole(laptop: Database, path: Path) -> None:
    """Whatever was reported last holds after the kill, and so does nothing but that or the next step."""
    laptop.close()
    order = ["full", "stopped", "agreed", "gone"]
    seen: set[str] = set()
    for round_ in range(ROUNDS):
        said = _run_until_killed(path, 1_000_000 * (round_ + 1), 0.05 + 0.04 * round_)
        with opened(path) as database:
            state = _state(database)
            assert_consistent(database)
        seen.add(state)
        if said:
            after = order[(order.index(said) + 1) % 4]
            assert state in {said, after}
    assert seen


def _state(database: Database) -> str:
    waits = look(database, stopped_removal)
    marked = len(look(database, lambda reader: reader.rows_of("SELECT 1 FROM removal_row")))
    here = there(database)
    if here == set(range(40, 100)):
        assert (waits, marked) == (None, 0)
        return "gone"
    assert here == set(range(100)) or not here
    assert marked == (waits.rows if waits else 0)
    if waits is None:
        return "full" if here else "gone"
    return "stopped" if waits.agreed_ms is None else "agreed"


def _run_until_killed(path: Path, start: int, seconds: float) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(path), str(start)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        lines = [line.rstrip("\n") for line in said if line.endswith("\n")]
    process.wait()
    return lines[-1] if lines else ""
