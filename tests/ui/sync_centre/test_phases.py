"""Every phase that an exchange goes through has its words in the window and on the command line."""

import ast
from collections.abc import Iterator
from pathlib import Path

import gridworker.sync
from gridworker.commands import EXCHANGING
from gridworker.ui.sync_centre.situations import PHASES

SYNC = Path(gridworker.sync.__file__).parent


def phases() -> Iterator[str]:
    """The phases as the code of the exchange names them: the first argument of every Progress it makes."""
    for file in sorted(SYNC.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) in ("Progress", "_progress") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def name_of(function: ast.expr) -> str:
    """The name that is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_the_phases_are_found() -> None:
    assert {"hello", "push", "pull", "audit", "photos", "done"} <= set(phases())


def test_every_phase_has_its_words_and_no_word_is_left_over() -> None:
    assert set(PHASES) == set(phases())
    assert set(EXCHANGING) == set(phases())
