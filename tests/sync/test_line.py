"""The connections under the line: kept, replaced, one for each request at once, and TLS."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import certifi
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gridworker.domain.problems import Problem
from gridworker.sync import line as lines
from gridworker.sync.remote import HttpRemote
from gridworker.wire.messages import (
    RegisterReply,
)
from tests.faults.stub_centre import Handler, stub
from tests.sync.lines import GOOD, REGISTER, packed, reply


class Counting(ThreadingHTTPServer):
    """A server that keeps its connections, counts them, and hangs up those it is told to."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more."""
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What was hung up is no error here."""


class Patient(BaseHTTPRequestHandler):
    """Answers one good request after another."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Always the same."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        self.wfile.write(GOOD)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Fickle(Patient):
    """Answers one request and hangs up at the second one, as a server does whose patience just ran out."""

    has_answered = False

    def do_POST(self) -> None:
        """Once."""
        if self.has_answered:
            self.close_connection = True
            return
        self.has_answered = True
        super().do_POST()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[Counting]:
    """Such a server while the block runs."""
    with Counting(handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def keeping() -> Iterator[Counting]:
    """A patient server while a test runs."""
    with serving(Patient) as server:
        yield server


def test_one_connection_serves_many_requests(keeping: Counting) -> None:
    with closing(HttpRemote(f"http://127.0.0.1:{keeping.server_address[1]}")) as line:
        for _ in range(5):
            assert line.call(REGISTER, RegisterReply) == RegisterReply(7)
            assert line.begin(REGISTER, RegisterReply)() == RegisterReply(7)
        assert len(keeping.connections) == 1


def test_a_kept_connection_that_was_hung_up_meanwhile_is_replaced(keeping: Counting) -> None:
    with closing(HttpRemote(f"http://127.0.0.1:{keeping.server_address[1]}")) as line:
        line.call(REGISTER, RegisterReply)
        keeping.connections[0].shutdown(socket.SHUT_RDWR)
        assert line.call(REGISTER, RegisterReply) == RegisterReply(7)
        assert len(keeping.connections) == 2


def test_a_kept_connection_that_is_hung_up_at_the_next_request_is_replaced_too() -> None:
    with (
        serving(Fickle) as server,
        closing(HttpRemote(f"http://127.0.0.1:{server.server_address[1]}")) as line,
    ):
        for _ in range(4):
            assert line.call(REGISTER, RegisterReply) == RegisterReply(7)
        assert len(server.connections) == 4


def test_a_kept_connection_that_speaks_unasked_is_not_believed(keeping: Counting) -> None:
    with closing(HttpRemote(f"http://127.0.0.1:{keeping.server_address[1]}")) as line:
        line.call(REGISTER, RegisterReply)
        lie = msgspec.json.encode(RegisterReply(99))
        keeping.connections[0].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(lie), lie))
        assert line.call(REGISTER, RegisterReply) == RegisterReply(7)


def test_two_requests_at_once_have_a_connection_each(keeping: Counting) -> None:
    with closing(HttpRemote(f"http://127.0.0.1:{keeping.server_address[1]}")) as line:
        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(lambda _: line.call(REGISTER, RegisterReply), range(80)))
        assert replies == [RegisterReply(7)] * 80
        assert len(keeping.connections) <= 8


def test_a_request_that_was_begun_is_answered_beside_other_work() -> None:
    goes_on = threading.Event()

    def waits(handler: Handler) -> None:
        assert goes_on.wait(10)
        handler.reply(200, GOOD)

    with stub(waits) as there, closing(HttpRemote(there.url)) as line:
        answer = line.begin(REGISTER, RegisterReply)
        goes_on.set()
        assert answer() == RegisterReply(7)


@pytest.mark.parametrize("token", ["two\r\nX-More: lines", "词"])
def test_a_token_that_no_request_can_carry_is_refused(keeping: "Counting", token: str) -> None:
    line = HttpRemote(f"http://127.0.0.1:{keeping.server_address[1]}", token)
    with closing(line), pytest.raises(Problem, match="token_refused"):
        line.call(REGISTER, RegisterReply)


# ------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and the certificate for "localhost" that it signed itself, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path_factory.mktemp("papers") / "both.pem"
    file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def encrypted(papers: Path) -> Iterator[Callable[..., Any]]:
    """What a line makes of a good centre behind TLS, under one of its names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers)

    def call(name: str) -> Any:
        with stub(reply(200, packed(GOOD), Content_Encoding="zstd")) as there:
            there.socket = context.wrap_socket(there.socket, server_side=True)
            url = f"https://{name}:{there.server_address[1]}"
            with closing(HttpRemote(url, read_timeout_s=5)) as line:
                return line.call(REGISTER, RegisterReply)

    lines._tls.cache_clear()
    yield call
    lines._tls.cache_clear()


def test_a_centre_behind_tls_is_spoken_to(
    encrypted: Callable[..., Any], papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(papers))
    assert encrypted("localhost") == RegisterReply(7)


def test_a_centre_that_nobody_vouches_for_is_not_spoken_to(encrypted: Callable[..., Any]) -> None:
    with pytest.raises(Problem, match="server_unreachable"):
        encrypted("localhost")


def test_a_centre_under_another_name_is_not_spoken_to(
    encrypted: Callable[..., Any], papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(papers))
    with pytest.raises(Problem, match="server_unreachable"):
        encrypted("127.0.0.1")
