#!/usr/bin/env python3
"""The project's commands, with all of their set-up, on a fresh machine that has only Python 3.11 or later.

python3 dev.py run [--role worker|leader] …    the centre and a desktop with the demo grid
python3 dev.py test [PYTEST ARGUMENTS]         every test, in random order
python3 dev.py check                           ruff, mypy, import-linter, codespell
python3 dev.py bench [NAME…] [--json]          benchmarks beside their floors
python3 dev.py simulate [--device-days N] …    weeks of work and faults on the real code; --seed S, --json
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

if sys.platform != "win32":
    import fcntl

if sys.version_info < (3, 11):
    sys.exit("gridworker needs Python 3.11 or later; this is " + sys.version.split()[0])

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if sys.platform == "win32" else "bin")
PYTHON = SCRIPTS / ("python.exe" if sys.platform == "win32" else "python")
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
STAMP = VENV / "installed.txt"

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What the Qt wheel links to or loads, and the Debian package that brings it."""

WINDOW_TOOLS = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool"}
"""Programs of the window tests, and the Debian package of each."""


class Made(NamedTuple):
    """A file that a script of packaging/ makes from its inputs, and which git does not keep."""

    what: str
    script: str
    output: str
    inputs: tuple[str, ...]


MADE = (
    Made(
        "the pinyin table",
        "packaging/pinyin_table.py",
        "gridworker/resources/pinyin/table.bin",
        ("gridworker/resources/pinyin/*.csv", "gridworker/resources/pinyin/*.toml", "requirements/dev.txt"),
    ),
    Made(
        "the English catalogue",
        "packaging/translations.py",
        "gridworker/resources/locale/en/LC_MESSAGES/gridworker.mo",
        ("gridworker/resources/po/en", "gridworker/resources/po/en/*.po"),
    ),
)


class Check(NamedTuple):
    """One program that reads the source and fails where it finds something."""

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("ruff check", ("ruff", "check", "--no-fix", "--output-format=concise", ".")),
    Check("ruff format", ("ruff", "format", "--check", "--output-format=concise", ".")),
    Check("mypy", ("mypy", "gridworker", "benchmarks", "tests", "dev.py")),
    Check("mypy packaging", ("mypy", "--cache-dir=.mypy_cache/packaging", "packaging")),
    Check("import-linter", ("lint-imports", "--no-cache", "--no-logo")),
    Check("codespell", ("codespell", ".")),
)


def say(text: str) -> None:
    """One line about what is being done."""
    print("• " + text, flush=True)


# ---------------------------------------------------------------------------------------------- set-up


def set_up(*, window_tests: bool = False) -> None:
    """Bring system libraries, environment and made files up to date; quick where nothing is to do."""
    with alone():
        install_system_packages(window_tests=window_tests)
        install_requirements()
        make_files()


@contextmanager
def alone() -> Iterator[None]:
    """Wait for another dev.py in this checkout to finish its set-up first."""
    with (ROOT / ".venv.lock").open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install_system_packages(*, window_tests: bool) -> None:
    """Install what Linux lacks, or name the command; only libraries that Qt cannot start without stop us."""
    if not sys.platform.startswith("linux"):
        return
    wanted = missing_packages(window_tests=window_tests)
    if wanted and not apt_install(wanted):
        print("  Please install these and run the command again:")
        print(f"    sudo apt-get install -y {' '.join(wanted)}")
    lost = [name for name in LIBRARIES if not loads(name)]
    if lost:
        sys.exit("Qt cannot start without " + ", ".join(lost))


def missing_packages(*, window_tests: bool) -> list[str]:
    """Debian packages that are needed and not there."""
    missing = [package for library, package in LIBRARIES.items() if not loads(library)]
    if not has_chinese_font():
        missing += ["fontconfig", "fonts-noto-cjk"]
    if not PYTHON.exists() and not has_module("ensurepip"):
        missing.append("python3-venv")
    if window_tests:
        missing += [package for tool, package in WINDOW_TOOLS.items() if not shutil.which(tool)]
    return missing


