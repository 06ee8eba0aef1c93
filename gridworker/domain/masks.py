"""Masks that hide a person in lists, prints and exports."""

import msgspec

from gridworker.domain.addresses import Address, display, parse_address
from gridworker.domain.names import surname_of
from gridworker.domain.phones import phone_digits

HIDDEN = "***"
_ID_HEAD, _ID_LENGTH = 3, 18
_TAIL = 4


def mask_name(name: str) -> str:
    """张* and 张*三; a compound surname stays whole: 司马*, 欧阳*军."""
    if len(name) < 2:
        return "*" * len(name)
    surname = surname_of(name) or name[0]
    return f"{surname}*{name[-1]}" if len(name) > len(surname) + 1 else f"{surname}*"


def mask_id(text: str) -> str:
    """The first 3 and last 4 of a full id number; of anything else the tail, never more than half."""
    if len(text) == _ID_LENGTH:
        return text[:_ID_HEAD] + "*" * (_ID_LENGTH - _ID_HEAD - _TAIL) + text[-_TAIL:]
    return _only_tail(text)


def mask_phone(number: str) -> str:
    """138****5678 and 0571-****8888 (without the extension)."""
    area, dash, line = number.partition("-")
    line = line.partition("-")[0]
    if dash and area.startswith("0") and len(line) > _TAIL:
        return f"{area}-****{line[-_TAIL:]}"
    digits = phone_digits(number)
    return f"{digits[:3]}****{digits[-_TAIL:]}" if len(digits) == 11 else _only_tail(number)


def mask_room(room: str) -> str:
    """Nothing of a room number is shown."""
    return HIDDEN if room else ""


def mask_address(address: Address | str) -> str:
    """The building and unit without the room: 3栋2单元***; nothing of a text that is not understood."""
    place = parse_address(address) if isinstance(address, str) else address
    outside = msgspec.structs.replace(place, floor=None, room=None, rest="")
    return display(outside) + HIDDEN if outside != place else display(outside)


def _only_tail(text: str) -> str:
    shown = min(_TAIL, len(text) // 2)
    return "*" * (len(text) - shown) + text[len(text) - shown :]
