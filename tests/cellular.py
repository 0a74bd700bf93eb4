"""What cellular cameras send: pictures of one scene in several sizes, and mails with them."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

START = datetime(2026, 10, 1, 6, 0)
LARGE, SMALL = (640, 480), (320, 240)


@cache
def _scene(camera: str) -> Image.Image:
    """What stands before a camera, the same in all its pictures."""
    rng = np.random.default_rng(sum(camera.encode()))
    coarse = rng.integers(40, 200, (12, 16), dtype=np.uint8)
    return Image.fromarray(coarse).resize(LARGE, Image.Resampling.BICUBIC)


@cache
def _noise() -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return rng.normal(0, 3, (2 * LARGE[1], 2 * LARGE[0])).astype(np.float32)


def frame(camera: str, seed: int, *, moved: bool = True) -> Image.Image:
    """One exposure: the scene, an animal somewhere in it, and noise that does not come again."""
    rng = np.random.default_rng(seed)
    picture = _scene(camera).copy()
    x, y = (rng.integers(40, 500), rng.integers(80, 330)) if moved else (300, 200)
    ImageDraw.Draw(picture).ellipse((x, y, x + 90, y + 60), fill=70)
    left, top = rng.integers(0, LARGE[0]), rng.integers(0, LARGE[1])
    noise = _noise()[top : top + LARGE[1], left : left + LARGE[0]]
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def jpeg(
    picture: Image.Image,
    at: datetime | None,
    size: tuple[int, int] = LARGE,
    *,
    quality: int = 85,
    sequence: int | None = None,
) -> bytes:
    """A picture's file, with the time in its EXIF; sequence: its number in a burst, as the camera says it."""
    exif = Image.Exif()
    if at is not None:
        exif.get_ifd(0x8769)[0x9003] = at.strftime("%Y:%m:%d %H:%M:%S")
    if at is not None and sequence is not None:  # as a Reconyx HyperFire writes it
        note = bytearray(b"\x01\xf1\x03\0".ljust(0x22, b"\0"))
        struct.pack_into("<2H", note, 0x0E, sequence, 3)
        clock = (at.second, at.minute, at.hour, at.month, at.day, at.year)
        struct.pack_into("<6H", note, 0x16, *clock)
        exif.get_ifd(0x8769)[0x927C] = bytes(note)
    out = io.BytesIO()
    picture.resize(size, Image.Resampling.BOX).save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def letter(
    files: Sequence[tuple[str, bytes]],
    *,
    subject: str = "New picture from North gate",
    sender: str = "Cam <cam@cameras.example>",
    text: str = "See the picture.",
    kind: str = "image/jpeg",
) -> bytes:
    """A mail with attachments."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, sender, "ranch@example.org"
    mail.set_content(text)
    main, _, sub = kind.partition("/")
    for name, data in files:
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def later(minutes: float) -> datetime:
    """A time of the season."""
    return START + timedelta(minutes=minutes)
