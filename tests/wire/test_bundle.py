"""Bundles: their bytes are frozen, every damaged or hostile one is refused by name, none fills the memory."""

import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworker.domain.problems import Problem
from gridworker.wire import bundle
from gridworker.wire.bundle import (
    MAX_FRAME_BYTES,
    MAX_FRAMES,
    MAX_MANIFEST_BYTES,
    MAX_RAW_BYTES,
    Frame,
    Manifest,
    Packed,
    check_bundle,
    decode_message,
    pack,
    peek_manifest,
    read_bundle,
    seal_bundle,
)
from gridworker.wire.bundle_keys import BundleKeys, are_keys, fingerprint, is_signed, new_keys
from gridworker.wire.messages import Cursor, PublicKeys, PushReply

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "bundle.json").read_text("utf-8"))
LAPTOP, CENTRE = (BundleKeys(*VECTOR[name]) for name in ("laptop", "centre"))
REFUSALS = {"bundle_damaged", "bundle_foreign", "bundle_forged", "bundle_newer", "bundle_too_large"}


class Reader:
    """Takes everything of one sender."""

    def __init__(self, sender: BundleKeys = LAPTOP) -> None:
        self.sender = sender
        self.taken: list[tuple[str, bytes]] = []

    def sender_key(self, _manifest: Manifest) -> str:
        """Always the same."""
        return self.sender.public.sign

    def accept(self, _manifest: Manifest) -> None:
        """Gladly."""

    def take(self, kind: str, message: bytes) -> None:
        """Keep it."""
        self.taken.append((kind, message))


def manifest(**parts: Any) -> Manifest:
    """What a laptop says of a small bundle."""
    known: dict[str, Any] = {
        "bundle_id": "019ab000-0000-7000-8000-00000000000b",
        "dir": "up",
        "server": "c1",
        "epoch": "e1",
        "device": "d1",
        "user": "u1",
        "recipients": [fingerprint(CENTRE.public)],
        "made_ms": 1_764_000_000_000,
        "replica": "r1",
        "cursors_from": {"g:1": Cursor(1, 5)},
    }
    return Manifest(**{**known, **parts})


def sealed(messages: list[Packed], *, keys: BundleKeys = LAPTOP, **parts: Any) -> bytes:
    """A bundle for the centre."""
    out = io.BytesIO()
    seal_bundle(out, manifest(**parts), messages, keys=keys, recipient=CENTRE.public.seal)
    return out.getvalue()


def plain(head: Manifest, frames: bytes, *, keys: BundleKeys = LAPTOP) -> bytes:
    """A sealed and signed bundle whose writer does not care for the rules."""
    body = msgspec.json.encode(head)
    return age(
        bundle.MAGIC + len(body).to_bytes(4, "big") + body + keys.sign_bytes(bundle._DOMAIN + body) + frames
    )


def age(inner: bytes) -> bytes:
    """Anything, sealed for the centre: everybody can do that."""
    return pyrage.encrypt(inner, [pyrage.x25519.Recipient.from_str(CENTRE.public.seal)])


def read(data: bytes, receiver: Reader | None = None) -> list[tuple[str, bytes]]:
    """The messages inside."""
    receiver = receiver or Reader()
    read_bundle(io.BytesIO(data), CENTRE.seal, receiver)
    return receiver.taken


def code_of(data: bytes) -> str:
    """Why it cannot be read, or nothing where it can."""
    try:
        read(data)
    except Problem as problem:
        return problem.code
    return ""


def refusal_of(data: bytes) -> str:
    """Why it cannot be read; nothing was taken of it when it was checked before."""
    receiver = Reader()
    with pytest.raises(Problem) as found:
        check_bundle(io.BytesIO(data), CENTRE.seal, receiver)
    assert receiver.taken == []
    assert code_of(data) == found.value.code
    return found.value.code


messages = st.lists(st.tuples(st.sampled_from(["push", "pull", "mood"]), st.binary(max_size=300)), max_size=5)


# ------------------------------------------------------------------------------------------------ the form


def test_bundles_of_the_first_program_are_read_for_ever() -> None:
    receiver = Reader()
    data = bytes.fromhex(VECTOR["bundle"])
    found = read_bundle(io.BytesIO(data), CENTRE.seal, receiver)
    assert json.loads(msgspec.json.encode(found)) == VECTOR["manifest"]
    assert [(kind, message.decode()) for kind, message in receiver.taken] == [
        tuple(one) for one in VECTOR["messages"]
    ]


