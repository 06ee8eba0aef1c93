"""Faults of the world or of the user, as a code and values instead of a sentence."""


class Problem(Exception):
    """Something the user can be told about; the table of texts has one sentence for each code.

    Its `repr` and `str` name the values but never show them: a report written from it holds no personal data.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __repr__(self) -> str:
        names = "".join(f", {name}=…" for name in sorted(self.values))
        return f"Problem({self.code!r}{names})"
