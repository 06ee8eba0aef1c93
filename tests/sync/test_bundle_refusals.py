"""Bundles that are foreign, forged or of another life: each is told by name, and nothing of it is taken."""

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gridworker.db.lives import begin_new_replica
from gridworker.domain.problems import Problem
from gridworker.server import accounts
from gridworker.server.bundle_keys import own_keys as centre_own_keys
from gridworker.sync.arrivals import import_bundles
from gridworker.sync.bundles import export_bundle
from gridworker.sync.device_keys import own_keys
from gridworker.wire.bundle import (
    Manifest,
    pack,
    seal_bundle,
)
from gridworker.wire.bundle_keys import fingerprint
from tests.db.laptop import look
from tests.sync.laptop import (
    GRID_3,
    Centre,
    Laptop,
    add,
    counts,
    names,
)
from tests.sync.stick import bring_home, export, files, logged, office, only, trip


def test_two_laptops_share_a_stick(centre: Centre, zhang: Laptop, wang: Laptop, stick: Path) -> None:
    add(zhang, "甲")
    add(wang, "乙", scope=GRID_3)
    export(zhang, stick)
    export(wang, stick)
    assert sorted(one.user for one in office(centre, stick)) == ["张晓", "王芳"]
    for laptop in (zhang, wang):
        (arrived,) = bring_home(laptop, stick)
        assert arrived.acknowledged == 1
    trip(zhang, stick)
    assert names(zhang) == ["乙", "甲"]


