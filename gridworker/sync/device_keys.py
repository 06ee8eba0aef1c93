"""This laptop's keys for bundles, kept in its encrypted database, and the centre's public ones."""

from typing import TYPE_CHECKING

import msgspec

from gridworker.db.reader import Reader
from gridworker.db.transaction import Transaction
from gridworker.wire.messages import PublicKeys

if TYPE_CHECKING:
    from gridworker.wire.bundle_keys import BundleKeys  # 30 ms of a start that only a new laptop needs

OWN, CENTRE = "bundle_keys", "bundle_centre"
"""Facts in `meta`; the second is empty where a centre told no keys, and missing where none was asked."""


def own_keys(reader: Reader) -> "BundleKeys | None":
    """The private keys of this laptop, if it has made some."""
    from gridworker.wire.bundle_keys import BundleKeys  # noqa: PLC0415 - see above

    known = reader.meta(OWN)
    return msgspec.json.decode(known, type=BundleKeys) if known else None


def ensure_keys(tx: Transaction) -> "BundleKeys":
    """The private keys of this laptop, made at the first use."""
    from gridworker.wire.bundle_keys import new_keys  # noqa: PLC0415 - see above

    keys = own_keys(tx)
    if keys is None:
        keys = new_keys()
        tx.set_meta(OWN, msgspec.json.encode(keys).decode())
    return keys


def centre_keys(reader: Reader) -> PublicKeys | None:
    """What the centre signs with and bundles for it are sealed for; None before it has told."""
    known = reader.meta(CENTRE)
    return msgspec.json.decode(known, type=PublicKeys) if known else None


def remember_centre_keys(tx: Transaction, keys: PublicKeys | msgspec.UnsetType) -> None:
    """Keep what the centre told with its greeting."""
    tx.set_meta(CENTRE, "" if keys is msgspec.UNSET else msgspec.json.encode(keys).decode())


def ask_again(tx: Transaction) -> None:
    """Have the next exchange ask the centre for its keys."""
    tx.driver.execute("DELETE FROM meta WHERE k=?", (CENTRE,))
