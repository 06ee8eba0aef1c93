"""Monday morning: 300 laptops come to one centre with a day's work, spread out and then all at once.

The laptops are light: the real line (`HttpRemote`, `PacedRemote`) and real messages, but no database of their
own, for their queues are sealed before; 300 encrypted files would measure the machine that simulates them.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

from benchmarks import Report, percentile
from benchmarks.centre import new_id
from benchmarks.people import residents
from gridworker.centre import real_door
from gridworker.domain.records import RecordId, ScopeId, grid_scope
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.server.accounts import create_user, grant, open_scope
from gridworker.server.local import LocalServer
from gridworker.server.planting import plant
from gridworker.server.serve import open_server
from gridworker.sync.pace import PacedRemote, Rhythm
from gridworker.sync.remote import HttpRemote, Refused
from gridworker.wire.envelope import SCHEMA, Envelope, Operation, first_link, seal
from gridworker.wire.messages import (
    Cursor,
    EnrolReply,
    EnrolRequest,
    HelloReply,
    HelloRequest,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    RegisterRequest,
)

LAPTOPS = int(os.environ.get("GRIDWORKER_BENCH_LAPTOPS", "300"))
GRIDS = 30
PEOPLE = 60
"""Of a grid, at the start."""
VISITS, CORRECTIONS = 10, 4
OPERATIONS = VISITS + CORRECTIONS + 1
HERDS = {"spread": 10.0, "at_once": 1.0}
"""Within how many seconds all of them arrive."""
BUDGET_MS = 500
PASSWORD = "gridworker-bench"
Person = tuple[RecordId, Resident]
_QUIET_LOAD = 1.5
_LIMITED = ("server processor", "lock held", "head row held")
"""What there is one of: the interpreter, SQLite's writer, the head row of the commit sequence."""


@dataclass
class Worker:
    """One laptop as the centre knows it, and what it will bring."""

    me: EnrolReply
    replica: str
    scope: ScopeId
    cursors: dict[str, Cursor]
    queue: list[list[Envelope]] = field(default_factory=list)
    """What it pushes, one list for each Monday."""
    last_seq: int = 0
    known_ack: int = 0
    bare_last: int = 0
    """How far it has read at the floor."""


