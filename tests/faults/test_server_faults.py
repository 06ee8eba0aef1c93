"""A centre that is down, slow, another one or none at all: a clear code, nothing sent twice, nothing lost."""

import resource
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import zstandard

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.database import Database
from gridworker.db.enrolment import SERVER_URL
from gridworker.db.standing import exchanges, standing
from gridworker.domain.problems import Problem
from gridworker.domain.residents import Resident
from gridworker.i18n import problem_text
from gridworker.sync import remote
from gridworker.sync.enrol import enrol
from gridworker.sync.remote import HttpRemote
from gridworker.sync.session import Session
from gridworker.wire.messages import EnrolRequest
from tests.db.laptop import assert_consistent, look
from tests.faults.processes import PASSWORD, CentreProcess, enrolled
from tests.faults.stub_centre import Answer, Handler, stub


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreProcess]:
    """The good centre, for all tests of this file."""
    centre = CentreProcess(tmp_path_factory.mktemp("centre"))
    centre.start()
    yield centre
    centre.stop()


@pytest.fixture
def laptop(centre: CentreProcess, tmp_path: Path) -> Iterator[Database]:
    """A laptop that has synced, with one more visit that waits."""
    with closing(enrolled(tmp_path / "profile", centre.url)) as database:
        person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
        Session(database, app="test").synchronise(lambda _progress: None)
        database.write(record_visit, VisitDraft(resident_ids=(person,), note="血压偏高"))
        yield database


def synchronise_at(database: Database, url: str) -> None:
    """One exchange with what is at a URL."""
    database.write(lambda tx: tx.set_meta(SERVER_URL, url))
    Session(database, app="test").synchronise(lambda _progress: None)


def assert_fails_and_recovers(database: Database, url: str, code: str, *, good: str) -> None:
    """The exchange ends with this code and a sentence for it; afterwards the good centre gets everything."""
    before = look(database, standing)
    assert before.waiting == 1
    with pytest.raises(Problem) as raised:
        synchronise_at(database, url)
    assert raised.value.code == code
    assert all(problem_text(code, raised.value.values))
    assert look(database, exchanges)[0].outcome == code
    assert look(database, standing) == before
    assert_consistent(database)
    synchronise_at(database, good)
    after = look(database, standing)
    assert (after.waiting, after.accepted) == (0, before.accepted + 1)


# ---------------------------------------------------------------------------------------------- bad answers


def page_of_a_hotspot(handler: Handler) -> None:
    """The sign-in page of a public network."""
    handler.reply(
        200, b"<html>\xe8\xaf\xb7\xe5\x85\x88\xe7\x99\xbb\xe5\xbd\x95</html>", Content_Type="text/html"
    )


def way_to_a_hotspot(handler: Handler) -> None:
    """The same by a redirect, which is not followed: the token must not go elsewhere."""
    handler.reply(302, b"", Location="http://127.0.0.1:9/login")


def page_of_a_proxy(handler: Handler) -> None:
    """A proxy that cannot reach the centre."""
    handler.reply(502, b"<h1>502 Bad Gateway</h1>", Content_Type="text/html")


def another_shape(handler: Handler) -> None:
    """JSON that means nothing to us."""
    handler.reply(200, b'{"ok": true, "entries": 7}', Content_Type="application/json")


def no_utf_8(handler: Handler) -> None:
    """Bytes that are no text."""
    handler.reply(200, b'{"epoch": "\xff\xfe"}', Content_Type="application/json")


def deep_nesting(handler: Handler) -> None:
    """JSON that makes a careless reader run out of stack."""
    handler.reply(200, b"[" * 200_000, Content_Type="application/json")


def nothing_at_all(handler: Handler) -> None:
    """A connection that is closed without a word."""


def half_a_reply(handler: Handler) -> None:
    """A line that breaks in the middle of a reply."""
    handler.reply(200, b'{"epoch":"', length=5_000)


