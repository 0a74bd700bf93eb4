"""Two animals side by side with lines between the places that match: what the second witness goes by."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from thumper_core.contracts import Flank, FloatArray, ThumperError, UsageError
from thumper_core.match.pair import Pair, pair_looked_at, pair_of, strongest, unread
from thumper_core.questions import browse
from thumper_core.questions.blurred import blur_in
from thumper_core.questions.words import counted, flank_words
from thumper_core.report.pictures.crops import Crop, cached_crop, crop_window, placeholder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

HEIGHT: Final = 480
"""Of the picture, pixels."""
CROP_PX: Final = 960
_GAP: Final = 6
_SMOOTH: Final = 2
"""Drawn so many times as large and shrunk: Pillow's lines are not smooth."""
_BETWEEN, _EDGE = (128, 128, 128), (25, 25, 25)
_LINES: Final = ((255, 196, 0), (86, 200, 255), (255, 128, 84), (124, 232, 160), (244, 148, 226))
"""In turn from top to bottom, so that the eye can follow one among others."""
_FAINTEST: Final = 0.3
WITHHELD: Final = (
    "Not drawn, for people are to be blurred: one of the two is of a clip, or no run looked for people "
    "in its photo."
)
MOST_COMPARED: Final = 40
"""Pictures of an individual that are compared with another's: 1,600 pairs, a second or two."""
_BEST_OF_BURSTS: Final = """
select distinct t.best_detection_id as detection_id, d.sharpness
from assignments a join tracklets t using (tracklet_id)
join detections d on d.detection_id = t.best_detection_id
where a.individual_id = ? order by d.sharpness desc, detection_id limit ?
"""
OPPOSITE: Final = (
    "They show opposite sides, which have no markings in common: that nothing matches says nothing about "
    "whether they are one deer."
)
OPPOSITE_MATCH: Final = (
    "They show opposite sides, which have no markings in common: what matches is of shape or place, or one "
    "of the sides is wrong (`thumper herd flank` corrects it)."
)
STANDS_STILL: Final = (
    "Both are of one camera: what lies at the same place of the photo, and so a deer that stands still, "
    "does not count there."
)


@dataclass(frozen=True)
class Shown:
    """jpeg: None where there is nothing to draw; text: what is seen, or why nothing is, in sentences."""

    jpeg: bytes | None
    text: str


def show_matches(workspace: Workspace, a: str, b: str, *, look: bool = False) -> Shown:
    """What matches in two detections of the shown run, the first on the left.

    look: look for keypoints that are missing, instead of saying so. Raises ThumperError where the run has
    no such detection, UsageError where the two are one.
    """
    if a == b:
        raise UsageError(f"These are one picture, {a}: give two.")
    rows = browse.detections(workspace, (a, b))
    lost = [name for name in (a, b) if name not in rows["detection_id"]]
    if lost:
        raise ThumperError(f"The run shown has no detection {' and none '.join(lost)}.")
    try:
        pair = (pair_looked_at if look else pair_of)(workspace, rows)
    except ThumperError as error:
        return Shown(None, str(error))
    return drawn(workspace, rows, pair)


def show_most_alike(workspace: Workspace, own: str, other: str) -> Shown:
    """What matches in those pictures of two individuals that match best, of their best of each burst.

    Where no two of them can be compared, why not.
    """
    sides = [_of_bursts(workspace, who) for who in (own, other)]
    if not all(side.height for side in sides):
        return Shown(None, "One of the two has no picture in this herd.")
    rows = strongest(workspace, sides[0], sides[1]) or (0, 0)
    pair = [side["detection_id"][row] for side, row in zip(sides, rows, strict=True)]
    return show_matches(workspace, *pair)


def _of_bursts(workspace: Workspace, individual_id: str) -> pl.DataFrame:
    best = workspace.sql(_BEST_OF_BURSTS, [individual_id, MOST_COMPARED])["detection_id"]
    return browse.detections(workspace, tuple(best))


