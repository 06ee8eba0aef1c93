"""What several pages come to: the last word on each record, whatever order scopes come and go in."""

from hypothesis import given
from hypothesis import strategies as st

from gridworker.db.news import Key, gather
from gridworker.wire.messages import Cursor, Entry, PullReply
from tests.db.laptop import gone, put

SCOPES = st.sampled_from(["g:1", "g:2", "g:3"])
IDS = st.sampled_from(["r1", "r2"])
entries = st.builds(
    lambda scope, id, rev, is_there: (
        put("resident", id, {"name": "王"}, rev=rev, scope=scope)
        if is_there
        else gone("resident", id, rev=rev, scope=scope)
    ),
    SCOPES,
    IDS,
    st.integers(1, 99),
    st.booleans(),
)
pages = st.builds(
    lambda rows, removed, reset: PullReply(
        epoch="e",
        entries=rows,
        cursors={"g:1": Cursor(1, 1)},
        removed=removed,
        reset=reset,
        done=True,
        head=1,
        server_ms=1,
        ack=None,
        results=[],
    ),
    st.lists(entries, max_size=6),
    st.lists(SCOPES, max_size=1),
    st.lists(SCOPES, max_size=1),
)


def said_one_by_one(pages: list[PullReply]) -> dict[tuple[str, Key], Entry]:
    """The last word in every scope, in the order in which they came."""
    words: list[tuple[tuple[str, Key], Entry]] = []
    for page in pages:
        void = {*page.removed, *page.reset}
        words = [(place, entry) for place, entry in words if place[0] not in void]
        for entry in page.entries:
            place = (entry.scope, (entry.kind, entry.id))
            words = [(other, known) for other, known in words if other != place] + [(place, entry)]
    return dict(words)


@given(st.lists(pages, max_size=5))
def test_a_record_is_there_if_any_scope_has_it_at_the_end(pages: list[PullReply]) -> None:
    words, news = said_one_by_one(pages), gather(pages)
    there = {key for (_, key), entry in words.items() if not entry.gone}
    assert news.puts.keys() == there
    assert news.gone.keys() == {key for (_, key), entry in words.items() if entry.gone}


@given(st.lists(pages, max_size=5))
def test_the_newest_put_counts_and_every_scope_that_was_left_is_named(pages: list[PullReply]) -> None:
    words, news = said_one_by_one(pages), gather(pages)
    for key, entry in news.puts.items():
        said = [known for (_, other), known in words.items() if other == key and not known.gone]
        assert said[-1] is entry
    for key, scopes in news.gone.items():
        assert scopes == {scope for (scope, other), known in words.items() if other == key and known.gone}


@given(st.lists(pages, max_size=5))
def test_a_scope_that_was_taken_away_is_emptied_rather_than_swept(pages: list[PullReply]) -> None:
    news = gather(pages)
    assert news.removed == {scope for page in pages for scope in page.removed}
    assert news.reset == {scope for page in pages for scope in page.reset} - news.removed
