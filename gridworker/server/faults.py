"""Faults of our own: how they are written down, by place and type, never with anybody's data."""

import traceback


def place_of(error: BaseException) -> str:
    """An exception's type and the lines it passed; never its message, which may hold somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    passed = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {passed}"
