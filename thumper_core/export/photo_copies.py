"""Copies of whole photos to give away, in a ZIP file: as they are, without where they were taken, blurred.

A copy that nothing is changed in has the photo's own bytes. Without places only what it says of itself
changes, and no pixel. Where somebody is blurred the picture is made anew.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from thumper_core.contracts import FloatArray, ThumperError, UsageError
from thumper_core.export.cleaned import NoJpegError, exif_of, time_alone, without_places
from thumper_core.export.files import write_file
from thumper_core.export.xmp import inside
from thumper_core.questions import source
from thumper_core.questions.blurred import blur_in
from thumper_core.vision.blur import blurred
from thumper_core.vision.decode import DecodeError, decode_photo
from thumper_core.workspace import Workspace

_QUALITY: Final = 92
_JPEG: Final = (".jpg", ".jpeg")


@dataclass(frozen=True)
class Copies:
    """n_blurred: of n_photos those in which somebody was; n_clips, n_unlooked: left out because people cannot
    be blurred, or places not be taken out, in clips, and because no run looked for people in them; n_left:
    that cannot be read, or could not when a run looked and people are to be blurred.
    """

    file: Path
    n_photos: int
    n_blurred: int
    n_clips: int
    n_unlooked: int
    n_left: int


def photo_copies(
    workspace: Workspace,
    out: Path,
    *,
    no_gps: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Copies:
    """Write the workspace's photos to a ZIP file, blurred as its scope says.

    no_gps: without positions, maker notes and all else of their files but the time. on_progress: called with
    photos done and in all. Raises ThumperError where there is no photo, and as `blur_of`.
    """
    if out.suffix.lower() != ".zip":
        raise UsageError(f"{out} does not end in .zip: name the file as photos.zip.")
    photos = source.media(workspace)
    if photos.is_empty():
        raise ThumperError("There are no photos of this choice.")
    blur = blur_in(workspace)
    most = workspace.settings.detect.max_pixels
    count: Counter[str] = Counter()

    def copy(archive: zipfile.ZipFile, row: dict[str, Any]) -> str:
        path = os.fsencode(row["root"]) + b"/" + row["path_bytes"]
        name = inside(row["file"])
        is_clip = row["duration_s"] is not None
        if is_clip and (no_gps or blur is not None):
            return "clips"
        hidden = blur.on(path) if blur is not None else None
        if blur is not None and hidden is None:
            return "left" if row["status"] == "error" else "unlooked"
        try:
            data = Path(os.fsdecode(path)).read_bytes()
            is_blurred = hidden is not None and bool(len(hidden))
            if is_blurred or no_gps:
                data, name = _changed(data, name, hidden if is_blurred else None, most)
        except (OSError, DecodeError):
            return "left"
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, data)
        return "blurred" if is_blurred else "photos"

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for done, row in enumerate(photos.iter_rows(named=True), 1):
                count[copy(archive, row)] += 1
                if on_progress:
                    on_progress(done, photos.height)

    write_file(out, write)
    n = count["photos"] + count["blurred"]
    return Copies(out, n, count["blurred"], count["clips"], count["unlooked"], count["left"])


def _changed(
    data: bytes, name: str, hidden: FloatArray | None, max_pixels: int
) -> tuple[bytes, str]:
    """A photo without places, and with boxes blurred, and its name: what is no JPEG becomes one.

    hidden: (N, 4) xyxy, pixels of the upright photo; None: its pixels stay. Raises DecodeError.
    """
    if hidden is None:
        try:
            return without_places(data), name
        except NoJpegError:
            pass
    photo = decode_photo(data, min_width=max_pixels, max_pixels=max_pixels)
    image = photo.image if hidden is None else blurred(photo.image, hidden)
    buffer = io.BytesIO()
    exif = time_alone(exif_of(data), upright=True)
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY, exif=exif)
    return buffer.getvalue(), name if name.lower().endswith(_JPEG) else f"{name}.jpg"
