"""The server's process: says where it listens, ends cleanly on signals and with its parent."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from gridworker.server.demo import DEMO_PASSWORD

WAIT_S = 20
ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys, time, uuid
from gridworker.server.accounts import Door
from gridworker.server.serve import serve
door = Door(lambda: time.time_ns() // 10**6, lambda: str(uuid.uuid4()), os.urandom, 16)
parent = int(sys.argv[2]) or None
serve(sys.argv[1], door, port=0, demo_password="gridworker-demo", parent_pid=parent)
"""


def start(folder: Path, parent_pid: int = 0) -> tuple["subprocess.Popen[str]", str]:
    """A server of its own process, and its address."""
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{folder / 'centre.db'}", str(parent_pid)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    return process, json.loads(first)["listening"]


def enrol(address: str) -> requests.Response:
    """A demo user enrols."""
    request = {"user": "zhangxiao", "password": DEMO_PASSWORD, "device_name": "d", "app": "0.1.0"}
    return requests.post(f"{address}/v1/enrol", json=request, timeout=WAIT_S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_says_so_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process, address = start(tmp_path)
    with process:
        assert enrol(address).json()["user_name"] == "张晓"
        process.send_signal(number)
        out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_second_start_finds_everything_as_it_was(tmp_path: Path) -> None:
    epochs = set()
    for _ in range(2):
        process, address = start(tmp_path)
        with process:
            epochs.add(enrol(address).json()["epoch"])
            process.terminate()
            process.communicate(timeout=WAIT_S)
    assert len(epochs) == 1


def test_a_small_reply_comes_in_one_packet_and_the_line_stays_open(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    host, port = address.removeprefix("http://").split(":")
    with process, socket.create_connection((host, int(port)), WAIT_S) as line:
        for _ in range(5):
            line.sendall(b"POST /v1/hello HTTP/1.1\r\nHost: centre\r\nContent-Length: 2\r\n\r\n{}")
            head, _, body = line.recv(1 << 16).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 ")
            assert json.loads(body)["code"] == "bad_request"
        process.terminate()
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0


def test_what_is_no_http_is_answered_and_ended(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    host, port = address.removeprefix("http://").split(":")
    with process:
        with socket.create_connection((host, int(port)), WAIT_S) as line:
            line.sendall(b"EHLO centre\r\n\r\n")
            with line.makefile("rb") as said:
                assert said.read().startswith(b"HTTP/1.1 400 ")
        process.terminate()
        process.communicate(timeout=WAIT_S)


def test_it_ends_when_its_parent_has_ended(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process, _ = start(tmp_path, parent.pid)
    with process:
        parent.communicate(b"\n", timeout=WAIT_S)
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0


def test_a_living_parent_leaves_it_alone(tmp_path: Path) -> None:
    process, address = start(tmp_path, os.getpid())
    with process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        assert enrol(address).status_code == 200
        process.terminate()
        process.communicate(timeout=WAIT_S)


def test_a_killed_server_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    with process:
        token = enrol(address).json()["token"]
        process.kill()
        process.communicate(timeout=WAIT_S)
    process, address = start(tmp_path)
    with process:
        request = {"epoch": "another", "replica": "r", "schema": 1, "app": "0.1.0"}
        reply = requests.post(
            f"{address}/v1/hello", json=request, headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S
        )
        assert reply.json()["code"] == "epoch", "the token is known, only the epoch is not"
        process.terminate()
        process.communicate(timeout=WAIT_S)
