"""Pictures of the herd's individuals to give away: a folder for each in a ZIP file, and a table of them.

Pictures are made anew from pixels, so that nothing of the photo's file is in them, no position and no maker
note. What its camera prints is cut off where it is known where that stands.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.cores import core_count
from thumper_core.export.files import csv_text, write_file
from thumper_core.portable import is_device, safe_part
from thumper_core.questions import source, tables
from thumper_core.questions.blurred import blur_in
from thumper_core.report.pictures.crops import Crop, shared_crop
from thumper_core.stamp.models import strips_on
from thumper_core.workspace import Workspace

TABLE: Final = "crops.csv"
_ALL: Final = 1_000_000_000
_COLUMNS: Final = (
    "photo_id", "detection_id", "individual_id", "name", "camera", "taken_at", "sex", "confidence",
    "p_same", "x1", "y1", "x2", "y2", "file",
)  # fmt: skip
_NAME_LENGTH: Final = 80


@dataclass(frozen=True)
class CropsWritten:
    """n_left: pictures whose photo cannot be read now; n_withheld: that nobody looked for people in, or are
    of clips, where they are to be blurred.
    """

    file: Path
    n_crops: int
    n_individuals: int
    n_left: int
    n_withheld: int


def crops_zip(
    workspace: Workspace,
    out: Path,
    *,
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CropsWritten:
    """Write the pictures of every individual of the shown herd, the best first, and `crops.csv`.

    limit: most of each; None: all. on_progress: called with pictures done and in all. Raises ThumperError
    where no herd is shown or it has no deer, and where people are to be blurred that no run looked for.
    """
    if out.suffix.lower() != ".zip":
        raise UsageError(f"{out} does not end in .zip: name the file as deer.zip.")
    rows = tables.best_detections(workspace, limit or _ALL)
    if rows.is_empty():
        raise ThumperError(
            "No deer are known by their pictures yet: `thumper identify` groups them."
        )
    known = source.animals(workspace).select(
        "detection_id", "name", "sex", "confidence", "p_same", "frame_ms"
    )
    rows = rows.drop("frame_ms").join(known, on="detection_id", maintain_order="left")
    folders = folder_names(dict(rows.select("individual_id", "name").iter_rows()))
    strips = strips_on(workspace, rows["photo_id"].unique())
    blur = blur_in(workspace)
    written: list[dict[str, Any]] = []
    withheld = 0

    def picture(row: dict[str, Any]) -> bytes | None:
        return shared_crop(workspace, Crop.from_row(row), strips.get(row["photo_id"], ()))

    def write(path: Path) -> None:
        nonlocal withheld
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive,
            ThreadPoolExecutor(core_count()) as pool,
        ):
            for start in range(0, rows.height, _AHEAD):
                part = rows[start : start + _AHEAD].to_dicts()
                for row, jpeg in zip(part, pool.map(picture, part), strict=True):
                    if jpeg is None:
                        photo = Crop.from_row(row).photo
                        withheld += blur is not None and blur.on(photo) is None
                        continue
                    file = f"{folders[row['individual_id']]}/{row['rank']:04d}.jpg"
                    archive.writestr(file, jpeg)
                    written.append(row | {"file": file})
                if on_progress:
                    on_progress(min(start + _AHEAD, rows.height), rows.height)
            table = pl.DataFrame(written, schema=rows.schema | {"file": pl.String})
            archive.writestr(TABLE, csv_text(table.select(_COLUMNS)), zipfile.ZIP_DEFLATED)

    write_file(out, write)
    shown = {row["individual_id"] for row in written}
    left = rows.height - len(written) - withheld
    return CropsWritten(out, len(written), len(shown), left, withheld)


_AHEAD: Final = 64  # pictures in memory


def folder_names(names: Mapping[str, str | None]) -> dict[str, str]:
    """A folder for each individual: its name, else its ID, as any system takes it, and each another.

    names: ID -> name, None where it has none.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for who, name in names.items():
        plain = (name or "").strip(" .")[:_NAME_LENGTH].strip(" .")
        if not plain or is_device(plain):
            plain = f"{who} {plain}".strip()
        plain = safe_part(plain)
        folder = plain if plain.casefold() not in taken else f"{plain} ({who})"
        taken.add(folder.casefold())
        found[who] = folder
    return found
