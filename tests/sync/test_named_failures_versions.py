"""Named failure 18 and its reverse: programs of several ages at one centre lose nothing of each other's."""

from typing import Any

import msgspec
import pytest

from gridworker.db.reader import Reader
from gridworker.domain.choices import label_of
from gridworker.domain.problems import Problem
from gridworker.domain.records import RecordId
from gridworker.server import pull
from gridworker.server.check import check
from gridworker.wire.envelope import SCHEMA
from gridworker.wire.messages import PullReply, PullRequest, PushReply, Result
from tests.db.laptop import assert_consistent, document, look, operations
from tests.sync.laptop import (
    GRID_3,
    Centre,
    Laptop,
    add,
    asked,
    change,
    counts,
    names,
    people,
    record_as_newer,
    visit,
    visits,
)

NEWER: dict[str, Any] = {
    "shoe_size": (None, 41),
    "family": (None, [{"who": "儿子", "phone": "139"}]),
    "status": ("active", "abroad_for_work"),
    "relation": ("other", "foster_parent"),
}
"""What only a newer program writes: a number, a list of objects, and values that no table here knows."""


def body_at_centre(centre: Centre, id: str) -> dict[str, Any]:
    """A record as the centre has it."""
    [(body,)] = centre.rows("SELECT body FROM entity WHERE id = :id", id=id)
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def kept_aside(reader: Reader) -> list[tuple[str, ...]]:
    """What this program cannot read and keeps as it came."""
    return reader.rows_of("SELECT kind, id, scope FROM extra")


@pytest.fixture
def person(zhang: Laptop, wang: Laptop) -> RecordId:
    """Somebody whom a newer program of the leader has written about, and whom an older one has."""
    person = add(zhang)
    zhang.sync()
    wang.sync()
    record_as_newer(wang, "resident", person, "patch", set=NEWER)
    wang.sync()
    zhang.sync()
    return person


def test_old_client_and_new_schema(centre: Centre, zhang: Laptop, wang: Laptop, person: RecordId) -> None:
    """Failure 18: an old program shows what it knows of a newer record, and touches nothing else of it."""
    seen = people(zhang)[person]
    assert (seen.status, label_of("person_status", seen.status)) == ("abroad_for_work", "abroad_for_work")
    change(zhang, person, note="旧程序写的", phones=("13800000000",))
    visit(zhang, person)
    zhang.sync()
    assert counts(zhang) == (0, 3, 0, 0)
    wanted = {name: new for name, (_, new) in NEWER.items()}
    for found in (body_at_centre(centre, person), document(zhang.database, "resident", person)):
        assert found is not None
        assert {name: found[name] for name in wanted} == wanted
        assert (found["note"], found["phones"]) == ("旧程序写的", ["13800000000"])
    wang.sync()
    record_as_newer(wang, "resident", person, "patch", set={"shoe_size": (41, 42)})
    wang.sync()
    assert counts(wang)[2:] == (0, 0), "nobody overwrote the newer field meanwhile"
    assert body_at_centre(centre, person)["shoe_size"] == 42
    assert centre.store.read(check) == []


def test_a_value_of_a_newer_program_is_changed_like_any_other(
    centre: Centre, zhang: Laptop, wang: Laptop, person: RecordId
) -> None:
    """The old program names the unknown value that it has seen: a change of it is no conflict."""
    change(zhang, person, status="away")
    zhang.sync()
    assert (counts(zhang)[2:], body_at_centre(centre, person)["status"]) == ((0, 0), "away")


def test_a_kind_of_a_newer_program_is_kept_aside_and_stops_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    zhang.sync()
    wang.sync()
    record_as_newer(wang, "pet", "pet-1", "create", values={"name": "旺财"})
    add(wang, "王秀兰", scope=GRID_3)
    wang.sync()
    zhang.sync()
    assert (names(zhang), look(zhang.database, kept_aside)) == (["王秀兰"], [("pet", "pet-1", GRID_3)])
    visit(zhang, next(iter(people(zhang))))
    zhang.sync()
    wang.sync()
    assert len(visits(wang)) == 1