def loads(library: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese."""
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    return bool(subprocess.run([lister, ":lang=zh", "file"], capture_output=True, check=False).stdout.strip())


def has_module(name: str) -> bool:
    """Whether this Python was installed with a module (Debian packages ensurepip apart)."""
    return importlib.util.find_spec(name) is not None


def apt_install(packages: Sequence[str]) -> bool:
    """Install Debian packages where this user may; False where apt or the right is missing, or apt fails."""
    rights = root_prefix()
    if rights is None or not shutil.which("apt-get"):
        say("missing on this machine: " + " ".join(packages))
        return False
    say("installing from the distribution: " + " ".join(packages))
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    quietly([*apt, "update"])
    return quietly([*apt, "install", "-y", "--no-install-recommends", *packages])


def root_prefix() -> list[str] | None:
    """What to put before a command to run it as root: nothing, sudo without a question, or None."""
    if sys.platform == "win32" or os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def install_requirements() -> None:
    """Create .venv and install exactly what requirements/dev.txt names, when either has changed."""
    wanted = f"{sys.version}\n{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n"
    present = STAMP.read_text() if STAMP.exists() and PYTHON.exists() else ""
    if present == wanted:
        return
    if present.splitlines()[:-1] != wanted.splitlines()[:-1]:
        say(f"creating .venv with Python {sys.version.split()[0]}")
        must([sys.executable, "-m", "venv", "--clear", str(VENV)])
    STAMP.unlink(missing_ok=True)
    say("installing the locked requirements (a minute or two, once)")
    quiet = ("--quiet", "--disable-pip-version-check", "--progress-bar=off")
    exact = ("--require-hashes", "--no-deps", "-r", str(REQUIREMENTS))
    must([str(PYTHON), "-m", "pip", "install", *quiet, *exact])
    STAMP.write_text(wanted)


def make_files() -> None:
    """Make every file of MADE that is missing or older than its script or inputs."""
    for made in MADE:
        inputs = [ROOT / made.script, *(path for pattern in made.inputs for path in ROOT.glob(pattern))]
        output = ROOT / made.output
        if not output.exists() or output.stat().st_mtime < max(path.stat().st_mtime for path in inputs):
            say("making " + made.what)
            must([str(PYTHON), str(ROOT / made.script)])
            output.touch()


def quietly(command: Sequence[str]) -> bool:
    """Run a command and show what it said only where it failed."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
    return done.returncode == 0


def must(command: Sequence[str]) -> None:
    """Run a command of the set-up, or stop with what it said."""
    if not quietly(command):
        sys.exit("set-up stopped at: " + " ".join(command))


# -------------------------------------------------------------------------------------------- commands


def run(arguments: Sequence[str]) -> int:
    """Start the demo: the centre and a desktop; without a display, the same day as an offscreen tour."""
    parser = argparse.ArgumentParser(prog="dev.py run", description=run.__doc__)
    parser.add_argument("--role", choices=("worker", "leader"), default="worker")
    chosen, rest = parser.parse_known_args(arguments)
    set_up()
    environment = dict(os.environ)
    if not has_display():
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        if "--tour" not in rest:
            say("no display: the same day as an offscreen tour")
            rest.append("--tour")
    return call(["gridworker", "demo", "--role", chosen.role, *rest], environment)


def has_display() -> bool:
    """Whether a window can be shown."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def test(arguments: Sequence[str]) -> int:
    """Run pytest on everything, or on what the arguments say; its closing line is the last."""
    set_up(window_tests=True)
    return call(["pytest", *workers(arguments), *arguments])


def workers(arguments: Iterable[str]) -> list[str]:
    """Two or more processes for whole folders; one for a single file or under a debugger."""
    alone_please = ("-n", "-s", "--pdb", "--trace", "--co", "--collect-only", "--numprocesses", "--lf", "-h")
    if any(a.startswith(alone_please) or ".py" in a for a in arguments) or (os.cpu_count() or 1) < 2:
        return []
    # A worker that crashes ends the run: replaced by another, the run may wait for ever.
    return ["-n", str(min(os.cpu_count() or 2, 4)), "--dist=loadfile", "--max-worker-restart=0"]


def check(arguments: Sequence[str]) -> int:
    """Run every check of CHECKS, two at a time; show all that fail."""
    argparse.ArgumentParser(prog="dev.py check", description=check.__doc__).parse_args(arguments)
    set_up()
    with ThreadPoolExecutor(2) as pool:
        passed = [show(*outcome) for outcome in pool.map(outcome_of, CHECKS)]
    print(f"{sum(passed)} of {len(passed)} checks passed")
    return 0 if all(passed) else 1


def outcome_of(item: Check) -> tuple[str, bool, str, float]:
    """Run one check: its name, whether it passed, what it said, and seconds."""
    start = time.perf_counter()
    command = [str(SCRIPTS / item.command[0]), *item.command[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    return item.name, done.returncode == 0, done.stdout + done.stderr, time.perf_counter() - start


def show(name: str, passed: bool, said: str, seconds: float) -> bool:
    """Print the outcome of one check, with everything it said where it failed."""
    print(f"{'✓' if passed else '✗'} {name}  {seconds:.1f} s", flush=True)
    if not passed:
        print(said.rstrip() + "\n", flush=True)
    return passed


def bench(arguments: Sequence[str]) -> int:
    """Run benchmarks beside their floors; with --json one object a line."""
    set_up()
    return call(["benchmarks.run", *arguments])


def simulate(arguments: Sequence[str]) -> int:
    """Run worlds of laptops and faults, each from its seed; the last line is one JSON object."""
    set_up()
    return call(["tests.faults.simulator.run", *arguments])


def call(module: Sequence[str], environment: dict[str, str] | None = None) -> int:
    """Run a module in the environment, in the foreground, and give its exit code."""
    process = subprocess.Popen([str(PYTHON), "-m", *module], cwd=ROOT, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal told the program too; it ends in its own way


COMMANDS = {"run": run, "test": test, "check": check, "bench": bench, "simulate": simulate}


def main() -> int:
    """Do the command that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    return COMMANDS[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
