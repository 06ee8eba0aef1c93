"""Pictures are made upright and small, and nothing but the picture is left in them."""

import io
import struct
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gridworker.actions import pictures
from gridworker.actions.pictures import MAX_SIDE, read_photo
from gridworker.db.care import CHINA
from gridworker.domain.attachments import MAX_BLOB_BYTES, THUMBNAIL_BYTES
from gridworker.domain.problems import Problem
from tests.actions.photo_files import CANARY, painted, photographed, scene

TELLTALE = (
    b"Exif",
    b"http://ns.adobe",
    b"GPS",
    b"ICC_PROFILE",
    b"Photoshop",
    CANARY.encode(),
    CANARY.encode("utf-16-le"),
)


def opened(data: bytes) -> Image.Image:
    """A picture out of its bytes."""
    return Image.open(io.BytesIO(data))


def test_nothing_of_the_camera_is_left(tmp_path: Path) -> None:
    file = photographed(tmp_path / "IMG_1.jpg")
    assert all(word in file.read_bytes() for word in (b"Exif", CANARY.encode()))
    assert opened(file.read_bytes()).getexif().get_ifd(0x8825)
    photo = read_photo(file)
    for data in (photo.data, photo.thumbnail):
        assert [word for word in TELLTALE if word in data] == []
        assert dict(opened(data).getexif()) == {}
        assert {"exif", "comment", "icc_profile", "xmp", "XML:com.adobe.xmp"}.isdisjoint(opened(data).info)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright_before_its_orientation_is_forgotten(tmp_path: Path, orientation: int) -> None:
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270,
              2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM,
              5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}  # fmt: skip
    picture = scene((800, 600))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture.transpose(turned[orientation]) if orientation in turned else picture
    stored.save(tmp_path / "a.jpg", "JPEG", quality=95, exif=exif)
    photo = read_photo(tmp_path / "a.jpg")
    result = opened(photo.data)
    assert result.size == (800, 600)
    red, green, blue = result.getpixel((40, 40))  # type: ignore[misc]  # three bands
    assert red > 200
    assert green < 60
    assert blue < 60


def test_a_large_picture_becomes_small_and_a_small_one_stays_as_large(tmp_path: Path) -> None:
    large = read_photo(photographed(tmp_path / "a.jpg", (4000, 3000)))
    small = read_photo(photographed(tmp_path / "b.jpg", (640, 480)))
    assert opened(large.data).size == (MAX_SIDE, 1536) == (large.width, large.height)
    assert opened(small.data).size == (640, 480)
    for photo in (large, small):
        assert len(photo.data) <= MAX_BLOB_BYTES
        assert len(photo.thumbnail) <= THUMBNAIL_BYTES
        assert max(opened(photo.thumbnail).size) <= 256
        assert opened(photo.thumbnail).format == "WEBP"


def test_a_picture_of_noise_still_fits(tmp_path: Path) -> None:
    Image.effect_noise((2048, 2048), 120).convert("RGB").save(tmp_path / "noise.png")
    photo = read_photo(tmp_path / "noise.png")
    assert len(photo.data) <= MAX_BLOB_BYTES
    assert len(photo.thumbnail) <= THUMBNAIL_BYTES


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "1"), ("PNG", "I;16"),
     ("WEBP", "RGBA"), ("BMP", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L")],
)  # fmt: skip
def test_every_usual_format_and_mode_becomes_a_plain_picture(tmp_path: Path, form: str, mode: str) -> None:
    (tmp_path / "a").write_bytes(painted(form, mode))
    result = opened(read_photo(tmp_path / "a").data)
    assert (result.format, result.mode, result.size) == ("JPEG", "RGB", (640, 480))


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert opened(read_photo(tmp_path / "a.png").data).getpixel((30, 30)) == (255, 255, 255)


def test_the_same_file_has_the_same_name_and_another_one_another(tmp_path: Path) -> None:
    one, same = (read_photo(photographed(tmp_path / name)) for name in ("a.jpg", "b.jpg"))
    other = read_photo(photographed(tmp_path / "c.jpg", seed=8))
    assert one.sha == same.sha != other.sha


def test_the_time_of_the_camera_is_kept_and_a_silly_one_is_not(tmp_path: Path) -> None:
    taken = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA)
    assert read_photo(photographed(tmp_path / "a.jpg")).taken_ms == taken.timestamp() * 1000
    for said in ("0000:00:00 00:00:00", "yesterday", "2026:13:45 99:00:00", "\0" * 20):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[36867] = said
        scene((64, 64)).save(tmp_path / "b.jpg", exif=exif)
        assert read_photo(tmp_path / "b.jpg").taken_ms is None


def png_of(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is this large."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(b"\0" * 99))
        + part(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(8_000, 8_000), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(width, height))
    with pytest.raises(Problem, match="photo_bomb"):
        read_photo(tmp_path / "bomb.png")


def test_what_is_no_picture_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    whole = photographed(tmp_path / "a.jpg").read_bytes()
    for data, code in (
        (b"", "photo_format"),
        (b"%PDF-1.7 nothing", "photo_format"),
        (b"II*\0" + b"\0" * 64, "photo_format"),
        (whole[: len(whole) // 2], "photo_broken"),
        (png_of(64, 64), "photo_broken"),
    ):
        (tmp_path / "x.jpg").write_bytes(data)
        with pytest.raises(Problem, match=code):
            read_photo(tmp_path / "x.jpg")


def test_a_file_that_is_too_large_is_not_even_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_FILE_BYTES", 1000)
    with pytest.raises(Problem, match="photo_file_too_large"):
        read_photo(photographed(tmp_path / "a.jpg"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jpg", tmp_path):
        with pytest.raises(Problem, match="photo_unreadable") as caught:
            read_photo(path)
        assert caught.value.values["file"] == path.name


_WHOLE = {form: painted(form, size=(48, 32)) for form in ("JPEG", "PNG", "WEBP", "BMP")}


@given(
    st.sampled_from(sorted(_WHOLE)),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 255)), max_size=12),
    st.integers(1, 9999),
)
def test_no_damage_is_more_than_a_problem(
    tmp_path_factory: pytest.TempPathFactory, form: str, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(_WHOLE[form])
    for at, value in changes:
        data[at % len(data)] = value
    file = tmp_path_factory.getbasetemp() / "fuzzed"
    file.write_bytes(data[:length])
    said = ""
    try:
        read_photo(file)
    except Problem as problem:
        said = problem.code
    assert said in ("", "photo_format", "photo_broken", "photo_bomb")
