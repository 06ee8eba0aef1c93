"""The centre and its laptops as processes of their own, which may be killed at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from gridworker.centre import real_door
from gridworker.db.database import Database
from gridworker.profiles import open_profile
from gridworker.server.accounts import Door
from gridworker.server.check import check
from gridworker.server.demo import seed_demo
from gridworker.server.local import LocalServer
from gridworker.server.serve import open_server
from gridworker.sync.enrol import enrol
from gridworker.sync.remote import HttpRemote
from gridworker.wire.messages import EnrolRequest

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-of-tests"
START_S = 60.0


class CentreProcess:
    """A real centre with the demo's grids and people; it keeps its port and its file when it is killed."""

    def __init__(self, folder: Path, *, seed: bool = True) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        if seed:
            with self.opened() as server:
                seed_demo(server, password=PASSWORD)

    @property
    def url(self) -> str:
        """Where it listens, or listened."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The address of its database."""
        return f"sqlite:///{self.folder / 'centre.db'}"

    @contextmanager
    def opened(self) -> Iterator[LocalServer]:
        """The centre's own functions on its file, beside or without the process; guesses are cheap."""
        real = real_door()
        server = open_server(self.database, Door(real.clock, real.ids, real.randomness, cost=16))
        try:
            yield server
        finally:
            server.store.close()

    def start(self) -> None:
        """Run it as `gridworker server run` and wait until it listens."""
        command = ["server", "run", "--database", self.database, "--port", str(self.port)]
        self._process = gridworker(*command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        listening = json.loads(self._process.stdout.readline())["listening"]
        self.port = int(listening.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an administrator would."""
        self._end(signal.SIGTERM)

    def violations(self) -> list[str]:
        """Every promise of its database that does not hold."""
        with self.opened() as server:
            return server.store.read(check)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.communicate(timeout=START_S)


def gridworker(
    *arguments: str, stdout: int = subprocess.DEVNULL, stderr: int | None = None
) -> "subprocess.Popen[str]":
    """A command of the program, begun."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "gridworker", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    )


def run(*arguments: str) -> str:
    """A command of the program, to its good end; what it printed."""
    process = gridworker(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=START_S)
    assert process.returncode == 0, err
    return out


def enrolled(profile: Path, url: str, login: str = "zhangxiao") -> Database:
    """The open database of a laptop of the user."""
    database = open_profile(profile)
    request = EnrolRequest(user=login, password=PASSWORD, device_name=profile.name, app="test")
    with closing(HttpRemote(url)) as remote:
        enrol(database, remote, request, server_url=url)
    return database


class Victim:
    """A command whose progress is watched so that it can be killed at a moment of one's choice."""

    def __init__(self, *arguments: str) -> None:
        self._process = gridworker(*arguments, stderr=subprocess.PIPE)
        self.said = ""
        self._ended = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="victim")
        self._listener.start()

    def kill_after(self, word: str, times: int, chance: random.Random, *, within_s: float) -> bool:
        """Kill -9 at a random moment after it has said a word so often; False where it ended before that."""
        end = time.monotonic() + START_S
        while self.said.count(word) < times and not self._ended.is_set():
            assert time.monotonic() < end, self.said
            time.sleep(0.001)
        time.sleep(chance.uniform(0, within_s))
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(START_S)
        self._listener.join(START_S)
        return self._process.returncode == -signal.SIGKILL

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while part := stream.read(1):
                self.said += part
        self._ended.set()
