"""The line itself, against a stub on loopback: down, slow, redirecting, rubbish, too large, and good."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import msgspec
import pytest

from gridworker.domain.problems import Problem
from gridworker.i18n import problem_text
from gridworker.sync import remote
from gridworker.sync.remote import HttpRemote, Refused
from gridworker.wire.messages import (
    GONE,
    Cursor,
    Entry,
    PullReply,
    Refusal,
    RegisterReply,
)
from tests.faults.stub_centre import Handler, stub
from tests.sync.lines import GOOD, PULL, REGISTER, ask, packed, reply


@pytest.fixture
def line_to() -> Iterator[Callable[..., HttpRemote]]:
    """A way to make lines that are closed at the end."""
    lines: list[HttpRemote] = []

    def make(url: str, **options: Any) -> HttpRemote:
        lines.append(HttpRemote(url, "token-1", **options))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


def talks_otherwise(handler: Handler) -> None:
    """Something that is no web server."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


# ------------------------------------------------------------------------------------------------- good lines


def test_a_reply_comes_as_it_was_sent_packed_or_not() -> None:
    assert ask(reply(200, GOOD)) == RegisterReply(7)
    assert ask(reply(201, GOOD)) == RegisterReply(7)
    assert ask(reply(200, packed(GOOD), Content_Encoding="zstd")) == RegisterReply(7)
    assert ask(reply(200, packed(GOOD), Content_Encoding="ZSTD")) == RegisterReply(7)


def test_a_reply_of_a_newer_centre_with_more_fields_is_read() -> None:
    assert ask(reply(200, b'{"last_seq":7,"mood":{"good":[true]}}')) == RegisterReply(7)


def test_the_request_says_who_asks_and_what_it_understands() -> None:
    seen: dict[str, str] = {}

    def remember(handler: Handler) -> None:
        seen.update(handler.headers.items(), path=handler.path, method=handler.command)
        handler.reply(200, GOOD)

    ask(remember)
    assert (seen["method"], seen["path"], seen["Authorization"]) == ("POST", "/v1/replica", "Bearer token-1")
    assert (seen["Accept-Encoding"], seen["Content-Type"]) == ("zstd", "application/json")


def test_bodies_pass_through_byte_for_byte() -> None:
    body = b'{"name": "\\u738b\xe7\xa7\x80\xe5\x85\xb0" , "n":1.50}'
    entries = [
        Entry("g:3", "r1", "resident", "e.1", msgspec.Raw(body)),
        Entry("g:3", "r2", "resident", "e.1", GONE),
    ]
    page = PullReply(
        epoch="e1", entries=entries, cursors={"g:3": Cursor(1, 1)}, removed=[], reset=[], done=True, head=1,
        server_ms=1, ack=None, results=[],
    )  # fmt: skip
    with stub(reply(200, msgspec.json.encode(page))) as there, closing(HttpRemote(there.url)) as line:
        found = line.begin(PULL, PullReply)()
    assert bytes(found.entries[0].body) == body
    assert [entry.gone for entry in found.entries] == [False, True]


def test_a_refusal_says_why() -> None:
    with pytest.raises(Refused) as raised:
        ask(reply(409, msgspec.json.encode(Refusal(code="gap", expect=5))))
    assert (raised.value.status, raised.value.refusal.expect) == (409, 5)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("epoch", "other_server"),
        ("fork", "fork_detected"),
        ("gap", "server_regressed"),
        ("regressed", "server_regressed"),
        ("login", "login_refused"),
        ("token", "token_refused"),
        ("upgrade", "upgrade_needed"),
        ("too_large", "operation_too_large"),
        ("bad_envelope", "bad_envelope"),
        ("unknown_replica", "server_refused"),
        ("pace", "server_busy"),
        ("too_often", "server_busy"),
        ("internal", "server_refused"),
        ("of_a_newer_centre", "server_refused"),
    ],
)
def test_every_refusal_is_a_sentence_for_a_person(code: str, problem: str) -> None:
    found = Refused(400, Refusal(code=code, seq=3)).problem
    assert (found.code, found.values["why"]) == (problem, code)
    sentence, step = problem_text(found.code, found.values)
    assert step
    assert "…" not in sentence


