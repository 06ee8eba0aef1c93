"""A draft of a resident as the rows of a register give it, with every doubt named by a code."""

from typing import Any

import msgspec

from gridworker.domain.addresses import Address


class Doubt(msgspec.Struct, frozen=True):
    """Why a row should be looked at: a code of `reasons`, the field, and what stands in the file."""

    code: str
    field: str = ""
    value: str = ""


class Draft(msgspec.Struct):
    """A resident as one row, or several rows of one person, gives it; only what the file says is in `values`.

    `rows` are row numbers as Excel shows them; the first is where the person first appears.
    """

    rows: list[int]
    values: dict[str, Any]
    doubts: list[Doubt]
    at: Address = Address()
    place: str = ""
    address: str = ""
    use: str = ""

    @property
    def name(self) -> str:
        """The cleaned name."""
        return str(self.values["name"])

    @property
    def valid_id(self) -> str:
        """The id number if its check digit is right, else ''."""
        return str(self.values["id_number"]) if self.values.get("id_state") == "ok" else ""

    @property
    def phones(self) -> tuple[str, ...]:
        """The telephone numbers that the file gives."""
        numbers: tuple[str, ...] = self.values.get("phones", ())
        return numbers

    def doubt(self, code: str, field: str = "", value: object = "") -> None:
        """Add a reason to look at this row; the same reason is not added twice."""
        found = Doubt(code, field, str(value))
        if found not in self.doubts:
            self.doubts.append(found)