def drawn(workspace: Workspace, rows: pl.DataFrame, pair: Pair) -> Shown:
    """The picture of a pair; rows: both, as of `browse.detections`."""
    left, right = rows.to_dicts()
    if pair.matched is None:
        return Shown(None, pair.why)
    blur = blur_in(workspace)
    if blur and any(blur.on(Crop.from_row(row).photo) is None for row in (left, right)):
        return Shown(None, WITHHELD)
    crops = [_picture(workspace, row) for row in (left, right)]
    if crops[0] is None or crops[1] is None:
        away = [
            row["photo_id"] for row, crop in zip((left, right), crops, strict=True) if crop is None
        ]
        return Shown(None, unread(workspace, away))
    ends = [
        _in_window(row, share)
        for row, share in ((left, pair.matched.one), (right, pair.matched.other))
    ]
    picture = side_by_side(crops[0], crops[1], ends[0], ends[1], pair.matched.strength)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return Shown(buffer.getvalue(), _said(left, right, len(pair.matched.strength)))


def side_by_side(
    left: Image.Image, right: Image.Image, one: FloatArray, other: FloatArray, strength: FloatArray
) -> Image.Image:
    """Both pictures as high as HEIGHT, with a line for each match; a weaker one is fainter.

    one, other: (N, 2) places as shares of either picture's sides; strength: (N,) in (0, 1].
    """
    sized = [_as_high(picture) for picture in (left, right)]
    start = sized[0].width + _GAP
    sheet = Image.new("RGB", (start + sized[1].width, HEIGHT), _BETWEEN)
    sheet.paste(sized[0], (0, 0))
    sheet.paste(sized[1], (start, 0))
    size = np.array([picture.size for picture in sized])
    from_, to = one * size[0] * _SMOOTH, (other * size[1] + [start, 0]) * _SMOOTH
    layer = Image.new("RGBA", (sheet.width * _SMOOTH, HEIGHT * _SMOOTH))
    pen = ImageDraw.Draw(layer)
    reach = 4 * _SMOOTH
    turn = np.argsort(np.argsort(from_[:, 1], kind="stable")) % len(_LINES)
    for row in np.argsort(strength, kind="stable").tolist():  # the strongest lie on top
        opacity = round(255 * (_FAINTEST + (1 - _FAINTEST) * float(strength[row])))
        colour = (*_LINES[turn[row]], opacity)
        begin, end = from_[row].tolist(), to[row].tolist()
        pen.line([tuple(begin), tuple(end)], fill=colour, width=_SMOOTH + 1)
        for x, y in (begin, end):
            around = (x - reach, y - reach, x + reach, y + reach)
            pen.ellipse(around, colour, (*_EDGE, opacity), _SMOOTH)
    small = layer.resize(sheet.size, Image.Resampling.BOX)
    sheet.paste(small, (0, 0), small)
    return sheet


def _as_high(picture: Image.Image) -> Image.Image:
    width = max(1, round(picture.width * HEIGHT / picture.height))
    return picture.resize((width, HEIGHT), Image.Resampling.LANCZOS)


def _picture(workspace: Workspace, row: dict[str, Any]) -> Image.Image | None:
    jpeg = cached_crop(workspace, Crop.from_row(row), CROP_PX)
    return None if jpeg == placeholder(CROP_PX) else Image.open(io.BytesIO(jpeg)).convert("RGB")


def _in_window(row: dict[str, Any], share: FloatArray) -> FloatArray:
    """Places in a box, as shares of its sides, as shares of the part of the photo that is shown."""
    box = np.array([row[c] for c in ("x1", "y1", "x2", "y2")])
    left, top, right, bottom = crop_window(box.tolist(), row["width"], row["height"])
    at = box[:2] + share * (box[2:] - box[:2])
    return np.asarray((at - [left, top]) / [right - left, bottom - top], np.float32)


def _said(left: dict[str, Any], right: dict[str, Any], n: int) -> str:
    """How many places match, and what follows from where both were taken and which sides they show."""
    said = "No place of one matches a place of the other."
    if n:
        said = f"{counted(n, 'place matches', 'places match')}; a fainter line is a weaker match."
    is_one = left["camera"] is not None and left["camera"] == right["camera"]
    still = STANDS_STILL if is_one else ""
    return " ".join(filter(None, (said, still, _sides(left["flank"], right["flank"], n))))


def _sides(left: str, right: str, n: int) -> str:
    """Which sides are seen, and what follows from it where n places match."""
    if left == right == Flank.UNKNOWN:
        return ""
    said = f"Left picture: {flank_words(left)}. Right picture: {flank_words(right)}."
    if {left, right} != {Flank.LEFT, Flank.RIGHT}:
        return said
    return f"{said} {OPPOSITE_MATCH if n else OPPOSITE}"