BUSY = msgspec.json.encode(Refusal(code="pace"))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("body", "headers", "wait_ms"),
    [
        (BUSY, {}, None),
        (BUSY, {"Retry-After": "7"}, 7_000),
        (msgspec.json.encode(Refusal(code="pace", retry_after_ms=6_400)), {"Retry-After": "7"}, 6_400),
        (b"<h1>503 Service Temporarily Unavailable</h1>", {"Retry-After": "120"}, 120_000),
        (b"", {}, None),
        (BUSY, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (BUSY, {"Retry-After": "-1"}, None),
        (BUSY, {"Retry-After": "\u0663"}, None),
        (BUSY, {"Retry-After": "9" * 4_000}, 999_999_999_000),
    ],
)
def test_a_busy_centre_or_web_server_on_the_way_says_when_to_come_again(
    status: int, body: bytes, headers: dict[str, str], wait_ms: int | None
) -> None:
    def answer(handler: Handler) -> None:
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        handler.wfile.write(
            f"HTTP/1.1 {status} Busy\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body
        )

    with pytest.raises(Refused) as raised:
        ask(answer)
    assert (raised.value.status, raised.value.refusal.retry_after_ms) == (status, wait_ms)
    problem = raised.value.problem
    assert (problem.code, problem.values.get("retry_ms")) == ("server_busy", wait_ms)
    assert all(problem_text(problem.code, problem.values))


def test_a_centre_that_stands_on_an_older_backup_is_not_taken_for_a_busy_one() -> None:
    with pytest.raises(Refused) as raised:
        ask(reply(503, msgspec.json.encode(Refusal(code="regressed"))))
    assert raised.value.problem.code == "server_regressed"


# -------------------------------------------------------------------------------------------------- bad lines

