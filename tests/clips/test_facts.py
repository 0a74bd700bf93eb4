"""What a clip's container says: time, maker, length; and the time that camcorders hide in the picture."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.made_clips import HEIGHT, WIDTH, walking, write_clip
from thumper_core.clips.facts import clip_facts
from thumper_core.clips.kinds import clip_kind
from thumper_core.clips.maker_time import maker_time
from thumper_core.contracts import TimeSource

AT = datetime(2024, 11, 5, 6, 41, 10)
MARK = b"\x17\xee\x8c\x60\xf8\x4d\x11\xd9\x8c\xd6\x08\x00\x20\x0c\x9a\x66MDPM"
QUICKTIME = {
    "creation_time": "2024-11-05T12:41:10Z",
    "com.apple.quicktime.creationdate": "2024-11-05T06:41:10-0600",
    "com.apple.quicktime.make": "Acme",
    "com.apple.quicktime.model": "Cam  1",
}


@pytest.mark.parametrize(
    ("name", "tags", "at"),
    [
        ("a.mp4", {"creation_time": "2024-11-05T06:41:10Z"}, AT),
        ("a.avi", {"date": "2024-11-05 06:41:10"}, AT),
        ("a.mov", QUICKTIME, AT),  # its own has the zone, so it is the wall clock
        ("a.mp4", {"creation_time": "1970-01-01T00:00:00Z"}, None),
        ("a.mp4", {"creation_time": "2203-01-01T00:00:00Z"}, None),
        ("a.mp4", {"date": "last spring"}, None),
        ("a.mp4", {}, None),
    ],
)
def test_time_and_maker(
    name: str, tags: dict[str, str], at: datetime | None, tmp_path: Path
) -> None:
    codec = "mjpeg" if name.endswith("avi") else "libx264"
    options = {"movflags": "use_metadata_tags"} if name.endswith("mov") else {}
    path = write_clip(
        tmp_path / name, walking(20, (4, 30)), codec=codec, tags=tags, options=options
    )
    facts = clip_facts(path)
    assert facts.first.shape == (HEIGHT, WIDTH, 3)
    assert (facts.taken_at, facts.taken_at_source) == (at, TimeSource.CONTAINER if at else None)
    assert (facts.width, facts.height, facts.fps) == (WIDTH, HEIGHT, 10)
    assert facts.duration_s == pytest.approx(2, abs=0.11)
    made = ("Acme", "Cam 1") if tags is QUICKTIME else (None, None)
    assert (facts.make, facts.model) == made


def message(*fields: tuple[int, bytes]) -> bytes:
    return MARK + bytes([len(fields)]) + b"".join(bytes([tag]) + value for tag, value in fields)


YEAR, DAY = (0x18, b"\x00\x20\x24\x11"), (0x19, b"\x05\x06\x41\x10")


def test_a_camcorders_time_is_read_from_the_pictures_own_data() -> None:
    assert maker_time(b"xx" + message(YEAR, DAY)) == AT
    assert maker_time(message((0x13, b"\0\0\0\0"), YEAR, DAY)) == AT
    for nothing in (
        b"",
        MARK,
        message(YEAR),
        message(YEAR, (0x19, b"\x05\x06\x41")),
        message(YEAR, (0x19, b"\x45\x06\x41\x10")),  # no such day
        message(YEAR, (0x19, b"\x0a\x06\x41\x10")),  # no decimal
    ):
        assert maker_time(nothing) is None
    assert maker_time(message(YEAR) + message(YEAR, DAY)) == AT


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "MP4 or QuickTime"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", None),
        (b"RIFF\x10\0\0\0AVI LIST", "AVI"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", None),
        ((b"\x47" + bytes(187)) * 3, "MPEG transport stream"),
        ((bytes(4) + b"\x47" + bytes(187)) * 3, "MPEG transport stream"),
        (b"\xff\xd8\xff\xe0moov", None),
        (b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
        (b"", None),
    ],
)
def test_bytes_say_whether_it_is_a_clip(data: bytes, kind: str | None) -> None:
    assert clip_kind(data) == kind
