"""The server over HTTP on loopback: tokens, sizes, compression, rubbish, and faults that say nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
import requests
import uvicorn
import zstandard

from gridworker.server import local
from gridworker.server.accounts import check_password
from gridworker.server.app import MAX_REQUEST_BYTES, build_app
from gridworker.server.pull import pull
from gridworker.wire.envelope import Operation, first_link
from gridworker.wire.messages import (
    Cursor,
    EnrolReply,
    EnrolRequest,
    HelloRequest,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    Refusal,
)
from tests.server.laptop import PASSWORD, Centre, Laptop

WAIT_S = 10


class Line:
    """HTTP to a running centre."""

    def __init__(self, centre: Centre, address: str):
        self.centre = centre
        self.address = address
        self.session = requests.Session()

    def post(self, path: str, message: Any = None, *, token: str = "", **more: Any) -> requests.Response:
        """One request."""
        data = msgspec.json.encode(message) if message is not None else more.pop("data", b"")
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        headers |= more.pop("headers", {})
        return self.session.post(self.address + path, data=data, headers=headers, timeout=WAIT_S, **more)


@pytest.fixture
def line(lite_centre: Centre) -> Iterator[Line]:
    """A centre with a web server of its own thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(build_app(lite_centre.server), log_level="warning", access_log=False)
    web = uvicorn.Server(config)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    end = time.monotonic() + WAIT_S
    while not web.started and time.monotonic() < end:
        time.sleep(0.01)
    found = Line(lite_centre, f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield found
    found.session.close()
    web.should_exit = True
    thread.join(WAIT_S)
    listener.close()


def refusal(reply: requests.Response) -> str:
    """The code of an error reply."""
    return msgspec.json.decode(reply.content, type=Refusal).code


def push_of(laptop: Laptop, *ops: Operation) -> PushRequest:
    """A push of new operations."""
    return PushRequest(epoch=laptop.me.epoch, replica=laptop.replica, ops=laptop.seal(*ops))


def pull_of(laptop: Laptop) -> PullRequest:
    """A pull after the laptop's cursors."""
    return PullRequest(epoch=laptop.me.epoch, replica=laptop.replica, cursors=laptop.cursors)


def test_a_day_over_http(line: Line) -> None:
    line.centre.add_user("zhang", "grid_worker", "g:grid-a")
    request = EnrolRequest(user="zhang", password=PASSWORD, device_name="笔记本", app="0.1.0")
    me = msgspec.json.decode(line.post("/v1/enrol", request).content, type=EnrolReply)
    assert [(one.scope, one.role) for one in me.grants] == [("g:grid-a", "grid_worker")]
    laptop = Laptop(line.centre, "zhang")
    push = push_of(laptop, laptop.op("create", "r1", values={"name": "安宁"}))
    pushed = line.post("/v1/push", push, token=laptop.me.token)
    assert msgspec.json.decode(pushed.content, type=PushReply).results[0].code == "applied"
    pulled = line.post("/v1/pull", pull_of(laptop), token=laptop.me.token)
    assert pulled.headers["cache-control"] == "no-store"
    page = msgspec.json.decode(pulled.content, type=PullReply)
    assert [entry.id for entry in page.entries] == ["r1"]


def test_replies_and_requests_may_be_compressed(line: Line) -> None:
    laptop = line.centre.laptop("zhang")
    push = push_of(laptop, *(laptop.op("create", f"r{n}", values={"name": "安宁"}) for n in range(20)))
    body = zstandard.compress(msgspec.json.encode(push))
    pushed = line.post("/v1/push", token=laptop.me.token, data=body, headers={"Content-Encoding": "zstd"})
    assert pushed.status_code == 200
    wants = {"Accept-Encoding": "zstd"}
    reply = line.post("/v1/pull", pull_of(laptop), token=laptop.me.token, headers=wants, stream=True)
    assert reply.headers["content-encoding"] == "zstd"
    raw = zstandard.ZstdDecompressor().stream_reader(reply.raw.read(decode_content=False)).read()
    assert len(msgspec.json.decode(raw, type=PullReply).entries) == 20


@pytest.mark.parametrize("token", ["", "wrong", "\u00e4\u00f6"])
def test_without_a_good_token_nothing_is_said(line: Line, token: str) -> None:
    hello = HelloRequest(epoch="e", replica="r", schema=1, app="0.1.0")
    reply = line.post("/v1/hello", hello, headers={"Authorization": f"Bearer {token}".encode()})
    assert (reply.status_code, refusal(reply)) == (401, "token")


def test_a_wrong_password_and_an_unknown_user_are_answered_alike(line: Line) -> None:
    line.centre.add_user("zhang", "grid_worker")
    for user in ("zhang", "nobody"):
        reply = line.post("/v1/enrol", EnrolRequest(user=user, password="x", device_name="d", app="a"))
        assert (reply.status_code, refusal(reply)) == (401, "login")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"epoch": 1}', b"[" * 100_000])
def test_rubbish_is_a_bad_request(line: Line, body: bytes) -> None:
    reply = line.post("/v1/push", data=body, token=line.centre.laptop("zhang").me.token)
    assert (reply.status_code, refusal(reply)) == (400, "bad_request")


def test_a_request_that_is_too_large_is_refused(line: Line) -> None:
    reply = line.post("/v1/push", data=b" " * (MAX_REQUEST_BYTES + 1))
    assert (reply.status_code, refusal(reply)) == (413, "too_large")


