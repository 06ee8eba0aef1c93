"""The server over HTTP on loopback: tokens, sizes, compression, rubbish, and faults that say nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import requests
import uvicorn
import zstandard

from gridworker.server import local
from gridworker.server.accounts import check_password
from gridworker.server.admission import LIMITS, WINDOW_MS, Limits, Rate
from gridworker.server.app import HEALTH, build_app
from gridworker.server.entrance import MAX_REQUEST_BYTES
from gridworker.server.pull import pull
from gridworker.sync.pace import PacedRemote
from gridworker.sync.remote import HttpRemote
from gridworker.sync.remote import Refused as ClientRefused
from gridworker.wire.envelope import Operation, first_link
from gridworker.wire.messages import (
    Cursor,
    EnrolReply,
    EnrolRequest,
    HelloReply,
    HelloRequest,
    Pace,
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
def limits() -> Limits:
    """What the centre of a test lets in."""
    return LIMITS


@pytest.fixture
def line(lite_centre: Centre, limits: Limits) -> Iterator[Line]:
    """A centre with a web server of its own thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = build_app(lite_centre.server, limits=limits)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
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


# -------------------------------------------------------------------------------------------------- admission


def hello_of(laptop: Laptop) -> HelloRequest:
    """A hello."""
    return HelloRequest(epoch=laptop.me.epoch, replica=laptop.replica, schema=1, app="0.1.0")


def pace_of(reply: requests.Response, kind: type[HelloReply] | type[PushReply] | type[PullReply]) -> Pace:
    """What a reply says of the pace."""
    pace = msgspec.json.decode(reply.content, type=kind).pace
    assert isinstance(pace, Pace)
    return pace


def test_every_reply_of_an_exchange_tells_the_pace_and_a_device_always_the_same_place(line: Line) -> None:
    laptop = line.centre.laptop("zhang")
    push = push_of(laptop, laptop.op("create", "r1", values={"name": "安宁"}))
    places = set()
    for path, request, kind in (
        ("/v1/hello", hello_of(laptop), HelloReply),
        ("/v1/push", push, PushReply),
        ("/v1/pull", pull_of(laptop), PullReply),
        ("/v1/pull", pull_of(laptop), PullReply),
    ):
        pace = pace_of(line.post(path, request, token=laptop.me.token), kind)
        assert (pace.max_ops, pace.retry_after_ms) == (200, 0)
        places.add((line.centre.clock.now_ms + pace.next_pull_ms) % WINDOW_MS)  # type: ignore[attr-defined]  # the tests' clock
    assert len(places) == 1


