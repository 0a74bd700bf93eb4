"""A message is taken apart whatever it holds, and nothing in it is believed but its bytes."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from tests.cellular import SMALL, frame, jpeg, later, letter
from tests.made_clips import walking, write_clip
from thumper_core.mail.parts import judged, one_line, read_letter

PHOTO = jpeg(frame("Creek", 1), later(0), SMALL)


def picture(form: str, size: tuple[int, int] = SMALL) -> bytes:
    out = io.BytesIO()
    frame("Creek", 1).resize(size).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "suffix"),
    [
        ("a.jpg", PHOTO, ".jpg"),
        ("A.JPEG", PHOTO, ".jpeg"),
        ("a.png", PHOTO, ".jpg"),
        ("photo", PHOTO, ".jpg"),
        ("a.exe", PHOTO, ".jpg"),
        ("cut.jpg", PHOTO[:2000], ".jpg"),  # what there is of it is a photo: the run says how much
        ("a.jpg", picture("PNG"), ".png"),
        ("a", picture("WEBP"), ".webp"),
        ("a", picture("TIFF"), ".tif"),
    ],
)
def test_pictures_are_known_by_their_bytes(name: str, data: bytes, suffix: str) -> None:
    found = judged(name, data)
    assert (found.reason, found.suffix, found.data) == (None, suffix, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "no picture"),
        (b"GIF89a" + bytes(20), "no picture"),
        (b"PK\x03\x04" + PHOTO, "ZIP"),
        (gzip.compress(PHOTO), "gzip"),
        (b"<html></html>", "text file"),
        (b"%PDF-1.7", "PDF"),
        (jpeg(frame("Creek", 1), None, (90, 60)), "logo"),
        (jpeg(frame("Creek", 1), None, (640, 120)), "logo"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, reason: str) -> None:
    found = judged("a.jpg", data)
    assert reason in (found.reason or "") and found.data == b""


def test_clips_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_clip(path, walking(4))
    assert judged("clip.dat", path.read_bytes()).suffix == ".mp4"


HEAD = b"From: A <A@b.example>\nSubject: =?utf-8?B?TsO2cmRsaWNo?=\nMIME-Version: 1.0\n"


@pytest.mark.parametrize(
    ("raw", "reasons"),
    [
        (b"", []),
        (b"\xff\x00 nonsense", []),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\nno boundary", ["told apart"]),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/jpeg\n\n\n--x--",
         ["empty"]),
        (HEAD + b"Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n????", ["empty"]),
        (HEAD + b"Content-Type: image/jpeg\nContent-Transfer-Encoding: x-odd\n\nabc", ["text file"]),
        (HEAD + b"Content-Type: text/plain; charset=x-none\n\nhello", []),
        (HEAD + b"Content-Type: text/html; name*=utf-8''%FF%FE\n\nhello", ["text file"]),
        (HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
                         for n in range(2000)), ["taken apart"]),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n"
         + b"--x\nContent-Type: image/jpeg\n\n\n" * 300 + b"--x--", ["empty", "more than 100"]),
    ],
    ids=["nothing", "noise", "torn", "no bytes", "bad base64", "odd encoding", "odd charset",
         "odd name", "deep", "many parts"],
)  # fmt: skip
def test_damaged_messages(raw: bytes, reasons: list[str]) -> None:
    found = read_letter(raw)
    said = list(dict.fromkeys(one.reason or "" for one in found.attachments))
    assert len(said) == len(reasons), said
    assert all(expected in reason for expected, reason in zip(reasons, said, strict=True))


def test_what_a_mail_says() -> None:
    found = read_letter(
        letter([("\u00fc.jpg", PHOTO)], subject="Bild \u00fcber\nOst".replace("\n", " "))
    )
    assert (found.subject, found.sender) == ("Bild \u00fcber Ost", "cam@cameras.example")
    assert found.text.strip() == "See the picture."
    assert [one.name for one in found.attachments] == ["\u00fc.jpg"]
    assert read_letter(HEAD + b"\nhi").subject == "N\u00f6rdlich"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a b"), ("a\x1b[31mb", "a\\x1b[31mb"), ("x" * 500, "x" * 120), ("\u202eg", "\\u202eg")],
)  # fmt: skip
def test_a_strangers_text_is_one_harmless_line(text: str, shown: str) -> None:
    assert one_line(text) == shown
