"""Sets: what one adds and another removes at the same time, in whatever order it comes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gridworker.server.merge import apply_operation
from gridworker.server.outcomes import Attempt, Entity, Member
from gridworker.wire.envelope import Operation
from tests.server.laptop import Centre
from tests.server.matters import body_of, two_workers

PROFILE = {"resident_id": "r1"}
VALUES = "abcd"


class Shelf(msgspec.Struct):
    """One care profile as a centre keeps it: the groups, and who put them there under which commit."""

    entity: Entity
    members: list[Member] = []
    seq: int = 1


def shelf(groups: Sequence[str]) -> Shelf:
    """A profile that was made with these groups, by the first commit."""
    body = {**PROFILE, "groups": sorted(groups)}
    return Shelf(
        Entity(id="p1", kind="care_profile", scope="g:a", body=body, author="", editor="", rev_seq=1)
    )


def write(kept: Shelf, op: Operation, base: int | None) -> None:
    """Merge one operation as the next commit."""
    kept.seq += 1
    attempt = Attempt(
        op=op, entity=kept.entity, role="grid_leader", members=tuple(kept.members), base_seq=base
    )
    outcome = apply_operation(attempt)
    for one in outcome.left:
        kept.members.remove(one)
    kept.members += [msgspec.structs.replace(one, seq=kept.seq) for one in outcome.joined]
    if outcome.entity is not None:
        kept.entity = msgspec.structs.replace(outcome.entity, rev_seq=kept.seq)
    assert outcome.clashes == ()


def groups(kept: Shelf) -> set[str]:
    """What the set holds."""
    return set(kept.entity.body.get("groups") or ())


def change(actor: str, n: int, seen: set[str], wanted: set[str], base_rev: str = "e.1") -> Operation:
    """An operation by somebody who saw one set and wants another."""
    return Operation(
        op_id=f"{actor}{n}",
        actor=actor,
        device="d",
        wall_ms=1,
        kind="care_profile",
        id="p1",
        scope="g:a",
        verb="patch",
        base_rev=base_rev,
        set={"groups": (sorted(seen), sorted(wanted))},
    )


SETS = st.sets(st.sampled_from(VALUES))
EVERYBODY = st.dictionaries(st.sampled_from(["u1", "u2", "u3"]), SETS, min_size=1)


@given(SETS, EVERYBODY, st.data())
def test_concurrent_changes_come_to_the_same_in_every_order(
    first: set[str], wanted: dict[str, set[str]], data: st.DataObject
) -> None:
    results = []
    for order in (sorted(wanted), data.draw(st.permutations(sorted(wanted)))):
        kept = shelf(sorted(first))
        for actor in order:
            write(kept, change(actor, 1, first, wanted[actor]), 1)
        results.append(groups(kept))
    assert results[0] == results[1]


@given(SETS, EVERYBODY)
def test_an_add_wins_over_a_removal_that_had_not_seen_it(
    first: set[str], wanted: dict[str, set[str]]
) -> None:
    kept = shelf(sorted(first))
    for actor, values in wanted.items():
        write(kept, change(actor, 1, first, values), 1)
    added = {value for values in wanted.values() for value in values - first}
    removed = {value for values in wanted.values() for value in first - values}
    assert groups(kept) == (first - removed) | added


@given(SETS, SETS, SETS)
def test_who_has_seen_everything_gets_what_he_wants(
    first: set[str], other: set[str], wanted: set[str]
) -> None:
    kept = shelf(sorted(first))
    write(kept, change("u1", 1, first, other), 1)
    assert groups(kept) == other
    write(kept, change("u2", 1, other, wanted), kept.entity.rev_seq)
    assert groups(kept) == wanted


@given(SETS, st.lists(SETS, max_size=4))
def test_an_author_offline_gets_what_he_wanted_last(first: set[str], steps: list[set[str]]) -> None:
    kept, seen = shelf(sorted(first)), first
    for n, wanted in enumerate(steps):
        write(kept, change("u1", n, seen, wanted), 1)
        seen = wanted
    assert groups(kept) == seen


@given(SETS, SETS)
def test_the_same_change_again_changes_nothing(first: set[str], wanted: set[str]) -> None:
    kept = shelf(sorted(first))
    write(kept, change("u1", 1, first, wanted), 1)
    write(kept, change("u1", 2, first, wanted), 1)
    assert groups(kept) == wanted


def test_a_value_that_two_put_there_goes_when_both_were_seen() -> None:
    kept = shelf(())
    write(kept, change("u1", 1, set(), {"a"}), 1)
    seen = kept.entity.rev_seq
    write(kept, change("u2", 1, set(), {"a"}), 1)
    write(kept, change("u3", 1, {"a"}, set()), seen)
    assert groups(kept) == {"a"}, "the second add was not seen"
    write(kept, change("u3", 2, {"a"}, set()), kept.entity.rev_seq)
    assert groups(kept) == set()


def test_an_add_of_what_is_there_is_seen_by_whoever_pulls_after_it() -> None:
    kept = shelf(())
    write(kept, change("u1", 1, set(), {"a"}), 1)
    before = kept.entity.rev_seq
    write(kept, change("u2", 1, set(), {"a"}), 1)
    assert kept.entity.rev_seq > before


def test_a_revision_of_another_life_counts_by_what_its_author_saw() -> None:
    kept = shelf(())
    write(kept, change("u1", 1, set(), {"a", "b"}), 1)
    write(kept, change("u2", 1, {"a"}, set(), base_rev="other.9"), None)
    assert groups(kept) == {"b"}


def test_a_record_that_its_author_never_got_back_says_nothing_of_others() -> None:
    kept = shelf(())
    write(kept, change("u1", 1, set(), {"a"}), 1)
    lonely = msgspec.structs.replace(change("u2", 1, {"a"}, set()), base_rev=None)
    write(kept, lonely, None)
    assert groups(kept) == {"a"}


def test_what_is_no_set_is_held(centre: Centre) -> None:
    one, _ = two_workers(centre)
    one.do("create", "p1", "care_profile", values={**PROFILE, "groups": ["a"]})
    for value in (5, "ab", {"a": 1}):
        assert one.do("patch", "p1", "care_profile", set={"groups": (["a"], value)}).reason == "schema"


def test_both_databases_remember_who_put_what_where(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("create", "p1", "care_profile", values={**PROFILE, "groups": ["a"]})

    def patched(laptop: Any, old: list[str], new: list[str], rev: str) -> None:
        laptop.do("patch", "p1", "care_profile", set={"groups": (old, new)}, base_rev=rev)

    rev = _rev(other)
    patched(one, ["a"], ["a", "b"], rev)
    patched(other, ["a", "b"], ["a"], rev)
    assert body_of(centre, "p1")["groups"] == ["a", "b"], "he named a value that he cannot have seen"
    patched(other, ["a", "b"], [], _rev(other))
    assert "groups" not in body_of(centre, "p1")
    assert centre.rows("SELECT * FROM set_member") == []


def _rev(laptop: Any) -> str:
    laptop.pull()
    [rev] = [entry.rev for entry in laptop.rows.values() if entry.id == "p1"]
    return str(rev)


def test_who_adds_what_is_there_already_can_be_seen_even_if_he_wrote_last(centre: Centre) -> None:
    one, other = two_workers(centre)
    one.do("create", "p1", "care_profile", values=PROFILE)
    add: dict[str, Any] = {"groups": ([], ["a"])}
    other.do("patch", "p1", "care_profile", set=add)
    other.do("patch", "p1", "care_profile", set=add)
    rev = _rev(one)
    assert one.do("patch", "p1", "care_profile", set={"groups": (["a"], [])}, base_rev=rev).code == "applied"
    assert "groups" not in body_of(centre, "p1")
