"""What the pages of one pull come to: the last word on each record, and the scopes to be emptied or swept."""

from collections.abc import Iterable

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
    words: dict[str, dict[Key, tuple[int, Entry]]] = {}
    removed: set[str] = set()
    reset: set[str] = set()
    n = 0
    for page in pages:
        for scope in (*page.removed, *page.reset):
            words.pop(scope, None)
        removed.update(page.removed)
        reset.update(page.reset)
        for entry in page.entries:
            n += 1
            words.setdefault(entry.scope, {})[entry.kind, entry.id] = (n, entry)
    puts, gone = _sorted_out(entry for scope in words.values() for entry in scope.values())
    return News(puts, gone, frozenset(removed), frozenset(reset - removed))


def _sorted_out(words: Iterable[tuple[int, Entry]]) -> tuple[dict[Key, Entry], dict[Key, set[str]]]:
    puts: dict[Key, Entry] = {}
    gone: dict[Key, set[str]] = {}
    for _, entry in sorted(words, key=lambda word: word[0]):
        key = (entry.kind, entry.id)
        if entry.gone:
            gone.setdefault(key, set()).add(entry.scope)
        else:
            puts[key] = entry
    return puts, {key: scopes for key, scopes in gone.items() if key not in puts}
