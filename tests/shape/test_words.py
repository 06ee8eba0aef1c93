"""What no file may say: a machine's paths, an index, work left for later, a check silenced with no reason."""

import re

from tests.shape.source import EVERYTHING, assert_none, modules, text_files

HERE = "tests/shape/test_words.py"

MACHINE = re.compile(
    r"(?<![\w.-])/(work|root|home|Users)/\w|/tmp/(probe|brief)|C:\\Users\\|/opt/(pypi|wheels)|"
    r"index-url|find-links|files\.pythonhosted|pypi\.(org|tuna)|mirrors\.\w+|registry\.npm",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|WIP)\b|raise NotImplementedError|mark\.(skip|xfail)|pytest\.skip\("
)
WORKING = re.compile(
    r"\b(helper|agent|LLM|Claude|GPT)s?\b[^\n]{0,30}\b(session|brief|task)\b|\bissues? #?\d+\b", re.I
)

SILENCED = re.compile(
    r"#\s*(type:\s*ignore|noqa|pragma:\s*no cover|ruff:\s*noqa|mypy:)(?P<rest>[^\n]*)", re.I
)
REASON = re.compile(r"(\[[\w, -]+\]|:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?\s*(#|-|–|—)?\s*(?P<why>.*)")


def found(pattern: re.Pattern[str], suffixes: tuple[str, ...] = ("",)) -> list[str]:
    """Every line of the project that the pattern matches, but for the patterns themselves."""
    return [
        f"{path}:{number} {line.strip()[:100]}"
        for path, text in text_files()
        if path != HERE and path.endswith(suffixes)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine_or_an_index() -> None:
    assert_none(found(MACHINE))


def test_nothing_is_left_for_later() -> None:
    assert_none(found(LATER, (".py", ".toml", ".md")))


def test_nothing_speaks_of_how_the_work_was_arranged() -> None:
    assert_none(found(WORKING, (".py", ".toml", ".md")))


def reason(rest: str) -> str:
    """The words after a silenced check and its codes."""
    match = REASON.match(rest.strip())
    return match["why"] if match else ""


def test_every_silenced_check_gives_its_reason() -> None:
    bare = [
        f"{module.path}: {match[0]}"
        for module in modules(*EVERYTHING)
        if module.path != HERE
        for match in SILENCED.finditer(module.text)
        if len(reason(match["rest"]).split()) < 2
    ]
    assert_none(bare)


def test_a_reason_is_recognised() -> None:
    assert reason("[arg-type]  # the mistake under test") == "the mistake under test"
    assert reason(": BLE001 - sorted here and raised again") == "sorted here and raised again"
    assert reason(": N802, N803") == ""
    assert reason("[attr-defined]") == ""
