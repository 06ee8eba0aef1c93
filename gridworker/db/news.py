"""What the pages of one pull come to: the last word on each record, and the scopes to be emptied or swept."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gridworker.wire.messages import Entry, PullReply

Key = tuple[str, str]
"""Kind and id of a record."""


class News(msgspec.Struct, frozen=True):
    """Rows to put, the scopes that records have left, scopes no longer granted, scopes read anew."""

    puts: dict[Key, Entry]
    """The newest entry of each record that is in a scope at the end."""
    gone: dict[Key, set[str]]
    """The scopes that records have left, also those that are put for another one."""
    removed: frozenset[str]
    reset: frozenset[str]
    several: dict[Key, set[str]] = {}
    """All scopes that name a record, where there is more than one."""
    reasons: dict[Key, str] = {}
    """Why a record left a scope last."""

    def scopes(self) -> Iterator[tuple[Key, set[str]]]:
        """Every record that is put, and the scopes that name it."""
        for key, entry in self.puts.items():
            yield key, self.several.get(key) or {entry.scope}


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
    return _sorted_out(words, frozenset(removed), frozenset(reset - removed))


def _sorted_out(
    words: Mapping[tuple[str, Key], Entry], removed: frozenset[str], reset: frozenset[str]
) -> News:
    """Told apart, the last word about a record in any scope being the one that counts."""
    puts: dict[Key, Entry] = {}
    gone: dict[Key, set[str]] = {}
    several: dict[Key, set[str]] = {}
    reasons: dict[Key, str] = {}
    for (scope, key), entry in words.items():
        if entry.gone:
            gone.setdefault(key, set()).add(scope)
            reasons[key] = entry.reason
        else:
            if key in puts:
                several.setdefault(key, {puts[key].scope}).add(scope)
            puts[key] = entry
    return News(puts, gone, removed, reset, several, reasons)
