"""The lock files: exact, hashed, and the same versions for what ships and for what is developed."""

import re
import tomllib

from tests.shape.source import ROOT, assert_none, modules
from tests.shape.test_imports import imported

PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Every package of a lock file and its version."""
    return dict(PIN.findall((ROOT / "requirements" / name).read_text("utf-8")))


def blocks(name: str) -> list[str]:
    """The text of each pin with its hashes."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))


def declared(*extras: str) -> set[str]:
    """Names that pyproject asks for, as the lock spells them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [r for e in extras for r in project["optional-dependencies"][e]]
    names = (re.match(r"[\w.-]+", requirement) for requirement in wanted)
    return {re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name}


def test_what_ships_is_developed_with_the_same_versions() -> None:
    develop = pins("dev.txt")
    assert {name: develop.get(name) for name in pins("app.txt")} == pins("app.txt")


def test_every_dependency_is_locked() -> None:
    assert declared("server") <= pins("app.txt").keys()
    assert declared("server", "dev") <= pins("dev.txt").keys()


def test_nothing_that_only_developers_need_ships() -> None:
    assert not (declared("dev") - declared("server")) & pins("app.txt").keys()


def test_every_library_that_ships_is_used() -> None:
    used = {name for module in modules("gridworker") for _, name in imported(module)}
    spelt = {"PySide6": "pyside6-essentials", "PIL": "pillow"}
    spelt |= {name: name.lower().replace("_", "-") for name in used - spelt.keys()}
    by_name = {"psycopg"}  # the URL of a database names its driver
    assert declared("server") - set(spelt.values()) == by_name


def test_every_pin_has_hashes() -> None:
    bare = [
        b.split()[0] for name in ("app.txt", "dev.txt") for b in blocks(name) if "--hash=sha256:" not in b
    ]
    assert_none(bare)
