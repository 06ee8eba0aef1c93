"""What a file may cost at most: every limit of the import in one place."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Sizes in bytes unless the name says otherwise; a file beyond one is refused before it is parsed."""

    file: int = 200 << 20
    sheet: int = 200 << 20
    text: int = 50 << 20
    package: int = 600 << 20
    ratio: int = 300
    """Unpacked over packed size of one part; a real sheet stays below 40."""
    ratio_from: int = 20 << 20
    """Parts smaller than this may have any ratio: they cost nothing."""
    members: int = 5_000
    columns: int = 256
    rows: int = 1_048_576
    cells: int = 12_000_000
    """Rows × columns that are held at once; a sheet with far-off stray cells is read the slow way instead."""
    blank_rows: int = 10_000
    """So many empty rows in a row end a sheet that is read the slow way."""
    header_rows: int = 40
    """So many rows from the top are searched for the heading."""


LIMITS = Limits()