def half_a_packed_reply(handler: Handler) -> None:
    """The same where the reply is compressed."""
    packed = zstandard.ZstdCompressor().compress(b'{"epoch":"' + bytes(range(256)) * 400)
    handler.reply(200, packed[: len(packed) // 2], length=len(packed), Content_Encoding="zstd")


def short_packed_reply(handler: Handler) -> None:
    """A compressed reply that ends too early although the line is good."""
    packed = zstandard.ZstdCompressor().compress(b'{"epoch":"' + bytes(range(256)) * 400)
    handler.reply(200, packed[: len(packed) // 2], Content_Encoding="zstd")


def not_packed_at_all(handler: Handler) -> None:
    """A reply that says it is compressed and is not."""
    handler.reply(200, b'{"epoch":"e"}', Content_Encoding="zstd")


BAD: dict[Answer, str] = {
    page_of_a_hotspot: "server_rubbish",
    way_to_a_hotspot: "server_rubbish",
    page_of_a_proxy: "server_rubbish",
    another_shape: "server_rubbish",
    no_utf_8: "server_rubbish",
    deep_nesting: "server_rubbish",
    nothing_at_all: "server_unreachable",
    half_a_reply: "server_unreachable",
    half_a_packed_reply: "server_unreachable",
    short_packed_reply: "server_rubbish",
    not_packed_at_all: "server_rubbish",
}


@pytest.mark.parametrize("answer", BAD, ids=lambda answer: answer.__name__)
def test_a_bad_answer_is_named_and_loses_nothing(
    laptop: Database, centre: CentreProcess, answer: Answer
) -> None:
    with stub(answer) as there:
        assert_fails_and_recovers(laptop, there.url, BAD[answer], good=centre.url)
        assert there.asked == 1


def test_a_centre_that_is_down_is_named(laptop: Database, centre: CentreProcess) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert_fails_and_recovers(laptop, nobody, "server_unreachable", good=centre.url)


def test_an_address_without_a_machine_is_named(laptop: Database, centre: CentreProcess) -> None:
    assert_fails_and_recovers(laptop, "http://", "server_url_bad", good=centre.url)


# ------------------------------------------------------------------------------------------------------ slow


def says_nothing(handler: Handler) -> None:
    """Takes the request and sleeps."""
    handler.server.ended.wait(30)


def stops_in_the_middle(handler: Handler) -> None:
    """Begins to answer and falls asleep."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"epoch":')
    handler.wfile.flush()
    handler.server.ended.wait(30)


@pytest.mark.parametrize("answer", [says_nothing, stops_in_the_middle])
def test_a_slow_centre_is_named(
    laptop: Database, centre: CentreProcess, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub(answer) as there:
        with monkeypatch.context() as patch:
            patch.setattr(remote, "READ_TIMEOUT_S", 0.3)
            with pytest.raises(Problem, match="server_slow"):
                synchronise_at(laptop, there.url)
        assert look(laptop, standing).waiting == 1
    synchronise_at(laptop, centre.url)
    assert look(laptop, standing).waiting == 0


# -------------------------------------------------------------------------------------------------- too much


def endless(handler: Handler) -> None:
    """A reply that never ends."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while not handler.server.ended.is_set():
            handler.wfile.write(b"0" * 65_536)


def bomb(handler: Handler) -> None:
    """A small reply that unpacks to 1 GiB."""
    packer, piece = zstandard.ZstdCompressor(level=1).compressobj(), bytes(1 << 24)
    packed = b"".join(packer.compress(piece) for _ in range(64)) + packer.flush()
    handler.reply(200, packed, Content_Encoding="zstd")


MOST_HELD_KIB = 256 * 1024


@pytest.mark.parametrize("answer", [endless, bomb])
def test_a_reply_that_is_too_large_is_given_up(
    laptop: Database, centre: CentreProcess, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "MAX_REPLY_BYTES", 8 << 20)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with stub(answer) as there:
        assert_fails_and_recovers(laptop, there.url, "server_rubbish", good=centre.url)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most < MOST_HELD_KIB


# -------------------------------------------------------------------------------------------- another centre


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreProcess]:
    """A good centre of somebody else."""
    other = CentreProcess(tmp_path_factory.mktemp("other"))
    other.start()
    yield other
    other.stop()


def test_another_centre_gets_nothing(laptop: Database, centre: CentreProcess, other: CentreProcess) -> None:
    assert_fails_and_recovers(laptop, other.url, "other_server", good=centre.url)
    assert other.violations() == []


def test_a_laptop_cannot_be_enrolled_with_a_second_centre(
    laptop: Database, centre: CentreProcess, other: CentreProcess
) -> None:
    before = look(laptop, standing)
    request = EnrolRequest(user="zhangxiao", password=PASSWORD, device_name="test", app="test")
    with closing(HttpRemote(other.url)) as line, pytest.raises(Problem, match="other_server"):
        enrol(laptop, line, request, server_url=other.url)
    assert look(laptop, standing) == before
    synchronise_at(laptop, centre.url)
    assert look(laptop, standing).waiting == 0
