"""Bundles at the centre: what laptops bring on sticks is taken in, and the answers are written beside it.

The signature inside a bundle stands for the token. A device that is shut out, or whose user is, may still
bring its work, which people then look at; it gets nothing back.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from gridworker.domain.problems import Problem
from gridworker.server.blobs import Visit
from gridworker.server.bundle_intake import Taken, take_in
from gridworker.server.bundle_keys import own_keys
from gridworker.server.local import LocalServer
from gridworker.server.pull import pull
from gridworker.server.refusals import Refused
from gridworker.server.replicas import hello
from gridworker.server.stick_photos import ANSWER_BYTES, wished_for
from gridworker.server.store import read_head
from gridworker.wire.blobs import BlobReceipts
from gridworker.wire.bundle import MAX_RAW_BYTES, Manifest, Packed, pack, peek_manifest, seal_bundle
from gridworker.wire.bundle_keys import BundleKeys, fingerprint
from gridworker.wire.messages import Cursor, HelloRequest
from gridworker.wire.stick import (
    DOWN_SUFFIX,
    UP_SUFFIX,
    bundle_name,
    bundles_in,
    clear_parts,
    opened,
    write_whole,
)

_encode = msgspec.json.Encoder().encode


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file: `taken`, the code of a refusal, or that of a Problem with its values.

    `results` and `photos` count operations and photos by what became of them; `answer` is the answer's file.
    """

    file: str
    code: str
    values: dict[str, str] = {}
    device: str = ""
    user: str = ""
    seq_from: int = 0
    seq_to: int = 0
    last_seq: int = 0
    shut_out: bool = False
    results: dict[str, int] = {}
    photos: dict[str, int] = {}
    answer: str = ""
    answer_problem: str = ""


class _Found(NamedTuple):
    file: Path
    manifest: Manifest


class _Answer(NamedTuple):
    """The messages for one laptop and where they take it."""

    messages: list[Packed]
    cursors_to: dict[str, Cursor]
    made_ms: int
    epoch: str
    server: str


def import_sticks(server: LocalServer, places: Iterable[Path], receipts: Path | None = None) -> list[Outcome]:
    """Take in bundles, or all of a folder, in the order of their queues, and write an answer to each laptop.

    Answers go beside the bundle, or into the folder of receipts. What is wrong with one file is its outcome
    and does not stop the others.
    """
    keys = server.store.read(own_keys)
    outcomes: list[Outcome] = []
    found: list[_Found] = []
    for place in places:
        for file in _files(place, outcomes):
            _look_into(file, keys, found, outcomes)
    queues: dict[str, list[tuple[Path, Taken]]] = {}
    for each in sorted(found, key=_order):
        taken = _take_in(server, each, keys, outcomes)
        if taken is not None:
            queues.setdefault(taken.manifest.replica, []).append((each.file, taken))
    for queue in queues.values():
        outcomes += _answer_queue(server, queue, keys, receipts)
    return outcomes


def _files(place: Path, outcomes: list[Outcome]) -> list[Path]:
    try:
        return bundles_in(place, UP_SUFFIX)
    except Problem as problem:
        outcomes.append(_failed(place, problem))
        return []


def _look_into(file: Path, keys: BundleKeys, found: list[_Found], outcomes: list[Outcome]) -> None:
    try:
        with opened(file) as source:
            found.append(_Found(file, peek_manifest(source, keys.seal)))
    except Problem as problem:
        outcomes.append(_failed(file, problem))


def _order(found: _Found) -> tuple[str, int, int]:
    """So that the bundles of one queue follow each other, however they lie on the stick."""
    return found.manifest.replica, found.manifest.seq_from, found.manifest.made_ms


def _take_in(server: LocalServer, found: _Found, keys: BundleKeys, outcomes: list[Outcome]) -> Taken | None:
    try:
        with opened(found.file) as source:
            return take_in(server, source, keys)
    except Problem as problem:
        outcomes.append(_failed(found.file, problem))
        return None


def _failed(file: Path, problem: Problem) -> Outcome:
    values = {name: str(value) for name, value in problem.values.items()}
    return Outcome(file=file.name, code=problem.code, values=values)


# ----------------------------------------------------------------------------------------------- answering