@pytest.mark.parametrize("limits", [Limits(requests=Rate(0.001, 3))])
def test_a_device_that_asks_too_often_is_told_when_to_come_and_others_are_served(line: Line) -> None:
    zhang, li = line.centre.laptop("zhang"), line.centre.laptop("li")
    replies = [line.post("/v1/pull", pull_of(zhang), token=zhang.me.token) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert refusal(replies[-1]) == "too_often"
    told = msgspec.json.decode(replies[-1].content, type=Refusal).retry_after_ms
    assert told is not None
    assert int(replies[-1].headers["retry-after"]) == -(-told // 1000) > 100
    assert line.post("/v1/pull", pull_of(li), token=li.me.token).status_code == 200


@pytest.mark.parametrize("limits", [Limits(operations=Rate(0.001, 10))])
def test_a_push_that_is_too_much_has_no_effect_and_its_sender_was_told_before(line: Line) -> None:
    laptop = line.centre.laptop("zhang")
    first, second = (
        push_of(laptop, *(laptop.op("create", f"r{n}", values={"name": "安宁"}) for n in numbers))
        for numbers in (range(8), range(8, 16))
    )
    pace = pace_of(line.post("/v1/push", first, token=laptop.me.token), PushReply)
    assert pace.retry_after_ms > 0
    refused = line.post("/v1/push", second, token=laptop.me.token)
    assert (refused.status_code, refusal(refused)) == (429, "too_often")
    assert len(line.centre.rows("SELECT 1 FROM op_log")) == 8


@pytest.fixture
def slow_pulls(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let pulls wait until the event is set."""
    goes_on = threading.Event()

    def waits(*about: Any) -> Any:
        assert goes_on.wait(WAIT_S)
        return pull(*about)

    monkeypatch.setattr(local, "pull", waits)
    yield goes_on
    goes_on.set()


ONE = Limits(at_work=1, waiting=1, patience_ms=10**6)


@pytest.mark.parametrize("limits", [ONE])
def test_a_full_centre_sends_away_whoever_comes_next_and_says_that_it_lives(
    line: Line, slow_pulls: threading.Event
) -> None:
    laptop = line.centre.laptop("zhang")

    def ask() -> requests.Response:
        data, headers = msgspec.json.encode(pull_of(laptop)), {"Authorization": f"Bearer {laptop.me.token}"}
        return requests.post(line.address + "/v1/pull", data, headers=headers, timeout=WAIT_S)

    with ThreadPoolExecutor(2) as others:
        waiting = [others.submit(ask) for _ in range(2)]
        while health(line)["waiting"] < 1:
            time.sleep(0.01)
        told = []
        for _ in range(3):
            reply = line.post("/v1/hello", hello_of(laptop), token=laptop.me.token)
            assert (reply.status_code, refusal(reply)) == (503, "pace")
            wait_ms = msgspec.json.decode(reply.content, type=Refusal).retry_after_ms or 0
            assert int(reply.headers["retry-after"]) == -(-wait_ms // 1000)
            told.append(wait_ms)
        assert all(1_000 <= one < 2_000 for one in told)
        assert health(line) == {"ok": True, "waiting": 1, "turned_away": 3}
        slow_pulls.set()
        assert [one.result(WAIT_S).status_code for one in waiting] == [200, 200]
    assert health(line)["waiting"] == 0
    assert line.post("/v1/hello", hello_of(laptop), token=laptop.me.token).status_code == 200


@pytest.mark.parametrize("limits", [Limits(at_work=1, waiting=4, patience_ms=10**6)])
def test_while_many_wait_nobody_gets_a_large_page(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, goes_on, wanted = line.centre.laptop("zhang"), threading.Event(), []

    def waits(tx: Any, caller: Any, request: PullRequest, clock: Any) -> PullReply:
        wanted.append(request.want_bytes)
        assert goes_on.wait(WAIT_S)
        return pull(tx, caller, request, clock)

    monkeypatch.setattr(local, "pull", waits)
    data = msgspec.json.encode(msgspec.structs.replace(pull_of(laptop), want_bytes=6 << 20))
    hello = msgspec.json.encode(hello_of(laptop))
    headers = {"Authorization": f"Bearer {laptop.me.token}"}

    def ask() -> int:
        return requests.post(line.address + "/v1/pull", data, headers=headers, timeout=WAIT_S).status_code

    def greet() -> HelloReply:
        reply = requests.post(line.address + "/v1/hello", hello, headers=headers, timeout=WAIT_S)
        return msgspec.json.decode(reply.content, type=HelloReply)

    with ThreadPoolExecutor(6) as laptops:
        replies = [laptops.submit(ask)]
        while not wanted:
            time.sleep(0.01)
        greeted = laptops.submit(greet)
        replies += [laptops.submit(ask) for _ in range(3)]
        while health(line)["waiting"] < 4:
            time.sleep(0.01)
        goes_on.set()
        assert [one.result(WAIT_S) for one in replies] == [200] * 4
        hello_reply = greeted.result(WAIT_S)
    assert isinstance(hello_reply.pace, Pace)
    assert hello_reply.max_ops == hello_reply.pace.max_ops
    assert wanted[0] == 6 << 20
    assert min(wanted[1:]) == 256 << 10


@pytest.mark.parametrize("limits", [ONE])
def test_who_guesses_passwords_takes_nobodys_place(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, goes_on = line.centre.laptop("zhang"), threading.Event()

    def ponders(*about: Any) -> Any:
        assert goes_on.wait(WAIT_S)
        return check_password(*about)

    monkeypatch.setattr(local, "check_password", ponders)
    guess = msgspec.json.encode(EnrolRequest(user="zhang", password="x", device_name="d", app="a"))
    with ThreadPoolExecutor(6) as guessers:
        guesses = [
            guessers.submit(requests.post, line.address + "/v1/enrol", guess, timeout=WAIT_S)
            for _ in range(6)
        ]
        while health(line)["waiting"] < 4:
            time.sleep(0.01)
        for _ in range(3):
            assert line.post("/v1/hello", hello_of(laptop), token=laptop.me.token).status_code == 200
        goes_on.set()
        assert [one.result(WAIT_S).status_code for one in guesses] == [401] * 6


def health(line: Line) -> dict[str, Any]:
    """What the process says of itself."""
    found: dict[str, Any] = requests.get(line.address + HEALTH, timeout=WAIT_S).json()
    return found


@pytest.mark.parametrize("limits", [Limits(requests=Rate(0.001, 1))])
def test_health_is_told_to_anybody_at_any_time_and_only_read(line: Line) -> None:
    assert [health(line)["ok"] for _ in range(20)] == [True] * 20
    assert refusal(line.post(HEALTH)) == "not_found"


@pytest.mark.parametrize("limits", [ONE])
def test_a_request_that_failed_leaves_its_place(
    line: Line, monkeypatch: pytest.MonkeyPatch, expect_log: Any
) -> None:
    laptop = line.centre.laptop("zhang")
    expect_log("a request failed: KeyError")

    def fails(*_: Any) -> None:
        raise KeyError

    with monkeypatch.context() as broken:
        broken.setattr(local, "pull", fails)
        for _ in range(4):
            assert line.post("/v1/pull", pull_of(laptop), token=laptop.me.token).status_code == 500
    assert line.post("/v1/pull", data=b"{").status_code == 400
    assert line.post("/v1/pull", pull_of(laptop), token=laptop.me.token).status_code == 200


@pytest.mark.parametrize("limits", [Limits(at_work=1, waiting=2, patience_ms=50)])
def test_a_herd_before_a_small_centre_loses_nothing(line: Line) -> None:
    laptops = [line.centre.laptop(f"worker{n}") for n in range(12)]
    pushes = [
        push_of(laptop, *(laptop.op("create", f"r-{n}-{i}", values={"name": "安宁"}) for i in range(5)))
        for n, laptop in enumerate(laptops)
    ]
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        time.sleep(seconds / 20)  # twenty times as fast as on a real Monday

    def come(laptop: Laptop, push: PushRequest) -> int:
        http_line = HttpRemote(line.address, laptop.me.token)
        paced = PacedRemote(http_line, rest)
        try:
            for _ in range(50):
                with suppress(ClientRefused):
                    return len(paced.call(push, PushReply).results)
            return 0
        finally:
            http_line.close()

    with ThreadPoolExecutor(12) as herd:
        results = list(herd.map(come, laptops, pushes))
    assert results == [5] * 12
    assert len(rests) >= 1, "the centre was too small for all of them at once"
    assert line.centre.rows("SELECT count(*) FROM op_log WHERE code = 'applied'")[0][0] == 60
    assert line.centre.violations() == []