@dataclass
class Measured:
    """What a herd met: milliseconds by kind of request, and how it ended."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent_away: int = 0
    failed: int = 0
    wall_s: float = 0.0
    done_s: list[float] = field(default_factory=list)
    """For each laptop, the seconds from its arrival until everything was exchanged, with all waits."""
    faults: list[str] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------- before Monday


def prepare(database: str) -> list[Worker]:
    """A centre with 30 grids of people and 300 enrolled laptops that have read everything."""
    door = msgspec.structs.replace(real_door(), cost=1 << 4)
    server = open_server(database, door)
    grids = [RecordId(new_id()) for _ in range(GRIDS)]
    people: dict[RecordId, list[Person]] = {}
    for number, grid in enumerate(grids):
        people[grid] = [(RecordId(new_id()), person) for person in residents(PEOPLE, seed=number)]
        plant(server, grid_scope(grid), people[grid])
    workers = []
    for number in range(LAPTOPS):
        grid = grids[number % GRIDS]
        worker = enrol(server, f"worker{number}", grid_scope(grid))
        worker.queue = write_mondays(worker, people[grid][number // GRIDS :: -(-LAPTOPS // GRIDS)], number)
        workers.append(worker)
    server.store.close()
    return workers


def enrol(server: LocalServer, login: str, scope: ScopeId) -> Worker:
    """A user with a laptop that has pulled what there is."""
    door = server.door

    def add(tx: Any) -> None:
        user_id = create_user(tx, login, "网格员", password=PASSWORD, door=door)
        open_scope(tx, scope, scope)
        grant(tx, user_id, scope, role="grid_worker", clock=door.clock)

    server.store.write(add)
    request = EnrolRequest(user=login, password=PASSWORD, device_name="bench", app="bench")
    me: EnrolReply = server.call("/v1/enrol", "", request)
    worker = Worker(me, new_id(), scope, {})
    server.call("/v1/replica", me.token, RegisterRequest(epoch=me.epoch, replica=worker.replica))
    done = False
    while not done:
        page: PullReply = server.call("/v1/pull", me.token, pull_of(worker))
        worker.cursors, done = page.cursors, page.done
    return worker


def write_mondays(worker: Worker, people: Sequence[Person], seed: int) -> list[list[Envelope]]:
    """A queue for each herd: ten visits, four corrections and a new resident, each a sealed operation."""
    seq, prev = 0, first_link(worker.replica)
    queue: list[list[Envelope]] = []
    notes = {record_id: person.note for record_id, person in people}
    for newcomer in residents(len(HERDS), seed=1_000 + seed):
        operations = [visit(worker, people[number % len(people)][0]) for number in range(VISITS)]
        for record_id in list(notes)[:CORRECTIONS]:
            after = f"{notes[record_id][:40]}（第{len(queue) + 1}周更正）"
            operations.append(correction(worker, record_id, notes[record_id], after))
            notes[record_id] = after
        operations.append(operation(worker, "create", "resident", values=msgspec.to_builtins(newcomer)))
        queue.append([])
        for each in operations:
            envelope = seal(each, replica=worker.replica, seq=seq + 1, prev=prev)
            seq, prev = envelope.link.seq, envelope.link.hash
            queue[-1].append(envelope)
    return queue


def operation(worker: Worker, verb: Any, kind: str, **more: Any) -> Operation:
    """One operation of a worker."""
    values: dict[str, Any] = {"id": new_id(), "op_id": new_id(), "wall_ms": now_ms(), **more}
    me = worker.me
    return Operation(
        verb=verb,
        kind=kind,
        actor=me.user_id,
        device=me.device_id,
        scope=worker.scope,
        schema=SCHEMA,
        **values,
    )


def visit(worker: Worker, resident: RecordId) -> Operation:
    """A visit as the quick form writes it."""
    told = Visit(
        resident_ids=(resident,),
        visited_ms=now_ms(),
        method="home",
        outcome="met",
        note="家里都好，药按时吃，女儿周末回来",
        who="王秀兰",
        worker_id=worker.me.user_id,
        worker_name="网格员",
    )
    return operation(worker, "append", "visit", values=msgspec.to_builtins(told))


def correction(worker: Worker, resident: RecordId, before: str, after: str) -> Operation:
    """Another note on a resident, who is nobody else's."""
    return operation(worker, "patch", "resident", id=resident, set={"note": (before, after)})


def now_ms() -> int:
    """The time in ms UTC."""
    return time.time_ns() // 1_000_000


def pull_of(worker: Worker) -> PullRequest:
    """A pull after what is known."""
    return PullRequest(
        epoch=worker.me.epoch, replica=worker.replica, cursors=worker.cursors, known_ack=worker.known_ack
    )


# --------------------------------------------------------------------------------------------------- the herd


class TimedLine:
    """A line that notes how long each request that was answered took; those sent away are counted."""

    def __init__(self, line: HttpRemote, measured: Measured) -> None:
        self._line, self._measured = line, measured

    def call(self, request: msgspec.Struct, reply: Any) -> Any:
        """See Remote."""
        began = time.perf_counter()
        try:
            answer = self._line.call(request, reply)
        except Refused as refused:
            self._measured.sent_away += refused.refusal.code in ("pace", "too_often")
            raise
        name = type(request).__name__.removesuffix("Request").lower()
        self._measured.ms[name].append((time.perf_counter() - began) * 1000)
        return answer

    def begin(self, request: msgspec.Struct, reply: Any) -> Callable[[], Any]:
        """See Remote."""
        return lambda: self.call(request, reply)


