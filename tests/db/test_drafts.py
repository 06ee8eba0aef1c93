"""Drafts: what was typed but not saved outlives a crash, and an old shape does no harm."""

from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridworker.db.database import Database
from gridworker.db.drafts import drop_draft, newest_draft, read_draft, save_draft, stray_drafts
from gridworker.db.standing import standing
from gridworker.wire.messages import GONE, Entry
from tests.db.laptop import GRID, PaperCentre, gone, look, opened, put


class Form(msgspec.Struct, frozen=True):
    """What a form holds."""

    words: str = ""
    number: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a form holds that takes over something of a record."""

    words: str
    address: str
    note: str
    number: int


class OldForm(msgspec.Struct, frozen=True):
    """The same form in an older program."""

    number: str = "many"


def test_a_draft_is_there_after_a_restart(path: Path) -> None:
    with opened(path) as database:
        database.write(save_draft, "form", Form("写了一半", 1))
        database.write(save_draft, "form", Form("写了一半多", 2))
    with opened(path) as database:
        assert look(database, read_draft, "form", Form) == Form("写了一半多", 2)
        database.write(drop_draft, "form")
        assert look(database, read_draft, "form", Form) is None


def test_a_draft_of_another_shape_is_passed_over(database: Database) -> None:
    database.write(save_draft, "form", OldForm())
    assert look(database, read_draft, "form", Form) is None


def test_a_draft_is_not_a_saved_record(laptop: Database) -> None:
    laptop.write(save_draft, "form", Form("写了一半"))
    found = look(laptop, standing)
    assert (found.recorded, found.last_saved_ms) == (0, None)


def test_a_draft_about_who_left_is_listed_and_offered_for_nobody_else(
    centre: PaperCentre, laptop: Database
) -> None:
    centre.say(put("resident", "r1", {"name": "王秀兰"}), put("resident", "r2", {"name": "李"}))
    for name, number in (("visit:r1", 1), ("visit:r2", 2), ("visit:", 3)):
        laptop.write(save_draft, name, Form(f"写了一半{number}", number))
    laptop.write(drop_draft, "visit:")
    laptop.write(save_draft, "visit:r1", Form("写了一半", 1))
    assert newest(laptop) == "visit:r1"
    centre.say(gone("resident", "r1"))
    assert newest(laptop) == "visit:r2"
    (stray,) = look(laptop, stray_drafts)
    assert (stray.name, stray.gone, stray.about, stray.words) == (
        "visit:r1",
        ("r1",),
        "王*兰",
        {"words": "写了一半"},
    )
    laptop.write(drop_draft, "visit:r1")
    assert look(laptop, stray_drafts) == []
    assert look(laptop, lambda reader: reader.rows_of("SELECT * FROM stray")) == []


def test_a_form_that_is_still_open_about_who_left_keeps_its_words_apart(
    centre: PaperCentre, laptop: Database
) -> None:
    leaves, stays = (f"019ab000-0000-7000-8000-00000000000{n}" for n in (1, 2))
    centre.say(*(put("resident", id, {"name": "王"}) for id in (leaves, stays)))
    centre.say(gone("resident", leaves))
    for id in (stays, leaves):
        laptop.write(save_draft, f"visit:{id}", Form("写了一半"))
    assert newest(laptop) == f"visit:{stays}"
    assert [stray.gone for stray in look(laptop, stray_drafts)] == [(leaves,)]
    centre.say(put("resident", leaves, {"name": "王"}, rev=10))
    assert look(laptop, stray_drafts) == []


def newest(database: Database) -> str:
    """The draft that a form begins with when it is about nobody in particular."""
    found = look(database, newest_draft, "visit:")
    assert found is not None
    return found[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text(), st.text(max_size=20), st.sampled_from(["moved", "deleted", "merged", ""]))
def test_nothing_that_was_typed_is_lost_and_nothing_that_was_copied_is_kept(
    centre: PaperCentre, laptop: Database, typed: str, copied: str, said: str, reason: str
) -> None:
    """Copied is what stands in the record under the same name; whatever else is in a draft was typed."""
    centre.say(put("resident", "r1", {"name": "王", "address": copied, "note": said}))
    laptop.write(save_draft, "visit:r1", Place(words=typed, address=copied, note=typed, number=7))
    centre.say(Entry(GRID, "r1", "resident", "e1.9", GONE, reason))
    found = look(laptop, read_draft, "visit:r1", Place)
    assert found == Place(words=typed, address="", note="" if typed == said else typed, number=7)
