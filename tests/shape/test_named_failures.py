"""The twenty named failures of toy sync, and their twins: each has a test of its own that is there."""

import ast
import re
import tomllib
from functools import cache
from typing import Any

import pytest

from tests.shape.source import ROOT

TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (ROOT / "tests" / "sync" / "named_failures.toml").read_text("utf-8")
)
FAILURES = TABLE["failure"]


@cache
def functions(path: str) -> frozenset[str]:
    """The tests of a module."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_number_is_there_once_and_in_order() -> None:
    numbers = [each["number"] for each in FAILURES]
    assert numbers[:20] == list(range(1, 21))
    assert numbers[20:] == sorted(set(numbers[20:]))
    assert set(numbers[20:]) <= set(range(21, 28))


def test_every_failure_is_a_sentence() -> None:
    assert [each["number"] for each in FAILURES if not re.fullmatch(r"[A-Z][^.]+\.", each["says"])] == []


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: str(failure["number"]))
def test_the_tests_of_a_failure_exist(failure: dict[str, Any]) -> None:
    assert failure["tests"]
    for test in failure["tests"]:
        path, name = test.split("::")
        assert name in functions(path), test


def test_no_test_stands_for_two_failures() -> None:
    tests = [test for each in FAILURES for test in each["tests"]]
    assert len(tests) == len(set(tests))


def test_every_test_that_says_it_is_one_of_them_is_in_the_table() -> None:
    tests = {test for each in FAILURES for test in each["tests"]}
    said = re.compile(r'^def (test_\w+)\((?:[^"]|"(?!""))*?""".*?[Ff]ailure \d', re.MULTILINE)
    for path in sorted((ROOT / "tests" / "sync").glob("test_named_failures_*.py")):
        for name in said.findall(path.read_text("utf-8")):
            assert f"tests/sync/{path.name}::{name}" in tests, name
