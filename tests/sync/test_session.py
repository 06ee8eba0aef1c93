"""A session: one exchange by what the database knows, written into the log with its true outcome."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL, store_enrolment
from gridworker.db.standing import Exchanged, exchanges, standing
from gridworker.domain.problems import Problem
from gridworker.domain.records import Touched
from gridworker.domain.residents import Resident
from gridworker.sync import session
from gridworker.sync.exchange import Exchange, Progress
from gridworker.sync.session import Session
from gridworker.wire.messages import HelloReply, PullReply, PushReply, Refusal, RegisterReply
from tests.db.laptop import EPOCH, GRID, enrolment, look, opened
from tests.faults.stub_centre import Handler, stub


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Database]:
    """An enrolled database."""
    with opened(tmp_path / "laptop.db") as database:
        database.write(store_enrolment, enrolment("grid_worker"), "http://127.0.0.1:9")
        yield database


def last(database: Database) -> Exchanged:
    """The last line of the log."""
    return look(database, exchanges)[0]


def without_a_line(monkeypatch: pytest.MonkeyPatch, steps: Callable[[Exchange], Iterator[Progress]]) -> None:
    """Let every exchange be these steps."""
    monkeypatch.setattr(Exchange, "steps", steps)


def test_a_good_exchange_is_logged_as_good(laptop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(exchange: Exchange) -> Iterator[Progress]:
        exchange.pushed, exchange.pulled, exchange.agreed_ms = 3, 4, 5
        exchange.touched = Touched(everything=True)
        yield Progress("done")

    without_a_line(monkeypatch, steps)
    seen: list[Progress] = []
    assert Session(laptop, app="test").synchronise(seen.append).everything
    assert [progress.phase for progress in seen] == ["done"]
    assert (last(laptop).outcome, last(laptop).pushed, last(laptop).pulled) == ("ok", 3, 4)
    assert look(laptop, standing).consistent_ms == 5


def test_a_problem_is_logged_by_its_code_and_raised(laptop: Database) -> None:
    with pytest.raises(Problem, match="server_unreachable"):
        Session(laptop, app="test").synchronise(lambda _progress: None)
    assert last(laptop).outcome == "server_unreachable"
    assert look(laptop, standing).consistent_ms is None


def test_a_bug_is_not_logged_as_a_good_exchange(laptop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(exchange: Exchange) -> Iterator[Progress]:
        exchange.agreed_ms = 5
        yield Progress("pull")
        raise ZeroDivisionError

    without_a_line(monkeypatch, steps)
    with pytest.raises(ZeroDivisionError):
        Session(laptop, app="test").synchronise(lambda _progress: None)
    assert last(laptop).outcome == "bug"
    assert look(laptop, standing).consistent_ms is None


def test_a_stop_ends_the_exchange_after_its_step_and_the_next_one_runs(
    laptop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_a_line(
        monkeypatch, lambda _exchange: iter([Progress("push"), Progress("pull"), Progress("done")])
    )
    running = Session(laptop, app="test")
    seen: list[str] = []

    def stop_at_once(progress: Progress) -> None:
        seen.append(progress.phase)
        running.stop()

    with pytest.raises(Problem, match="sync_stopped"):
        running.synchronise(stop_at_once)
    assert (seen, last(laptop).outcome) == (["push"], "sync_stopped")
    running.synchronise(lambda progress: seen.append(progress.phase))
    assert (seen, last(laptop).outcome) == (["push", "push", "pull", "done"], "ok")


def test_a_laptop_without_a_centre_is_told_so_and_nothing_is_logged(tmp_path: Path) -> None:
    with opened(tmp_path / "alone.db") as database:
        with pytest.raises(Problem, match="not_enrolled"):
            Session(database, app="test").synchronise(lambda _progress: None)
        assert look(database, exchanges) == []


def test_the_log_keeps_the_last_lines_only(laptop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LOG_LINES", 3)
    without_a_line(monkeypatch, lambda _exchange: iter([Progress("done")]))
    for _ in range(5):
        Session(laptop, app="test").synchronise(lambda _progress: None)
    assert len(look(laptop, exchanges)) == 3


# ------------------------------------------------------- a whole exchange over HTTP with a centre that fails


class Scripted:
    """A centre that answers each path in one way; it says nothing of records."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, handler: Handler) -> None:
        """Answer by the last word of the path."""
        word = handler.path.rpartition("/")[2]
        self.asked.append(word)
        answer = self.answers[word]
        status = 409 if isinstance(answer, Refusal) else 200
        body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        handler.reply(status, body, Connection="close")


