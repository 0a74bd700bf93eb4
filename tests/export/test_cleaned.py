"""A JPEG without where it was taken: the same pixels, its time, and no position in any of its corners."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from thumper_core.export.cleaned import NoJpegError, exif_of, time_alone, without_places
from thumper_core.ingest.exif import read_exif
from thumper_core.ingest.ifd import open_tiff, read_ifd

GPS_IFD, EXIF_IFD = 0x8825, 0x8769
SECRET = b"47.8512 N 13.1234 E"


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x0112] = "RECONYX", "HP2X", orientation
    made[0x010E] = SECRET.decode()  # ImageDescription
    inner = made.get_ifd(EXIF_IFD)
    inner[0x9003], inner[0x9291] = "2025:10:03 06:41:27", "25"
    inner[0x927C], inner[0x9286] = b"note " + SECRET, b"ASCII\0\0\0" + SECRET
    made.get_ifd(GPS_IFD).update(
        {1: "N", 2: (47.0, 51.0, 4.3), 3: "E", 4: (13.0, 7.0, 24.2), 29: "2025:10:03"}
    )
    return made


def jpeg(orientation: int = 1, mode: str = "RGB", **options: Any) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    picture = Image.fromarray(pixels).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif(orientation), comment=SECRET, **options)
    return buffer.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def stuffed(data: bytes) -> bytes:
    """With XMP, IPTC, an unknown application's block, a second picture behind the end, and padding."""
    more = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<exif:GPSLatitude>" + SECRET)
    more += segment(0xED, b"Photoshop 3.0\0" + SECRET) + segment(0xE4, SECRET)
    more += segment(0xE0, b"JFXX\0\x10" + SECRET) + b"\xff\xff"
    return data[:2] + more + data[2:] + data


PICTURES = {
    "plain": jpeg(),
    "turned": jpeg(6),
    "progressive": jpeg(progressive=True),
    "grey": jpeg(mode="L"),
    "cmyk": jpeg(mode="CMYK"),
    "restarts": jpeg(restart_marker_rows=1, subsampling=2),
    "profile": jpeg(icc_profile=b"\0" * 128 + b"profile"),
    "stuffed": stuffed(jpeg(3)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_pixels_stay_and_no_position(name: str) -> None:
    data = PICTURES[name]
    assert SECRET in data
    made = without_places(data)
    before, after = (Image.open(io.BytesIO(one)) for one in (data, made))
    np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
    scans = [
        one[one.index(b"\xff\xda") : one.index(b"\xff\xd9")] for one in (data[-len(made) :], made)
    ]
    assert scans[1] in data, "what was scanned is the same, byte for byte"
    assert SECRET not in made
    assert b"GPS" not in made
    assert b"GPSLatitude" in data or name != "stuffed"
    tiff = open_tiff(exif_of(made).removeprefix(b"Exif\0\0"))
    assert tiff is not None
    main = read_ifd(tiff, tiff.first_ifd)
    assert GPS_IFD not in main
    inner = read_ifd(tiff, main[EXIF_IFD][0])  # type: ignore[arg-type]
    assert not {0x927C, 0x9286} & set(inner)
    facts, was = read_exif(exif_of(made)), read_exif(exif_of(data))
    assert was.latitude is not None and facts.latitude is facts.longitude is None
    assert (facts.taken_at, facts.make, facts.model) == (was.taken_at, was.make, was.model)
    assert facts.orientation == was.orientation
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    assert made.endswith(b"\xff\xd9")
    assert without_places(made) == made, "done once it is done"


def test_what_has_no_exif_gets_none() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    assert without_places(buffer.getvalue()) == buffer.getvalue()
    assert exif_of(buffer.getvalue()) == exif_of(b"") == exif_of(b"GIF89a") == b""


def test_a_picture_that_was_turned_is_not_turned_again() -> None:
    block = exif_of(jpeg(6))
    assert read_exif(time_alone(block)).orientation == 6
    assert read_exif(time_alone(block, upright=True)).orientation is None
    assert time_alone(b"") == time_alone(b"Exif\0\0garbage") == b""


@pytest.mark.parametrize("length", [0, 1, 3, 20, 400])
def test_what_is_no_whole_jpeg_is_refused(length: int) -> None:
    with pytest.raises(NoJpegError):
        without_places((b"\x89PNG" if length == 3 else jpeg())[:length])


def test_one_that_breaks_off_in_its_picture_stays_so() -> None:
    data = jpeg()
    cut = data[: len(data) - 40]
    made = without_places(cut)
    assert SECRET not in made
    assert cut.endswith(made[-100:])


def test_no_bytes_make_it_fail_otherwise() -> None:
    data, lot = bytearray(stuffed(jpeg())), np.random.default_rng(4)
    for _ in range(300):
        broken = bytearray(data)
        for at in lot.integers(0, 2000, 3):
            broken[at] = int(lot.integers(0, 256))
        with contextlib.suppress(NoJpegError):
            without_places(bytes(broken))
