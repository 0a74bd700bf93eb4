"""What a file is, by its first bytes: texts and pictures no decoder here reads."""

from __future__ import annotations

from thumper_core.contracts import ErrorCode

_UNREAD_PICTURES = {
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x00\x00\x00\x0cJXL ": "a JPEG XL picture",
    b"\x00\x00\x00\x0cjP  ": "a JPEG 2000 picture",
    b"FUJIFILMCCD-RAW": "a raw file of the camera",
    b"II*\x00\x10\x00\x00\x00CR": "a raw file of the camera",
    b"%PDF": "a PDF",
}


def sniff_problem(data: bytes) -> tuple[ErrorCode, str] | None:
    """(code, message) where the bytes are a text or an unread format; else None."""
    for start, kind in _UNREAD_PICTURES.items():
        if data.startswith(start):
            return (
                ErrorCode.UNSUPPORTED_FORMAT,
                f"This is {kind}, which is not read here; save it as JPEG, PNG or TIFF.",
            )
    if _is_text(data[:4096]):
        return ErrorCode.NOT_AN_IMAGE, "This is a text file, whatever its name says, not a picture."
    return None


def _is_text(head: bytes) -> bool:
    """Readable as UTF-8 (or UTF-16 with its mark) and without control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and len(head) > 2:
        return b"\x00" in head[2:64]
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a character cut at the end of the head is no objection
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and not any(ord(char) < 32 and char not in "\t\r\n\f\v\x1b" for char in text)
