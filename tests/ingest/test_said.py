"""What cameras write of themselves: Cuddeback's comment, Reconyx's note; cameras named by it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.ingest.conftest import MakePhoto
from thumper_core.ingest.add import add_paths
from thumper_core.ingest.header import read_header
from thumper_core.ingest.maker_note import read_maker_note
from thumper_core.ingest.renew import said_cameras
from thumper_core.ingest.said import NOTHING, Said, celsius, read_comment
from thumper_core.workspace import Workspace

CUDDEBACK = (
    "MR=C.1,AD=7/24/2018,LD=4,BT=18,RD=0,BL=5127,BP=25%,BS=Int,IR=Indoors,ID=BARN FEED,LO=002,SM=EZ"
)
COMMENTS: dict[str, tuple[str | bytes | None, Said]] = {
    "none": (None, NOTHING),
    "empty": ("", NOTHING),
    "noise": ("AEC0T 112 S 0 Y 787 B 36 I0 #C1T 148 S 0", NOTHING),
    "zeros": (bytes(200), NOTHING),
    "cuddeback": (CUDDEBACK, Said("BARN FEED", "002", battery_pct=25.0)),
    "without a name": (CUDDEBACK.replace("ID=BARN FEED,", ""), Said(None, "002", battery_pct=25.0)),
    "an empty name": (CUDDEBACK.replace("BARN FEED", "  "), Said(None, "002", battery_pct=25.0)),
    "with its charset": (b"ASCII\0\0\0" + CUDDEBACK.encode(), Said("BARN FEED", "002", None, 25.0)),
    "words": (
        "Camera: Oak; Temperature: 54F; Battery: 80%; Moon: Full Moon; Pressure: 29.92 inHg",
        Said("Oak", None, 12.2, 80.0, None, "Full Moon", 1013.2),
    ),
    "out of range": ("BP=140%,Temperature=900C,Pressure=3 hPa,ID=\x01", NOTHING),
    "without units": ("Temperature=54,BP=80,Pressure=1013", NOTHING),
}


@pytest.mark.parametrize("name", COMMENTS)
def test_comments(name: str) -> None:
    comment, expected = COMMENTS[name]
    assert read_comment(comment) == expected


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("54°F", 12.2),
        ("-3 C", -3),
        ("12º C", 12),
        ("32F", 0),
        ("12", None),
        ("C", None),
        (None, None),
    ],
)
def test_temperatures(text: str | None, degrees: float | None) -> None:
    assert celsius(text) == degrees


def hyperfire(**changes: Any) -> bytes:
    """The maker note of a HyperFire."""
    said = {
        "moon": 4,
        "f": 54,
        "c": 12,
        "mv": 8470,
        "label": b"OAK 1",
        "serial": "H600X1",
    } | changes
    note = bytearray(140)
    note[:4] = b"\x01\xf1\x03\0"
    struct.pack_into("<H2h", note, 0x24, said["moon"], said["f"], said["c"])
    note[0x2A : 0x2A + 2 * len(said["serial"])] = said["serial"].encode("utf-16-le")
    struct.pack_into("<H", note, 0x54, said["mv"])
    note[0x56 : 0x56 + len(said["label"])] = said["label"]
    return bytes(note)


WHOLE = Said("OAK 1", "H600X1", 12.0, None, 8.47, "full moon")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (hyperfire(), WHOLE),
        (hyperfire(label=b"", serial=""), WHOLE._replace(camera=None, number=None)),
        (hyperfire(moon=9, mv=0), WHOLE._replace(moon=None, battery_v=None)),
        (hyperfire(c=30), NOTHING),  # its two temperatures are not one: another layout
        (hyperfire()[:0x26], NOTHING),
        (hyperfire()[:0x50], WHOLE._replace(camera=None, battery_v=None)),
        (b"", NOTHING),
    ],
)
def test_maker_notes(note: bytes, expected: Said) -> None:
    assert read_maker_note(note, None).said == expected


def test_real_cameras_say_what_their_strips_show(shared_dir: Path) -> None:
    """As read by eye off the strips of these photos."""
    strips = {
        "photos/owl-burrow/IMG_0708.JPG": (None, 82, "last quarter"),
        "photos/owl-burrow/RCNX0242.JPG": ("R49", 84, "waning gibbous"),
        "photos/southwest/2021-08-08_RCNX0063_fox.JPG": (None, 59, "new moon"),
        "photos/speciesnet/american_black_bear.jpg": ("UNIT03-CAM102", 34, "new moon"),
        "photos/speciesnet/vehicle.jpg": (None, 48, "waning gibbous"),
    }
    for name, (camera, fahrenheit, moon) in strips.items():
        said = read_header((shared_dir / name).read_bytes()).exif.said
        assert said.temperature_c is not None
        assert abs(said.temperature_c - (fahrenheit - 32) / 1.8) <= 0.6, name
        assert (said.camera, said.moon) == (camera, moon), name


def test_every_real_cuddeback_photo_with_a_name_names_its_camera(shared_dir: Path) -> None:
    names: dict[str, set[str]] = {}
    n = 0
    for path in sorted((shared_dir / "deer").glob("*/*.JPG")):
        said = read_header(path.read_bytes()).exif.said
        assert said.number == path.parent.name.removeprefix("camera-")
        if said.camera is not None:
            names.setdefault(path.parent.name, set()).add(said.camera)
            n += 1
    assert n == 628
    assert all(len(found) == 1 for found in names.values())
    assert names["camera-002"] == {"BARN FEED"}


def add_comment(path: Path, data: bytes, comment: str) -> None:
    import io

    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"ASCII\0\0\0" + comment.encode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(data)).save(path, exif=exif)


def test_the_camera_is_named_by_what_it_wrote_where_that_is_wanted(
    workspace: Workspace, photos: Path, make_photo: MakePhoto
) -> None:
    for number, comment in enumerate((CUDDEBACK, CUDDEBACK.replace("BARN FEED", "Oak"), "LO=002")):
        add_comment(photos / "card 7" / f"{number}.jpg", make_photo(number), comment)

    def cameras() -> list[str]:
        return workspace.sql("select camera from photos order by path")["camera"].to_list()

    def take(source: str) -> None:
        workspace.settings = workspace.settings.replace("ingest", camera_from=source)
        add_paths(workspace, [photos])

    take("folder")
    by_folder = cameras()
    assert len(set(by_folder)) == 1
    take("exif")
    assert cameras() == ["BARN FEED", "Oak", by_folder[0]], (
        "known photos too, and none is read again"
    )
    add_comment(photos / "card 7" / "3.jpg", make_photo(3), CUDDEBACK)
    take("auto")
    assert cameras() == ["BARN FEED", "Oak", by_folder[0], "BARN FEED"], "and new ones"
    told = workspace.sql("select battery_pct, said_number from photos order by path").rows()
    assert told == [(25.0, "002"), (25.0, "002"), (None, "002"), (25.0, "002")]
    assert sorted(said_cameras(workspace.lake, "exif").values()) == [
        "BARN FEED",
        "BARN FEED",
        "Oak",
    ]
    take("folder")
    assert set(cameras()) == set(by_folder)
