"""Whatever the centre holds back has a sentence that says why, and one that says what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import gridworker.server
from gridworker.ui.sync_centre.reasons import ADVICE, REASONS

SERVER = Path(gridworker.server.__file__).parent


def reasons() -> Iterator[str]:
    """The reasons as the centre's code names them."""
    for file in sorted(SERVER.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "held" and node.args:
                yield from words_in(node.args[0])


def words_in(expression: ast.expr) -> Iterator[str]:
    """The texts that an expression may come to."""
    parts = [expression.body, expression.orelse] if isinstance(expression, ast.IfExp) else [expression]
    yield from (
        part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def test_every_reason_of_the_centre_is_explained() -> None:
    found = set(reasons())
    assert {"missing", "scope", "role", "state", "deleted", "purged"} <= found
    assert found <= REASONS.keys()


def test_every_reason_comes_with_what_to_do() -> None:
    assert REASONS.keys() == ADVICE.keys()
