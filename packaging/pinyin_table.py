"""Builds the pinyin table that the program reads from pypinyin's dictionary and our lists of names."""

import csv
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "gridworker" / "resources" / "pinyin"
TABLE = SOURCES / "table.bin"

LEAST_USES, LEAST_SHARE = 2, 0.05
"""A second reading counts where it stands in so many phrases and in this share of the character's phrases."""

Readings = tuple[str, ...]
"""What a character or surname may be read as, the preferred reading first."""


def syllable(toned: str) -> str:
    """A reading without its tone, as it is typed: nǚ → nv."""
    plain = unicodedata.normalize("NFD", toned).replace("u\u0308", "v").replace("ɡ", "g")
    return "".join(char for char in plain if char.isascii() and char.isalpha())


def uses_in_phrases() -> Mapping[str, Counter[str]]:
    """How often each character is read each way in the dictionary's phrases."""
    uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for phrase, readings in PHRASES_DICT.items():
        if len(phrase) == len(readings):
            for char, (toned, *_) in zip(phrase, readings, strict=True):
                uses[char][syllable(toned)] += 1
    return uses


def readings_of(toned: str, uses: Counter[str]) -> Readings:
    """The default reading and the others of today; a dictionary's archaic ones are left out."""
    default, *others = dict.fromkeys(filter(None, map(syllable, toned.split(","))))
    least = max(LEAST_USES, LEAST_SHARE * uses.total())
    return (default, *(other for other in others if uses[other] >= least))


def named_readings(source: Path) -> dict[str, Readings]:
    """The rows of one of our lists: what, its reading, and other readings that people type."""
    with source.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return {what: (reading, *also.split("/")) if also else (reading,) for what, reading, also in rows}


def all_readings(sources: Path) -> dict[str, Readings]:
    """Every character that the dictionary knows, with our list of given names laid over it."""
    uses = uses_in_phrases()
    known = {chr(code): readings_of(toned, uses[chr(code)]) for code, toned in sorted(PINYIN_DICT.items())}
    return known | named_readings(sources / "given_names.csv")


def build(sources: Path = SOURCES) -> bytes:
    """The table for `gridworker.domain.names.PinyinTable`; the same sources give the same bytes."""
    readings = all_readings(sources)
    table = {
        "readings": _by_syllable(readings.items()),
        "also": {char: also for char, (_, *also) in readings.items() if also},
        "surnames": named_readings(sources / "surnames.csv"),
    }
    return msgspec.msgpack.encode(table, order="sorted")


def _by_syllable(readings: Iterable[tuple[str, Readings]]) -> dict[str, str]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for char, (default, *_) in readings:
        groups[default].append(char)
    return {default: "".join(chars) for default, chars in groups.items()}


def write(table: Path) -> None:
    """Write the table beside the old one and put it in its place at once."""
    fresh = table.with_suffix(".new")
    fresh.write_bytes(build())
    fresh.replace(table)


def main() -> None:
    """Write the table that the program ships with."""
    write(TABLE)
    sys.stdout.write(f"{TABLE.relative_to(ROOT)}: {TABLE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
