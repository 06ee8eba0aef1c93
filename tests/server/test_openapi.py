"""The document of the paths, and a centre that is asked all that it allows and much that it does not."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    status_code_conformance,
)

from gridworker.cli import main
from gridworker.server.admission import Limits, Rate
from gridworker.server.app import build_app
from gridworker.server.openapi import describe, refusals_of, reply_of
from gridworker.server.refusals import STATUS
from gridworker.wire.blobs import BLOB_PATHS
from gridworker.wire.bundle_keys import new_keys
from gridworker.wire.messages import PATHS, AuditRequest, Refusal
from tests.conftest import ExpectedLog
from tests.server.laptop import GRID_A, PASSWORD, Centre
from tests.wire.samples import messages

WAIT_S = 10
EXAMPLES = 30
"""Of each path: half of them as the document says, half of them not."""
DOCUMENT = describe()
SCHEMA = schemathesis.openapi.from_dict(describe())  # it makes changes to what it is given
CHECKS = [status_code_conformance, content_type_conformance]
UNHURRIED = Limits(requests=Rate(1e6, 1_000_000), operations=Rate(1e6, 1_000_000))
FAULTS = {"internal", "too_often"}
"""What no request here may provoke."""


def laptop_keys() -> Any:
    """Keys as a laptop tells them."""
    return msgspec.to_builtins(new_keys().public)


class Town:
    """A centre behind HTTP with some work in it, and what one of its clients knows."""

    def __init__(self, centre: Centre, address: str) -> None:
        self.centre, self.address = centre, address
        self.session = requests.Session()
        laptop = centre.laptop("zhang")
        laptop.do("create", "r1", values={"name": "安宁"})
        laptop.do("patch", "r1", set={"note": (None, "新")})
        self.token = laptop.me.token
        self.known: dict[str, Any] = {
            "epoch": laptop.me.epoch,
            "replica": laptop.replica,
            "scope": GRID_A,
            "ids": ["r1", "r2"],
            "ops": [json.loads(msgspec.json.encode(one)) for one in laptop.sent],
            "cursors": {GRID_A: [1, 1]},
            "known_ack": 2,
            "bucket": None,
            "parent": None,
            "keys": laptop_keys(),
            "protocol": 1,
            "user": laptop.login,
            "password": PASSWORD,
        }

    def ask_well(self, kind: type[msgspec.Struct]) -> int:
        """The status of a reply to a request in which everything is true."""
        sample = json.loads(msgspec.json.encode(messages()[kind.__name__]))
        truth = {**sample, **{name: self.known[name] for name in sample.keys() & self.known.keys()}}
        data = json.dumps(truth, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.session.post(
            self.address + PATHS[kind], data=data, headers=headers, timeout=WAIT_S
        ).status_code

    def ask(self, case: Case, *, known: bool) -> Response:
        """Send a case, by somebody who knows where he is or by a stranger."""
        headers = {"Accept-Encoding": "identity"}
        if known:
            headers["Authorization"] = f"Bearer {self.token}"
        options: dict[str, Any] = {"headers": headers, "timeout": WAIT_S}
        return case.call(base_url=self.address, session=self.session, **options)


@pytest.fixture
def town(lite_centre: Centre) -> Iterator[Town]:
    """A centre with a web server of its own thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = build_app(lite_centre.server, limits=UNHURRIED)
    web = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    end = time.monotonic() + WAIT_S
    while not web.started and time.monotonic() < end:
        time.sleep(0.01)
    town = Town(lite_centre, f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield town
    town.session.close()
    web.should_exit = True
    thread.join(WAIT_S)
    listener.close()


# ------------------------------------------------------------------------------------------- the document


def test_every_path_is_described_with_its_messages() -> None:
    assert list(DOCUMENT["paths"]) == list(PATHS.values())
    for kind, path in PATHS.items():
        [operation] = DOCUMENT["paths"][path].values()
        assert operation["responses"].keys() == {"200", *(str(STATUS[code]) for code in refusals_of(path))}
        for named in (kind, reply_of(kind), Refusal):
            assert f"#/components/schemas/{named.__name__}" in json.dumps(operation), path


def test_every_refusal_is_told_somewhere() -> None:
    assert set.union(*map(refusals_of, PATHS.values())) == set(STATUS)


def assert_is(name: str, message: bytes) -> None:
    """A message is as the document says.

    By the validator itself: schemathesis 4.32 turns pairs and rows ("prefixItems") into what it cannot read.
    """
    whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(whole).validate(json.loads(message))


@pytest.mark.parametrize("name", sorted(messages()))
def test_the_golden_messages_are_as_the_document_says(name: str) -> None:
    assert_is(name, msgspec.json.encode(messages()[name]))


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", "openapi"]) == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT


# --------------------------------------------------------------------------------------------- the centre


@pytest.mark.parametrize("kind", PATHS)
def test_whatever_is_asked_the_answer_is_a_documented_one(
    town: Town, kind: type[msgspec.Struct], expect_log: ExpectedLog
) -> None:
    path = PATHS[kind]
    if kind is AuditRequest:
        expect_log("a laptop's sum is not that of our")  # who asks has counted another one
    assert town.ask_well(kind) == (404 if kind in BLOB_PATHS else 200), "the handler is reached"
    operation = SCHEMA[path]["POST"]
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    members = DOCUMENT["components"]["schemas"][kind.__name__]["properties"]
    told = st.sets(st.sampled_from(sorted(town.known.keys() & members.keys())))

    @settings(max_examples=EXAMPLES)
    @given(right | wrong, told, st.sampled_from([True, True, True, False]))
    def ask(case: Case, told: set[str], known: bool) -> None:
        if isinstance(case.body, dict):
            case.body = case.body | {name: town.known[name] for name in sorted(told)}
        reply = town.ask(case, known=known)
        case.validate_response(reply, checks=CHECKS)
        if reply.status_code == 200:
            assert_is(reply_of(kind).__name__, reply.content)
        else:
            code = msgspec.json.decode(reply.content, type=Refusal).code
            assert code in refusals_of(path) - FAULTS
            assert STATUS[code] == reply.status_code

    ask()
    assert town.centre.violations() == []


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"epoch":' + b"[" * 100_000, b'{"new":' * 100_000])
def test_what_is_nested_without_an_end_is_a_bad_request(town: Town, nested: bytes) -> None:
    """Also to somebody whom nobody knows: a decoder gives up long before the limit of a request."""
    for path in PATHS.values():
        reply = town.session.post(town.address + path, data=nested, timeout=WAIT_S)
        assert msgspec.json.decode(reply.content, type=Refusal).code == "bad_request", path
