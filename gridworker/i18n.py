"""Texts in the user's language: Chinese is the source, English a catalogue, pseudo a test of layouts."""

import gettext as _gettext
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["zh", "en", "pseudo"]

_RESOURCES = Path(__file__).parent / "resources"
_DOMAIN = "gridworker"
_SOURCE = _gettext.NullTranslations()

_catalogue: _gettext.NullTranslations = _SOURCE
_finish: Callable[[str], str] = str
_language: Language = "zh"


def use_language(language: Language) -> None:
    """Switch every text asked for from now on; what a language lacks appears in Chinese."""
    global _catalogue, _finish, _language
    if language not in get_args(Language):
        raise ValueError(f"no such language: {language!r}; there are {', '.join(get_args(Language))}")
    _catalogue = _SOURCE if language == "zh" else _english()
    _finish = pseudo if language == "pseudo" else str
    _language = language


def language() -> Language:
    """The language in use."""
    return _language


def _(text: str) -> str:
    """The text in the language in use; `text` is the Chinese sentence, with named {placeholders}."""
    return _finish(_catalogue.gettext(text)) if text else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of a counted text for `n`; both arguments are the same Chinese sentence, English has two."""
    return _finish(_catalogue.ngettext(singular, plural, n))


def pgettext(context: str, text: str) -> str:
    """The text where one Chinese word needs several English ones: `context` says which is meant."""
    return _finish(_catalogue.pgettext(context, text))


def N_(text: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark a text of a table for translation and leave it as it is; `_()` translates it when it is shown."""
    return text


def problem_text(code: str, values: Mapping[str, object]) -> tuple[str, str]:
    """What happened and what to do next, as two sentences, for the code of a Problem.

    A code that this program does not know (a newer centre may send one) gets the sentences of "unknown".
    A value that is itself a text of the program (the label of a field) appears in the language in use.
    """
    table = _problems()
    known = code in table
    entry = table[code if known else "unknown"]
    shown = _Shown((name, _in_language(value)) for name, value in values.items())
    shown.setdefault("code", code)
    return _(entry["text"]).format_map(shown), _(entry["action"]).format_map(shown)


def _in_language(value: object) -> object:
    return _catalogue.gettext(value) if isinstance(value, str) and value else value


class _Shown(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def _problems() -> Mapping[str, Mapping[str, str]]:
    with (_RESOURCES / "texts" / "problems.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _english() -> _gettext.NullTranslations:
    return _gettext.translation(_DOMAIN, _RESOURCES / "locale", languages=["en"], fallback=True)


_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀçđéƒǧĥíĵķĺɱñóƥɋŕšţúṽŵẋýžÁƁÇĐÉƑǦĤÍĴĶĹṀÑÓƤɊŔŠŢÚṼŴẊÝŽ"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_KEPT = {"{": "}", "<": ">"}


def pseudo(text: str) -> str:
    """The text accented, 40 % longer and in brackets, so that a layout shows what it clips or forgot.

    Placeholders and tags stay as they are.
    """
    out: list[str] = []
    closing = ""
    for char in text:
        closing = closing or _KEPT.get(char, "")
        out.append(char if closing else char.translate(_ACCENTS))
        if char == closing:
            closing = ""
    return f"[{''.join(out)}{'~' * max(1, round(len(text) * 0.4))}]"
