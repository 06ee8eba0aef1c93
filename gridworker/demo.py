"""The demo: a server on this computer, a database for each role, a register and some weeks of work."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import portalocker
import psutil

from gridworker import __version__
from gridworker.actions.cases import CaseDraft, report_case
from gridworker.actions.imports.run import import_file
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.care import CHINA, day_of
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL
from gridworker.db.transaction import Transaction
from gridworker.dictionaries import case_dictionary
from gridworker.domain.addresses import display, parse_address, place_key
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.i18n import _
from gridworker.profiles import DATABASE, WindowLock, open_profile
from gridworker.settings import default_profile, resource_path
from gridworker.sync.enrol import enrol
from gridworker.sync.remote import HttpRemote
from gridworker.sync.session import Session
from gridworker.wire.messages import EnrolRequest

START_TIMEOUT_S = 30.0
LEASE_CHECK_S = 2.0
LONELY_CHECKS = 5
"""A demo server that no desktop has used for so many checks ends by itself."""
DEMO_REGISTER = resource_path("demo/居民信息台账.xlsx")
DEMO_PAST = resource_path("demo/past.toml")


class PastVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the past weeks, with days counted from today; the fields of VisitDraft otherwise."""

    who: tuple[str, ...]
    days_ago: int
    at: str
    outcome: str
    method: str = "home"
    condition: str = "normal"
    needs: tuple[str, ...] = ()
    hazard: str = ""
    promise: str = ""
    promise_in: int | None = None
    next_in: int | None = None
    note: str = ""


class PastCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the past weeks: what, where, and how many days ago."""

    what: str
    category: str
    where: str
    days_ago: int
    at: str
    source: str
    urgency: str = "normal"
    words: str = ""


class Past(msgspec.Struct, frozen=True):
    """Everything that was done before the demo begins."""

    visits: tuple[PastVisit, ...]
    cases: tuple[PastCase, ...]


class DemoUser(msgspec.Struct, frozen=True):
    """A login of the demo centre."""

    login: str
    password: str = "gridworker-demo"


DEMO_USERS: Mapping[str, DemoUser] = {"worker": DemoUser("zhangxiao"), "leader": DemoUser("wangfang")}


def default_folder() -> Path:
    """Where the demo lives, beside the real profile."""
    return default_profile().parent / "demo"


def run_demo(role: str, folder: Path | None) -> int:
    """Start or find the server, prepare the role's database, and open the desktop."""
    home = folder or default_folder()
    with demo_server(home) as url:
        if role == "leader" and not (home / "worker" / DATABASE).exists():
            prepare(home / "worker", "worker", url)  # a leader without workers would have nothing to read
        prepare(home / role, role, url)
        from gridworker.main import run_desktop  # noqa: PLC0415 - the demo's server does not load the screens

        return run_desktop(home / role)


def prepare(profile: Path, role: str, url: str) -> None:
    """Enrol the role's laptop if it is new, give a worker a register and some past weeks, and exchange once.

    Raises Problem `already_open` where a window works on the profile.
    """
    lock = WindowLock(profile)
    try:
        with closing(open_profile(profile)) as database:
            _introduce(database, DEMO_USERS[role], url)
            if role == "worker":
                fill(database)
            with contextlib.suppress(Problem):
                Session(database, app=__version__).synchronise(lambda _progress: None)
    finally:
        lock.release()


def fill(database: Database) -> None:
    """The demo register, and what was done in the weeks before; a second time nothing happens."""
    today = day_of(database.ports.now_ms())
    with database.read() as reader:
        people, visits = reader.count(Resident), reader.count(Visit)
    if not people:
        import_file(database, DEMO_REGISTER, today=today)
    if not visits:
        database.write(record_past, today)


def record_past(tx: Transaction, today: date) -> None:
    """Record the visits and cases of resources/demo/past.toml, oldest first, as if they had been then."""
    past = msgspec.convert(tomllib.loads(DEMO_PAST.read_text("utf-8")), Past)
    known = {stored.record.name: stored.id for stored in tx.all(Resident)}
    for visit in sorted(past.visits, key=lambda each: -each.days_ago):
        if known.keys() >= set(visit.who):
            record_visit(tx, _visit_draft(visit, tuple(known[name] for name in visit.who), today))
    for case in sorted(past.cases, key=lambda each: -each.days_ago):
        day = today - timedelta(days=case.days_ago)
        report_case(tx, _case_draft(case, today), day=day.strftime("%Y%m%d"))


