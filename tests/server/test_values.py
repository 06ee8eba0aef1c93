"""When two values say the same: every spelling of nothing and of one text, and no two kinds of value."""

from typing import Any

import pytest

from gridworker.server.values import Rule, rule_of, same

PLAIN = Rule()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, ""),
        (None, []),
        (None, {}),
        ("", "  "),
        ("e\u0301", "\u00e9"),
        ("三楼", " 三楼\n"),
        (["三楼 "], ("三楼",)),
        (1, 1.0),
        ({"a": 1, "b": "x "}, {"b": "x", "a": 1}),
    ],
)
def test_what_says_the_same_is_the_same(one: Any, other: Any) -> None:
    assert same(one, other, PLAIN)
    assert same(other, one, PLAIN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        (None, False),
        (None, 0),
        ("1", 1),
        ([True], [1]),
        (["a", "b"], ["b", "a"]),
        (["a"], "a"),
        ({"a": 1}, [["a", 1]]),
        (True, ["bool", 1]),
        ({"a": None}, {}),
        ("三楼", "三 楼"),
    ],
)
def test_what_says_something_else_is_not(one: Any, other: Any) -> None:
    assert not same(one, other, PLAIN)
    assert not same(other, one, PLAIN)


def test_a_field_that_is_missing_says_what_its_default_says() -> None:
    state = rule_of("visit", "condition")
    assert same(None, "normal", state)
    assert same("normal", "normal", state)
    assert not same(None, "changed", state)
    assert not same("normal", "changed", state)
