"""Bundle keys at the centre: its own, made once with its database, and the public ones of every device."""

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from gridworker.server.ports import Caller
from gridworker.server.refusals import Refused
from gridworker.server.tables import BUNDLE_KEY, DEVICE, DEVICE_KEY, USER
from gridworker.wire.bundle_keys import BundleKeys, are_keys, new_keys
from gridworker.wire.messages import PublicKeys


class Signer(msgspec.Struct, frozen=True):
    """A device whose bundles can be checked; where it or its user is shut out it gets nothing back."""

    caller: Caller
    keys: PublicKeys
    shut_out: bool


def ensure_keys(tx: Connection) -> None:
    """Make the centre's keys where it has none."""
    keys = new_keys()
    tx.execute(_KEEP_OWN, {"sign": keys.sign, "seal": keys.seal})


def own_keys(tx: Connection) -> BundleKeys:
    """The centre's private keys."""
    return BundleKeys(*tx.execute(_OWN).one())


def store_device_keys(tx: Connection, caller: Caller, keys: PublicKeys) -> None:
    """Remember with what a device signs and opens bundles; its last word counts. Raises Refused."""
    if not are_keys(keys):
        raise Refused("bad_request")
    tx.execute(_STORE, {"device_id": caller.device_id, "sign": keys.sign, "seal": keys.seal})


def find_signer(tx: Connection, device: str) -> Signer | None:
    """The device of this id, if it has ever told its keys."""
    row = tx.execute(_SIGNER, {"device": device}).one_or_none()
    if row is None:
        return None
    user_id, user_name, sign, seal, revoked_ms, disabled_ms = row
    caller = Caller(user_id=user_id, device_id=device, user_name=user_name)
    return Signer(caller, PublicKeys(sign, seal), revoked_ms is not None or disabled_ms is not None)


_OWN = select(BUNDLE_KEY.c.sign, BUNDLE_KEY.c.seal)
_KEEP_OWN = text(
    "INSERT INTO bundle_key (cell, sign, seal) VALUES (1, :sign, :seal) ON CONFLICT (cell) DO NOTHING"
)
_STORE = text(
    "INSERT INTO device_key (device_id, sign, seal) VALUES (:device_id, :sign, :seal) "
    "ON CONFLICT (device_id) DO UPDATE SET sign = excluded.sign, seal = excluded.seal"
)
_SIGNER = (
    select(
        DEVICE.c.user_id,
        USER.c.name,
        DEVICE_KEY.c.sign,
        DEVICE_KEY.c.seal,
        DEVICE.c.revoked_ms,
        USER.c.disabled_ms,
    )
    .join(DEVICE_KEY, DEVICE_KEY.c.device_id == DEVICE.c.id)
    .join(USER, USER.c.id == DEVICE.c.user_id)
    .where(DEVICE.c.id == bindparam("device"))
)
