"""Names of people: tidied, split into surname and given name, and spelt in pinyin for search."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Literal

import msgspec

from gridworker.domain.cells import BLANK_MARKS, cell_text

_COMPOUND_SURNAMES = """
万俟 尉迟 长孙 令狐 司马 司徒 司空 司寇 欧阳 诸葛 上官 夏侯 皇甫 东方 东郭 东门 西门 南门 南宫 公孙
公羊 公冶 公西 公良 慕容 宇文 呼延 端木 轩辕 钟离 闾丘 鲜于 申屠 太叔 仲孙 颛孙 宗政 濮阳 淳于 澹台
赫连 闻人 拓跋 百里 独孤 纳兰 完颜 亓官 巫马 漆雕 乐正 壤驷 夹谷 宰父 谷梁 段干 羊舌 微生 梁丘 左丘
子车 南荣 第五 毌丘
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND_SURNAMES.split())
"""Surnames of two characters; a name of only two characters has a surname of one."""

MOST_VARIANTS = 4
"""How many ways to spell one name are kept: rarer combinations are not worth a row in the index."""

_HAN = r"[\u3400-\u9fff\uf900-\ufaff〇々\U00020000-\U0003ffff]"
_DOT = re.compile(rf"(?<={_HAN})\s*[·•・‧∙⋅.。]\s*(?={_HAN})")
_GAP_IN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_SPACES = re.compile(r"\s+")
_FIRST_HAN = re.compile(_HAN)
_AMBIGUOUS_U = re.compile("(?<=[ln])u(?![aino])")


def clean_name(value: object) -> str:
    """The name without the spaces that registers put between its characters: 宋 敏 → 宋敏.

    Spaces of a Latin name stay; the dot of a transliterated name becomes "·".
    """
    name = _SPACES.sub(" ", _GAP_IN_HAN.sub("", _DOT.sub("·", cell_text(value))))
    return "" if name in BLANK_MARKS else name


def surname_of(name: str) -> str:
    """The surname of a cleaned Chinese name; empty for a Latin or a transliterated one."""
    if "·" in name or not _FIRST_HAN.match(name):
        return ""
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]


QueryKind = Literal["empty", "name", "letters", "digits", "mixed"]


def match_kind(query: str) -> QueryKind:
    """What a search text is matched with: names, spellings (pinyin or initials), numbers, or a mixture."""
    plain = "".join(cell_text(query).replace("'", "").split())
    if not plain:
        return "empty"
    if plain.isascii():
        return "letters" if plain.isalpha() else "digits" if plain.rstrip("xX").isdigit() else "mixed"
    if re.fullmatch("[a-zü]+", plain, re.IGNORECASE):
        return "letters"
    return "name" if re.fullmatch(f"(?:{_HAN}|·)+", plain) else "mixed"


def spelling_queries(query: str) -> tuple[str, ...]:
    """The beginnings of stored spellings that a typed one may mean: lü, lyu and lu all find 吕 (lv)."""
    typed = "".join(char for char in cell_text(query).lower() if char.isalnum() or char == ":")
    typed = re.sub("ü|u:|(?<=l)yu|(?<=^n)yu", "v", typed).replace(":", "")
    pieces = _AMBIGUOUS_U.split(typed, maxsplit=2)
    gaps = [("u", "v")] * (len(pieces) - 1)
    return tuple("".join(_woven(pieces, letters)) for letters in product(*gaps))


def _woven(pieces: Sequence[str], letters: Sequence[str]) -> Iterator[str]:
    for piece, letter in zip(pieces, (*letters, ""), strict=True):
        yield piece + letter


class PinyinData(msgspec.Struct, frozen=True):
    """The table as it is built from its sources: of several readings the preferred one comes first."""

    readings: dict[str, str]
    """A syllable without tone, and all characters that are read so unless something else is known."""
    also: dict[str, tuple[str, ...]]
    """A character, and its other readings of today."""
    surnames: dict[str, tuple[str, ...]]
    """A surname, and its readings; the syllables of a compound one are parted by a space."""


class _Surname(msgspec.Struct, frozen=True):
    spellings: tuple[str, ...]
    initials: tuple[str, ...]


_NO_SURNAME = ("",)


class _Spelling(dict[int, str]):
    """What `str.translate` puts in place of each character; one without a reading disappears."""

    def __missing__(self, code: int) -> str:
        return ""


