"""USB sticks on the command line of a laptop: save what waits, read what the centre answered."""

import sys
from contextlib import closing
from pathlib import Path

import msgspec

from gridworker import __version__
from gridworker.i18n import _
from gridworker.profiles import open_profile
from gridworker.sync.arrivals import import_bundles
from gridworker.sync.bundles import export_bundle
from gridworker.ui.stick_words import arrived_words, exported_words


def save_to_stick(profile: Path, target: Path, *, only_new: bool, as_json: bool) -> int:
    """Write a bundle into a file or folder."""
    with closing(open_profile(profile)) as database:
        exported = export_bundle(database, target, app=__version__, only_new=only_new, on_progress=_print)
    print(file=sys.stderr)
    print(msgspec.json.encode(exported).decode() if as_json else exported_words(exported))
    return 0


def read_from_stick(profile: Path, place: Path, *, as_json: bool) -> int:
    """Take in a bundle, or those of a folder that are for this laptop."""
    with closing(open_profile(profile)) as database:
        arrived = import_bundles(database, place, on_progress=_print)
    print(file=sys.stderr)
    if as_json:
        hidden = {"touched"}
        rows = [{k: v for k, v in msgspec.to_builtins(one).items() if k not in hidden} for one in arrived]
        print(msgspec.json.encode(rows).decode())
    else:
        print("\n".join(map(arrived_words, arrived)))
    return 0


def _print(done: int, total: int) -> None:
    print(f"\r{_('数据包')} {done}/{total}", end="", file=sys.stderr, flush=True)