def test_an_answer_for_another_laptop_stays_shut(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    export(zhang, stick)
    office(centre, stick)
    with pytest.raises(Problem, match="bundle_foreign"):
        bring_home(wang, only(stick, ".gwdown"))
    with pytest.raises(Problem, match="bundle_none_here"):
        bring_home(wang, stick)


def test_an_answer_does_not_fit_the_same_laptop_under_another_enrolment(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    export(zhang, stick)
    office(centre, stick)
    zhang.enrol()
    with pytest.raises(Problem, match="bundle_other_device"):
        bring_home(zhang, stick)


def test_a_bundle_of_another_centre_stays_shut(
    centre: Centre, zhang: Laptop, stick: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere = Centre(folder)
    stranger = elsewhere.laptop("zhang")
    stranger.sync()
    export(stranger, stick)
    assert [one.code for one in office(centre, stick)] == ["bundle_foreign"]
    office(elsewhere, stick)
    with pytest.raises(Problem, match="bundle_foreign"):
        bring_home(zhang, only(stick, ".gwdown"))
    elsewhere.close()


def test_each_direction_has_its_reader(centre: Centre, zhang: Laptop, stick: Path) -> None:
    export(zhang, stick)
    office(centre, stick)
    with pytest.raises(Problem, match="bundle_foreign"):
        bring_home(zhang, only(stick, ".gwup"))
    assert [one.code for one in office(centre, only(stick, ".gwdown"))] == ["bundle_foreign"]


def sealed(centre: Centre, laptop: Laptop, signer: Laptop, **parts: Any) -> bytes:
    """A bundle for the centre in one laptop's name, signed by another one."""
    keys = look(signer.database, own_keys)
    assert keys is not None
    to = centre.store.read(centre_own_keys).public
    facts: dict[str, Any] = {
        "bundle_id": "b",
        "dir": "up",
        "server": laptop.meta("server_id"),
        "epoch": laptop.meta("epoch"),
        "device": look(laptop.database, lambda reader: reader.author).device_id,
        "user": laptop.user_id,
        "recipients": [fingerprint(to)],
        "made_ms": centre.clock(),
        "replica": laptop.meta("replica"),
    }
    out = io.BytesIO()
    seal_bundle(out, Manifest(**{**facts, **parts}), [pack("pull", b"{}")], keys=keys, recipient=to.seal)
    return out.getvalue()


@pytest.mark.parametrize(
    "parts, code",
    [
        ({}, "bundle_forged"),
        ({"user": "somebody"}, "bundle_forged"),
        ({"device": "nobody"}, "bundle_unknown_device"),
        ({"device": "\0"}, "bundle_damaged"),
        ({"server": "elsewhere"}, "bundle_other_server"),
        ({"dir": "down"}, "bundle_wrong_way"),
        ({"v": 2}, "bundle_newer"),
        ({"suite": "gm-1"}, "bundle_newer"),
    ],
)
def test_who_signs_is_who_sends(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path, *, parts: dict[str, Any], code: str
) -> None:
    (stick / "a.gwup").write_bytes(sealed(centre, zhang, wang, **parts))
    assert [one.code for one in office(centre, stick)] == [code]


@pytest.mark.parametrize("parts", [{"recipients": ["another"]}, {"user": "somebody"}])
def test_a_bundle_cannot_be_passed_on_or_renamed(
    centre: Centre, zhang: Laptop, stick: Path, parts: dict[str, Any]
) -> None:
    (stick / "a.gwup").write_bytes(sealed(centre, zhang, zhang, **parts))
    assert [one.code for one in office(centre, stick)] == ["bundle_forged"]


def test_the_hand_of_another_user_is_set_aside(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    """The signature is the device's; operations in another's name are held, as over the network."""
    add(wang, "乙", scope=GRID_3)
    wang.sync()
    author = look(zhang.database, lambda reader: reader.author)
    zhang.database.write(lambda tx: tx.set_author(msgspec.structs.replace(author, user_id=wang.user_id)))
    add(zhang, "甲")
    zhang.database.write(lambda tx: tx.set_author(author))
    export(zhang, stick)
    assert office(centre, stick)[0].results == {"held": 1}


def test_a_signed_bundle_may_still_be_rubbish(centre: Centre, zhang: Laptop, stick: Path) -> None:
    (stick / "a.gwup").write_bytes(sealed(centre, zhang, zhang))
    assert [one.code for one in office(centre, stick)] == ["bundle_damaged"]


@pytest.mark.parametrize("shut", ["device", "user"])
def test_who_is_shut_out_brings_work_for_review_and_gets_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path, shut: str
) -> None:
    add(wang, "乙", scope=GRID_3)
    wang.sync()
    add(zhang, "甲")
    export(zhang, stick)
    device = look(zhang.database, lambda reader: reader.author).device_id
    if shut == "device":
        centre.store.write(lambda tx: accounts.revoke_device(tx, device, centre.clock))
    else:
        centre.store.write(lambda tx: accounts.disable_user(tx, "zhang", centre.clock))
    (outcome,) = office(centre, stick)
    assert (outcome.code, outcome.shut_out, outcome.answer) == ("taken", True, "")
    assert outcome.results == {"held": 1}
    assert not files(stick, ".gwdown")
    wang.sync()
    assert names(wang) == ["乙"]


# ------------------------------------------------------------------------------------- lives and keys


def test_a_laptop_that_never_met_the_centre_is_told_so(centre: Centre, stick: Path) -> None:
    laptop = centre.laptop("zhang")
    add(laptop)
    with pytest.raises(Problem, match="bundle_no_centre_key"):
        export(laptop, stick)
    with pytest.raises(Problem, match="bundle_none_here"):
        bring_home(laptop, stick)
    assert not list(stick.iterdir())


def test_a_laptop_without_enrolment_is_told_so(centre: Centre, tmp_path: Path, stick: Path) -> None:
    database = centre.open(tmp_path / "new.db")
    with pytest.raises(Problem, match="not_enrolled"):
        export_bundle(database, stick, app="test")
    with pytest.raises(Problem, match="bundle_foreign"):
        import_bundles(database, stick)
    database.close()


def test_a_laptop_of_before_registers_its_keys_at_the_next_exchange(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    centre.execute("DELETE FROM device_key")
    zhang.database.write(lambda tx: tx.driver.execute("DELETE FROM meta WHERE k LIKE 'bundle%'"))
    with pytest.raises(Problem, match="bundle_no_centre_key"):
        export(zhang, stick)
    zhang.sync()
    trip(zhang, stick)
    zhang.line.calls.clear()
    zhang.sync()
    assert zhang.line.calls == ["PullRequest"]


def test_a_centre_without_keys_is_asked_again_only_when_somebody_wants_them(
    centre: Centre, zhang: Laptop, stick: Path
) -> None:
    zhang.database.write(lambda tx: tx.set_meta("bundle_centre", ""))
    zhang.line.calls.clear()
    zhang.sync()
    assert zhang.line.calls == ["PullRequest"]
    with pytest.raises(Problem, match="bundle_no_centre_key"):
        export(zhang, stick)
    zhang.sync()
    export(zhang, stick)


def test_a_restored_laptop_finds_out_by_stick(centre: Centre, zhang: Laptop, stick: Path) -> None:
    backup = zhang.back_up()
    add(zhang, "甲")
    zhang.sync()
    zhang.restore(backup)
    add(zhang, "乙")
    (arrived,) = trip(zhang, stick)
    assert arrived.acknowledged == 0
    assert names(zhang) == ["乙", "甲"]
    assert counts(zhang)[0] == 1
    trip(zhang, stick)
    assert counts(zhang) == (0, 1, 0, 0)
    assert len(logged(centre)) == 2


def test_a_new_life_of_the_queue_is_registered_by_stick(centre: Centre, zhang: Laptop, stick: Path) -> None:
    add(zhang)
    zhang.database.write(begin_new_replica)
    trip(zhang, stick)
    assert counts(zhang) == (0, 1, 0, 0)


def test_an_answer_to_a_former_life_of_the_queue_acknowledges_nothing(
    centre: Centre, zhang: Laptop, wang: Laptop, stick: Path
) -> None:
    add(wang, "乙", scope=GRID_3)
    wang.sync()
    add(zhang, "甲")
    export(zhang, stick)
    office(centre, stick)
    zhang.database.write(begin_new_replica)
    (arrived,) = bring_home(zhang, stick)
    assert (arrived.fresh, arrived.acknowledged) == (True, 0)
    assert counts(zhang)[0] == 1
    trip(zhang, stick)
    assert counts(zhang) == (0, 1, 0, 0)
    assert len(logged(centre)) == 2


def test_a_new_life_of_the_centre_is_learned_by_stick(centre: Centre, zhang: Laptop, stick: Path) -> None:
    add(zhang, "甲")
    zhang.sync()
    old = Path(export(zhang, stick).file)
    office(centre, old)
    before = only(stick, ".gwdown")
    centre.execute("UPDATE sync_head SET epoch = 'second-life'")
    add(zhang, "乙")
    export(zhang, stick)
    assert {one.code for one in office(centre, stick)} == {"epoch"}
    (arrived,) = [one for one in bring_home(zhang, stick) if one.refused]
    assert arrived.refused == ("epoch",)
    assert zhang.meta("epoch") == "second-life"
    with pytest.raises(Problem, match="bundle_other_epoch"):
        bring_home(zhang, before)
    trip(zhang, stick)
    assert counts(zhang)[0] == 0
    assert names(zhang) == ["乙", "甲"]
    assert len(logged(centre)) == 2
