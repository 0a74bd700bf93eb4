"""Whether bytes are a clip's, whatever the file is called."""

from __future__ import annotations

_PICTURE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
                   b"avif", b"avis"}  # fmt: skip
_STARTS = {
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"\x30\x26\xb2\x75": "Windows Media",
    b"FLV\x01": "Flash",
    b"\x00\x00\x01\xba": "MPEG",
    b"\x00\x00\x01\xb3": "MPEG",
}
_PACKETS = (
    188,
    192,
)  # bytes of a transport stream's packets; a camcorder's have a time before each


def clip_kind(data: bytes) -> str | None:
    """`AVI`, `MP4 or QuickTime`, ... by a file's first bytes; None where it is no clip."""
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, 64, 4))}
        return None if brands & _PICTURE_BRANDS else "MP4 or QuickTime"
    if data[4:8] in (b"moov", b"mdat", b"wide", b"skip") and data[:2] != b"\xff\xd8":
        return "QuickTime"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "AVI"
    for length in _PACKETS:
        first = length - _PACKETS[0]
        if len(data) > first + 2 * length and all(
            data[first + i * length] == 0x47 for i in range(3)
        ):
            return "MPEG transport stream"
    return _STARTS.get(data[:4])
