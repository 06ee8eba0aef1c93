"""Texts: Chinese is the source, English a catalogue, the pseudo-locale shows what a layout cannot hold."""

import re
import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridworker.i18n import N_, Language, _, language, ngettext, pgettext, problem_text, pseudo, use_language

KNOWN = "读不了设置文件 {path}：{why}。现在使用默认设置。"
UNKNOWN = "这句话没有人翻译过 {n}"


@pytest.fixture(autouse=True)
def chinese_again() -> Iterator[None]:
    yield
    use_language("zh")


def test_chinese_is_the_source_and_needs_no_catalogue() -> None:
    assert (language(), _(KNOWN), N_(KNOWN)) == ("zh", KNOWN, KNOWN)


def test_english_comes_from_the_catalogue() -> None:
    use_language("en")
    assert (
        _(KNOWN).format(path="p", why="w")
        == "The settings file p cannot be read: w. The defaults are in use."
    )


def test_what_english_lacks_appears_in_chinese() -> None:
    use_language("en")
    assert [_(UNKNOWN), ngettext(UNKNOWN, UNKNOWN, 2), pgettext("门", UNKNOWN)] == [UNKNOWN] * 3


@pytest.mark.parametrize("chosen", ["zh", "en", "pseudo"])
def test_no_text_stays_no_text(chosen: Language) -> None:
    use_language(chosen)
    assert _("") == ""


def test_a_language_that_is_none_is_a_bug_and_changes_nothing() -> None:
    with pytest.raises(ValueError, match="zh, en, pseudo"):
        use_language("fr")  # type: ignore[arg-type]  # the mistake under test
    assert language() == "zh"


def test_the_pseudo_locale_is_accented_longer_and_bracketed() -> None:
    use_language("pseudo")
    shown = _(KNOWN)
    assert shown.startswith("[Ţĥé šéţţíñǧš ƒíĺé {path} ")
    assert shown.endswith("~]")


@given(st.text(alphabet=string.ascii_letters + "中文 {}<>&", min_size=1))
def test_the_pseudo_locale_is_at_least_forty_percent_longer(text: str) -> None:
    assert len(pseudo(text)) >= len(text) * 1.4


@given(st.lists(st.sampled_from(["{name}", "{n:,}", "<b>", "</b>", "plain text", "中文"])))
def test_the_pseudo_locale_keeps_placeholders_and_tags(parts: list[str]) -> None:
    shown = pseudo(" ".join(parts))
    assert re.findall(r"{[^}]*}|<[^>]*>", shown) == [p for p in parts if p[0] in "{<"]


def test_a_problem_is_two_sentences_in_both_languages() -> None:
    values = {"path": "a.json", "why": "EACCES"}
    sentence, action = problem_text("settings_unreadable", values)
    assert sentence == "读不了设置文件 a.json：EACCES。现在使用默认设置。"
    assert action.startswith("请让技术人员")
    use_language("en")
    assert problem_text("settings_unreadable", values)[0].startswith(
        "The settings file a.json cannot be read"
    )


def test_a_value_that_is_missing_never_hides_the_problem() -> None:
    assert problem_text("settings_unreadable", {})[0] == "读不了设置文件 …：…。现在使用默认设置。"


def test_a_code_of_a_newer_centre_is_named() -> None:
    sentence, action = problem_text("not_yet_invented", {"secret": "x"})
    assert "not_yet_invented" in sentence
    assert action


def test_a_value_that_is_a_text_of_the_program_appears_in_the_language_in_use() -> None:
    use_language("en")
    sentence, _action = problem_text("setting_not_allowed", {"text": "文字大小", "value": 110})
    assert sentence == "The setting “Text size” cannot be “110”; its default is used instead."
