"""Problems: every code that is raised has a sentence and a next step, made of values that are given."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.shape.source import PROGRAM, Module, assert_none, modules
from tests.shape.texts import RESOURCES, is_chinese, placeholders

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
    """Every code that the first argument may be: literals, and what names and tables of the module hold."""
    return frozenset(text for text in strings(call.args[0], module) if CODE.fullmatch(text))


def strings(node: ast.expr, module: Module) -> Iterator[str]:
    """The strings that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for part in branches(node, module):
        yield from strings(part, module)


def branches(node: ast.expr, module: Module) -> list[ast.expr]:
    """The expressions one of which an expression amounts to."""
    match node:
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.BoolOp() | ast.Dict():
            return node.values
        case ast.Name():
            return assigned(node.id, module)
        case ast.Subscript() | ast.GeneratorExp(generators=[ast.comprehension(iter=_)]):
            return [node.value if isinstance(node, ast.Subscript) else node.generators[0].iter]
        case ast.Call(func=ast.Attribute(attr="get" | "items" | "values", value=owner)):
            return [owner, *node.args[1:]]
        case ast.Call(func=ast.Name(id="next")):
            return node.args
    return []


def assigned(name: str, module: Module) -> list[ast.expr]:
    """What the module assigns to a name, anywhere."""
    found = []
    for node in ast.walk(module.tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found += [node.value for target in targets if isinstance(target, ast.Name) and target.id == name]
    return found


def test_the_ways_of_choosing_a_code_are_recognised() -> None:
    source = (
        "T = {'X': 'from_table', 'Y': 'other'}\nC = 'a' if x else 'b'\n"
        "Problem('plain')\nProblem(C)\nProblem(T.get(x, 'default'))\nProblem(T[x])\n"
        "code = next((c for s, c in T.items() if s), None)\nProblem(code)\n"
        "problems.Problem(e.code, **e.values)\n"
    )
    module = Module("gridworker/x.py", source, ast.parse(source))
    table_codes = {"from_table", "other"}
    assert [set(codes_of(call, module)) for call in calls(module)] == [
        {"plain"},
        {"a", "b"},
        table_codes | {"default"},
        table_codes,
        table_codes,
        set(),
    ]


@cache
def table() -> dict[str, dict[str, str]]:
    """The sentences by code."""
    return tomllib.loads((RESOURCES / "texts" / "problems.toml").read_text("utf-8"))


def test_every_code_that_is_raised_has_its_sentences() -> None:
    missing = {code: place.where for place in raised() for code in place.codes if code not in table()}
    assert_none(f"{where}  {code}" for code, where in sorted(missing.items()))


def test_a_code_that_is_not_literal_comes_from_a_table_or_from_another_problem() -> None:
    assert_none(place.where for place in raised() if not place.codes and not place.forwarded)


def test_every_sentence_uses_only_values_that_are_given() -> None:
    wrong = [
        f"{place.where} {code}: {{{name}}} is not given"
        for place in raised()
        if not place.forwarded
        for code in place.codes & table().keys()
        for name in placeholders("".join(table()[code].values())) - place.values
    ]
    assert_none(wrong)


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
    assert_none(wrong)


def test_every_code_is_written_in_one_way() -> None:
    assert_none(code for code in table() if not CODE.fullmatch(code))
