"""What a file is, by its first bytes: videos, texts and pictures no decoder here reads."""

from __future__ import annotations

from thumper_core.contracts import ErrorCode

_PICTURE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
                   b"avif", b"avis"}  # fmt: skip
_VIDEO_STARTS = {
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"\x30\x26\xb2\x75": "Windows Media",
    b"FLV\x01": "Flash",
    b"\x00\x00\x01\xba": "MPEG",
    b"\x00\x00\x01\xb3": "MPEG",
}
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
    """(code, message) where the bytes are a video, a text or an unread format; else None."""
    video = _video_kind(data)
    if video is not None:
        return (
            ErrorCode.VIDEO,
            f"This is a video ({video}), not a photo; extract frames from it if you need them.",
        )
    for start, kind in _UNREAD_PICTURES.items():
        if data.startswith(start):
            return (
                ErrorCode.UNSUPPORTED_FORMAT,
                f"This is {kind}, which is not read here; save it as JPEG, PNG or TIFF.",
            )
    if _is_text(data[:4096]):
        return ErrorCode.NOT_AN_IMAGE, "This is a text file, whatever its name says, not a picture."
    return None


def _video_kind(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, 64, 4))}
        return None if brands & _PICTURE_BRANDS else "MP4 or QuickTime"
    if data[4:8] in (b"moov", b"mdat", b"wide", b"skip") and data[:2] != b"\xff\xd8":
        return "QuickTime"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "AVI"
    if len(data) > 376 and data[0] == data[188] == data[376] == 0x47:
        return "MPEG transport stream"
    return _VIDEO_STARTS.get(data[:4])


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
