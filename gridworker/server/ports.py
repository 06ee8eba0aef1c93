"""What the server asks of the outside world: the time, new ids and unguessable bytes, each passed in."""

from collections.abc import Callable

import msgspec

Clock = Callable[[], int]
"""The present instant in ms UTC."""
Ids = Callable[[], str]
"""A new UUID as text."""
Randomness = Callable[[int], bytes]
"""So many unguessable bytes; `os.urandom` in production."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a request, as the token says and the database confirms."""

    user_id: str
    device_id: str
    user_name: str
