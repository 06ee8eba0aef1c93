"""Clock, ids and chance are arguments: below the composition root nobody asks the machine for them."""

import ast
from collections.abc import Iterator

from tests.shape.source import Module, assert_none, modules

LAYERS = ("domain", "wire", "db", "actions", "sync", "server")

ASKED = {
    "time": {"time", "time_ns", "gmtime", "localtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "uuid": {"uuid1", "uuid4", "uuid6", "uuid7"},
    "uuid_utils": {"uuid1", "uuid4", "uuid6", "uuid7"},
    "random": {"*"},
}
"""Owner of the name and the names that may not be called."""


def test_nobody_below_main_asks_for_the_time_an_id_or_chance() -> None:
    below = modules(*(f"gridworker/{layer}" for layer in LAYERS))
    wrong = [f"{module.at(call)} {said}" for module in below for call, said in asks(module)]
    assert_none(wrong)


def asks(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a forbidden name, as owner.name(…) or as a name imported from its owner."""
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module in ASKED
        for alias in node.names
    }
    for call in ast.walk(module.tree):
        if not isinstance(call, ast.Call):
            continue
        said = ast.unparse(call.func)
        owner, _, name = said.rpartition(".")
        if not owner:
            owner, name = imported.get(name, ("", name))
        names = ASKED.get(owner.rpartition(".")[2], set())
        if name in names or "*" in names:
            yield call, f"{said}(…)"


def test_the_ways_of_asking_are_recognised() -> None:
    source = (
        "import datetime, random, time\nfrom time import time as clock\nfrom uuid import uuid4\n"
        "time.time()\nclock()\nuuid4()\ndatetime.datetime.now()\ndatetime.date.today()\nrandom.random()\n"
        "clock_ms()\nself.time.sleep(1)\nrow.date()\n"
    )
    module = Module("gridworker/db/x.py", source, ast.parse(source))
    assert [said for _, said in asks(module)] == [
        "time.time(…)",
        "clock(…)",
        "uuid4(…)",
        "datetime.datetime.now(…)",
        "datetime.date.today(…)",
        "random.random(…)",
    ]
