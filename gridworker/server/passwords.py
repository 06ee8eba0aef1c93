"""Passwords as the centre keeps them: scrypt with a salt of their own, compared in constant time."""

import base64
import hashlib
import hmac

from gridworker.server.ports import Randomness

COST = 1 << 15
"""scrypt's n with r = 8, p = 1: 32 MiB and some 80 ms for each guess (OWASP password storage, 2024)."""
SALT_BYTES = 16
_BLOCK = 8


def seal_password(password: str, *, randomness: Randomness, cost: int = COST) -> str:
    """The text that is stored instead of a password."""
    salt = randomness(SALT_BYTES)
    return "$".join(("scrypt", str(cost), _encode(salt), _encode(_derive(password, salt, cost))))


def fits_password(sealed: str, password: str) -> bool:
    """Whether this is the password; takes as long for a wrong one."""
    _, cost, salt, digest = sealed.split("$")
    return hmac.compare_digest(_derive(password, _decode(salt), int(cost)), _decode(digest))


def _derive(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=_BLOCK, p=1, maxmem=cost * _BLOCK * 256, dklen=32
    )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(data: str) -> bytes:
    return base64.b64decode(data)
