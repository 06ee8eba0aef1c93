"""Taking one `up` bundle in: the device is known by its signature, its operations go through push."""

from typing import BinaryIO, NamedTuple

import msgspec
from sqlalchemy import Connection

from gridworker.domain.problems import Problem
from gridworker.server.bundle_keys import Signer, find_signer
from gridworker.server.local import LocalServer
from gridworker.server.ports import Caller
from gridworker.server.refusals import Refused
from gridworker.server.replicas import are_names, find_replica, register
from gridworker.server.stick_photos import PhotoIntake
from gridworker.server.store import read_head
from gridworker.wire.bundle import Manifest, Receipt, check_bundle, decode_message, read_bundle
from gridworker.wire.bundle_keys import BundleKeys, fingerprint
from gridworker.wire.messages import PullRequest, PushRequest, RegisterRequest, Result

TAKEN = "taken"


class Taken(NamedTuple):
    """A bundle that was read to its end: who sent it, what he asks, how far he got, and his photos."""

    manifest: Manifest
    signer: Signer
    question: PullRequest
    receipt: Receipt
    results: list[Result]
    photos: PhotoIntake


def take_in(server: LocalServer, source: BinaryIO, keys: BundleKeys) -> Taken:
    """Read a bundle twice, so that nothing is taken of one that is not whole, and push what it holds.

    Raises Problem: bundle_damaged, bundle_foreign, bundle_forged, bundle_newer, bundle_too_large,
    bundle_wrong_way, bundle_other_server, bundle_unknown_device.
    """
    judge = _Judge(server, keys)
    manifest = check_bundle(source, keys.seal, judge)
    if judge.signer is None:
        raise Problem("bundle_unknown_device")
    pushing = _Pushing(server, keys, judge.signer)
    read_bundle(source, keys.seal, pushing)
    if pushing.question is None:
        raise Problem("bundle_damaged")
    receipt = _receipt(server, manifest, judge.signer, pushing.refused)
    return Taken(manifest, judge.signer, pushing.question, receipt, pushing.results, pushing.photos)


def _receipt(server: LocalServer, manifest: Manifest, signer: Signer, refused: Refused | None) -> Receipt:
    """How far the centre now is in this queue, and why it went no further."""
    found = server.store.read(lambda tx: find_replica(tx, manifest.replica, signer.caller))
    return Receipt(
        bundle_id=manifest.bundle_id,
        replica=manifest.replica,
        code=refused.refusal.code if refused else TAKEN,
        last_seq=found.last_seq if found else 0,
        chain=found.chain if found else "",
        expect=refused.refusal.expect if refused else None,
    )


class _Judge:
    """Says of a bundle whether a device of this centre made it for this centre."""

    def __init__(self, server: LocalServer, keys: BundleKeys) -> None:
        self.signer: Signer | None = None
        self._server = server
        self._fingerprint = fingerprint(keys.public)

    def sender_key(self, manifest: Manifest) -> str:
        """See Receiver."""
        if manifest.dir != "up":
            raise Problem("bundle_wrong_way")
        if manifest.server != self._server.store.read(read_head).server_id:
            raise Problem("bundle_other_server")
        if not are_names(manifest.device, manifest.replica, manifest.bundle_id):
            raise Problem("bundle_damaged")
        self.signer = self._server.store.read(lambda tx: find_signer(tx, manifest.device))
        if self.signer is None:
            raise Problem("bundle_unknown_device")
        return self.signer.keys.sign

    def accept(self, manifest: Manifest) -> None:
        """See Receiver."""
        mine = self.signer is not None and manifest.user == self.signer.caller.user_id
        if not mine or self._fingerprint not in manifest.recipients:
            raise Problem("bundle_forged")

    def take(self, kind: str, message: bytes) -> None:
        """A judge takes nothing."""


class _Pushing(_Judge):
    """Pushes operations as they come, until the centre declines; what the laptop asks is kept."""

    def __init__(self, server: LocalServer, keys: BundleKeys, signer: Signer) -> None:
        super().__init__(server, keys)
        self.question: PullRequest | None = None
        self.refused: Refused | None = None
        self.results: list[Result] = []
        self.photos = PhotoIntake(server, signer.caller)
        self._caller = signer.caller
        self._shut_out = signer.shut_out

    def accept(self, manifest: Manifest) -> None:
        """Make the queue known before its operations come."""
        super().accept(manifest)
        door, store = self._server.door, self._server.store
        request = RegisterRequest(epoch=manifest.epoch, replica=manifest.replica, parent=manifest.parent)
        try:
            store.write(lambda tx: register(tx, self._caller, request, door.clock))
        except Refused as refused:
            self.refused = refused

    def take(self, kind: str, message: bytes) -> None:
        """See Receiver."""
        if kind == "pull":
            self.question = decode_message(PullRequest, message)
        elif kind == "push":
            self._push(decode_message(PushRequest, message))
        else:
            self.photos.take(kind, message)

    def _who(self, _tx: Connection) -> Caller:
        return self._caller

    def _push(self, request: PushRequest) -> None:
        """Push all of a request: where it is left off in the middle, the next call says why."""
        left = request.ops
        while left and self.refused is None:
            try:
                part = msgspec.structs.replace(request, ops=left)
                reply = self._server.push_as(self._who, part, set_aside=self._shut_out)
            except Refused as refused:
                self.refused = refused
                return
            self.results += reply.results
            left = [one for one in left if one.link.seq > reply.last_seq]
