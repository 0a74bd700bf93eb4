from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from thumper_core.ingest.exif import NO_EXIF, ExifFacts, clean_text, parse_wall_clock, read_exif

ORIGINAL, DIGITIZED, DATE_TIME = 36867, 36868, 306
SUBSEC, SUBSEC_ORIGINAL, SUBSEC_DIGITIZED = 37520, 37521, 37522
GOOD = "2024:01:05 06:15:30"
MORNING = datetime(2024, 1, 5, 6, 15, 30)


def block(
    main: dict[int, Any] | None = None,
    exif: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
) -> bytes:
    """An EXIF block as Pillow, a writer of another hand, makes it."""
    made = Image.Exif()
    made.update(main or {})
    made.get_ifd(0x8769).update(exif or {})
    made.get_ifd(0x8825).update(gps or {})
    return made.tobytes()


@pytest.mark.parametrize(
    ("main", "exif", "expected"),
    [
        ({}, {ORIGINAL: GOOD}, MORNING),
        ({}, {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "25"}, MORNING.replace(microsecond=250_000)),
        ({}, {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "0012345678"}, MORNING.replace(microsecond=1_234)),
        ({}, {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "  "}, MORNING),
        ({}, {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "-1"}, MORNING),
        ({}, {ORIGINAL: GOOD, SUBSEC: "99"}, MORNING),  # the subseconds of another time
        ({}, {DIGITIZED: GOOD, SUBSEC_DIGITIZED: "5"}, MORNING.replace(microsecond=500_000)),
        ({DATE_TIME: GOOD}, {SUBSEC: "5"}, MORNING.replace(microsecond=500_000)),
        ({DATE_TIME: "2000:01:01 00:00:00"}, {ORIGINAL: GOOD}, MORNING),
        ({DATE_TIME: GOOD}, {ORIGINAL: "0000:00:00 00:00:00"}, MORNING),
        ({DATE_TIME: GOOD}, {ORIGINAL: "    :  :     :  :  ", DIGITIZED: "x"}, MORNING),
        ({DATE_TIME: "0000:00:00 00:00:00"}, {}, None),
        ({DATE_TIME: ""}, {}, None),
        ({}, {}, None),
    ],
)
def test_time(main: dict[int, Any], exif: dict[int, Any], expected: datetime | None) -> None:
    assert read_exif(block(main, exif)).taken_at == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, MORNING),
        (GOOD + "\0", MORNING),
        ("2024-01-05 06:15:30", MORNING),
        ("2024/01/05 06:15:30", MORNING),
        ("2024:01:05T06:15:30", MORNING),
        ("2024:01:05 06:15:30.5", MORNING.replace(microsecond=500_000)),
        ("2024:1:5 6:15:30", MORNING),
        ("2024:01:05", None),
        ("2024:13:05 06:15:30", None),
        ("2024:02:30 06:15:30", None),
        ("2024:01:05 25:15:30", None),
        ("2024:01:05 06:15:61", None),
        ("0000:01:05 06:15:30", None),
        ("garbage", None),
        ("", None),
    ],
)
def test_parse_wall_clock(text: str, expected: datetime | None) -> None:
    assert parse_wall_clock(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("RECONYX", "RECONYX"),
        ("BolyMedia              \0\0", "BolyMedia"),
        ("HC550\0garbage", "HC550"),
        (b"SY\0\0", "SY"),
        ("  PC900\n PROFESSIONAL ", "PC900 PROFESSIONAL"),
        ("\x01\x02", None),
        ("   ", None),
        ((1, 2), None),
        (None, None),
        ("x" * 500, "x" * 64),
    ],
)
def test_clean_text(value: Any, expected: str | None) -> None:
    assert clean_text(value) == expected


def dms(*parts: float) -> tuple[IFDRational, ...]:
    return tuple(IFDRational(round(part * 10_000), 10_000) for part in parts)


