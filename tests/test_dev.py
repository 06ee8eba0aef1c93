"""The project's commands: what they install, make and start, without doing it."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

import dev


class Machine:
    """A machine that remembers what it was told to run."""

    def __init__(self, **found: str) -> None:
        self.found = found
        self.ran: list[list[str]] = []

    def which(self, name: str) -> str | None:
        return self.found.get(name)

    def quietly(self, command: list[str]) -> bool:
        self.ran.append(list(command))
        return True


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(**{"apt-get": "apt-get", "fc-list": "fc-list"})
    monkeypatch.setattr(shutil, "which", machine.which)
    monkeypatch.setattr(dev, "quietly", machine.quietly)
    return machine


def test_root_installs_with_apt_after_one_update(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert dev.apt_install(["libegl1"])
    assert [("update" in command, command[-1]) for command in machine.ran] == [
        (True, "update"),
        (False, "libegl1"),
    ]
    assert all("DEBIAN_FRONTEND=noninteractive" in command for command in machine.ran)


def test_without_the_right_nothing_is_installed_and_the_command_is_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(dev, "missing_packages", lambda *, window_tests: ["fonts-noto-cjk"])
    dev.install_system_packages(window_tests=False)
    assert machine.ran == []
    assert "sudo apt-get install -y fonts-noto-cjk" in capsys.readouterr().out


def test_a_library_that_qt_needs_and_nobody_could_install_stops_the_command(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "root_prefix", lambda: None)
    monkeypatch.setattr(dev, "loads", lambda library: library != "libEGL.so.1")
    with pytest.raises(SystemExit, match=r"libEGL\.so\.1"):
        dev.install_system_packages(window_tests=False)


def test_window_tests_need_three_programs_more(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "has_chinese_font", lambda: True)
    monkeypatch.setattr(dev, "loads", lambda _library: True)
    assert dev.missing_packages(window_tests=False) == []
    assert dev.missing_packages(window_tests=True) == ["xvfb", "openbox", "xdotool"]


def test_the_environment_is_made_once_and_again_only_for_another_lock(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def must(command: list[str]) -> None:
        ran.append(command[2])
        dev.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        dev.PYTHON.touch()

    monkeypatch.setattr(dev, "must", must)
    monkeypatch.setattr(dev, "PYTHON", root / ".venv" / "bin" / "python")
    monkeypatch.setattr(dev, "STAMP", root / ".venv" / "stamp")
    monkeypatch.setattr(dev, "REQUIREMENTS", root / "lock.txt")
    dev.REQUIREMENTS.write_text("a==1")
    dev.install_requirements()
    dev.install_requirements()
    assert ran == ["venv", "pip"]
    dev.REQUIREMENTS.write_text("a==2")
    dev.install_requirements()
    assert ran == ["venv", "pip", "pip"]
    assert hashlib.sha256(b"a==2").hexdigest() in dev.STAMP.read_text()


def test_an_installation_that_broke_off_is_begun_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("PYTHON", "python"), ("STAMP", "stamp"), ("REQUIREMENTS", "lock.txt")):
        monkeypatch.setattr(dev, name, root / file)
        (root / file).touch()
    monkeypatch.setattr(dev, "quietly", lambda command: "pip" not in command)
    with pytest.raises(SystemExit, match="set-up stopped at"):
        dev.install_requirements()
    assert not dev.STAMP.exists()


def test_a_file_is_made_when_it_is_missing_or_older_than_its_inputs(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def must(command: list[str]) -> None:
        made.append(Path(command[1]).name)
        (root / "out.bin").touch()

    monkeypatch.setattr(dev, "must", must)
    monkeypatch.setattr(dev, "MADE", (dev.Made("a file", "make.py", "out.bin", ("in/*.csv",)),))
    (root / "in").mkdir()
    for name in ("make.py", "in/a.csv"):
        (root / name).touch()
    dev.make_files()
    dev.make_files()
    assert made == ["make.py"]
    later = (root / "out.bin").stat().st_mtime + 10
    os.utime(root / "in" / "a.csv", (later, later))
    dev.make_files()
    assert made == ["make.py", "make.py"]


@pytest.mark.parametrize(
    "arguments", [["tests/test_dev.py"], ["-n", "4"], ["-s"], ["--pdb", "tests/db"], ["-n0"]]
)
def test_one_file_or_a_debugger_runs_in_one_process(arguments: list[str]) -> None:
    assert dev.workers(arguments) == []


@pytest.mark.parametrize("arguments", [[], ["tests/db"], ["-k", "visit"], ["-q"]])
def test_folders_run_in_several_processes(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert dev.workers(arguments)[:2] == ["-n", "2"]


@pytest.mark.parametrize(
    ("display", "asked", "given"),
    [
        ({}, [], ["--tour"]),
        ({}, ["--tour"], ["--tour"]),
        ({"DISPLAY": ":0"}, [], []),
        ({"WAYLAND_DISPLAY": "w"}, ["--scale=2"], ["--scale=2"]),
    ],
)
def test_without_a_display_the_demo_is_a_tour(
    monkeypatch: pytest.MonkeyPatch, display: dict[str, str], asked: list[str], given: list[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "set_up", lambda: None)
    monkeypatch.setattr(dev, "call", lambda module, _environment: started.append(list(module)))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in display.items():
        monkeypatch.setenv(name, value)
    dev.run(["--role", "leader", *asked])
    assert started == [["gridworker", "demo", "--role", "leader", *given]]


def test_every_command_of_the_help_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(f"dev.py {name}" in (dev.__doc__ or "") for name in dev.COMMANDS)
    monkeypatch.setattr(sys, "argv", ["dev.py", "nonsense"])
    assert dev.main() == 2


def test_a_check_that_fails_shows_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert not dev.show("ruff", False, "a.py:1 wrong", 1.0)
    assert "a.py:1 wrong" in capsys.readouterr().out