def exchange(worker: Worker, ops: list[Envelope], line: PacedRemote) -> int:
    """Hello, push and pull as the client does them; how many operations did not have their effect."""
    me = worker.me
    hello = HelloRequest(epoch=me.epoch, replica=worker.replica, schema=SCHEMA, app="bench")
    line.call(hello, HelloReply)
    waiting = [each for each in ops if each.link.seq > worker.last_seq]
    failed = 0
    if waiting:
        push = PushRequest(epoch=me.epoch, replica=worker.replica, ops=waiting)
        pushed: PushReply = line.call(push, PushReply)
        worker.last_seq = pushed.last_seq
        failed = len(waiting) - sum(result.code == "applied" for result in pushed.results)
    page: PullReply = line.call(pull_of(worker), PullReply)
    worker.cursors = page.cursors
    while not page.done:
        page = line.call(pull_of(worker), PullReply)
        worker.cursors = page.cursors
    worker.known_ack = page.ack.seq if page.ack else 0
    return failed + (worker.known_ack != ops[-1].link.seq)


def come(worker: Worker, ops: list[Envelope], url: str, measured: Measured) -> None:
    """One laptop's Monday: exchanges until one has ended well, with the waits that the client keeps."""
    rhythm = Rhythm()
    with closing(HttpRemote(url, worker.me.token)) as http_line:
        line = PacedRemote(TimedLine(http_line, measured), time.sleep)
        while True:
            try:
                measured.failed += exchange(worker, ops, line)
                return
            except Refused as refused:
                if refused.problem.code != "server_busy":
                    raise
                rhythm = rhythm.failed(refused.problem, now_ms())
                wait_ms = rhythm.wait_ms(now_ms(), interval_ms=900_000, dice=random.random)
                time.sleep(wait_ms / 1000)