@pytest.mark.parametrize(
    ("gps", "expected"),
    [
        ({1: "N", 2: dms(30, 15, 36), 3: "W", 4: dms(97, 45, 0)}, (30.26, -97.75)),
        ({1: "S", 2: dms(33.5, 0, 0), 3: "E", 4: dms(151, 12.6, 0)}, (-33.5, 151.21)),
        ({1: "s\0", 2: dms(33.5, 0, 0), 3: "e", 4: dms(151, 0, 0)}, (-33.5, 151.0)),
        ({1: "N", 2: dms(0, 0, 0), 3: "W", 4: dms(97, 0, 0)}, (0.0, -97.0)),
        ({1: "N", 2: dms(0, 0, 0), 3: "E", 4: dms(0, 0, 0)}, None),  # no fix
        ({1: "N", 2: dms(30, 0, 0), 3: "W", 4: dms(97, 0, 0), 9: "V"}, None),  # void
        ({1: "\0", 2: dms(1, 1, 1), 3: "\0", 4: dms(1, 1, 1)}, None),
        ({1: "K", 2: dms(1, 1, 1), 3: "E", 4: dms(1, 1, 1)}, None),
        ({1: "N", 2: dms(91, 0, 0), 3: "E", 4: dms(1, 1, 1)}, None),
        ({1: "N", 2: dms(30, 61, 0), 3: "E", 4: dms(1, 1, 1)}, None),
        ({1: "N", 2: dms(30, 0, 0), 3: "E", 4: dms(181, 0, 0)}, None),
        ({1: "N", 2: dms(30, 0, 0)}, None),
        ({2: dms(30, 0, 0), 4: dms(30, 0, 0)}, None),
        ({}, None),
    ],
)
def test_place(gps: dict[int, Any], expected: tuple[float, float] | None) -> None:
    facts = read_exif(block(gps=gps))
    if expected is None:
        assert (facts.latitude, facts.longitude) == (None, None)
    else:
        assert (facts.latitude, facts.longitude) == pytest.approx(expected)


def test_zero_denominator_is_no_place() -> None:
    odd = tuple(IFDRational(n, 10_000) for n in (300_001, 150_001, 360_001))
    good = block(gps={1: "N", 2: odd, 3: "W", 4: odd})
    denominator = struct.pack(">I", 10_000)
    assert good.count(denominator) == 6
    assert read_exif(good).latitude == pytest.approx(30.26, abs=0.001)
    assert read_exif(good.replace(denominator, bytes(4))).latitude is None


@pytest.mark.parametrize(
    ("main", "exif", "expected"),
    [
        ({271: "RECONYX", 272: "HC600"}, {}, ExifFacts(make="RECONYX", model="HC600")),
        ({274: 6}, {}, ExifFacts(orientation=6)),
        ({274: 0}, {}, NO_EXIF),
        ({274: 9}, {}, NO_EXIF),
        ({}, {37385: 25}, ExifFacts(flash_fired=True)),
        ({}, {37385: 24}, ExifFacts(flash_fired=False)),
        ({}, {37385: 16}, ExifFacts(flash_fired=False)),
    ],
)
def test_other_tags(main: dict[int, Any], exif: dict[int, Any], expected: ExifFacts) -> None:
    assert read_exif(block(main, exif)) == expected


def test_little_endian() -> None:
    entries = struct.pack("<HHHI4s", 2, 0x010F, 2, 3, b"SY\0\0") + struct.pack(
        "<HHIHH", 0x0112, 3, 1, 8, 0
    )
    tiff = b"II*\0" + struct.pack("<I", 8) + entries + bytes(4)
    assert read_exif(b"Exif\0\0" + tiff) == ExifFacts(make="SY", orientation=8)


FULL = block(
    {271: "RECONYX", 272: "HC600", 274: 6, DATE_TIME: GOOD},
    {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "25", 37385: 1},
    {1: "N", 2: dms(30, 15, 36), 3: "W", 4: dms(97, 45, 0)},
)


@pytest.mark.parametrize("length", range(0, len(FULL), 7))
def test_a_block_that_breaks_off_gives_what_is_left(length: int) -> None:
    facts, whole = read_exif(FULL[:length]), read_exif(FULL)
    assert facts.make in (None, whole.make)
    assert facts.orientation in (None, 6)
    assert facts.latitude in (None, whole.latitude)


@given(st.integers(6, len(FULL) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_damage_is_survived(at: int, damage: bytes) -> None:
    facts = read_exif(FULL[:at] + damage + FULL[at + len(damage) :])
    assert facts.latitude is None or -90 <= facts.latitude <= 90
    assert facts.longitude is None or -180 <= facts.longitude <= 180
    assert facts.orientation in (None, *range(1, 9))


@given(st.binary(max_size=200))
def test_noise_is_survived(noise: bytes) -> None:
    assert isinstance(read_exif(b"Exif\0\0MM\0*\0\0\0\x08" + noise), ExifFacts)
