"""Names: modules are nouns that say something, and the words of the field stand in the glossary."""

import re
from collections import Counter

from gridworker.domain.kinds import KINDS
from tests.shape.source import EVERYTHING, ROOT, assert_none, modules

EMPTY_WORDS = {"utils", "util", "common", "helper", "core", "base", "manager", "service", "misc", "stuff"}
ROW = re.compile(
    r"^\| (?P<term>[^|]+) \| (?P<pinyin>[^|]*) \| (?P<ids>(?:`[a-z_0-9]+`(?:, )?)+) \| (?P<meaning>[^|]+) \|$"
)


def rows() -> list[re.Match[str]]:
    """The rows of the glossary's tables."""
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    return [match for line in lines if (match := ROW.match(line))]


def identifiers() -> list[str]:
    """Every identifier of the glossary."""
    return [name for row in rows() for name in re.findall(r"`(\w+)`", row["ids"])]


def singular(word: str) -> str:
    """The identifier behind a module's plural."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith("sses") else word.removesuffix("s")


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [
        module.path
        for module in modules(*EVERYTHING)
        if EMPTY_WORDS & {singular(part) for part in module.stem.split("_")} | EMPTY_WORDS & {module.stem}
    ]
    assert_none(empty)


def test_every_record_kind_stands_in_the_glossary() -> None:
    assert_none(kind for kind in KINDS if kind not in identifiers())


def test_every_module_of_the_domain_is_named_by_a_word_of_the_glossary() -> None:
    known = set(identifiers())
    strange = [
        module.path
        for module in modules("gridworker/domain")
        if module.stem != "__init__" and not {module.stem, singular(module.stem)} & known
    ]
    assert_none(strange)


def test_the_glossary_says_each_thing_once() -> None:
    assert_none(name for name, times in Counter(identifiers()).items() if times > 1)


def test_every_row_of_the_glossary_is_whole() -> None:
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    broken = [line for line in lines if line.startswith("| ") and "`" in line and not ROW.match(line)]
    assert_none(broken)
    assert all(row["meaning"].rstrip().endswith(".") for row in rows())
