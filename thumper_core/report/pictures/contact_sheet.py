"""Many animals on one picture, for notebooks: a grid of crops with a word below each."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import polars as pl
from PIL import Image, ImageDraw, ImageFont

from thumper_core.report.pictures.crops import ASPECT, Crop, crops, placeholder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_GAP = 8
_TEXT = 18  # height of a line below a crop, pixels
_PAPER, _INK = "#ffffff", "#3c453e"


def contact_sheet(
    workspace: Workspace,
    rows: pl.DataFrame,
    *,
    label: str | None = None,
    columns: int = 6,
    crop_width: int = 200,
) -> Image.Image:
    """One picture of all the crops, row by row; notebooks show it as it is.

    rows: `detection_id, root, path_bytes, width` (of the photo), `x1, y1, x2, y2`, as
    `tables.best_detections` gives them; label: column whose text stands below each crop;
    crop_width: pixels. Raises ValueError for columns < 1. No rows: the neutral picture.

    >>> from thumper_core import Workspace, contact_sheet, tables
    >>> ranch = Workspace.open("ranch")
    >>> sheet = contact_sheet(ranch, tables.best_detections(ranch, 1), columns=2, crop_width=100)
    >>> sheet.width, sheet.mode
    (224, 'RGB')
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    if rows.is_empty():
        return Image.open(io.BytesIO(placeholder(crop_width)))
    across = min(columns, rows.height)
    tall = round(crop_width / ASPECT)
    step = crop_width + _GAP, tall + _GAP + (_TEXT if label else 0)
    size = across * step[0] + _GAP, math.ceil(rows.height / across) * step[1] + _GAP
    sheet = Image.new("RGB", size, _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    wanted = [(Crop.from_row(row), crop_width) for row in rows.iter_rows(named=True)]
    texts = [str(text or "") for text in rows[label]] if label else [""] * rows.height
    for number, (jpeg, text) in enumerate(zip(crops(workspace, wanted), texts, strict=True)):
        left = _GAP + number % across * step[0]
        top = _GAP + number // across * step[1]
        with Image.open(io.BytesIO(jpeg)) as crop:
            crop.thumbnail((crop_width, tall))
            sheet.paste(crop, (left + (crop_width - crop.width) // 2, top + tall - crop.height))
        pen.text((left, top + tall + 1), text, font=font, fill=_INK)
    return sheet
