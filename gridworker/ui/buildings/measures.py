"""How large the cells of the matrix are: as large as all floors fit, down to a strip for sixty of them."""

from collections.abc import Sequence

import msgspec

from gridworker.ui.theme import theme


class Size(msgspec.Struct, frozen=True):
    """One cell size in pixels at 100 %: the least and the most it is wide, how high, and what it shows."""

    name: str
    least: int
    most: int
    high: int
    lines: int


SIZES: Sequence[Size] = (
    Size("large", 74, 190, 46, 2),
    Size("medium", 100, 170, 26, 1),
    Size("small", 12, 96, 8, 0),
)
"""From the largest; the last one grows to fill the height."""


WORTH_SCROLLING = 1.5
"""Up to so many times its height a view is rather scrolled than shown without words."""


class Measure(msgspec.Struct, frozen=True):
    """The cells of one view in real pixels."""

    wide: int
    high: int
    lines: int
    gap: int


def has_words(columns: int, rows: int, *, width: int, height: int) -> bool:
    """Whether so many cells fit with words in them, not only as colours."""
    return _fitting(columns, rows, width, height) is not SIZES[-1]


def measure(columns: int, rows: int, *, width: int, height: int, wanted: str = "") -> Measure:
    """The size that shows everything at once, or the wanted one."""
    look = theme()
    size = next((each for each in SIZES if each.name == wanted), None) or _fitting(
        columns, rows, width, height
    )
    high = look.px(size.high)
    if size is SIZES[-1] and rows:
        high = max(high, min(look.px(SIZES[1].high) - 1, height // rows))
    wide = max(look.px(size.least), min(look.px(size.most), width // max(1, columns)))
    return Measure(wide, high, size.lines, 2 if high >= look.px(14) else 1)


def _fitting(columns: int, rows: int, width: int, height: int) -> Size:
    for size, pages in ((SIZES[0], 1.0), (SIZES[1], WORTH_SCROLLING)):
        if rows * theme().px(size.high) <= height * pages and columns * theme().px(size.least) <= width:
            return size
    return SIZES[-1]
