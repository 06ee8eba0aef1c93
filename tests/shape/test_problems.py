"""Problems: every code that is raised has a sentence and a next step, made of values that are given."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.shape.source import PROGRAM, Module, modules
from tests.shape.texts import RESOURCES, is_chinese, literal, placeholders

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Raised(NamedTuple):
    """One place that makes a Problem: its codes, the names of its values, and whether ** brings more."""

    codes: frozenset[str]
    values: frozenset[str]
    forwarded: bool
    where: str


@cache
def raised() -> tuple[Raised, ...]:
    """Every place of the program that makes a Problem."""
    return tuple(
        Raised(
            codes_of(call, module),
            frozenset(k.arg for k in call.keywords if k.arg),
            any(k.arg is None for k in call.keywords),
            module.at(call),
        )
        for module in modules(*PROGRAM)
        for call in calls(module)
    )


def calls(module: Module) -> Iterator[ast.Call]:
    """Calls of Problem in a module."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).rpartition(".")[2] == "Problem"
            and node.args
        ):
            yield node


def codes_of(call: ast.Call, module: Module) -> frozenset[str]:
    """The literal code, or all codes of the module's tables (values of module-level dicts)."""
    code = literal(call.args[0])
    if code is not None:
        return frozenset({code})
    tables = (node.value for node in module.tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    values = (value for table in tables if isinstance(table, ast.Dict) for value in table.values)
    return frozenset(text for value in values if (text := literal(value)) and CODE.fullmatch(text))


@cache
def table() -> dict[str, dict[str, str]]:
    """The sentences by code."""
    return tomllib.loads((RESOURCES / "texts" / "problems.toml").read_text("utf-8"))


def test_every_code_that_is_raised_has_its_sentences() -> None:
    missing = {code: place.where for place in raised() for code in place.codes if code not in table()}
    assert missing == {}


def test_a_code_that_is_not_literal_comes_from_a_table_or_from_another_problem() -> None:
    assert [place.where for place in raised() if not place.codes and not place.forwarded] == []


def test_every_sentence_uses_only_values_that_are_given() -> None:
    wrong = [
        f"{place.where} {code}: {{{name}}} is not given"
        for place in raised()
        if not place.forwarded
        for code in place.codes & table().keys()
        for name in placeholders("".join(table()[code].values())) - place.values
    ]
    assert wrong == []


def test_no_sentence_is_left_over() -> None:
    used = {code for place in raised() for code in place.codes}
    assert table().keys() - used == {"unknown"}


def test_every_code_says_what_happened_and_what_to_do_in_whole_sentences() -> None:
    wrong = [
        code
        for code, entry in table().items()
        if entry.keys() != {"text", "action"}
        or not all(is_chinese(said) and said.endswith("。") for said in entry.values())
    ]
    assert wrong == []


def test_every_code_is_written_in_one_way() -> None:
    assert [code for code in table() if not CODE.fullmatch(code)] == []