def test_a_record_whose_shape_is_newer_is_kept_aside_with_what_waits(
    centre: Centre, zhang: Laptop, wang: Laptop
) -> None:
    """Its note is a list now: nobody here can show it, and what was written about it arrives all the same."""
    person = add(zhang)
    zhang.sync()
    wang.sync()
    change(zhang, person, phones=("13800000000",))
    body = msgspec.json.encode({**body_at_centre(centre, person), "note": ["一", "二"]})

    def newer(reply: Any) -> Any:
        if not isinstance(reply, PullReply):
            return reply
        rows = [
            msgspec.structs.replace(row, body=msgspec.Raw(body)) if row.id == person else row
            for row in reply.entries
        ]
        return msgspec.structs.replace(reply, entries=rows)

    zhang.line.on_the_way_back = newer
    zhang.sync()
    assert (names(zhang), look(zhang.database, kept_aside)) == ([], [("resident", person, GRID_3)])
    assert counts(zhang) == (0, 2, 0, 0)
    assert body_at_centre(centre, person)["phones"] == ["13800000000"]
    add(zhang, "别人")
    zhang.sync()
    assert names(zhang) == ["别人"]


# ------------------------------------------------------------ below what the centre still serves


def test_who_reads_only_older_records_still_hands_his_work_in(
    centre: Centre, zhang: Laptop, wang: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """426 is for rows that he could not read; data go in whatever the program's age, and nothing is lost."""
    person = add(zhang, "先")
    zhang.sync()
    with monkeypatch.context() as patch:
        patch.setattr(pull, "MIN_SCHEMA", SCHEMA + 1)
        change(zhang, person, note="旧程序写的")
        for _ in range(2):
            with pytest.raises(Problem, match="upgrade_needed"):
                zhang.sync()
        assert body_at_centre(centre, person)["note"] == "旧程序写的"
        assert len(operations(zhang.database)) == 1, "nothing counts as synced that was not acknowledged"
        assert people(zhang)[person].note == "旧程序写的"
        add(zhang, "后")
        with pytest.raises(Problem, match="upgrade_needed"):
            zhang.sync()
    zhang.sync()  # the program was upgraded
    wang.sync()
    assert (names(wang), counts(zhang)) == (sorted(["先", "后"]), (0, 3, 0, 0))
    assert centre.store.read(check) == []
    assert_consistent(zhang.database)


def test_a_client_that_names_no_schema_reads_the_first(zhang: Laptop) -> None:
    request = PullRequest(epoch="e", replica="r", cursors={})
    assert request.schema == 1
    zhang.sync()
    assert [each.schema for each in zhang.line.requests if isinstance(each, PullRequest)] == [SCHEMA]


# ------------------------------------------------------------ a new client and an old centre


def test_a_new_client_at_an_old_centre_loses_nothing(centre: Centre, zhang: Laptop, wang: Laptop) -> None:
    """What the centre could not read afterwards waits there with its words; what follows it flows."""
    person = add(zhang)
    zhang.sync()
    record_as_newer(zhang, "resident", person, "patch", set={"note": ("", ["一", "二"])})
    record_as_newer(zhang, "resident", person, "patch", set={"shoe_size": (None, 41)})
    change(zhang, person, phones=("13800000000",))
    zhang.sync()
    assert [(each.code, each.reason) for each in asked(zhang)] == [("held", "schema")]
    body = body_at_centre(centre, person)
    assert (body["shoe_size"], body["phones"], "note" in body) == (41, ["13800000000"], False)
    [(kept,)] = centre.rows("SELECT body FROM op_log WHERE code = 'held'")
    assert msgspec.json.decode(kept)["set"] == {"note": ["", ["一", "二"]]}
    wang.sync()
    assert people(wang)[person].phones == ("13800000000",)
    assert centre.store.read(check) == []


def test_a_result_that_only_a_newer_client_understands_ends_the_wait(zhang: Laptop) -> None:
    """A centre of tomorrow says more about an operation than this program has words for."""

    def newer(reply: Any) -> Any:
        if not isinstance(reply, PushReply | PullReply):
            return reply
        results = [_in_tomorrow_s_words(result) for result in reply.results]
        return msgspec.structs.replace(reply, results=results)

    zhang.line.on_the_way_back = newer
    add(zhang, "一")
    add(zhang, "二")
    zhang.sync()
    assert operations(zhang.database) == []
    assert [(each.code, each.reason) for each in asked(zhang)] == [("held", "of_tomorrow")]
    assert names(zhang) == sorted(["一", "二"])


def _in_tomorrow_s_words(result: Result) -> Result:
    if result.seq == 1:
        return msgspec.structs.replace(result, code="consolidated")
    return msgspec.structs.replace(result, code="held", reason="of_tomorrow")