def test_a_large_request_without_a_length_is_refused_too(line: Line) -> None:
    pieces = (b" " * (1 << 20) for _ in range(8))
    reply = line.post("/v1/push", data=pieces)
    assert (reply.status_code, refusal(reply)) == (413, "too_large")


def test_a_small_request_that_unpacks_to_a_large_one_is_refused(line: Line) -> None:
    bomb = zstandard.compress(b" " * (512 << 20))
    assert len(bomb) < 100_000
    reply = line.post("/v1/push", data=bomb, headers={"Content-Encoding": "zstd"})
    assert (reply.status_code, refusal(reply)) == (413, "too_large")


@pytest.mark.parametrize("body", [b"", b"rubbish", zstandard.compress(b"x" * 1000)[:-5]])
def test_broken_compression_is_a_bad_request(line: Line, body: bytes) -> None:
    reply = line.post("/v1/push", data=body, headers={"Content-Encoding": "zstd"})
    assert (reply.status_code, refusal(reply)) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/schema", "/v1/push/../../etc"])
def test_other_paths_are_not_found(line: Line, path: str) -> None:
    reply = line.post(path)
    assert (reply.status_code, refusal(reply)) == (404, "not_found")


def test_other_methods_are_not_found(line: Line) -> None:
    reply = requests.get(line.address + "/v1/push", timeout=WAIT_S)
    assert refusal(reply) == "not_found"


def test_a_fault_of_ours_is_answered_without_a_word_of_it(
    line: Line, monkeypatch: pytest.MonkeyPatch, expect_log: Any, caplog: pytest.LogCaptureFixture
) -> None:
    laptop = line.centre.laptop("zhang")

    def fails(*_: Any) -> None:
        raise KeyError("安宁的电话")

    monkeypatch.setattr(local, "pull", fails)
    expect_log("a request failed: KeyError in fails")
    reply = line.post("/v1/pull", pull_of(laptop), token=laptop.me.token)
    assert (reply.status_code, refusal(reply)) == (500, "internal")
    assert "安宁" not in reply.text + caplog.text


def test_a_refusal_carries_what_the_client_needs(line: Line) -> None:
    laptop = line.centre.laptop("zhang")
    laptop.seq = 4
    reply = line.post("/v1/push", push_of(laptop, laptop.op("create", "r1")), token=laptop.me.token)
    assert reply.status_code == 409
    assert msgspec.json.decode(reply.content, type=Refusal) == Refusal(code="gap", expect=1)
    assert laptop.sent[0].link.prev == first_link(laptop.replica)


def test_a_request_that_takes_long_holds_up_nobody(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, goes_on, began = line.centre.laptop("zhang"), threading.Event(), threading.Event()

    def ponders(*about: Any) -> Any:
        began.set()
        assert goes_on.wait(WAIT_S)
        return check_password(*about)

    monkeypatch.setattr(local, "check_password", ponders)
    request = EnrolRequest(user="zhang", password=PASSWORD, device_name="d", app="a")
    with ThreadPoolExecutor(1) as beside:
        other = beside.submit(requests.post, line.address + "/v1/enrol", msgspec.json.encode(request))
        assert began.wait(WAIT_S)
        for _ in range(3):
            assert line.post("/v1/pull", pull_of(laptop), token=laptop.me.token).status_code == 200
        goes_on.set()
        assert other.result(WAIT_S).status_code == 200


def test_only_a_pull_that_will_find_nothing_is_answered_between_other_work(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, threads = line.centre.laptop("zhang"), []

    def noted(*about: Any) -> Any:
        threads.append(threading.current_thread().name.partition("_")[0] == "request")
        return pull(*about)

    monkeypatch.setattr(local, "pull", noted)

    def ask(**changed: Any) -> PullReply:
        request = msgspec.structs.replace(pull_of(laptop), **changed)
        reply = line.post("/v1/pull", request, token=laptop.me.token)
        page = msgspec.json.decode(reply.content, type=PullReply)
        laptop.cursors = dict(page.cursors)
        return page

    ask()
    ask()
    assert threads == [True, False], "the first one may find anything, the second one comes after it"
    push = push_of(laptop, laptop.op("create", "r1", values={"name": "安宁"}))
    line.post("/v1/push", push, token=laptop.me.token)
    assert [entry.id for entry in ask().entries] == ["r1"]
    assert threads.pop(), "after a push there may be news"
    ask(cursors={scope: Cursor(cursor.gen, cursor.seq - 1) for scope, cursor in laptop.cursors.items()})
    assert threads.pop(), "who is behind has something to hear"
    ask(want_bytes=8 << 20)
    assert threads.pop(), "who wants much may get much"


def test_a_client_that_hangs_up_in_the_middle_is_no_fault(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = line.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), WAIT_S) as torn:
        torn.sendall(b"POST /v1/push HTTP/1.1\r\nHost: centre\r\nContent-Length: 100\r\n\r\n{")
    assert line.post("/v1/pull", data=b"{").status_code == 400
    assert not caplog.records


def test_an_empty_exchange_is_one_small_request(line: Line) -> None:
    laptop = line.centre.laptop("zhang")
    laptop.pull()
    assert len(line.post("/v1/pull", pull_of(laptop), token=laptop.me.token).content) < 800
