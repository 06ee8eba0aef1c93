"""What the card of one matter shows, as data: sides with their values, sentences, and the steps by digit."""

from collections.abc import Sequence

import msgspec

UNDO, VALUE, LATER, BACK, OPEN = "undo", "own", "later", "back", "open"
"""The codes of steps beside the choices of a dispute."""
JOIN = "join"
"""The code of joining two records of one person, followed by the side that stays: join0, join1."""
DIGITS = {VALUE: 4, LATER: 5, BACK: 5, OPEN: 6}
"""These have the same digit on every card; choices are numbered from 1."""


class Fact(msgspec.Struct, frozen=True):
    """A label with a value; `masked` is shown in its place until the eye is pressed, if there is a mask."""

    label: str
    plain: str
    masked: str = ""


class Step(msgspec.Struct, frozen=True):
    """Something that can be done now, by button or digit."""

    digit: int
    code: str
    label: str
    primary: bool = False


class Side(msgspec.Struct, frozen=True):
    """What one of two or three sides says: whose it is, the values, who wrote them and when."""

    title: str
    facts: tuple[Fact, ...]
    signed: str = ""
    now: bool = False
    """Whether the record says this now."""
    step: Step | None = None


class Sheet(msgspec.Struct, frozen=True):
    """One card."""

    title: str
    tag: tuple[str, str]
    says: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    facts: tuple[Fact, ...] = ()
    facts_title: str = ""
    advice: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    """Those below the sides."""

    @property
    def every_step(self) -> Sequence[Step]:
        """Also those of the sides."""
        return (*(side.step for side in self.sides if side.step is not None), *self.steps)

    def step_of(self, digit: int) -> Step | None:
        """What a digit does here, or None."""
        return next((step for step in self.every_step if step.digit == digit), None)
