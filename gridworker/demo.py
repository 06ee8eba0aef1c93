"""The demo: a server on this computer, a worker's or a leader's own database, and the demo register in it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
import portalocker

from gridworker import __version__
from gridworker.actions.imports.run import import_file
from gridworker.db.care import day_of
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.i18n import _
from gridworker.profiles import open_profile
from gridworker.settings import default_profile, resource_path
from gridworker.sync.enrol import enrol
from gridworker.sync.remote import HttpRemote
from gridworker.sync.session import Session
from gridworker.wire.messages import EnrolRequest

START_TIMEOUT_S = 30.0
LEASE_CHECK_S = 2.0
LONELY_CHECKS = 5
"""A demo server that no desktop has used for so many checks ends by itself."""
DEMO_REGISTER = "demo/居民信息台账.xlsx"


class DemoUser(msgspec.Struct, frozen=True):
    """A login of the demo centre."""

    login: str
    password: str = "gridworker-demo"


DEMO_USERS: Mapping[str, DemoUser] = {"worker": DemoUser("zhangxiao"), "leader": DemoUser("wangfang")}


def default_folder() -> Path:
    """Where the demo lives, beside the real profile."""
    return default_profile().parent / "demo"


def run_demo(role: str, *, folder: Path | None, tour: bool, out: Path) -> int:
    """Start or find the server, prepare the role's database, and open the desktop or take the tour."""
    home = folder or default_folder()
    with demo_server(home) as url:
        prepare(home / role, role, url)
        if tour:
            from gridworker.tour import take_tour  # noqa: PLC0415 - the screens are loaded only to be shown

            prepare(home / "leader", "leader", url)
            return take_tour(home, url, out)
        from gridworker.main import run_desktop  # noqa: PLC0415 - see above

        return run_desktop(home / role)


def prepare(profile: Path, role: str, url: str) -> None:
    """Enrol the role's laptop if it is new, give the worker the demo register, and exchange once."""
    with closing(open_profile(profile)) as database:
        with database.read() as reader:
            enrolled, empty = reader.author.enrolled, reader.count(Resident) == 0
        if enrolled:
            database.write(lambda tx: tx.set_meta(SERVER_URL, url))
        else:
            _enrol(database, DEMO_USERS[role], url)
        if role == "worker" and empty:
            import_file(database, resource_path(DEMO_REGISTER), today=day_of(database.ports.now_ms()))
        with contextlib.suppress(Problem):
            Session(database, app=__version__).synchronise(lambda _progress: None)


def _enrol(database: Database, user: DemoUser, url: str) -> None:
    request = EnrolRequest(
        user=user.login, password=user.password, device_name=_("演示电脑"), app=__version__
    )
    with closing(HttpRemote(url)) as remote:
        enrol(database, remote, request, server_url=url)


@contextlib.contextmanager
def demo_server(home: Path) -> Iterator[str]:
    """The URL of the demo's server, started if none answers; it ends when the last desktop has ended."""
    folder = home / "server"
    leases = folder / "leases"
    leases.mkdir(parents=True, exist_ok=True)
    lease = leases / str(os.getpid())
    lease.touch()
    try:
        yield _running_url(folder) or _start(folder)
    finally:
        lease.unlink(missing_ok=True)


def serve_demo(home: Path) -> int:
    """Be the demo's server until nobody uses it any more (one at a time, by a lock file)."""
    from gridworker.centre import real_door  # noqa: PLC0415 - see below
    from gridworker.server.serve import serve  # noqa: PLC0415 - the desktop does not carry the server

    folder = home / "server"
    with portalocker.Lock(folder / "lock", timeout=0, fail_when_locked=True):
        threading.Thread(target=_end_when_lonely, args=(folder / "leases",), daemon=True).start()
        port = _usable_port(folder)
        (folder / "address.json").write_text(json.dumps({"url": f"http://127.0.0.1:{port}"}))
        serve(
            f"sqlite:///{folder / 'centre.db'}",
            real_door(),
            port=port,
            demo_password=DEMO_USERS["worker"].password,
        )
    return 0


def _start(folder: Path) -> str:
    command = [sys.executable, "-m", "gridworker", "demo-server", "--folder", str(folder.parent)]
    subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        url = _running_url(folder)
        if url:
            return url
        time.sleep(0.05)
    raise Problem("demo_server_silent")


def _running_url(folder: Path) -> str | None:
    """The address that the last server wrote down, if somebody listens there."""
    try:
        url = str(json.loads((folder / "address.json").read_text())["url"])
    except (OSError, ValueError, KeyError):
        return None
    with socket.socket() as probe:
        probe.settimeout(1.0)
        listening = probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0
    return url if listening else None


def _usable_port(folder: Path) -> int:
    """The port of last time if it is free, so that enrolled laptops find their centre again."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        port = int(json.loads((folder / "address.json").read_text())["url"].rsplit(":", 1)[1])
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _end_when_lonely(leases: Path) -> None:
    lonely = 0
    while lonely < LONELY_CHECKS:
        time.sleep(LEASE_CHECK_S)
        lonely = 0 if _anybody(leases) else lonely + 1
    signal.raise_signal(signal.SIGTERM)


def _anybody(leases: Path) -> bool:
    """Whether a desktop that holds a lease still lives; leases of the dead are taken away."""
    alive = False
    for lease in leases.iterdir():
        if _lives(int(lease.name)):
            alive = True
        else:
            lease.unlink(missing_ok=True)
    return alive


def _lives(pid: int) -> bool:
    import psutil  # noqa: PLC0415 - the demo's server only

    return bool(psutil.pid_exists(pid))
