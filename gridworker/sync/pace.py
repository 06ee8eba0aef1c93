"""When to try again after an exchange that did not end well: later each time, and never all at once."""

from collections.abc import Callable

FIRST_S = 2.0
LONGEST_S = 15 * 60.0
"""Limits of the wait; a person who asks does not wait at all (docs/protocol.md, pace)."""
HOPELESS = frozenset(
    {
        "token_refused",
        "other_server",
        "other_user",
        "upgrade_needed",
        "not_enrolled",
        "server_url_bad",
        "server_regressed",
        "mass_removal",
    }
)
"""Problems that only a person can end: the ordinary rhythm is enough for them."""


def wait_s(failures: int, *, dice: Callable[[], float], asked_ms: int = 0) -> float:
    """Seconds until the next try after so many failures in a row.

    Anything up to a limit that doubles with each failure (`dice` gives 0 … 1), so that laptops that failed
    together do not come back together; never sooner than the centre asked for.
    """
    limit = min(FIRST_S * 2.0 ** min(max(failures - 1, 0), 16), LONGEST_S)
    return max(FIRST_S, dice() * limit) + asked_ms / 1000