def _visit_draft(visit: PastVisit, ids: tuple[RecordId, ...], today: date) -> VisitDraft:
    return VisitDraft(
        resident_ids=ids,
        visited_ms=_moment_ms(today, visit.days_ago, visit.at),
        method=visit.method,
        outcome=visit.outcome,
        visit_type="care",
        condition=visit.condition,
        needs=visit.needs,
        hazard=visit.hazard,
        promise=visit.promise,
        promise_day=_day_in(today, visit.promise_in),
        next_day=_day_in(today, visit.next_in),
        note=visit.note,
    )


def _case_draft(case: PastCase, today: date) -> CaseDraft:
    address = parse_address(case.where)
    return CaseDraft(
        title=case.what,
        category=case.category,
        edition=case_dictionary().edition,
        text=case.words,
        address=display(address),
        place=place_key(address),
        source=case.source,
        urgency=case.urgency,
        found_ms=_moment_ms(today, case.days_ago, case.at),
    )


def _moment_ms(today: date, days_ago: int, at: str) -> int:
    day = today - timedelta(days=days_ago)
    return int(datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=CHINA).timestamp() * 1000)


def _day_in(today: date, days: int | None) -> str | None:
    return None if days is None else (today + timedelta(days=days)).isoformat()


def _introduce(database: Database, user: DemoUser, url: str) -> None:
    """Make the laptop the user's, or tell it where its centre listens today."""
    with database.read() as reader:
        enrolled = reader.author.enrolled
    if enrolled:
        database.write(lambda tx: tx.set_meta(SERVER_URL, url))
    else:
        _enrol(database, user, url)


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


def stop_server(home: Path) -> None:
    """End the demo's server now, whoever still uses it."""
    address = _address(home / "server")
    if address is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(address.pid)
            process.terminate()
            process.wait(START_TIMEOUT_S)


def serve_demo(home: Path) -> int:
    """Be the demo's server until nobody uses it any more (one at a time, by a lock file)."""
    from gridworker.centre import real_door  # noqa: PLC0415 - see below
    from gridworker.server.serve import serve  # noqa: PLC0415 - the desktop does not carry the server

    folder = home / "server"
    with portalocker.Lock(folder / "lock", timeout=0, fail_when_locked=True):
        threading.Thread(target=_end_when_lonely, args=(folder / "leases",), daemon=True).start()
        port = _usable_port(folder)
        address = {"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}
        (folder / "address.json").write_text(json.dumps(address))
        serve(
            f"sqlite:///{folder / 'centre.db'}",
            real_door(),
            port=port,
            demo_password=DEMO_USERS["worker"].password,
        )
    return 0


def _start(folder: Path) -> str:
    command = [sys.executable, "-m", "gridworker", "demo-server", "--folder", str(folder.parent)]
    with (folder / "server.log").open("ab") as log:
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        url = _running_url(folder)
        if url:
            return url
        time.sleep(0.05)
    raise Problem("demo_server_silent")


def _running_url(folder: Path) -> str | None:
    """The address that the last server wrote down, if that server still lives and listens there."""
    address = _address(folder)
    if address is None or not psutil.pid_exists(address.pid) or _is_free(address.port):
        return None
    return address.url


def _usable_port(folder: Path) -> int:
    """The port of last time if it is free, so that enrolled laptops find their centre again."""
    address = _address(folder)
    if address is not None and _is_free(address.port):
        return address.port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Address(msgspec.Struct, frozen=True):
    """Where a demo server listens, and its process."""

    url: str
    pid: int

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def _address(folder: Path) -> _Address | None:
    try:
        return msgspec.json.decode((folder / "address.json").read_bytes(), type=_Address)
    except (OSError, msgspec.DecodeError):
        return None


def _is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
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
    for lease in leases.glob("*"):
        if psutil.pid_exists(int(lease.name)):
            alive = True
        else:
            lease.unlink(missing_ok=True)
    return alive
