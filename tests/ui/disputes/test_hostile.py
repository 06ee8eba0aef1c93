"""Matters that make no sense, or come from a newer centre, are shown and break nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.actions.matters import matters
from gridworker.db.documents import Document, put_documents
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute, Opinion
from gridworker.domain.records import RecordId, Stored
from gridworker.ui.disputes.listing import read_listing
from gridworker.ui.disputes.sheets import read_decided, read_sheet
from tests.ui.sync_centre.town import Seat

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(["", "note", "phones", "room_id", "state", "新字段", "{name}"])
DISPUTES = st.builds(
    Dispute,
    sort=st.sampled_from(["conflict", "held", "notice", "late_action", "duplicate", "newer"]),
    target_kind=st.sampled_from(["resident", "visit", "case", "newer"]),
    target_id=st.sampled_from([RecordId(""), RecordId("nobody")]),
    opened_ms=st.integers(0, 2_000_000_000_000),
    state=st.sampled_from(["open", "resolved", "settled", "newer"]),
    pair=st.lists(st.sampled_from([RecordId("a"), RecordId("b")]), max_size=3).map(tuple),
    why=st.sampled_from(["", "fresh", "decided", "not_allowed", "deleted", "newer", "{x}"]),
    field=WORDS,
    base=VALUES,
    server=VALUES,
    incoming=VALUES,
    trail=st.lists(VALUES, max_size=2).map(tuple),
    verb=st.sampled_from(["", "patch", "newer"]),
    choice=st.sampled_from(["", "incoming", "value", "newer"]),
    decision=VALUES,
    opinions=st.lists(
        st.builds(Opinion, by=WORDS, choice=WORDS, at_ms=st.just(1), value=VALUES), max_size=2
    ).map(tuple),
)


@pytest.mark.timeout(120)
def test_no_matter_breaks_the_screen(worker: Seat) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(DISPUTES)
    def look(dispute: Dispute) -> None:
        worker.database.write(put, dispute)
        desk = worker.desk
        desk.look(read_listing, desk.today, desk.now_ms)
        for matter in desk.look(matters, desk.today):
            assert desk.look(read_sheet, matter, desk.now_ms) is not None
        stored = Stored(RecordId("x"), worker.desk.author.scope, "e.1", dispute)
        assert desk.look(read_decided, stored, desk.now_ms) is not None

    look()


def put(tx: Transaction, dispute: Dispute) -> None:
    """As if a centre had sent it."""
    body = msgspec.json.encode(dispute).decode()
    put_documents(tx.driver, Dispute.kind, [Document("x", tx.me.scope, "e.1", body, None)], tx.pinyin)
