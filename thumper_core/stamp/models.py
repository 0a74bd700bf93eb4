"""Which strip the cameras of a workspace print, model by model: learned from their own photos, and kept.

Pictures are of one model where make, model, size and kind (photo or clip) agree; where a camera says neither
make nor model it is one of its own.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import polars as pl
from PIL import Image

from thumper_core.contracts import ImageArray
from thumper_core.stamp.place import TAUGHT_MIN, Strip, find_strips
from thumper_core.store.strips import StripRow, keep_strips, strip_rows
from thumper_core.vision.decode import DecodeError, decode_photo
from thumper_core.workspace import Workspace

TAUGHT_BY: Final = 16
"""Photos that a model's strip is learned from, spread over its cameras and its time."""
_AGAIN: Final = 2  # times as many photos of a model without a strip, and it is looked at once more
_MODEL: Final = ("make", "model", "camera", "is_clip", "width", "height")
_PHOTOS: Final = """
select photo_id, root, path, path_bytes, coalesce(make, '') as make, coalesce("model", '') as model,
    case when make is null and "model" is null then p.camera else '' end as camera,
    duration_s is not null as is_clip, width, height
from photos p where width > 0 and height > 0 order by root, path
"""


def learn_strips(workspace: Workspace) -> None:
    """Learn the strips of the models that nobody looked at yet, from up to TAUGHT_BY photos of each and a few
    more. A strip that is known stays.
    """
    known = {row[:6]: row for row in strip_rows(workspace.ledger)}
    photos = workspace.sql(_PHOTOS)
    learned = []
    for key, part in photos.partition_by(_MODEL, as_dict=True, maintain_order=True).items():
        row = known.get(tuple(key))
        again = row and not row.places and row.n_photos < TAUGHT_BY
        if part.height < TAUGHT_MIN or (row and not again):
            continue
        if row and part.height < _AGAIN * row.n_photos:
            continue
        taught, _ = teaching_photos(part, workspace.settings.detect.max_pixels)
        if len(taught) < TAUGHT_MIN:
            continue  # they cannot be read now
        learned.append(StripRow._make([*key, len(taught), tuple(find_strips(taught))]))
    if learned:
        keep_strips(workspace.ledger, learned)


def prints_strips(workspace: Workspace) -> bool:
    """Whether a camera is known to print a strip."""
    return any(row.places for row in strip_rows(workspace.ledger))


def strips_on(workspace: Workspace, photo_ids: Collection[str]) -> dict[str, tuple[Strip, ...]]:
    """Where the strips of photos are, by the photos' IDs; photos of models without one are left out."""
    found = {
        row[:6]: tuple(Strip(*place) for place in row.places)
        for row in strip_rows(workspace.ledger)
        if row.places
    }
    if not found:
        return {}
    wanted = pl.DataFrame({"photo_id": list(photo_ids)}, schema={"photo_id": pl.String})
    rows = workspace.sql(_PHOTOS).join(wanted, on="photo_id", how="semi")
    keyed = rows.select("photo_id", *_MODEL).iter_rows()
    return {row[0]: found[row[1:]] for row in keyed if row[1:] in found}


def teaching_photos(part: pl.DataFrame, max_pixels: int) -> tuple[list[ImageArray], list[str]]:
    """Some photos of one model in grey, spread over its folders and their time, and each one's folder.

    part: `root, path, path_bytes` of its photos, by path. All have one shape; those that cannot be read are
    left out.
    """
    folders = part["path"].str.replace(r"/?[^/]*$", "") + "|" + part["root"]
    spread = part.with_columns(folders.alias("folder")).with_columns(
        pl.int_range(pl.len()).over("folder").alias("turn"), pl.len().over("folder").alias("n")
    )
    order = spread.with_columns((pl.col("turn") / pl.col("n")).alias("share"))
    share = max(1, -(-TAUGHT_BY // order["folder"].n_unique()))
    step = (pl.col("n") // share).clip(1)
    chosen = order.filter(pl.col("turn") % step == 0).sort("share").head(2 * TAUGHT_BY)
    photos: list[ImageArray] = []
    cameras: list[str] = []
    for row in chosen.iter_rows(named=True):
        grey = grey_photo(row, max_pixels)
        if grey is not None and (not photos or grey.shape == photos[0].shape):
            photos.append(grey)
            cameras.append(row["folder"])
    return photos, cameras


def grey_photo(row: dict[str, Any], max_pixels: int) -> ImageArray | None:
    """A photo, or a clip's first frame, in grey at full size; None where it cannot be read.

    row: `root, path_bytes`.
    """
    try:
        with open(os.fsencode(row["root"]) + b"/" + row["path_bytes"], "rb") as file:
            photo = decode_photo(file.read(), min_width=max_pixels, max_pixels=max_pixels)
    except (OSError, DecodeError):
        return None
    return np.asarray(Image.fromarray(photo.image).convert("L"), np.uint8)