class PinyinTable:
    """Spells cleaned names and other Chinese texts in pinyin without tones; ü is written v.

    Latin letters and digits spell themselves in lower case; what has no reading is left out.
    """

    __slots__ = (
        "_also",
        "_also_initials",
        "_initials",
        "_readings",
        "_several",
        "_several_initials",
        "_surnames",
    )

    def __init__(self, data: PinyinData) -> None:
        self._readings = _Spelling((code, chr(code).lower()) for code in range(128) if chr(code).isalnum())
        for syllable, chars in data.readings.items():
            self._readings.update(dict.fromkeys(map(ord, chars), syllable))
        self._initials = _Spelling((code, reading[0]) for code, reading in self._readings.items())
        self._also = data.also
        others = {char: _other_letters(self._initials[ord(char)], also) for char, also in data.also.items()}
        self._also_initials = {char: letters for char, letters in others.items() if letters}
        self._several, self._several_initials = frozenset(self._also), frozenset(self._also_initials)
        self._surnames = {surname: _surname(readings) for surname, readings in data.surnames.items()}

    @classmethod
    def from_bytes(cls, data: bytes) -> "PinyinTable":
        """The table from the file that packaging/pinyin_table.py wrote."""
        return cls(msgspec.msgpack.decode(data, type=PinyinData))

    def pinyin(self, name: str) -> str:
        """The name's preferred spelling: 王秀兰 → wangxiulan, 单雄信 → shanxiongxin."""
        surname, given = self._split(name)
        return (
            surname.spellings[0] + given.translate(self._readings)
            if surname
            else given.translate(self._readings)
        )

    def spellings(self, name: str) -> tuple[str, ...]:
        """Every spelling that people may type, the preferred one first: 覃桂 → qingui, tangui."""
        surname, given = self._split(name)
        head = surname.spellings if surname else _NO_SURNAME
        if len(head) == 1 and self._several.isdisjoint(given):
            return (head[0] + given.translate(self._readings),)
        parts = [head[0], *(self._readings[ord(char)] for char in given)]
        return _variants(parts, [head[1:], *map(self._also.get, given)])

    def initials(self, name: str) -> tuple[str, ...]:
        """The first letters of `spellings`, each once: 单雄信 → sxx, dxx."""
        surname, given = self._split(name)
        return self._letters(surname.initials if surname else _NO_SURNAME, given)

    def spell(self, text: str) -> str:
        """The spelling of a text that is no name, such as the name of an estate or a road."""
        return text.translate(self._readings)

    def spell_initials(self, text: str) -> tuple[str, ...]:
        """The first letters of a text that is no name, the preferred ones first."""
        return self._letters(_NO_SURNAME, text)

    def _letters(self, head: tuple[str, ...], text: str) -> tuple[str, ...]:
        if len(head) == 1 and self._several_initials.isdisjoint(text):
            return (head[0] + text.translate(self._initials),)
        parts = [head[0], *(self._initials[ord(char)] for char in text)]
        return _variants(parts, [head[1:], *map(self._also_initials.get, text)])

    def _split(self, name: str) -> tuple[_Surname | None, str]:
        """The surname's readings, if it has its own, and the characters that are read as usual."""
        if "·" in name:
            return None, name
        if len(name) > 2:
            compound = self._surnames.get(name[:2])
            if compound:
                return compound, name[2:]
        surname = self._surnames.get(name[:1])
        return surname, name[1:] if surname else name


def _surname(readings: tuple[str, ...]) -> _Surname:
    initials = ("".join(syllable[0] for syllable in reading.split()) for reading in readings)
    return _Surname(tuple(reading.replace(" ", "") for reading in readings), tuple(dict.fromkeys(initials)))


def _other_letters(initial: str, readings: Sequence[str]) -> tuple[str, ...]:
    return tuple(letter for letter in dict.fromkeys(reading[0] for reading in readings) if letter != initial)


def _variants(preferred: list[str], others: Sequence[tuple[str, ...] | None]) -> tuple[str, ...]:
    """The preferred part everywhere, then one part replaced, then two; at most MOST_VARIANTS."""
    found = ["".join(preferred)]
    swaps = [(place, part) for place, parts in enumerate(others) if parts for part in parts]
    found += [_swapped(preferred, swap) for swap in swaps[:MOST_VARIANTS]]
    if len(found) < MOST_VARIANTS:
        pairs = (pair for pair in combinations(swaps, 2) if pair[0][0] != pair[1][0])
        found += [_swapped(preferred, *pair) for pair in pairs]
    return tuple(dict.fromkeys(found))[:MOST_VARIANTS]


def _swapped(preferred: list[str], *swaps: tuple[int, str]) -> str:
    parts = preferred.copy()
    for place, part in swaps:
        parts[place] = part
    return "".join(parts)
