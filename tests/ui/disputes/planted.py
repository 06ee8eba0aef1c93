"""Matters as a centre might have sent them, planted into a database without one, for looking at screens."""

from typing import Any

import msgspec

from gridworker.db.documents import Document, put_documents
from gridworker.db.last_look import LOOKED, Look
from gridworker.db.transaction import Transaction
from gridworker.domain.disputes import Dispute, Opinion
from gridworker.domain.records import RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident

LEADER, WORKER = "u", "w"


def plant(tx: Transaction) -> None:
    """One matter of every sort, a stopped removal, a repair, a wrong sum, something handed over."""
    people = list(tx.all(Resident))[:6]
    scope = people[0].scope
    for at, dispute in enumerate(_disputes(people, tx.now_ms)):
        _put(tx, f"matter-{at}", scope, dispute)
    tx.set_meta(LOOKED, msgspec.json.encode(Look(tx.now_ms - 86_400_000, "e", 0)).decode())
    tx.set_meta("wrong_sums", msgspec.json.encode([scope]).decode())
    tx.driver.execute("INSERT INTO incident(at_ms,scope,rows) VALUES (?,?,3)", (tx.now_ms, scope))
    tx.driver.execute(
        "INSERT INTO handed_over(id,kind,words,reason,at_ms,seen) VALUES ('x','resident','钱*','moved',?,0)",
        (tx.now_ms,),
    )
    tx.driver.execute(
        "INSERT INTO removal(digest,kinds,row_count,here,since_ms,agreed_id,agreed_by,ended)"
        " VALUES ('d','{\"resident\":40,\"visit\":3}',43,113,?,'','','')",
        (tx.now_ms,),
    )


def _put(tx: Transaction, id: str, scope: ScopeId, dispute: Dispute) -> None:
    body = msgspec.json.encode(dispute).decode()
    put_documents(tx.driver, Dispute.kind, [Document(id, scope, "e.1", body, None)], tx.pinyin)


def _disputes(people: list[Stored[Resident]], now_ms: int) -> list[Dispute]:
    one, other, third, fourth, fifth, sixth = people
    by: dict[str, Any] = {
        "actor_id": WORKER,
        "actor_name": "张晓",
        "made_ms": now_ms - 3_600_000,
        "made_sure": True,
        "opened_ms": now_ms,
        "state": "open",
    }
    rival: dict[str, Any] = {
        "server_actor_id": LEADER,
        "server_actor_name": "王芳",
        "server_ms": now_ms - 7_200_000,
    }
    phones: dict[str, Any] = {
        "field": "phones",
        "base": [],
        "server": ["13900139000"],
        "incoming": ["13800138000"],
    }
    note: dict[str, Any] = {"field": "note", "base": "一楼", "server": "二楼", "incoming": "三楼西户"}
    opinion = Opinion(by=WORKER, choice="incoming", at_ms=now_ms, name="张晓", why="问过本人")
    return [
        _about(one, "conflict", why="concurrent", trail=(["13700137000"],), **phones, **by, **rival),
        _about(other, "conflict", why="decided", choice="server", decision="二楼", decided_by=LEADER,
               decided_name="王芳", decided_ms=now_ms, opinions=(opinion,), **note, **by, **rival),
        _about(third, "notice", why="critical", field="name", base="赵桂英", server="赵桂英",
               incoming=third.record.name, **by),
        _about(fourth, "held", why="deleted", verb="patch", incoming={"set": {"note": ["", "住院"]}}, **by),
        _about(fifth, "late_action", why="state", verb="transition",
               incoming={"set": {"note": ["", "已补充"]}}, **by),
        msgspec.structs.replace(
            _about(fifth, "duplicate", **by), pair=(fifth.id, sixth.id), target_id=RecordId("")
        ),
        msgspec.structs.replace(
            _about(sixth, "conflict", **note, **by, **rival), state="resolved", choice="server",
            decision="二楼", decided_by=LEADER, decided_name="王芳", decided_ms=now_ms,
        ),
    ]  # fmt: skip


def _about(person: Stored[Resident], sort: str, **fields: Any) -> Dispute:
    return Dispute(sort=sort, target_kind="resident", target_id=person.id, op_id=f"op-{sort}", **fields)
