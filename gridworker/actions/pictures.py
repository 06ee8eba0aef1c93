"""Pictures made fit to travel: turned upright, shrunk, encoded anew, with nothing in them but the picture."""

import hashlib
import io
import struct
import warnings
import zlib
from datetime import datetime
from pathlib import Path

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.MpoImagePlugin import MpoImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gridworker.domain.attachments import MAX_BLOB_BYTES, THUMBNAIL_BYTES
from gridworker.domain.problems import Problem

MAX_FILE_BYTES = 40 << 20
MAX_SIDE = 2048
"""Pixels of the longer side of what is kept."""
MAX_PIXELS = 120_000_000
"""The largest cameras of telephones have 108 million; more is a trap for the memory."""
MAX_PLAIN_PIXELS = 50_000_000
"""Of formats that cannot be decoded at a smaller scale."""
_READERS = (JpegImageFile, PngImageFile, WebPImageFile, BmpImageFile)
FORMATS = tuple(reader.format for reader in _READERS)
"""No other reader of Pillow ever sees a file."""
QUALITIES = (82, 70, 55)
THUMBNAIL_SIDES = (256, 192, 128)
THUMBNAIL_QUALITIES = (72, 55, 40)
_SCALED = (
    JpegImageFile.format,
    MpoImageFile.format,
)  # a JPEG of several pictures shows itself when it is opened
_CHINA = "+08:00"
_EXIF_IFD, _TAKEN, _TAKEN_ZONE = 0x8769, 36867, 36881
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, ArithmeticError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's readers raise on files that are damaged, or made to do harm."""


class Photo(msgspec.Struct, frozen=True):
    """A picture that was taken in: its new bytes, their name, a thumbnail, and when the camera took it."""

    name: str
    data: bytes
    sha: str
    thumbnail: bytes
    taken_ms: int | None
    width: int
    height: int

    media_type = "image/jpeg"


def read_photo(file: Path) -> Photo:
    """Read a picture, make it upright and small, and leave everything else of the file behind.

    Raises Problem `photo_unreadable`, `photo_file_too_large`, `photo_format`, `photo_bomb`, `photo_broken`.
    Takes a tenth of a second or more: never call it in a transaction or on the window's thread.
    """
    source = _bytes_of(file)
    try:
        with warnings.catch_warnings():
            # Pillow warns before the largest telephones' pictures; the limits here are checked below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(source), formats=FORMATS) as picture:
                return _taken_in(picture, file.stem)
    except Image.DecompressionBombError as error:
        raise Problem("photo_bomb", limit=MAX_PIXELS // 1_000_000) from error
    except UnidentifiedImageError as error:
        raise Problem("photo_format", file=file.name) from error
    except _BROKEN as error:
        raise Problem("photo_broken", file=file.name) from error


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            source = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Problem("photo_unreadable", file=file.name, why=error.strerror or "") from error
    if len(source) > MAX_FILE_BYTES:
        raise Problem("photo_file_too_large", file=file.name, limit=MAX_FILE_BYTES >> 20)
    return source


def _taken_in(picture: Image.Image, name: str) -> Photo:
    scaled = picture.format in _SCALED
    pixels = picture.width * picture.height
    if pixels > (MAX_PIXELS if scaled else MAX_PLAIN_PIXELS):
        raise Problem("photo_bomb", limit=(MAX_PIXELS if scaled else MAX_PLAIN_PIXELS) // 1_000_000)
    taken_ms = _taken_ms(picture)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    clean = _bare(_upright(picture))
    data = _encoded(clean)
    return Photo(
        name, data, hashlib.sha256(data).hexdigest(), _thumbnail(clean), taken_ms, clean.width, clean.height
    )


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except _BROKEN:
        return picture  # what the camera said is damaged; the picture may be fine


def _bare(picture: Image.Image) -> Image.Image:
    """A new picture of the same colours: no EXIF, place, comment, profile or preview can come along."""
    bare = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        bare.paste(with_alpha, mask=with_alpha.getchannel("A"))
    else:
        bare.paste(picture.convert("RGB"))
    return bare


def _encoded(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        data = _saved(picture, "JPEG", quality=quality, optimize=True)
        if len(data) <= MAX_BLOB_BYTES:
            return data
    raise ValueError("2048 pixels square do not fill 8 MiB at any of these qualities")


def _thumbnail(picture: Image.Image) -> bytes:
    """The best thumbnail that is small enough to travel with the record."""
    for side in THUMBNAIL_SIDES:
        small = picture.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        for quality in THUMBNAIL_QUALITIES:
            data = _saved(small, "WEBP", quality=quality, method=4)
            if len(data) <= THUMBNAIL_BYTES:
                return data
    raise ValueError("128 pixels square do not fill 12 KiB at any of these qualities")


def _saved(picture: Image.Image, form: str, *, quality: int, **options: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, quality=quality, **options)
    return target.getvalue()


def _taken_ms(picture: Image.Image) -> int | None:
    """When the camera says that it took the picture; in China's time unless it names another."""
    try:
        said = picture.getexif().get_ifd(_EXIF_IFD)
        words, zone = str(said[_TAKEN]).strip("\0 "), str(said.get(_TAKEN_ZONE, "")).strip("\0 ")
        taken = datetime.strptime(words + (zone or _CHINA), "%Y:%m:%d %H:%M:%S%z")
        return max(0, round(taken.timestamp() * 1000))
    except _BROKEN:
        return None
