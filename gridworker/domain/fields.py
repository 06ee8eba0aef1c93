"""What a record kind says of each of its fields: label, sensitivity, merge class, Excel headers and mask."""

from enum import StrEnum

import msgspec


class Sensitivity(StrEnum):
    """How closely a field is guarded (PIPL art. 28): P2 fields are masked until they are asked for."""

    ORDINARY = "P1"
    SENSITIVE = "P2"


class Merge(StrEnum):
    """How the centre merges two writers of one field (docs/protocol.md, merge classes)."""

    PLAIN = "plain"
    CRITICAL = "critical"
    FRESH = "fresh"
    SET = "set"
    DERIVED = "derived"
    STATE = "state"
    LINK = "link"
    CENTRE = "centre"
    """Written by the centre alone."""


class Mask(StrEnum):
    """Which mask of `masks` hides the field in lists, prints and exports."""

    NONE = "none"
    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ADDRESS = "address"


class Field(msgspec.Struct, frozen=True):
    """The declaration beside one field of a record kind."""

    label: str
    headers: tuple[str, ...] = ()
    merge: Merge = Merge.PLAIN
    sensitivity: Sensitivity = Sensitivity.ORDINARY
    mask: Mask = Mask.NONE
    choices: str | None = None
    roles: tuple[str, ...] = ()
    """Roles that may write it; empty: everybody who may write the record."""
    reviewed: bool = False
    """A change by somebody who does not review is told to those who do; so are all critical fields."""