DEEP = b"[" * 100_000
LONE = b'{"last_seq":7,"word":"\xff"}'
BAD: dict[str, tuple[Callable[[Handler], None], str]] = {
    "html": (reply(200, "<html>请先登录</html>".encode(), Content_Type="text/html"), "server_rubbish"),
    "nothing": (reply(200, b""), "server_rubbish"),
    "no_content": (reply(204, b""), "server_rubbish"),
    "redirect": (reply(302, b"", Location="http://127.0.0.1:9/"), "server_rubbish"),
    "moved_for_good": (reply(308, b"", Location="https://127.0.0.1:9/"), "server_rubbish"),
    "another_shape": (reply(200, b'{"last_seq":"seven"}'), "server_rubbish"),
    "a_list": (reply(200, b"[7]"), "server_rubbish"),
    "two_documents": (reply(200, GOOD + GOOD), "server_rubbish"),
    "half_a_document": (reply(200, GOOD[:-1]), "server_rubbish"),
    "deep_nesting": (reply(200, DEEP), "server_rubbish"),
    "no_utf_8_in_a_part_nobody_reads": (reply(200, LONE), "server_rubbish"),
    "error_in_words": (reply(500, b"Internal Server Error", Content_Type="text/plain"), "server_rubbish"),
    "error_of_a_gateway": (reply(502, b"<h1>502 Bad Gateway</h1>"), "server_rubbish"),
    "another_error_shape": (reply(400, b'{"code":400,"message":"bad"}'), "server_rubbish"),
    "packed_as_announced_but_not": (reply(200, GOOD, Content_Encoding="zstd"), "server_rubbish"),
    "packed_otherwise": (reply(200, b"\x1f\x8b\x08\x00rubbish", Content_Encoding="gzip"), "server_rubbish"),
    "packed_without_a_word": (reply(200, packed(GOOD)), "server_rubbish"),
    "packed_and_cut": (reply(200, packed(GOOD * 1000)[:30], Content_Encoding="zstd"), "server_rubbish"),
    "cut": (lambda handler: handler.reply(200, GOOD[:5], length=5_000), "server_unreachable"),
    "packed_and_cut_by_the_line": (
        lambda handler: handler.reply(200, packed(GOOD)[:9], length=90, Content_Encoding="zstd"),
        "server_unreachable",
    ),
    "silence": (lambda _handler: None, "server_unreachable"),
    "another_protocol": (talks_otherwise, "server_unreachable"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_a_problem_with_a_sentence(name: str) -> None:
    handle, code = BAD[name]
    with pytest.raises(Problem) as raised:
        ask(handle)
    assert raised.value.code == code
    sentence, step = problem_text(code, raised.value.values)
    assert "127.0.0.1" in sentence
    assert step


def says_nothing(handler: Handler) -> None:
    """Takes the request and sleeps."""
    handler.server.ended.wait(10)


def stops_in_the_middle(handler: Handler) -> None:
    """Answers a little and sleeps."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"last_')
    handler.wfile.flush()
    handler.server.ended.wait(10)


@pytest.mark.parametrize("handle", [says_nothing, stops_in_the_middle])
def test_a_centre_that_is_silent_too_long_is_slow(handle: Callable[[Handler], None]) -> None:
    began = time.monotonic()
    with stub(handle) as there, closing(HttpRemote(there.url, read_timeout_s=0.2)) as line:
        with pytest.raises(Problem, match="server_slow"):
            line.call(REGISTER, RegisterReply)
        assert time.monotonic() - began < 5


def drips_its_head(handler: Handler) -> None:
    """Begins to answer and says one letter after another, never the last one."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    drip(handler)


def drips_its_body(handler: Handler) -> None:
    """The same in the reply itself."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    drip(handler)


def drips_the_size_of_a_piece(handler: Handler) -> None:
    """The same before the first piece of a reply in pieces."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    drip(handler)


def drip(handler: Handler) -> None:
    """A byte every 20 ms until the laptop hangs up."""
    with suppress(OSError):
        while not handler.server.ended.wait(0.02):
            handler.wfile.write(b"0")
            handler.wfile.flush()


@pytest.mark.parametrize("handle", [drips_its_head, drips_its_body, drips_the_size_of_a_piece])
def test_a_centre_that_drips_for_ever_is_slow(handle: Callable[[Handler], None]) -> None:
    began = time.monotonic()
    with pytest.raises(Problem, match="server_slow"):
        ask(handle, read_timeout_s=0.2, total_timeout_s=0.5)
    assert 0.4 < time.monotonic() - began < 5


def test_a_busy_line_is_no_slow_one(line_to: Callable[..., HttpRemote]) -> None:
    def takes_its_time(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(GOOD)))
        handler.end_headers()
        for byte in GOOD:
            time.sleep(0.05)
            handler.wfile.write(bytes([byte]))

    with stub(takes_its_time) as there:
        assert line_to(there.url, read_timeout_s=0.4).call(REGISTER, RegisterReply) == RegisterReply(7)


def test_a_centre_that_takes_no_request_is_slow() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        line = HttpRemote(f"http://127.0.0.1:{deaf.getsockname()[1]}", "t" * (32 << 20), read_timeout_s=0.2)
        with closing(line), pytest.raises(Problem, match="server_slow"):
            line.call(REGISTER, RegisterReply)


def test_a_centre_that_is_down_is_unreachable(line_to: Callable[..., HttpRemote]) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        line = line_to(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Problem, match="server_unreachable"):
            line.call(REGISTER, RegisterReply)
        with pytest.raises(Problem, match="server_unreachable"):
            line.begin(PULL, PullReply)()


@pytest.mark.parametrize(
    "url",
    [
        "", "centre", "http://", "https://", "ftp://127.0.0.1", "http://[::1", "http://127.0.0.1:port", "://",
        "http://127.0.0.1:99999", "http://a..b", "http://中" + "心" * 90, "http://127.0.0.1/中心",
        "http://two words", "http://127.0.0.1/two words",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_told(line_to: Callable[..., HttpRemote], url: str) -> None:
    with pytest.raises(Problem, match="server_url_bad"):
        line_to(url).call(REGISTER, RegisterReply)


@pytest.mark.parametrize("encoding", ["zstd", "identity"])
def test_a_reply_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr(remote, "MAX_REPLY_BYTES", 1 << 20)
    body = b'{"last_seq":7' + b" " * (8 << 20) + b"}"
    sent = packed(body) if encoding == "zstd" else body
    assert encoding != "zstd" or len(sent) < 10_000
    with pytest.raises(Problem, match="server_rubbish"):
        ask(reply(200, sent, Content_Encoding=encoding))


def test_a_frame_that_wants_much_memory_is_refused() -> None:
    window = b"\x28\xb5\x2f\xfd\x00" + bytes([((41 - 10) << 3)]) + b"\x01\x00\x00"
    with pytest.raises(Problem, match="server_rubbish"):
        ask(reply(200, window, Content_Encoding="zstd"))


def test_after_a_bad_answer_the_line_is_as_good_as_before() -> None:
    answers = iter([reply(500, b"oops"), lambda _handler: None, reply(200, GOOD)])
    with stub(lambda handler: next(answers)(handler)) as there, closing(HttpRemote(there.url)) as line:
        for code in ("server_rubbish", "server_unreachable"):
            with pytest.raises(Problem, match=code):
                line.call(REGISTER, RegisterReply)
        assert line.call(REGISTER, RegisterReply) == RegisterReply(7)


def test_a_token_goes_nowhere_but_to_the_centre() -> None:
    elsewhere: list[str] = []

    def listens(handler: Handler) -> None:
        elsewhere.append(handler.path)
        handler.reply(200, GOOD)

    with stub(listens) as other, pytest.raises(Problem):
        ask(reply(307, b"", Location=other.url))
    assert elsewhere == []