def let_come(arrivals: Sequence[float], one: Callable[[int], None], measured: Measured) -> None:
    """Let each of a herd come at its second, on a thread of its own, and wait for the last."""
    began = time.perf_counter()

    def arrive(number: int, at_s: float) -> None:
        time.sleep(max(0.0, began + at_s - time.perf_counter()))
        try:
            one(number)
        except Exception as error:
            measured.faults.append(repr(error))
            raise
        measured.done_s.append(time.perf_counter() - began - at_s)

    threads = [threading.Thread(target=arrive, args=each) for each in enumerate(arrivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.wall_s = time.perf_counter() - began


def arrivals(within_s: float) -> list[float]:
    """When each laptop comes: anywhere within so many seconds, the same in every run."""
    chance = random.Random(within_s)
    return [chance.uniform(0, within_s) for _ in range(LAPTOPS)]


# -------------------------------------------------------------------------------------------------- the floor


def come_bare(address: tuple[str, int], worker: Worker, ops: list[Envelope], measured: Measured) -> None:
    """What cannot be done without: rows kept durably and the grid's news read back, a connection each."""
    rows = [(new_id(), str(bytes(op.body), "utf-8")) for op in ops]
    news = b"[]"
    for name, method, path, body in (
        ("hello", "GET", f"/{worker.scope}/{1 << 60}", None),
        ("push", "POST", f"/{worker.scope}", json.dumps(rows)),
        ("pull", "GET", f"/{worker.scope}/{worker.bare_last}", None),
    ):
        began = time.perf_counter()
        with closing(http.client.HTTPConnection(*address, timeout=60)) as line:
            line.request(method, path, body=body)
            news = line.getresponse().read()
        measured.ms[name].append((time.perf_counter() - began) * 1000)
    worker.bare_last = json.loads(news)[-1][0]


def run_floor(database: str, workers: Sequence[Worker], monday: int, *, within_s: float) -> Measured:
    """The same herd before the barest server."""
    measured = Measured()
    with running("benchmarks.bare_herd", database) as process:
        assert process.stdout is not None
        address = ("127.0.0.1", int(process.stdout.readline()))

        def one(number: int) -> None:
            come_bare(address, workers[number], workers[number].queue[monday], measured)

        let_come(arrivals(within_s), one, measured)
    return measured


# ------------------------------------------------------------------------------------------------- the centre


@contextmanager
def running(module: str, database: str) -> Iterator["subprocess.Popen[str]"]:
    """A module as a process that is ended with the block."""
    command = [sys.executable, "-m", module, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@dataclass
class Load:
    """What a herd cost: seconds of processors by whose they were, and of waiting by for what."""

    cpu: dict[str, float]
    meters: dict[str, float] = field(default_factory=dict)
    starved_s: float = 0.0
    """For how long the server's threads were ready and had no processor."""


def starved_s(pid: int) -> float:
    """See Load; 0 where the system does not tell."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9


def cpu_s(pids: Sequence[int]) -> float:
    """Seconds of processor that processes and their children have used."""
    total = 0.0
    for pid in pids:
        parent = psutil.Process(pid)
        for each in (parent, *parent.children(recursive=True)):
            used = each.cpu_times()
            total += used.user + used.system
    return total


def run_herd(
    database: str, workers: Sequence[Worker], monday: int, *, within_s: float, database_pids: Sequence[int]
) -> tuple[Measured, Load]:
    """One herd before a fresh server process."""
    measured = Measured()
    with running("benchmarks.monday_centre", database) as process:
        assert process.stdout is not None
        url = str(json.loads(process.stdout.readline())["listening"])
        owners = {"server": [process.pid], "database": database_pids}
        before = {name: cpu_s(pids) for name, pids in owners.items()}
        mine = time.process_time()

        def one(number: int) -> None:
            come(workers[number], workers[number].queue[monday], url, measured)

        let_come(arrivals(within_s), one, measured)
        load = Load({name: cpu_s(pids) - before[name] for name, pids in owners.items()})
        load.cpu["laptops"] = time.process_time() - mine
        load.starved_s = starved_s(process.pid)
        process.terminate()
        load.meters = json.loads(process.stdout.readline())
    return measured, load


def run_monday(report: Report, database: str, floor: str, *, database_pids: Sequence[int] = ()) -> None:
    """Both herds, each beside its floor."""
    workers = prepare(database)
    for monday, (name, within_s) in enumerate(HERDS.items()):
        bare = run_floor(floor, workers, monday, within_s=within_s)
        measured, load = run_herd(database, workers, monday, within_s=within_s, database_pids=database_pids)
        tell(report, name, measured, bare)
        tell_load(report, name, measured.wall_s, load)


def tell(report: Report, herd: str, measured: Measured, bare: Measured) -> None:
    """The figures of one herd."""
    note = f"{LAPTOPS} laptops within {HERDS[herd]:g} s{_machine()}"
    for kind in ("hello", "push", "pull"):
        for percent in (50, 99):
            floor = percentile(bare.ms[kind], percent)
            value = percentile(measured.ms[kind], percent)
            report.add(f"{herd}.{kind}_p{percent}", value, "ms", floor=floor, note=note)
    everything = [each for all_ms in measured.ms.values() for each in all_ms]
    report.add(f"{herd}.any_p99", percentile(everything, 99), "ms", budget=BUDGET_MS, note=note)
    failed = measured.failed + OPERATIONS * len(measured.faults)
    why = "; ".join(sorted(set(measured.faults))[:3])
    report.add(f"{herd}.failed", failed, "ops", budget=0, note=why)
    report.add(f"{herd}.sent_away", measured.sent_away, "requests", note="asked to come again, all did")
    for percent in (50, 99):
        floor = percentile(bare.done_s, percent)
        value = percentile(measured.done_s, percent)
        report.add(f"{herd}.exchange_p{percent}", value, "s", floor=floor, note="arrival to end, with waits")
    report.add(f"{herd}.operation", 1000 * measured.wall_s / (OPERATIONS * LAPTOPS), "ms", note="wall/op")


def tell_load(report: Report, herd: str, wall_s: float, load: Load) -> None:
    """Which part of the time each thing was busy; the largest saturates first."""
    shares = {f"{name} processor": used / wall_s for name, used in load.cpu.items()}
    shares["no processor free"] = load.starved_s / wall_s
    shares |= {name.replace("_", " "): seconds / wall_s for name, seconds in load.meters.items()}
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share >= 0.005)
    first = max(_LIMITED, key=lambda name: shares[name])
    report.add(f"{herd}.fullest", shares[first], "share", note=f"{first}; {said}")


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"; busy machine, load {load:.1f}" if load > _QUIET_LOAD else ""