def test_the_inside_is_laid_out_as_the_page_says() -> None:
    identity = pyrage.x25519.Identity.from_str(CENTRE.seal)
    inner = pyrage.decrypt(bytes.fromhex(VECTOR["bundle"]), [identity])
    assert inner[:8] == b"GWBUNDLE"
    size = int.from_bytes(inner[8:12], "big")
    body, signature, rest = inner[12 : 12 + size], inner[12 + size : 76 + size], inner[76 + size :]
    assert is_signed(b"gridworker bundle 1\n" + body, signature, LAPTOP.public.sign)
    for frame in json.loads(body)["frames"]:
        length, packed, rest = (
            int.from_bytes(rest[:4], "big"),
            rest[4 : 4 + frame["len"]],
            rest[4 + frame["len"] :],
        )
        assert (length, hashlib.sha256(packed).hexdigest()) == (frame["len"], frame["sha256"])
        assert len(zstandard.ZstdDecompressor().decompress(packed)) == frame["raw_len"]
    assert rest == b""


@given(messages)
@settings(max_examples=40)
def test_what_goes_in_comes_out(sent: list[tuple[str, bytes]]) -> None:
    data = sealed([pack(kind, message) for kind, message in sent])
    assert read(data) == sent
    assert peek_manifest(io.BytesIO(data), CENTRE.seal).bundle_id == manifest().bundle_id


def test_what_a_newer_side_adds_to_the_manifest_is_passed_over() -> None:
    body = msgspec.json.encode({**msgspec.to_builtins(manifest()), "mood": "good"})
    inner = bundle.MAGIC + len(body).to_bytes(4, "big") + body + LAPTOP.sign_bytes(bundle._DOMAIN + body)
    assert read(age(inner)) == []


# -------------------------------------------------------------------------------------------------- damage

WHOLE = sealed([pack("push", b"one" * 3_000), pack("pull", bytes(range(256)) * 40)])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_every_flipped_byte_is_noticed(place: int, change: int) -> None:
    data = bytearray(WHOLE)
    data[place] ^= change
    assert refusal_of(bytes(data)) in {"bundle_damaged", "bundle_foreign"}


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=150)
def test_every_shortened_bundle_is_noticed(size: int) -> None:
    assert refusal_of(WHOLE[:size]) == "bundle_damaged"


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=50)
def test_what_stands_behind_the_end_is_noticed(more: bytes) -> None:
    assert refusal_of(WHOLE + more) == "bundle_damaged"


@given(st.binary(max_size=500))
@settings(max_examples=150)
def test_rubbish_is_no_bundle(data: bytes) -> None:
    assert refusal_of(data) == "bundle_damaged"
    assert refusal_of(age(data)) == "bundle_damaged"
    assert refusal_of(age(bundle.MAGIC + len(data).to_bytes(4, "big") + data + bytes(64))) in REFUSALS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from([*Manifest.__struct_fields__, "other"])


@given(st.dictionaries(members, json_values, max_size=4))
@settings(max_examples=200)
def test_a_manifest_of_any_shape_is_read_or_refused(parts: dict[str, Any]) -> None:
    body = json.dumps({**msgspec.to_builtins(manifest()), **parts}).encode()
    inner = bundle.MAGIC + len(body).to_bytes(4, "big") + body + LAPTOP.sign_bytes(bundle._DOMAIN + body)
    assert code_of(age(inner)) in {"", *REFUSALS}


frames = st.builds(
    Frame, st.just("push"), st.text(max_size=64), st.integers(-5, 1 << 40), st.integers(-5, 1 << 40)
)


@given(st.lists(frames, min_size=1, max_size=4), st.binary(max_size=200))
@settings(max_examples=200)
def test_frames_that_lie_are_refused(lies: list[Frame], data: bytes) -> None:
    assert refusal_of(plain(manifest(frames=lies), data)) in {"bundle_damaged", "bundle_too_large"}


def test_a_frame_of_another_bundle_does_not_fit() -> None:
    one, other = pack("push", b"mine"), pack("push", b"hers")
    assert refusal_of(
        plain(manifest(frames=[one.frame]), len(other.data).to_bytes(4, "big") + other.data)
    ) == ("bundle_damaged")


def test_a_bundle_that_ends_before_its_last_frame_is_damaged() -> None:
    one = pack("push", b"mine")
    whole = len(one.data).to_bytes(4, "big") + one.data
    assert refusal_of(plain(manifest(frames=[one.frame, one.frame]), whole)) == "bundle_damaged"
    assert refusal_of(plain(manifest(frames=[one.frame]), whole + b"x")) == "bundle_damaged"


# ---------------------------------------------------------------------------------------------- bombs, size


def bomb(size: int) -> bytes:
    """Many bytes in few."""
    return zstandard.ZstdCompressor(level=19).compress(bytes(size))


def framed(data: bytes, raw_len: int) -> tuple[Frame, bytes]:
    """A frame that says of itself what it likes."""
    frame = Frame("push", hashlib.sha256(data).hexdigest(), len(data), raw_len)
    return frame, len(data).to_bytes(4, "big") + data


