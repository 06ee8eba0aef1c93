"""What programs newer than this centre send: kept, held where nobody understands it, and in nobody's way."""

from typing import Any

import msgspec
import pytest

from gridworker.server.refusals import Refused
from gridworker.wire.envelope import Envelope, Link, Operation, body_hash, link_hash
from tests.server.laptop import GRID_A, Centre, Laptop, grouped

ANN = {"name": "安宁"}


def sealed(laptop: Laptop, body: bytes) -> Envelope:
    """Any bytes as the next envelope of a queue."""
    digest, seq = body_hash(body), laptop.seq + 1
    link = Link(laptop.replica, seq, laptop.prev, link_hash(laptop.prev, laptop.replica, seq, digest))
    laptop.seq, laptop.prev = seq, link.hash
    return Envelope(msgspec.Raw(body), digest, link)


def newer(laptop: Laptop, op: Operation, **changes: Any) -> Envelope:
    """An operation of which this centre does not understand something."""
    return sealed(laptop, msgspec.json.encode(msgspec.to_builtins(op) | changes))


@pytest.mark.parametrize("strange", [0, 1, 2])
def test_a_group_with_a_verb_of_a_newer_program_blocks_nothing(centre: Centre, strange: int) -> None:
    laptop = centre.laptop("zhang")
    group = grouped(*(laptop.op("create", f"r{n}", values=ANN) for n in range(3)))
    envelopes = [
        newer(laptop, op, verb="merge_proposal") if n == strange else laptop.seal_one(op)
        for n, op in enumerate(group)
    ]
    after = laptop.seal(laptop.op("create", "after", values=ANN))
    reply = laptop.send([*envelopes, *after])
    codes = ["held" if n == strange else "applied" for n in range(3)]
    assert [one.code for one in reply.results] == [*codes, "applied"]
    assert laptop.pull().ack is not None


def test_a_torn_group_of_a_newer_program_is_refused_like_any_other(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    group = grouped(*(laptop.op("create", f"r{n}", values=ANN) for n in range(2)))
    envelopes = [newer(laptop, op, verb="merge_proposal") for op in group]
    with pytest.raises(Refused, match="bad_envelope"):
        laptop.send(envelopes[:1])
    assert [one.code for one in laptop.send(envelopes).results] == ["held", "held"]


def test_unknown_members_of_an_operation_do_not_matter(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    envelope = newer(laptop, laptop.op("create", "r1", values=ANN), mood="good", hlc=[1, 2])
    assert laptop.send([envelope]).results[0].code == "applied"


def test_a_refusal_inside_a_group_names_the_operation_that_is_wrong(centre: Centre) -> None:
    laptop = centre.laptop("zhang")
    first, second = laptop.seal(*grouped(*(laptop.op("create", f"r{n}", values=ANN) for n in range(2))))
    changed = msgspec.Raw(bytes(second.body).replace("安宁".encode(), "安定".encode()))
    with pytest.raises(Refused, match="bad_envelope") as refused:
        laptop.send([first, Envelope(changed, second.hash, second.link)])
    assert refused.value.refusal.seq == 2


@pytest.mark.parametrize("wall_ms", [-62_135_596_800_000, 0, 4_102_444_800_000])
def test_a_clock_that_is_years_away_blocks_nothing(centre: Centre, wall_ms: int) -> None:
    laptop = centre.laptop("zhang")
    assert laptop.do("create", "r1", values=ANN, wall_ms=wall_ms).code == "applied"
    assert laptop.do("patch", "r1", set={"note": (None, "新")}, wall_ms=wall_ms).code == "applied"


def test_a_grid_may_have_a_chinese_name(centre: Centre) -> None:
    laptop = centre.laptop("zhang", "grid_worker", "g:第三网格", GRID_A)
    assert laptop.do("create", "r1", values=ANN, scope="g:第三网格").code == "applied"
    result = laptop.do("create", "r2", values=ANN, scope="g:第四网格")
    assert (result.code, result.reason) == ("held", "scope")
    laptop.pull()
    assert laptop.ids() == {"r1"}
