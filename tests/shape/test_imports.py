"""Which part may import what: our own layers by import-linter, everybody else's libraries by this table."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.shape.source import PROGRAM, ROOT, Module, assert_none, modules

LIBRARIES: dict[str, set[str]] = {
    "domain": {"msgspec"},
    "i18n": set(),
    "settings": {"platformdirs"},
    "reports": set(),
    "dictionaries": {"msgspec"},
    "wire": {"msgspec", "zstandard", "pyrage", "cryptography"},
    "db": {"sqlalchemy", "alembic", "sqlcipher3", "msgspec", "cryptography"},
    "actions": {"openpyxl", "python_calamine", "defusedxml", "msgspec", "PIL"},
    "sync": {"msgspec", "zstandard"},
    "server": {
        "pyrage",
        "litestar",
        "uvicorn",
        "sqlalchemy",
        "psycopg",
        "alembic",
        "msgspec",
        "zstandard",
    },
    "ui": {"PySide6", "shiboken6", "msgspec"},
}
"""What each layer may import besides the standard library; those of COMPOSITION put everything together."""

COMPOSITION = {
    "__init__",
    "__main__",
    "centre",
    "centre_sticks",
    "cli",
    "commands",
    "demo",
    "main",
    "profiles",
    "sticks",
    "tour",
}

NOT_IN_THE_DOMAIN = re.compile(
    "asyncio|ctypes|glob|http|io|logging|multiprocessing|os|pathlib|random|secrets|shutil|signal|socket|"
    "sqlite3|subprocess|sys|tempfile|threading|time|urllib|uuid"
)
"""Standard library that means input, output, clock or chance."""


def imported(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every import of a module with the top-level name it imports."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module.split(".")[0]


def test_the_import_contracts_of_pyproject_are_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept, 0 broken" in done.stdout


def test_each_layer_uses_only_the_libraries_of_its_row() -> None:
    wrong = []
    for module in modules(*PROGRAM):
        if module.layer in COMPOSITION:
            continue
        allowed = sys.stdlib_module_names | {"gridworker"} | LIBRARIES.get(module.layer, set())
        if module.path == "gridworker/sync/line.py":
            allowed = allowed | {"certifi"}
        wrong += [f"{module.at(node)} {name}" for node, name in imported(module) if name not in allowed]
    assert_none(wrong)


def test_the_domain_has_no_input_output_clock_or_chance() -> None:
    wrong = [
        f"{module.at(node)} {name}"
        for module in modules("gridworker/domain")
        for node, name in imported(module)
        if NOT_IN_THE_DOMAIN.fullmatch(name)
    ]
    assert_none(wrong)
