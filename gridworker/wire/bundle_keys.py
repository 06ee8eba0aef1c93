"""The keys of bundles: each side signs with an Ed25519 key and opens with an age identity (X25519).

Keys come from the libraries' own generators: they are the one thing that no caller should be able to choose.
"""

import hashlib

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gridworker.wire.messages import PublicKeys

_FINGERPRINT = 32


class BundleKeys(msgspec.Struct, frozen=True):
    """The private keys of one side: an Ed25519 seed in hex, and an age identity."""

    sign: str
    seal: str

    def __repr__(self) -> str:
        """Without the keys: a report may show it."""
        return "BundleKeys(…)"

    @property
    def public(self) -> PublicKeys:
        """What the other side may know."""
        recipient = pyrage.x25519.Identity.from_str(self.seal).to_public()
        return PublicKeys(self._signer.public_key().public_bytes_raw().hex(), str(recipient))

    def sign_bytes(self, data: bytes) -> bytes:
        """The 64 bytes of a signature."""
        return self._signer.sign(data)

    @property
    def _signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.sign))


def new_keys() -> BundleKeys:
    """Keys of a new device or centre."""
    seed = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    return BundleKeys(seed, str(pyrage.x25519.Identity.generate()))


def are_keys(keys: PublicKeys) -> bool:
    """Whether one can check signatures and seal files with them."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys.sign))
        pyrage.x25519.Recipient.from_str(keys.seal)
    except (ValueError, pyrage.RecipientError):
        return False
    return True


def is_signed(data: bytes, signature: bytes, sign: str) -> bool:
    """Whether the holder of this public key (hex) has signed the data."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(sign)).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def fingerprint(keys: PublicKeys) -> str:
    """The short name by which a bundle says for whom it was sealed."""
    return hashlib.sha256(keys.seal.encode()).hexdigest()[:_FINGERPRINT]
