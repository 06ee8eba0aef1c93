"""One operation of every verb and one message of every type, from which the golden vectors were written."""

from typing import Any

import msgspec

from gridworker.wire import blobs
from gridworker.wire.envelope import ClockReading, Envelope, Group, Operation, first_link, seal
from gridworker.wire.messages import (
    GONE,
    Ack,
    AuditReply,
    AuditRequest,
    Conflict,
    Cursor,
    EnrolReply,
    EnrolRequest,
    Entry,
    Grant,
    HelloReply,
    HelloRequest,
    Pace,
    PublicKeys,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    Refusal,
    RegisterReply,
    RegisterRequest,
    Result,
    RowsReply,
    RowsRequest,
)

REPLICA = "019ab000-0000-7000-8000-00000000000a"


def operation(verb: Any, **parts: Any) -> Operation:
    """An operation on one record of one author."""
    known: dict[str, Any] = {
        "op_id": "019ab000-0000-7000-8000-000000000001",
        "actor": "u1",
        "device": "d1",
        "wall_ms": 1_764_000_000_000,
        "kind": "resident",
        "id": "019ab000-0000-7000-8000-000000000002",
        "scope": "g:1",
    }
    return Operation(**{**known, "verb": verb, **parts})


def operations() -> dict[str, Operation]:
    """One of every verb."""
    state = {"kind": "case", "source": "reported", "target": "accepted"}
    return {
        "create": operation(
            "create", values={"name": "王秀兰", "phones": ["13800138000"], "lives_alone": True}
        ),
        "append": operation("append", kind="visit", values={"resident_ids": ["r1"], "note": "“好”\n\t\\/"}),
        "patch": operation(
            "patch", base_rev="e1a2.88213", set={"note": ("", "𠮷"), "birth": (None, "1944-01-02")}
        ),
        "transition": operation("transition", **state, set={"remark": ("", "受理")}, group=Group("g1", 0, 2)),
        "delete": operation("delete", base_rev="e1a2.7", why="重复"),
        "undelete": operation("undelete", schema=3),
        "move": operation("move", source="g:1", target="g:2", why="搬到二网格"),
        "merge": operation(
            "merge", target="r2", set={"note": ("", "独居")}, clock=ClockReading(-812, 86_400)
        ),
        "unmerge": operation("unmerge", target="r2", why="不是同一人"),
        "resolve": operation(
            "resolve",
            kind="dispute",
            source="server",
            target="value",
            set={"note": ("一楼", "二楼")},
            values={"value": "二楼"},
        ),
    }


def chain() -> list[Envelope]:
    """All of them as one queue."""
    sealed: list[Envelope] = []
    prev = first_link(REPLICA)
    for seq, each in enumerate(operations().values(), 1):
        sealed.append(seal(each, replica=REPLICA, seq=seq, prev=prev))
        prev = sealed[-1].link.hash
    return sealed


def messages() -> dict[str, msgspec.Struct]:
    """One of every type, with every field set somewhere."""
    return {
        type(message).__name__: message
        for message in (*_about_users(), *_about_the_queue(), *_about_rows(), *_about_blobs())
    }


def _about_users() -> tuple[msgspec.Struct, ...]:
    grants = [Grant("g:1", "grid_worker", "一网格"), Grant("org", "grid_worker", "组织")]
    person = {"user": "zhang", "user_id": "u1", "user_name": "张", "device_id": "d1"}
    known = {"server_name": "街道", "user_name": "张", "grants": grants}
    keys = PublicKeys(sign="c" * 64, seal="age1centre")
    return (
        EnrolRequest(user="zhang", password="p", device_name="laptop", app="1.0"),
        EnrolReply(token="t", epoch="e1", server_name="街道", grants=grants, server="c1", **person),
        HelloRequest(epoch="e1", replica=REPLICA, schema=1, app="1.0"),
        msgspec.convert(
            {"epoch": "e1", "server_ms": 1, "registered": True, "max_ops": 50, "server": "c1", "keys": keys}
            | {**known, "pace": Pace(50)},
            HelloReply,
        ),
        RegisterRequest(epoch="e1", replica=REPLICA, parent="p", keys=keys),
        RegisterReply(7),
        Refusal(code="gap", seq=5, expect=4, epoch="e1", server="c1", retry_after_ms=1_500),
    )


def _results() -> list[Result]:
    values = {"base": "", "server": "他的", "incoming": "我的"}
    clash = Conflict(id="c1", field="note", why="concurrent", server_actor="u2", server_ms=5, **values)
    return [
        Result(seq=1, op_id="o1", code="applied"),
        Result(seq=2, op_id="o2", code="held", reason="role"),
        Result(seq=3, op_id="o3", code="conflict", conflicts=[clash]),
    ]


def _about_the_queue() -> tuple[msgspec.Struct, ...]:
    return (
        PushRequest(epoch="e1", replica=REPLICA, ops=chain()[:1], more=True),
        PushReply(results=_results(), last_seq=3, chain="c", pace=Pace(10, 5, 300_000)),
    )


def _about_rows() -> tuple[msgspec.Struct, ...]:
    rows = [
        Entry("g:1", "r1", "resident", "e1.5", msgspec.Raw('{"name":"王秀兰"}'.encode())),
        Entry("g:1", "r2", "resident", "e1.6", GONE, "moved"),
    ]
    page = PullReply(
        epoch="e1",
        entries=rows,
        cursors={"g:1": Cursor(1, 6)},
        removed=["g:2"],
        reset=["g:1"],
        done=True,
        head=6,
        server_ms=2,
        ack=Ack(3, "h"),
        results=_results()[:1],
        grants="d",
        sums={"g:1": (1, "aa")},
        pace=Pace(next_pull_ms=1_000),
    )
    asked = PullRequest(
        epoch="e1", replica=REPLICA, cursors={"g:1": Cursor(1, 5)}, known_ack=3, want_bytes=9, schema=2
    )
    known = {"epoch": "e1", "replica": REPLICA, "scope": "g:1"}
    audit = (
        msgspec.convert({**known, "bucket": 7}, AuditRequest),
        AuditReply(head=6, sums=["aa"], rows=[("r1", "e1.5")]),
        msgspec.convert({**known, "ids": ["r1"]}, RowsRequest),
        RowsReply(head=6, entries=rows[:1]),
    )
    return asked, page, *audit


def _about_blobs() -> tuple[msgspec.Struct, ...]:
    data, sha = b"\xff\xd8 a picture", "a" * 64
    named = {"epoch": "e1", "sha": sha}
    return (
        blobs.BlobBeginRequest(size=len(data), chunk=blobs.CHUNK_BYTES, chunk_hashes=["b" * 64], **named),
        blobs.BlobBeginReply(missing=5, stored=False),
        blobs.BlobPutRequest(index=2, data=data, **named),
        blobs.BlobPutReply(missing=1),
        blobs.BlobCommitRequest(**named),
        blobs.BlobCommitReply(missing=0),
        blobs.BlobGetRequest(index=0, **named),
        blobs.BlobGetReply(size=len(data), hash="b" * 64, data=data),
    )
