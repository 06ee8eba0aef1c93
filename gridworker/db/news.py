"""What the pages of one pull come to: the last word on each record, and the scopes to be emptied or swept."""

from collections.abc import Iterable, Mapping

import msgspec

from gridworker.wire.messages import Entry, PullReply

Key = tuple[str, str]
"""Kind and id of a record."""


class News(msgspec.Struct, frozen=True):
    """Rows to put, the scopes that other records have left, scopes no longer granted, scopes read anew."""

    puts: dict[Key, Entry]
    gone: dict[Key, set[str]]
    removed: frozenset[str]
    reset: frozenset[str]


def gather(pages: Iterable[PullReply]) -> News:
    """Read pages in the order in which they came.

    A record that left one scope and is in another stays; what was said of a scope before it was taken away or
    began anew no longer counts.
    """
    words: dict[tuple[str, Key], Entry] = {}
    removed: set[str] = set()
    reset: set[str] = set()
    for page in pages:
        void = {*page.removed, *page.reset}
        if void:
            words = {place: entry for place, entry in words.items() if place[0] not in void}
        removed.update(page.removed)
        reset.update(page.reset)
        for entry in page.entries:
            place = (entry.scope, (entry.kind, entry.id))
            words.pop(place, None)
            words[place] = entry
    puts, gone = _sorted_out(words)
    return News(puts, gone, frozenset(removed), frozenset(reset - removed))


def _sorted_out(words: Mapping[tuple[str, Key], Entry]) -> tuple[dict[Key, Entry], dict[Key, set[str]]]:
    """Told apart, the last word about a record in any scope being the one that counts."""
    puts: dict[Key, Entry] = {}
    gone: dict[Key, set[str]] = {}
    for (scope, key), entry in words.items():
        if entry.gone:
            gone.setdefault(key, set()).add(scope)
        else:
            puts[key] = entry
    return puts, {key: scopes for key, scopes in gone.items() if key not in puts}
