"""What tests do with sticks: put work on one, take it to the office, bring the answer home."""

from pathlib import Path
from typing import Any

from gridworker.server.bundle_keys import own_keys as centre_own_keys
from gridworker.server.bundles import Outcome, import_sticks
from gridworker.sync.arrivals import Arrived, import_bundles
from gridworker.sync.bundles import Exported, export_bundle
from gridworker.sync.device_keys import own_keys
from gridworker.wire.bundle import (
    Manifest,
    peek_manifest,
)
from tests.db.laptop import look
from tests.sync.laptop import (
    Centre,
    Laptop,
)


def export(laptop: Laptop, place: Path, **options: Any) -> Exported:
    """Put what waits on a stick."""
    return export_bundle(laptop.database, place, app="test", **options)


def office(centre: Centre, *places: Path) -> list[Outcome]:
    """What the office does with a stick."""
    return import_sticks(centre.server, places)


def bring_home(laptop: Laptop, place: Path) -> list[Arrived]:
    """Take in what is on the stick."""
    return import_bundles(laptop.database, place)


def trip(laptop: Laptop, stick: Path) -> list[Arrived]:
    """To the office and back."""
    export(laptop, stick)
    office(laptop.centre, stick)
    return bring_home(laptop, stick)


def files(stick: Path, suffix: str) -> list[Path]:
    """The bundles of one direction, in the order of their names."""
    return sorted(stick.glob(f"*{suffix}"))


def only(stick: Path, suffix: str) -> Path:
    """The one bundle of a direction."""
    (file,) = files(stick, suffix)
    return file


def logged(centre: Centre) -> list[str]:
    """The operations that the centre has ever received."""
    return [row[0] for row in centre.rows("SELECT op_id FROM op_log WHERE actor <> 'centre' ORDER BY n")]


def manifest_of(laptop: Laptop, file: Path) -> Manifest:
    """What a bundle for a laptop says of itself."""
    keys = look(laptop.database, own_keys)
    assert keys is not None
    with file.open("rb") as source:
        return peek_manifest(source, keys.seal)


def read_by_centre(centre: Centre, file: Path) -> Manifest:
    """What a bundle for the centre says of itself."""
    with file.open("rb") as source:
        return peek_manifest(source, centre.store.read(centre_own_keys).seal)
