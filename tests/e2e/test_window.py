"""A real window on a real X server: started as a person starts it, driven by the keys of the keyboard."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.profiles import open_profile

NEEDED = ("Xvfb", "openbox", "xdotool")
START_S = 90.0


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server with a window manager, so that windows get the focus."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.fail(f"missing: {', '.join(missing)}; apt-get install xvfb openbox xdotool")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1366x768x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as numbers:
            name = f":{numbers.readline().strip()}"
        environment = {**os.environ, "DISPLAY": name}
        with subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL) as manager:
            yield name
            manager.terminate()
        server.terminate()


def wait_until(holds: Callable[[], bool], seconds: float = START_S) -> bool:
    """Whether it holds before the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return holds()


def press(display: str, *words: str) -> str:
    """One call of xdotool, and what it prints."""
    environment = {**os.environ, "DISPLAY": display}
    done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def visits(profile: Path) -> int:
    """How many visits the worker's database holds."""
    with closing(open_profile(profile)) as database, database.read() as reader:
        return reader.count(Visit)


def initials(profile: Path) -> str:
    """The initials of somebody who is found by them alone."""
    with closing(open_profile(profile)) as database, database.read() as reader:
        sql = (
            "SELECT initials FROM resident GROUP BY initials HAVING count(*)=1 AND length(initials)=3 LIMIT 1"
        )
        assert reader.count(Resident) > 0
        return str(reader.rows_of(sql)[0][0])


@pytest.mark.timeout(240)
def test_a_visit_is_logged_by_keys_in_a_real_window(display: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gridworker", "demo", "--folder", str(tmp_path)]
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    with subprocess.Popen(command, env=environment) as desktop:
        try:
            found = wait_until(lambda: bool(press(display, "search", "--onlyvisible", "--name", "网格通行")))
            assert found, "no window appeared"
            profile = tmp_path / "worker"
            before, who = visits(profile), initials(profile)
            time.sleep(2)
            press(display, "key", "F2")
            time.sleep(1)
            press(display, "type", "--delay", "60", who)
            time.sleep(1)
            for key in ("Return", "1", "1", "1", "Return"):
                press(display, "key", key)
                time.sleep(0.5)
            assert wait_until(lambda: visits(profile) == before + 1, 20), "the visit was not saved"
            press(display, "key", "ctrl+q")
            assert wait_until(lambda: desktop.poll() is not None, 20), "Ctrl+Q did not end it"
            assert desktop.returncode == 0
        finally:
            desktop.kill()