def test_a_bomb_is_unpacked_no_further_than_its_manifest_says() -> None:
    data = bomb(400 << 20)
    frame, parts = framed(data, 1_000)
    packed = plain(manifest(frames=[frame]), parts)
    tracemalloc.start()
    assert refusal_of(packed) == "bundle_damaged"
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("raw_len", [MAX_FRAME_BYTES + 1, 1 << 60])
def test_a_frame_too_large_is_refused_before_it_is_unpacked(raw_len: int) -> None:
    frame, parts = framed(bomb(1 << 20), raw_len)
    assert refusal_of(plain(manifest(frames=[frame]), parts)) == "bundle_too_large"


def test_many_frames_together_have_a_limit() -> None:
    frame = Frame("push", "", 9, MAX_FRAME_BYTES)
    too_many = MAX_RAW_BYTES // MAX_FRAME_BYTES + 1
    assert refusal_of(plain(manifest(frames=[frame] * too_many), b"")) == "bundle_too_large"
    small = Frame("push", "", 9, 1)
    assert refusal_of(plain(manifest(frames=[small] * (MAX_FRAMES + 1)), b"")) == "bundle_too_large"


def test_a_window_that_would_fill_the_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packer.compress(bytes(1_000)) + packer.flush()
    frame, parts = framed(data, 1_000)
    assert refusal_of(plain(manifest(frames=[frame]), parts)) == "bundle_damaged"


def test_an_endless_header_is_not_read() -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    source = Counting(b"age-encryption.org/v1\n-> X25519 " + b"a" * (5 << 20))
    with pytest.raises(Problem, match="bundle_damaged"):
        read_bundle(source, CENTRE.seal, Reader())
    assert source.count < 10_000


def test_a_manifest_has_a_limit() -> None:
    assert (
        refusal_of(age(bundle.MAGIC + (MAX_MANIFEST_BYTES + 1).to_bytes(4, "big") + bytes(100)))
        == "bundle_damaged"
    )
    with pytest.raises(Problem, match="bundle_too_large"):
        sealed([], app="a" * MAX_MANIFEST_BYTES)


def test_what_would_be_refused_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_FRAME_BYTES", 10)
    with pytest.raises(Problem, match="bundle_too_large"):
        pack("push", bytes(11))
    monkeypatch.setattr(bundle, "MAX_RAW_BYTES", 15)
    with pytest.raises(Problem, match="bundle_too_large"):
        sealed([pack("push", bytes(8))] * 2)


def test_a_large_bundle_needs_the_memory_of_a_frame() -> None:
    message = json.dumps([{"id": n, "name": "王秀兰"} for n in range(20_000)]).encode()
    data = sealed([pack("page", message)] * 40)
    tracemalloc.start()
    check_bundle(io.BytesIO(data), CENTRE.seal, Reader())
    assert tracemalloc.get_traced_memory()[1] < 6 * len(message)
    tracemalloc.stop()


# ---------------------------------------------------------------------------------------------- signatures


def test_another_hand_is_a_forgery() -> None:
    assert refusal_of(sealed([], keys=CENTRE)) == "bundle_forged"


def test_a_bundle_for_somebody_else_stays_shut() -> None:
    for look in (check_bundle, read_bundle):
        with pytest.raises(Problem, match="bundle_foreign"):
            look(io.BytesIO(WHOLE), LAPTOP.seal, Reader())
    with pytest.raises(Problem, match="bundle_foreign"):
        peek_manifest(io.BytesIO(WHOLE), LAPTOP.seal)


@pytest.mark.parametrize("parts", [{"v": 2}, {"v": 99}, {"suite": "gm-1"}])
def test_a_newer_form_is_told_as_such(parts: dict[str, Any]) -> None:
    assert refusal_of(sealed([], **parts)) == "bundle_newer"


def test_faults_of_the_stick_and_of_the_receiver_come_as_they_are() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 4_096:
                raise OSError(5, "gone")
            return super().read(size)

    long = sealed(
        [pack("push", bytes(range(256)) * 4_000 + hashlib.sha256(b"").digest() * n) for n in range(50)]
    )
    with pytest.raises(OSError, match="gone"):
        read_bundle(Gone(long), CENTRE.seal, Reader())

    class Unwilling(Reader):
        def take(self, kind: str, message: bytes) -> None:
            raise Problem("bundle_expired")

    with pytest.raises(Problem, match="bundle_expired"):
        read(WHOLE, Unwilling())


def test_keys_do_not_show_and_are_checked() -> None:
    keys = new_keys()
    assert keys.sign not in repr(keys)
    assert keys.seal not in repr([keys])
    assert are_keys(keys.public)
    assert keys.public != new_keys().public
    for wrong in (
        PublicKeys("", ""),
        PublicKeys("zz", keys.public.seal),
        PublicKeys(keys.public.sign, "age1x"),
    ):
        assert not are_keys(wrong)


@pytest.mark.parametrize("message", [b"", b"\xff", b"[", b"{}", b'{"results":1}', b"[" * 100_000])
def test_a_message_that_is_none_is_damage(message: bytes) -> None:
    with pytest.raises(Problem, match="bundle_damaged"):
        decode_message(PushReply, message)
