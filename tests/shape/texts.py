"""Every text that people can see, where it is written: in calls of `_`, in the domain's tables, in TOML."""

import ast
import importlib
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gridworker import settings
from gridworker.domain.records import Record, fields_of
from tests.shape.source import PROGRAM, ROOT, Module, modules

RESOURCES = ROOT / "gridworker" / "resources"
SHOWN = frozenset({"label", "text", "title", "action", "hint", "reason", "word", "unit", "description"})
"""Names of attributes and TOML keys whose Chinese values are shown to people."""


class Text(NamedTuple):
    """A text to translate and where it stands; with a context where one word has several meanings."""

    text: str
    where: str
    context: str | None = None
    counted: bool = False


def is_chinese(text: object) -> bool:
    """Whether it contains Chinese characters."""
    return isinstance(text, str) and any("\u4e00" <= char <= "\u9fff" for char in text)


def placeholders(text: str) -> set[str]:
    """The names in braces; a brace that is no placeholder is an error."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache
def all_texts() -> tuple[Text, ...]:
    """Every text of the program."""
    declared = (Text(text, "gridworker/settings.py") for text in settings.texts())
    return (*in_calls(), *in_domain(), *in_toml(), *declared)


# -------------------------------------------------------------------------------------------- in the code

CALLS = {"_": (0,), "N_": (0,), "ngettext": (0, 1), "pgettext": (1,)}
"""Functions of i18n and which of their arguments are texts."""


def in_calls() -> Iterator[Text]:
    """Literal texts given to the functions of i18n."""
    for module in modules(*PROGRAM):
        for call in translations(module):
            name = name_of(call)
            texts = [literal(call.args[n]) for n in CALLS[name] if n < len(call.args)]
            if texts and texts[0]:
                context = literal(call.args[0]) if name == "pgettext" else None
                yield Text(texts[0], module.at(call), context, name == "ngettext")


def translations(module: Module) -> Iterator[ast.Call]:
    """Calls of the functions of i18n in a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and name_of(node) in CALLS:
            yield node


def name_of(call: ast.Call) -> str:
    """The bare name that is called, or nothing."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def literal(node: ast.expr) -> str | None:
    """The string that a node is, if it is one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# ------------------------------------------------------------------------------------------ in the tables


def in_domain() -> Iterator[Text]:
    """Labels of record kinds, fields, choices, roles, rules: whatever the domain's tables show to people."""
    seen: set[int] = set()
    for module in modules("gridworker/domain"):
        loaded = importlib.import_module(module.path.removesuffix(".py").replace("/", "."))
        for value in vars(loaded).values():
            yield from (Text(text, module.path) for text in shown_by(value, seen))


def shown_by(value: Any, seen: set[int]) -> Iterator[str]:
    """The texts of a value and of everything in it."""
    if isinstance(value, str | bytes | int | float) or id(value) in seen:
        return
    seen.add(id(value))
    yield from (str(text) for name, text in vars_of(value).items() if name in SHOWN and is_chinese(text))
    for part in parts_of(value):
        yield from shown_by(part, seen)


def vars_of(value: Any) -> dict[str, Any]:
    """The named values of a struct or of a record kind."""
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return dict(vars(value)) if is_kind(value) else {}


def is_kind(value: Any) -> bool:
    """Whether it is a record kind (a class, not a record)."""
    return isinstance(value, type) and issubclass(value, Record) and value is not Record


def parts_of(value: Any) -> Iterator[Any]:
    """What a value consists of: elements, fields, the declarations of a record kind."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, msgspec.Struct):
        yield from vars_of(value).values()
    elif is_kind(value):
        yield from fields_of(value).values()


# --------------------------------------------------------------------------------------------- in the data


def in_toml() -> Iterator[Text]:
    """Chinese values of the keys in SHOWN, in every TOML file of the resources."""
    for path in sorted(RESOURCES.rglob("*.toml")):
        where = path.relative_to(ROOT).as_posix()
        yield from (Text(text, where) for text in in_table(tomllib.loads(path.read_text("utf-8"))))


def in_table(value: Any) -> Iterator[str]:
    """Such values in a table and in the tables inside it."""
    for key, part in value.items() if isinstance(value, dict) else ():
        if key in SHOWN and is_chinese(part):
            yield part
        yield from in_table(part)
    for part in value if isinstance(value, list) else ():
        yield from in_table(part)


def fragments() -> list[Path]:
    """The English fragments."""
    return sorted((RESOURCES / "po" / "en").glob("*.po"))
