"""Picture files as cameras, telephones and villains make them."""

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw

PLACE = {1: "N", 2: (39.0, 54.0, 26.0), 3: "E", 4: (116.0, 23.0, 29.0)}
"""A place in the words of EXIF."""
CANARY = "CANARY-10086"


def scene(size: tuple[int, int] = (1600, 1200), seed: int = 7) -> Image.Image:
    """A picture with something in it: red at the top left, coloured patches, some noise."""
    dice = random.Random(seed)
    coarse = (size[0] // 8, size[1] // 8)
    picture = Image.frombytes("L", coarse, dice.randbytes(coarse[0] * coarse[1])).resize(size).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        draw.rectangle((x, y, x + size[0] // 9, y + size[1] // 7), fill=colour)
    draw.rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(255, 0, 0))
    return picture


def photographed(
    path: Path, size: tuple[int, int] = (1600, 1200), *, orientation: int = 1, seed: int = 7
) -> Path:
    """A JPEG with everything that a telephone writes into it: place, owner, comment, preview, time."""
    exif = Image.Exif()
    exif[0x010F] = CANARY
    exif[0x9C9C] = CANARY.encode("utf-16-le")
    exif.get_ifd(0x8769)[36867] = "2026:11:20 09:30:00"
    exif.get_ifd(0x8769)[0x9286] = CANARY.encode()
    exif.get_ifd(0x8825).update(PLACE)
    scene(size, seed).save(path, "JPEG", quality=92, exif=exif, comment=CANARY.encode(), xmp=CANARY.encode())
    return path


def painted(form: str, mode: str = "RGB", size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture of another format or mode."""
    target = io.BytesIO()
    scene(size).convert(mode).save(target, form)
    return target.getvalue()