HELLO = HelloReply(
    epoch=EPOCH, server_ms=1, server_name="中心", user_name="张网格", grants=[], registered=False
)
EMPTY = PullReply(
    epoch=EPOCH,
    entries=[],
    cursors={},
    removed=[],
    reset=[],
    done=True,
    head=0,
    server_ms=1,
    ack=None,
    results=[],
)


@pytest.mark.parametrize(
    ("answers", "code", "asked"),
    [
        ({"hello": Refusal(code="epoch", epoch="e9")}, "other_server", ["hello"]),
        ({"hello": msgspec.structs.replace(HELLO, epoch="e9")}, "other_server", ["hello"]),
        ({"hello": b"<html>"}, "server_rubbish", ["hello"]),
        ({"hello": HELLO, "replica": b"oops"}, "server_rubbish", ["hello", "replica"]),
        (
            {"hello": HELLO, "replica": RegisterReply(0), "push": b"[]"},
            "server_rubbish",
            ["hello", "replica", "push"],
        ),
        (
            {
                "hello": HELLO,
                "replica": RegisterReply(0),
                "push": PushReply(results=[], last_seq=0, chain=""),
            },
            "server_rubbish",
            ["hello", "replica", "push"],
        ),
        (
            {"hello": HELLO, "replica": RegisterReply(0), "push": Refusal(code="bad_envelope", seq=1)},
            "bad_envelope",
            ["hello", "replica", "push"],
        ),
        (
            {
                "hello": HELLO,
                "replica": RegisterReply(0),
                "push": PushReply(results=[], last_seq=1, chain=""),
                "pull": msgspec.structs.replace(EMPTY, epoch="e9"),
            },
            "other_server",
            ["hello", "replica", "push", "pull"],
        ),
        (
            {
                "hello": HELLO,
                "replica": RegisterReply(0),
                "push": PushReply(results=[], last_seq=1, chain=""),
                "pull": b'{"epoch":"e1","entries":[["g:1","r1","resident","e","no document",""]],"cursors":{}'
                b',"removed":[],"reset":[],"done":true,"head":0,"server_ms":1,"ack":null,"results":[]}',
            },
            "server_rubbish",
            ["hello", "replica", "push", "pull"],
        ),
    ],
)
def test_an_exchange_that_fails_anywhere_keeps_what_waits(
    laptop: Database, answers: dict[str, object], code: str, asked: list[str]
) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))
    centre = Scripted(**answers)
    with stub(centre) as there:
        laptop.write(lambda tx: tx.set_meta(SERVER_URL, there.url))
        with pytest.raises(Problem, match=code):
            Session(laptop, app="test").synchronise(lambda _progress: None)
    assert centre.asked == asked
    assert last(laptop).outcome == code
    assert look(laptop, standing).waiting == 1
    for table in ("stage", "extra", "archive", "inbox"):
        assert look(laptop, lambda reader, name=table: reader.rows_of(f"SELECT 1 FROM {name}")) == []


def test_an_acknowledgement_that_is_not_of_this_queue_never_empties_it(laptop: Database) -> None:
    laptop.write(lambda tx: tx.create(Resident(name="王秀兰")))
    lie = b'{"seq":1,"hash":"' + b"0" * 64 + b'"}'
    page = msgspec.json.encode(EMPTY).replace(b'"ack":null', b'"ack":' + lie)
    centre = Scripted(
        hello=HELLO, replica=RegisterReply(0), push=PushReply(results=[], last_seq=1, chain=""), pull=page
    )
    with stub(centre) as there:
        laptop.write(lambda tx: tx.set_meta(SERVER_URL, there.url))
        with pytest.raises(Problem, match="fork_detected"):
            Session(laptop, app="test").synchronise(lambda _progress: None)
    assert centre.asked.count("pull") <= 4
    assert look(laptop, standing).waiting == 1
    assert look(laptop, lambda reader: [s.scope for s in reader.all(Resident)]) == [GRID]
