"""Names are safe on every system, and tell no camera, time or number that nobody said."""

from __future__ import annotations

import pytest

from thumper_core.ingest.cameras import camera_of
from thumper_core.ingest.names import read_name
from thumper_core.mail.boxes import Mailbox
from thumper_core.mail.names import Told, as_folder, beside, file_name, told_by
from thumper_core.mail.parts import Letter

BOX = Mailbox(host="h", user="u", password_env="X")


@pytest.mark.parametrize(
    ("camera", "folder"),
    [
        ("North gate", "North gate"),
        ("  a\tb\r\nc ", "a b c"),
        ("../../etc", "-..-etc"),
        ("C:\\x|y?", "C-x-y-"),
        ("CON", "CON-"),
        ("lpt1.old", "lpt1.old-"),
        (".hidden.", "hidden"),
        ("thumbs", "Camera thumbs"),
        ("DCIM", "Camera DCIM"),
        ("2026-11-05", "Camera 2026-11-05"),
        ("\u202eevil\x00", "evil"),
        ("x" * 300, "x" * 80),
        ("", ""),
        ("...", ""),
    ],
)
def test_a_camera_as_a_folder(camera: str, folder: str) -> None:
    found = as_folder(camera)
    assert found == folder
    if found:
        assert camera_of("/mail", f"{found}/1.jpg", 1) == found


@pytest.mark.parametrize(
    ("name", "suffix", "time", "is_timed", "expected"),
    [
        ("IMG_0041.JPG", ".jpg", "", False, "IMG_0041.jpg"),
        ("", ".jpg", "", False, "picture.jpg"),
        ("a/b\\c.jpeg", ".jpeg", "", False, "a-b-c.jpeg"),
        ("NUL.jpg", ".jpg", "", False, "NUL-.jpg"),
        ("Thumbs.db", ".jpg", "", False, "picture.jpg"),
        ("p.jpg", ".jpg", "2026-11-05 06:12:30", False, "2026-11-05 06-12-30 p.jpg"),
        ("p.jpg", ".jpg", "13/11/2026 6:12 PM", False, "2026-11-13 18-12 p.jpg"),
        ("p.jpg", ".jpg", "2026-11-05", False, "2026-11-05 p.jpg"),
        ("p.jpg", ".jpg", "2026-11-05 06:12:30", True, "p.jpg"),
        ("20261105_061230.jpg", ".jpg", "2026-12-05 06:12:30", False, "20261105_061230.jpg"),
        ("p.jpg", ".jpg", "yesterday", False, "p.jpg"),
    ],
)
def test_the_name_of_a_file(
    name: str, suffix: str, time: str, is_timed: bool, expected: str
) -> None:
    found = file_name(name, suffix, time, is_timed=is_timed)
    assert found == expected
    if time and found != "p.jpg" and name == "p.jpg":
        assert read_name(found).time is not None


def test_another_name_tells_no_other_number() -> None:
    names = {beside("IMG_0041.jpg", data) for data in (b"a", b"b")}
    assert len(names) == 2
    assert {read_name(name) for name in names} == {read_name("IMG_0041.jpg")}


@pytest.mark.parametrize(
    ("change", "letter", "folder", "expected"),
    [
        ({}, ("", "", ""), "INBOX", Told("ranch", True, "")),
        ({}, ("", "", ""), "Cams/North", Told("North", False, "")),
        ({}, ("", "", ""), "INBOX.North", Told("North", False, "")),
        ({"camera": "from (?P<camera>.+)"}, ("Pic from Oak", "", ""), "Cams", Told("Oak", False, "")),
        ({"camera": "from (?P<camera>.+)"}, ("Pic", "", "sent from Elm\nbye"), "INBOX",
         Told("Elm", False, "")),
        ({"camera": r"(?P<camera>\w+)@"}, ("Pic", "oak7@c.example", ""), "INBOX",
         Told("oak7", False, "")),
        ({"camera": r"(?P<camera>\w+) at (?P<time>.+)"}, ("Oak at 2026-11-05 06:12", "", ""), "INBOX",
         Told("Oak", False, "2026-11-05 06:12")),
        ({"camera": r"x(?P<camera>a)?(?P<time>b)?"}, ("x", "", ""), "INBOX", Told("ranch", True, "")),
        ({"cameras": {"Oak@C.example": "Old oak"}}, ("", "oak@c.example", ""), "INBOX",
         Told("Old oak", False, "")),
        ({"cameras": {"cams/7": "Old oak"}}, ("", "", ""), "Cams/7", Told("Old oak", False, "")),
    ],
)  # fmt: skip
def test_the_camera_of_a_mail(
    change: dict[str, object], letter: tuple[str, str, str], folder: str, expected: Told
) -> None:
    box = BOX.model_copy(update=change)
    assert told_by("ranch", box, folder, Letter(*letter, ())) == expected
