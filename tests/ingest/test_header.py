from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from thumper_core.ingest.header import NO_HEADER, PhotoHeader, read_header
from thumper_core.ingest.infrared import is_infrared, is_one_tint


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    exif[271] = "RECONYX"
    return exif


@pytest.fixture(autouse=True)
def _no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a header may not decode."""

    def load(self: ImageFile.ImageFile) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.parametrize(
    ("kind", "mode", "is_gray"),
    [
        ("JPEG", "RGB", False),
        ("JPEG", "L", True),
        ("JPEG", "CMYK", False),
        ("PNG", "RGB", False),
        ("PNG", "L", True),
        ("PNG", "P", False),
        ("PNG", "I;16", True),
        ("TIFF", "RGB", False),
        ("TIFF", "L", True),
        ("TIFF", "I;16", True),
        ("TIFF", "P", False),
        ("TIFF", "CMYK", False),
        ("WEBP", "RGB", False),
        ("HEIF", "RGB", False),
    ],
)
def test_every_format(make_photo: Any, kind: str, mode: str, is_gray: bool) -> None:
    data = make_photo(size=(64, 48), kind=kind, mode=mode)
    header = read_header(data)
    assert (header.format, header.width, header.height) == (kind, 64, 48)
    assert header.is_gray is is_gray


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_size_is_upright(make_photo: Any, kind: str, orientation: int) -> None:
    header = read_header(make_photo(size=(64, 48), kind=kind, exif=turned(orientation)))
    assert (header.width, header.height) == ((48, 64) if orientation >= 5 else (64, 48))
    assert header.exif.make == "RECONYX"


def test_orientation_in_xmp_counts_where_exif_is_silent(make_photo: Any) -> None:
    photo = make_photo(size=(64, 48))
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    segment = b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp
    header = read_header(photo[:2] + segment + photo[2:])
    assert (header.width, header.height) == (48, 64)


def png_claiming(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    idat = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + chunk + idat


@pytest.mark.parametrize("side", [20_000, 60_000, 2**31 - 1])
def test_decompression_bomb_is_only_a_size(side: int) -> None:
    header = read_header(png_claiming(side, side))
    assert (header.format, header.width, header.height) == ("PNG", side, side)
    assert is_infrared(header, png_claiming(side, side)) is None


def test_jpeg_bomb_is_not_decoded(make_photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = make_photo(size=(64, 48))
    at = photo.index(b"\xff\xc0") + 5
    bomb = photo[:at] + struct.pack(">HH", 65_000, 65_000) + photo[at + 4 :]
    header = read_header(bomb)
    assert (header.width, header.height) == (65_000, 65_000)
    monkeypatch.setattr("simplejpeg.decode_jpeg", lambda *a, **k: pytest.fail("decoded"))
    assert is_infrared(header, bomb) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello, this is a text named .jpg\n" * 20,
        b"\0" * 100,
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0",
        b"II*\0\xff\xff\xff\xff",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic" + bytes(200),
        b"\0\0\0\x18ftypavif" + bytes(200),
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(200),
        b"RIFF\0\0\0\0AVI LIST" + bytes(200),
    ],
)
def test_what_is_no_picture(data: bytes) -> None:
    header = read_header(data)
    assert (header.width, header.height) == (None, None)
    assert is_infrared(NO_HEADER, data) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damage_is_survived(make_photo: Any, kind: str, data: st.DataObject) -> None:
    photo = make_photo(kind=kind, exif=turned(6))
    at = data.draw(st.integers(0, min(len(photo) - 1, 400)))
    noise = data.draw(st.binary(min_size=1, max_size=16))
    end = data.draw(st.integers(0, len(photo)))
    damaged = (photo[:at] + noise + photo[at + len(noise) :])[:end]
    header = read_header(damaged)
    assert header.width is None or header.width > 0
    assert is_infrared(header, damaged) in (True, False, None)


@pytest.mark.parametrize(("share", "expected"), [(0.05, None), (0.5, False), (0.9, False)])
def test_a_jpeg_that_breaks_off_keeps_its_header(
    make_photo: Any, share: float, expected: bool | None
) -> None:
    photo = make_photo(size=(800, 600))
    start = photo.index(b"\xff\xda")
    cut = photo[: start + int((len(photo) - start) * share)]
    assert read_header(cut) == read_header(photo)
    assert is_infrared(read_header(cut), cut) is expected


def colour(rgb_of_gray: Any) -> np.ndarray:
    ramp = np.tile(np.arange(256, dtype=np.float64), (64, 1))
    return np.clip(np.stack(rgb_of_gray(ramp), axis=-1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (colour(lambda g: (g, g, g)), True),
        (colour(lambda g: (g * 0.8 + 40, g * 0.8, g * 0.8 + 20)), True),  # a pink filter
        (colour(lambda g: (g, 255 - g, g)), False),
        (colour(lambda g: (g, g * 0.9, g * 0.7)), False),
        (np.full((64, 64, 3), 128, np.uint8), None),
    ],
)
def test_one_tint(pixels: np.ndarray, expected: bool | None) -> None:
    assert is_one_tint(pixels) is expected


def test_coloured_info_strip_is_left_out() -> None:
    pixels = colour(lambda g: (g, g, g))
    pixels[-7:] = (255, 200, 0)
    assert is_one_tint(pixels) is True


def test_flash_tag_counts_only_without_pixels(make_photo: Any) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[37385] = 1
    assert read_header(make_photo(exif=exif)).exif.flash_fired is True
    for kind, expected in (("JPEG", False), ("WEBP", True)):
        photo = make_photo(kind=kind, exif=exif)
        assert is_infrared(read_header(photo), photo) is expected
    assert is_infrared(PhotoHeader("PNG", 10, 10, is_gray=True), b"") is True


def test_real_photos(shared_dir: Path) -> None:
    folder = shared_dir / "photos"
    read = {}
    for path in sorted(folder.rglob("*.*")):
        data = path.read_bytes()
        header = read_header(data)
        read[path.name] = (header.width, header.height, is_infrared(header, data))
    assert read["error_img.JPG"] == read["error_vid.mp4"] == (None, None, None)
    assert read["african_elephants_with_exif_orientation.jpg"] == (2048, 1536, False)
    assert read["african_elephants_truncated_file.jpg"] == (2048, 1536, False)
    assert read["african_elephants_cmyk.jpg"] == (2048, 1536, False)
    assert read["2021-05-28_SYFR0041_deer.JPG"] == (4032, 3024, True)
    infrared = {name for name, values in read.items() if values[2]}
    assert infrared == {
        "IMG_1160.JPG",
        "IMG_8968.JPG",
        "RCNX1419.JPG",
        "2021-05-28_SYFR0041_deer.JPG",
        "2021-06-30_SYFR0218_cougar.JPG",
        "2021-07-24_SYFR0655_coyote.JPG",
        "2021-08-08_RCNX0063_fox.JPG",
        "african_elephants_bw.jpg",
        "american_black_bear.jpg",
        "blank3.jpg",
    }
