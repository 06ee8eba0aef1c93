"""Texts: Chinese in the code, each with its English; nothing missing, nothing twice, nothing left over."""

import ast
import re
from collections import Counter
from functools import cache
from io import StringIO

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.shape.source import ROOT, Module, assert_none, modules
from tests.shape.texts import all_texts, fragments, is_chinese, literal, name_of, placeholders, translations

SCREENS = (
    "gridworker/ui",
    *(f"gridworker/{name}.py" for name in ("centre", "cli", "commands", "demo", "main", "profiles")),
)
READERS = {"gridworker/ui/quick_visit/spoken.py"}
"""Modules that understand Chinese which people type and show none."""

FILE_NAME = re.compile(r"[\w/.-]+\.\w{2,5}")
Key = tuple[str | None, str]


@cache
def english() -> dict[Key, Message]:
    """Every entry of every fragment by context and Chinese text."""
    return {key: message for _, key, message in entries()}


def entries() -> list[tuple[str, Key, Message]]:
    """File, key and message of every entry."""
    return [
        (path.name, (message.context, forms(message.id)[0]), message)
        for path in fragments()
        for message in read_po(StringIO(path.read_text("utf-8")), locale="en", abort_invalid=True)
        if message.id
    ]


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Singular and plural, or the one form."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def test_every_text_has_an_english_translation() -> None:
    """What has no Chinese in it (100%, English) reads the same in every language."""
    chinese = [text for text in all_texts() if is_chinese(text.text)]
    missing = {t.text: t.where for t in chinese if not done(english().get((t.context, t.text)))}
    assert_none(f"{where}  {text}" for text, where in missing.items())


def done(message: Message | None) -> bool:
    """Whether it is translated, in all of its forms, and nobody doubts it."""
    return message is not None and not message.fuzzy and all(forms(message.string))


def test_counted_texts_have_two_forms_and_others_one() -> None:
    wrong = [
        f"{t.where}  {t.text}"
        for t in all_texts()
        if (message := english().get((t.context, t.text))) and (len(forms(message.string)) == 2) != t.counted
    ]
    assert_none(wrong)


def test_every_translation_has_the_placeholders_of_its_text() -> None:
    wrong = [
        f"{file}  {key[1]}"
        for file, key, message in entries()
        if any(placeholders(form) != placeholders(key[1]) for form in forms(message.string)[-1:])
        or any(not placeholders(form) <= placeholders(key[1]) for form in forms(message.string))
    ]
    assert_none(wrong)


def test_no_translation_is_left_over() -> None:
    wanted = {(t.context, t.text) for t in all_texts()}
    assert_none(f"{file}  {key[1]}" for file, key, _ in entries() if key not in wanted)


def test_no_text_is_translated_twice() -> None:
    times = Counter(key for _, key, _ in entries())
    twice = {key: [file for file, other, _ in entries() if other == key] for key, n in times.items() if n > 1}
    assert twice == {}


def test_no_fragment_holds_an_entry_twice() -> None:
    for path in fragments():
        written = len(re.findall(r"^msgid ", path.read_text("utf-8"), re.MULTILINE)) - 1
        assert (path.name, written) == (path.name, sum(file == path.name for file, _, _ in entries()))


def test_english_is_english() -> None:
    chinese = [
        f"{file}  {form}"
        for file, key, message in entries()
        for form in forms(message.string)
        if form != key[1] and (is_chinese(form) or re.search("[。，；：？！（）]", form))
    ]
    assert_none(chinese)


def test_only_whole_literal_texts_are_given_to_the_functions_of_i18n() -> None:
    wrong = [
        f"{module.at(call)} {ast.unparse(call)[:80]}"
        for module in modules("gridworker")
        if module.path != "gridworker/i18n.py"
        for call in translations(module)
        if not all(is_whole(argument, name_of(call)) for argument in call.args[:2])
    ]
    assert_none(wrong)


def is_whole(argument: ast.expr, name: str) -> bool:
    """A literal, or for `_` and counts a value from elsewhere; never a text that is put together here."""
    if literal(argument) is not None:
        return True
    built = isinstance(argument, ast.JoinedStr | ast.BinOp) or (
        isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Attribute)
        and argument.func.attr == "format"
    )
    return not built and name not in ("N_",)


def test_no_chinese_reaches_a_screen_past_the_functions_of_i18n() -> None:
    wrong = [f"{module.at(node)} {node.value!r}" for module in showing() for node in bare(module)]
    assert_none(wrong)


def showing() -> list[Module]:
    """The modules of the program that show texts."""
    tops = (top for top in SCREENS if (ROOT / top).exists())
    return [module for module in modules(*tops) if module.path not in READERS]


def bare(module: Module) -> list[ast.Constant]:
    """Chinese literals that are no docstrings, no file names and no arguments of the functions of i18n."""
    covered = {id(argument) for call in translations(module) for argument in call.args}
    covered |= {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    return [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and is_chinese(node.value)
        and id(node) not in covered
        and not FILE_NAME.fullmatch(str(node.value))
    ]
