"""What a saved picture is called, and which camera it is of, by what the mail says."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from thumper_core.files import content_hash
from thumper_core.ingest.cameras import camera_of
from thumper_core.ingest.names import read_name
from thumper_core.ingest.scan import is_ignored
from thumper_core.mail.boxes import Mailbox
from thumper_core.mail.parts import Letter

_UNSAFE: Final = re.compile(r'[<>:"/\\|?*]+')
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_CHARS_MAX: Final = 80


class Told(NamedTuple):
    """What a mail says of its pictures. is_guess: nothing names the camera, the mailbox stands in; time:
    words, empty where it says none.
    """

    camera: str
    is_guess: bool
    time: str


def told_by(name: str, box: Mailbox, folder: str, letter: Letter) -> Told:
    """The camera, and the time, of a letter's pictures; name: the mailbox's."""
    camera = time = ""
    if box.camera:
        pattern = re.compile(box.camera)
        for text in (letter.subject, letter.sender, letter.text):
            match = pattern.search(text)
            if match:
                camera = match["camera"] or ""
                time = match["time"] or "" if "time" in pattern.groupindex else ""
                break
    by_hand = {key.lower(): value for key, value in box.cameras.items()}
    camera = camera or by_hand.get(letter.sender) or by_hand.get(folder.lower()) or ""
    if not camera.strip() and folder.upper() != "INBOX":
        camera = re.split(r"[/.]", folder)[-1]
    own = as_folder(camera)
    return Told(own or as_folder(name), not own, time)


def as_folder(camera: str) -> str:
    """A camera's name as a folder that names it; empty where nothing is left of it."""
    name = as_file_part(camera)
    if name and (is_ignored(name.encode()) or camera_of("/mail", f"{name}/1.jpg", 1) != name):
        name = f"Camera {name}"  # `DCIM`, or a date, would name none
    return name


def as_file_part(text: str) -> str:
    """Text as a file's or folder's name on every system: one line, no separators, nothing reserved."""
    printable = "".join(char if char.isprintable() else " " for char in _UNSAFE.sub("-", text))
    name = " ".join(printable.split()).strip(". ")[:_CHARS_MAX].strip(". ")
    return f"{name}-" if _RESERVED.fullmatch(name) else name


def file_name(attachment_name: str, suffix: str, time: str, *, is_timed: bool) -> str:
    """The name under which a picture is saved.

    time: what the mail says of when it was taken; it stands before a name that tells no time, where the
    picture itself tells none either (is_timed: it does).
    """
    stem = attachment_name.rpartition(".")[0] or attachment_name
    stem = as_file_part(stem)
    if stem.lower() in ("", "thumbs", "thumbnails"):
        stem = "picture"
    at = read_name(time).time if time and not is_timed and read_name(stem).time is None else None
    if at is not None:
        shape = "%Y-%m-%d" if at.precision == "day" else "%Y-%m-%d %H-%M-%S"
        if at.precision == "minute":
            shape = "%Y-%m-%d %H-%M"
        stem = f"{at.at:{shape}} {stem}"
    return stem + suffix


def beside(name: str, data: bytes) -> str:
    """Another name for a file whose name another picture has: with letters that stand for its bytes.

    Letters, for digits could be taken for the camera's number.
    """
    stem, dot, suffix = name.rpartition(".")
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in content_hash(data)[:8])
    return f"{stem} {letters}{dot}{suffix}"
