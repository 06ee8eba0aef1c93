"""The source as the shape tests see it: every Python file parsed once, and every text file of the project."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("gridworker",)
EVERYTHING = ("gridworker", "tests", "benchmarks", "packaging", "dev.py")
TEXT_FILES = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".po",
    ".csv",
    ".cfg",
    ".ini",
    ".json",
    ".sh",
    ".yml",
    ".html",
    "",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: its path in the project, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def layer(self) -> str:
        """The part of gridworker it belongs to: `domain`, `ui`, `settings` …"""
        return Path(self.path).with_suffix("").parts[1]

    @property
    def stem(self) -> str:
        """Its own name."""
        return Path(self.path).stem

    def at(self, node: ast.AST) -> str:
        """Where a node is, to click on."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Every Python file under the given folders or files of the project, in order."""
    return tuple(_parsed(path) for top in tops for path in sorted(_python_files(ROOT / top)))


def _python_files(top: Path) -> list[Path]:
    return [top] if top.suffix == ".py" else list(top.rglob("*.py"))


def _parsed(path: Path) -> Module:
    text = path.read_text("utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text, str(path)))


def functions(module: Module) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    return lines - ((first.end_lineno or 0) - first.lineno + 1 if documented else 0)


@cache
def text_files() -> tuple[tuple[str, str], ...]:
    """Path and content of every file that people write here."""
    tops = [*EVERYTHING, "docs", ".ci", "README.md", "pyproject.toml", ".gitignore", ".editorconfig"]
    paths = sorted(path for top in tops for path in _files(ROOT / top) if path.suffix in TEXT_FILES)
    return tuple((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths)


def _files(top: Path) -> list[Path]:
    if top.is_file():
        return [top]
    return [path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def assert_none(found: Iterable[str]) -> None:
    """Fail with one line for each thing found."""
    lines = list(found)
    if lines:
        pytest.fail(f"{len(lines)} found:\n" + "\n".join(lines), pytrace=False)
