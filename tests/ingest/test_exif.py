from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from thumper_core.ingest.exif import NO_EXIF, ExifFacts, clean_text, parse_wall_clock, read_exif
from thumper_core.ingest.ifd import open_tiff, read_ifd
from thumper_core.ingest.maker_note import read_maker_note

ORIGINAL, DIGITIZED, DATE_TIME, MAKER_NOTE = 36867, 36868, 306, 37500
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


HYPERFIRE_AT, HYPERFIRE_SEQUENCE = 22, 14
NOON_UTC = {7: (IFDRational(12), IFDRational(15), IFDRational(30)), 29: "2024:01:05"}
TEXAS = {1: "N", 2: (30.0, 0.0, 0.0), 3: "W", 4: (97.0, 0.0, 0.0)}
NOON = datetime(2024, 1, 5, 12, 15, 30)


def hyperfire(order: str = "<", sequence: tuple[int, int] = (2, 5)) -> bytes:
    """The maker note of a HyperFire with firmware 3, of MORNING."""
    note = bytearray(120)
    note[:4] = b"\x01\xf1\x03\0"
    struct.pack_into("<2H", note, HYPERFIRE_SEQUENCE, *sequence)
    struct.pack_into(f"{order}6H", note, HYPERFIRE_AT, 30, 15, 6, 1, 5, 2024)
    return bytes(note)


def marked(mark: bytes, at: int, form: str, sequence_at: int, pair: str, *time: int) -> bytes:
    note = bytearray(160)
    note[: len(mark)] = mark
    struct.pack_into(form, note, at, *time)
    struct.pack_into(pair, note, sequence_at, 2, 5)
    return bytes(note)


@pytest.mark.parametrize(
    ("main", "exif", "gps", "expected"),
    [
        ({}, {MAKER_NOTE: hyperfire()}, {}, (MORNING, "maker_note", "second")),
        ({}, {MAKER_NOTE: hyperfire(">")}, {}, (MORNING, "maker_note", "second")),
        ({DATE_TIME: "2025:03:03 10:00:00"}, {MAKER_NOTE: hyperfire()}, {},
         (MORNING, "maker_note", "second")),
        ({}, {ORIGINAL: "2000:01:01 00:00:07", MAKER_NOTE: hyperfire()}, {},
         (MORNING, "maker_note", "second")),
        ({}, {ORIGINAL: "2000:01:01 00:00:07"}, {}, (datetime(2000, 1, 1, 0, 0, 7), "exif", "second")),
        ({}, {ORIGINAL: "9999:12:31 23:59:59", DIGITIZED: GOOD}, {}, (MORNING, "exif", "second")),
        ({}, {ORIGINAL: GOOD, SUBSEC_ORIGINAL: "25"}, {},
         (MORNING.replace(microsecond=250_000), "exif", "subsecond")),
        # the satellites' time is a wall clock's only where the distance from UTC is known
        ({}, {0x9011: "-06:00"}, NOON_UTC, (datetime(2024, 1, 5, 6, 15, 30), "gps", "second")),
        ({DATE_TIME: GOOD}, {0x9011: "-06:00"}, NOON_UTC, (datetime(2024, 1, 5, 6, 15, 30), "gps", "second")),
        ({DATE_TIME: GOOD}, {}, NOON_UTC, (MORNING, "exif", "second")),
        ({}, {}, NOON_UTC | TEXAS, (datetime(2024, 1, 5), "gps", "day")),
        ({}, {}, NOON_UTC | TEXAS | {7: (IFDRational(3), IFDRational(0), IFDRational(0))},
         (datetime(2024, 1, 4), "gps", "day")),
        ({}, {}, NOON_UTC, None),
        ({}, {}, NOON_UTC | TEXAS | {9: "V"}, None),
        # a program's DateTime says when it wrote the file
        ({DATE_TIME: GOOD, 305: "Adobe Photoshop Lightroom 6.0"}, {}, {}, None),
        ({DATE_TIME: GOOD, 305: "GIMP 2.10"}, {ORIGINAL: GOOD}, {}, (MORNING, "exif", "second")),
        ({DATE_TIME: GOOD, 305: "FW 7.0.0"}, {}, {}, (MORNING, "exif", "second")),
    ],
)  # fmt: skip
def test_which_time_is_taken(
    main: dict[int, Any], exif: dict[int, Any], gps: dict[int, Any], expected: Any
) -> None:
    facts = read_exif(block(main, exif, gps))
    found = (facts.taken_at, facts.taken_at_source, facts.taken_at_precision)
    assert found == (expected or (None, None, None))


@pytest.mark.parametrize(
    ("note", "make", "expected"),
    [
        (hyperfire(), None, (MORNING, 2)),
        (hyperfire()[:30], None, (None, 2)),
        (hyperfire(sequence=(0, 0)), None, (MORNING, None)),
        (b"\x01\xf1\x04\0" + hyperfire()[4:], "RECONYX", (MORNING, 2)),
        (b"\x01\xf1\x04\0" + hyperfire()[4:], "Canon", (None, None)),
        (marked(b"RECONYXUF\0", 0x3B, "<5BH", 0x35, "2B", 30, 15, 6, 5, 1, 2024), None, (MORNING, 2)),
        (marked(b"RECONYXH2\0", 0x3E, "<6H", 0x36, "<2H", 30, 15, 6, 1, 5, 2024), None, (MORNING, 2)),
        (marked(b"RECONYXMF\0", 0x4E, "<6H", 0x46, "<2H", 30, 15, 6, 1, 5, 2024), None, (MORNING, 2)),
        (marked(b"RECONYXHF4K\0", 0x2F, "<5BH", 0x29, "2B", 30, 15, 6, 5, 1, 2024), None, (MORNING, 2)),
        (b"RECONYXUF\0", "RECONYX", (None, None)),
        (b"610\x03", "BolyMedia", (None, None)),
        (b"", "RECONYX", (None, None)),
    ],
)  # fmt: skip
def test_maker_notes(note: bytes, make: str | None, expected: Any) -> None:
    assert read_maker_note(note, make)[:2] == expected


def test_a_long_maker_note_is_read_from_its_start() -> None:
    facts = read_exif(block(exif={MAKER_NOTE: hyperfire() + bytes(9000)}))
    assert (facts.taken_at, facts.sequence) == (MORNING, 2)


def test_reconyx_notes_say_what_exif_says(shared_dir: Path) -> None:
    """Real cameras: HyperFire, HyperFire 2 and UltraFire."""
    compared = set()
    for path in (shared_dir / "photos").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        tiff = open_tiff(data[data.find(b"Exif\0\0") + 6 :][:65_000])
        if tiff is None:
            continue
        main = read_ifd(tiff, tiff.first_ifd)
        inner = main.get(0x8769)
        exif = read_ifd(tiff, int(inner[0])) if isinstance(inner, tuple) else {}
        note, original = exif.get(MAKER_NOTE), exif.get(ORIGINAL)
        found = read_maker_note(note if isinstance(note, bytes) else b"", clean_text(main.get(271)))
        if found.taken_at is not None and isinstance(original, str):
            assert found.taken_at == parse_wall_clock(original)
            assert found.sequence in range(1, 6)
            compared.add(clean_text(main.get(272)))
    assert compared == {"PC900 PROFESSIONAL", "PC800 PROFESSIONAL", "HC550 HYPERFIRE",
                        "HF2 PRO COVERT", "UltraFire"}  # fmt: skip


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
