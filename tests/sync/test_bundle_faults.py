"""Bundles that are damaged, sticks that are full or gone, and power cuts at any moment."""

import errno
import io
import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from gridworker.db.lives import begin_new_replica
from gridworker.db.on_stick import on_stick
from gridworker.db.standing import standing
from gridworker.domain.problems import Problem
from gridworker.sync import bundles
from gridworker.sync.arrivals import EXPIRES_MS, import_bundles
from gridworker.wire.bundle import (
    MAX_FILE_BYTES,
    MAX_FRAME_BYTES,
    MAX_FRAMES,
    MAX_RAW_BYTES,
    Frame,
    Manifest,
    Receipt,
    seal_bundle,
)
from tests.db.laptop import look
from tests.sync.laptop import (
    A_DAY_MS,
    Centre,
    Laptop,
    add,
    counts,
)
from tests.sync.stick import (
    bring_home,
    export,
    logged,
    manifest_of,
    office,
    only,
)


@pytest.mark.parametrize("suffix", [".gwup", ".gwdown"])
def test_a_damaged_bundle_changes_nothing_and_says_so(
    centre: Centre, zhang: Laptop, stick: Path, suffix: str
) -> None:
    for number in range(30):
        add(zhang, f"居民{number}")
    export(zhang, stick)
    office(centre, stick)
    file = only(stick, suffix)
    whole = file.read_bytes()
    before = logged(centre), counts(zhang), zhang.meta("cursors")
    for damaged in (
        whole[: len(whole) // 2],
        whole[:-1],
        whole + b"x",
        b"",
        b"x" * 9_000,
        flipped(whole, -20),
    ):
        file.write_bytes(damaged)
        if suffix == ".gwup":
            assert [one.code for one in office(centre, file)] == ["bundle_damaged"]
        else:
            with pytest.raises(Problem, match="bundle_damaged"):
                bring_home(zhang, file)
    assert (logged(centre), counts(zhang), zhang.meta("cursors")) == before


def test_nothing_is_taken_of_a_bundle_that_only_begins_well(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    """Its first requests are whole and genuine; what follows was never copied."""
    for number in range(450):
        add(zhang, f"居民{number}", note=os.urandom(400).hex())
    file = Path(export(zhang, stick).file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 4 * 3])
    assert [one.code for one in office(centre, file)] == ["bundle_damaged"]
    assert logged(centre) == []
    file.write_bytes(whole)
    assert office(centre, file)[0].results == {"applied": 450}


def flipped(data: bytes, place: int) -> bytes:
    """The same with one bit that is another."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def test_one_bad_file_does_not_stop_the_others(centre: Centre, zhang: Laptop, stick: Path) -> None:
    (stick / "a.gwup").write_bytes(b"rubbish")
    (stick / "a.gwdown").write_bytes(b"rubbish")
    add(zhang)
    export(zhang, stick)
    assert sorted(one.code for one in office(centre, stick)) == ["bundle_damaged", "taken"]
    assert bring_home(zhang, stick)[0].acknowledged == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", range(6))
def test_a_kill_while_importing_changes_nothing(
    centre: Centre, zhang: Laptop, stick: Path, after: int
) -> None:
    for number in range(30):
        add(zhang, f"居民{number}")
    export(zhang, stick)
    office(centre, stick)
    before = counts(zhang), zhang.meta("cursors")
    frames = len(manifest_of(zhang, only(stick, ".gwdown")).frames)
    assert frames == 3

    def kill(done: int, _total: int) -> None:
        if done > after:
            raise Killed

    if after < frames:
        with pytest.raises(Killed):
            import_bundles(zhang.database, stick, on_progress=kill)
        zhang.reopen()
        assert (counts(zhang), zhang.meta("cursors")) == before
    bring_home(zhang, stick)
    assert counts(zhang) == (0, 30, 0, 0)


@pytest.mark.parametrize("at", range(5))
def test_a_crash_of_the_office_is_mended_by_importing_again(
    centre: Centre, zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    for number in range(450):
        add(zhang, f"居民{number}")
    export(zhang, stick)
    calls = itertools.count()
    write = centre.store.write

    def crash(work: Callable[[Any], Any]) -> Any:
        if next(calls) == at:
            raise Killed
        return write(work)

    monkeypatch.setattr(centre.store, "write", crash)
    if at < 4:  # registering, and three requests
        with pytest.raises(Killed):
            office(centre, stick)
    monkeypatch.undo()
    office(centre, stick)
    bring_home(zhang, stick)
    assert counts(zhang) == (0, 450, 0, 0)
    assert len(logged(centre)) == len(set(logged(centre))) == 450


class Stick(io.BytesIO):
    """A file on a stick that takes so many bytes."""

    def __init__(self, file: BinaryIO, room: int, fault: int) -> None:
        super().__init__()
        self.file, self.room, self.fault = file, room, fault

    def write(self, data: Any) -> int:
        """Take the bytes, or none."""
        self.room -= len(data)
        if self.room < 0:
            raise OSError(self.fault, "the stick")
        return self.file.write(data)


@pytest.mark.parametrize(
    "fault, code",
    [(errno.ENOSPC, "stick_full"), (errno.EIO, "stick_unwritable"), (errno.ENODEV, "stick_unwritable")],
)
def test_a_full_or_removed_stick_keeps_nothing_half(
    zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch, fault: int, code: str
) -> None:
    for number in range(300):
        add(zhang, f"居民{number}")

    def seal(out: BinaryIO, *arguments: Any, **options: Any) -> None:
        seal_bundle(Stick(out, 10_000, fault), *arguments, **options)

    monkeypatch.setattr(bundles, "seal_bundle", seal)
    with pytest.raises(Problem, match=code):
        export(zhang, stick)
    assert not list(stick.iterdir())
    assert look(zhang.database, on_stick) is None


def test_a_stick_that_is_not_there_is_said(zhang: Laptop, stick: Path) -> None:
    with pytest.raises(Problem, match="stick_unwritable"):
        export(zhang, stick / "gone" / "a.gwup")
    with pytest.raises(Problem, match="stick_unreadable"):
        bring_home(zhang, stick / "gone" / "a.gwdown")


def test_a_kill_while_exporting_leaves_no_bundle_and_the_next_one_cleans_up(
    zhang: Laptop, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(zhang)

    def kill(*_arguments: object, **_options: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        patch.setattr(Path, "unlink", kill)  # as if nothing came after
        with pytest.raises(Killed):
            export(zhang, stick)
    assert [file.suffix for file in stick.iterdir()] == [".part"]
    zhang.reopen()
    assert look(zhang.database, on_stick) is None
    export(zhang, stick)
    assert [file.suffix for file in stick.iterdir()] == [".gwup"]


def test_no_plain_text_is_on_the_stick(centre: Centre, zhang: Laptop, stick: Path) -> None:
    add(zhang, "⟦g3⟧王秀兰")
    zhang.sync()
    add(zhang, "⟦g3⟧李大爷")
    export(zhang, stick)
    office(centre, stick)
    names_and_bytes = b"".join(file.name.encode() + file.read_bytes() for file in stick.iterdir())
    for canary in (
        "⟦g3⟧",
        "王秀兰",
        "李大爷",
        "zhang",
        "张晓",
        "resident",
        zhang.user_id,
        zhang.meta("token"),
    ):
        assert canary.encode() not in names_and_bytes


def test_the_counters_say_what_is_on_the_stick(zhang: Laptop, stick: Path) -> None:
    add(zhang)
    export(zhang, stick)
    add(zhang)
    mark = look(zhang.database, on_stick)
    assert mark is not None
    assert (mark.seq, look(zhang.database, standing).waiting) == (1, 2)
    zhang.database.write(begin_new_replica)
    assert look(zhang.database, on_stick) is None


def test_the_page_explains_every_member_and_kind() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text("utf-8")
    section = page.partition("## Bundles\n")[2].partition("\n## ")[0]
    for kind in (Manifest, Frame, Receipt):
        for member in kind.__struct_fields__:
            assert re.search(rf"`{member}`|[{{ ]{member}[,?}}]", section), member
    for limit in (MAX_FRAMES, MAX_FRAME_BYTES >> 20, MAX_FILE_BYTES >> 20, EXPIRES_MS // A_DAY_MS):
        assert str(limit) in section
    assert MAX_FILE_BYTES == MAX_RAW_BYTES
