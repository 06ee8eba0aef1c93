"""Every module says in one sentence what it is, every public class and function what it is or promises."""

import ast
from collections.abc import Iterator

from tests.shape.source import EVERYTHING, Function, assert_none, modules


def test_every_module_begins_with_a_sentence() -> None:
    wrong = []
    for module in modules(*EVERYTHING):
        said = ast.get_docstring(module.tree) or ""
        if not said.splitlines()[:1] or not said.splitlines()[0].endswith((".", ":", "。")):
            wrong.append(module.path)
    assert_none(wrong)


def test_every_public_class_and_function_has_a_docstring() -> None:
    wrong = [
        f"{module.at(node)} {node.name}"
        for module in modules("gridworker", "benchmarks", "packaging", "dev.py")
        for node in public(module.tree)
        if not ast.get_docstring(node)
    ]
    assert_none(wrong)


def public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """Public definitions; the methods that Qt (camelCase) or Python (__x__) named are documented there."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            if isinstance(tree, ast.ClassDef) and (node.name != node.name.lower() or overload(node)):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def overload(node: ast.ClassDef | Function) -> bool:
    """Whether it only declares one more signature."""
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


def test_what_counts_as_public() -> None:
    methods = (
        "class A:\n def b(self): ...\n def _c(self): ...\n def paintEvent(self): ...\n def __len__(self): ..."
    )
    tree = ast.parse(methods + "\ndef d(): ...\ndef _e(): ...")
    assert [node.name for node in public(tree)] == ["A", "b", "d"]
