"""Moves in every state, planted into a database without a centre, for looking at the list of them."""

import msgspec

from gridworker.actions.moves import Root, hand_over
from gridworker.db.documents import Document, put_documents
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute
from gridworker.domain.records import ORGANISATION, grid_scope
from gridworker.domain.residents import Resident
from gridworker.server.demo import AREAS, GRID_2

HOUR_MS = 3_600_000


def plant_moves(tx: Transaction) -> None:
    """The directory of grids, proposals that are open, agreed and returned, and a move that waits."""
    for id, area in AREAS.items():
        body = msgspec.json.encode(area).decode()
        put_documents(tx.driver, "area", [Document(id, ORGANISATION, "e.1", body, None)], tx.pinyin)
    people = list(tx.all(Resident))[10:14]
    decisions = (("open", "", ""), ("resolved", "accept", ""), ("resolved", "reject", "还没有搬，先不移交"))
    for at, (person, (state, choice, remark)) in enumerate(zip(people, decisions, strict=False)):
        dispute = Dispute(
            sort="held",
            why="role",
            verb="move",
            target_kind=Resident.kind,
            target_id=person.id,
            opened_ms=tx.now_ms - at * HOUR_MS,
            made_ms=tx.now_ms - at * HOUR_MS,
            state=state,
            choice=choice,
            remark=remark,
            decided_name="王芳" if choice else "",
            actor_id="w",
            actor_name="张晓",
            incoming={"source": person.scope, "target": grid_scope(GRID_2), "why": "搬家"},
        )
        body = msgspec.json.encode(dispute).decode()
        put_documents(
            tx.driver, "dispute", [Document(f"move-{at}", person.scope, "e.1", body, None)], tx.pinyin
        )
    hand_over(tx, [Root(Resident.kind, people[-1].id)], grid_scope(GRID_2), why="网格范围调整")
