"""Drafts: what was typed but not saved outlives a crash, and an old shape does no harm."""

from pathlib import Path

import msgspec

from gridworker.db.database import Database
from gridworker.db.drafts import drop_draft, read_draft, save_draft
from gridworker.db.standing import standing
from tests.db.laptop import look, opened


class Form(msgspec.Struct, frozen=True):
    """What a form holds."""

    words: str = ""
    number: int = 0


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
