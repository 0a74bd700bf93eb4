"""What a message holds: pictures and clips, and of every other attachment the reason why it is none.

A message comes from anybody. Nothing in it is unpacked, no pixel of it is decoded, and whatever cannot be
read is named and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Final

from thumper_core.clips.kinds import clip_kind
from thumper_core.ingest.header import read_header
from thumper_core.trust import plain
from thumper_core.vision.sniff import sniff_problem

PIXELS_MAX: Final = 100_000_000
_SHORT_MIN, _SHAPE_MAX = 100, 3.2  # pixels; longer side by shorter: logos and banners are beyond
_DEPTH_MAX: Final = 4  # mails in mails
_PARTS_MAX: Final = 100
_TEXT_CHARS: Final = 4000
_NAME_CHARS: Final = 120
_SUFFIXES: Final = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "HEIF": ".heic",
}
_CLIP_SUFFIXES: Final = {
    "AVI": ".avi",
    "QuickTime": ".mov",
    "MPEG transport stream": ".mts",
    "MPEG": ".mpg",
    "Matroska or WebM": ".mkv",
    "Windows Media": ".wmv",
    "Flash": ".flv",
}
_ARCHIVES: Final = {
    b"PK\x03\x04": "a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
}


@dataclass(frozen=True)
class Attachment:
    """name: as the mail calls it, in one line; data: of a picture or clip; reason: why it is none."""

    name: str
    data: bytes = b""
    suffix: str = ""  # by what the bytes are: `.jpg`
    reason: str | None = None


@dataclass(frozen=True)
class Letter:
    """A message. sender: the address, lower case; text: the beginning of what it says."""

    subject: str
    sender: str
    text: str
    attachments: tuple[Attachment, ...]


def read_letter(raw: bytes) -> Letter:
    """Take a message apart. Never raises: what cannot be taken apart is an attachment with a reason."""
    try:
        message = message_from_bytes(raw)
        parts = list(_leaves(message))
        return Letter(
            _words(message["Subject"]),
            parseaddr(_words(message["From"]))[1].lower(),
            next((text for part in parts if (text := _said(part))), ""),
            tuple(found for part in parts if (found := _attachment(part)) is not None),
        )
    except Exception as error:  # a damaged message can raise nearly anything in the parser
        reason = f"the message cannot be taken apart ({type(error).__name__})"
        return Letter("", "", "", (Attachment("message", reason=reason),))


def one_line(text: str) -> str:
    """A stranger's text as one short line."""
    return plain(" ".join(text.split()))[:_NAME_CHARS]


def _leaves(message: Message) -> Iterator[Message | Attachment]:
    """The parts that hold something, those of mails in the mail too, in their order."""
    left: list[tuple[Message, int]] = [(message, 0)]
    n_parts = 0
    while left:
        part, depth = left.pop()
        n_parts += 1
        if n_parts > _PARTS_MAX:
            yield Attachment("message", reason=f"it has more than {_PARTS_MAX} parts")
            return
        inner = part.get_payload()
        if not part.is_multipart() or not isinstance(inner, list):
            is_torn = part.get_content_maintype() == "multipart"
            yield (
                Attachment("message", reason="its parts cannot be told apart") if is_torn else part
            )
            continue
        is_mail = part.get_content_maintype() == "message"
        if is_mail and depth == _DEPTH_MAX:
            yield Attachment("message", reason=f"it lies more than {_DEPTH_MAX} mails deep")
            continue
        left += [(one, depth + is_mail) for one in reversed(inner) if isinstance(one, Message)]


def _said(part: Message | Attachment) -> str:
    """The text of a part that is the mail's own words."""
    if isinstance(part, Attachment) or part.get_content_type() != "text/plain" or _name_of(part):
        return ""
    data = part.get_payload(decode=True)
    return data.decode("utf-8", "replace")[:_TEXT_CHARS] if isinstance(data, bytes) else ""


def _attachment(part: Message | Attachment) -> Attachment | None:
    """A part judged by its bytes, whatever it calls itself; None: it is the mail's own text."""
    if isinstance(part, Attachment):
        return part
    name = _name_of(part)
    kind = part.get_content_maintype()
    if kind in ("text", "message", "multipart") and not name:
        return None
    data = part.get_payload(decode=True)
    shown = one_line(name) or part.get_content_type()
    if not isinstance(data, bytes) or not data:
        return Attachment(shown, reason="it is empty")
    return judged(shown, data)


def judged(name: str, data: bytes) -> Attachment:
    """A file of a mail: a picture or clip with its bytes, or the reason why it is none."""
    for start, what in _ARCHIVES.items():
        if data.startswith(start):
            return Attachment(name, reason=f"it is {what}, which is not unpacked")
    clip = clip_kind(data[:4096])
    if clip is not None:
        return Attachment(name, data, _CLIP_SUFFIXES.get(clip, ".mp4"))
    header = read_header(data)
    if header.format not in _SUFFIXES or not header.width or not header.height:
        problem = sniff_problem(data)
        return Attachment(name, reason=problem[1] if problem else "it is no picture, or damaged")
    short, long = sorted((header.width, header.height))
    size = f"{header.width:,} x {header.height:,} pixels"
    if short * long > PIXELS_MAX:
        return Attachment(name, reason=f"it claims {size}, which no camera takes")
    if short < _SHORT_MIN or long > _SHAPE_MAX * short:
        return Attachment(name, reason=f"with {size} it is a logo, not a photo")
    suffix = "." + name.rpartition(".")[2].lower()
    known = header.format == "JPEG" and suffix in (".jpg", ".jpeg")
    return Attachment(name, data, suffix if known else _SUFFIXES[header.format])


def _name_of(part: Message) -> str:
    return _words(part.get_filename())


def _words(header: object) -> str:
    """A header's text, its encoded words decoded."""
    text = str(header) if header is not None else ""
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError):
        return text