def _answer_queue(
    server: LocalServer, queue: Sequence[tuple[Path, Taken]], keys: BundleKeys, receipts: Path | None
) -> list[Outcome]:
    """One answer to all bundles of a queue, to the question of the newest, and what became of each."""
    newest_file, newest = max(queue, key=lambda one: one[1].manifest.made_ms)
    answer = problem = ""
    if not newest.signer.shut_out:
        letters, folder = [taken for _, taken in queue], receipts or newest_file.parent
        try:
            answer = _write_answer(server, letters, newest, keys=keys, folder=folder)
        except Problem as found:
            problem = found.code
    return [_outcome(file, taken, answer=answer, problem=problem) for file, taken in queue]


def _outcome(file: Path, taken: Taken, *, answer: str, problem: str) -> Outcome:
    manifest, caller = taken.manifest, taken.signer.caller
    return Outcome(
        file=file.name,
        code=taken.receipt.code,
        device=caller.device_id,
        user=caller.user_name,
        seq_from=manifest.seq_from,
        seq_to=manifest.seq_to,
        last_seq=taken.receipt.last_seq,
        shut_out=taken.signer.shut_out,
        results=dict(Counter(result.code for result in taken.results)),
        photos=dict(Counter(receipt.code for receipt in taken.photos.receipts.values())),
        answer=answer,
        answer_problem=problem,
    )


def _write_answer(
    server: LocalServer, queue: Sequence[Taken], newest: Taken, *, keys: BundleKeys, folder: Path
) -> str:
    answer = server.store.read(lambda tx: _gather(tx, server, queue, newest))
    asked, signer = newest.manifest, newest.signer
    manifest = Manifest(
        bundle_id=server.door.ids(),
        dir="down",
        server=answer.server,
        epoch=answer.epoch,
        former=asked.epoch if asked.epoch != answer.epoch else "",
        device=signer.caller.device_id,
        user=signer.caller.user_id,
        recipients=[fingerprint(signer.keys)],
        made_ms=answer.made_ms,
        replica=asked.replica,
        seq_to=max(taken.receipt.last_seq for taken in queue),
        cursors_from=newest.question.cursors,
        cursors_to=answer.cursors_to,
    )
    clear_parts(folder, manifest.device)
    file = folder / bundle_name(DOWN_SUFFIX, manifest.device, manifest.bundle_id, manifest.made_ms)
    write_whole(
        file, lambda out: seal_bundle(out, manifest, answer.messages, keys=keys, recipient=signer.keys.seal)
    )
    return str(file)


def _gather(tx: Connection, server: LocalServer, queue: Sequence[Taken], newest: Taken) -> _Answer:
    """Receipts, greeting, pages, photos out of one snapshot; only receipts where the centre gives no rows."""
    head, made_ms = read_head(tx), server.door.clock()
    receipts = [pack("receipt", _encode(taken.receipt)) for taken in queue]
    photos = {sha: receipt for taken in queue for sha, receipt in taken.photos.receipts.items()}
    if photos:
        receipts.append(pack("blob_receipt", _encode(BlobReceipts(photos=list(photos.values())))))
    messages = list(receipts)
    cursors: dict[str, Cursor] = {}
    try:
        for kind, message, upto in _news(tx, server, newest):
            messages.append(pack(kind, message))
            cursors = upto
            if _size(messages) > MAX_RAW_BYTES:
                raise Problem("bundle_too_large")
    except Refused:
        return _Answer(receipts, {}, made_ms, head.epoch, head.server_id)
    visit = Visit(tx, newest.signer.caller, server.blobs, made_ms)
    room = (MAX_RAW_BYTES - _size(messages)) // 2  # base64, and a little beside it
    messages += wished_for(visit, newest.manifest.epoch, newest.photos.wishes, min(ANSWER_BYTES, room))
    return _Answer(messages, cursors, made_ms, head.epoch, head.server_id)


def _size(messages: Sequence[Packed]) -> int:
    return sum(one.frame.raw_len for one in messages)


def _news(
    tx: Connection, server: LocalServer, taken: Taken
) -> Iterator[tuple[str, bytes, dict[str, Cursor]]]:
    """Kind, message and the cursors behind it: a greeting, then the pages that the laptop asked for."""
    caller, clock, asked = taken.signer.caller, server.door.clock, taken.manifest
    request = HelloRequest(epoch=asked.epoch, replica=asked.replica, schema=asked.schema, app=asked.app)
    yield "hello", _encode(hello(tx, caller, request, clock)), {}
    question = msgspec.structs.replace(taken.question, epoch=asked.epoch, replica=asked.replica)
    while True:
        page = pull(tx, caller, question, clock)
        yield "page", _encode(page), page.cursors
        if page.done:
            return
        question = msgspec.structs.replace(question, cursors=page.cursors)
