"""One person's marks on one picture as lengths: pixels become centimetres by a ruler that the deer carries.

Its ears, alert, from tip to tip, and the middle of an eye to the end of the nose: the Boone and Crockett
Club's field guide (2011) gives 16 and 8 inches for an average white-tailed buck and asks to think of larger
and smaller ones. The two lie at right angles, so where both are marked the root of their sum of squares is
the scale however the head is turned, and their ratio tells the turn. A length that a person knows goes before
both; it has to be as far from the camera as the deer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds.antlers import Line, Part

CM_PER_INCH: Final = 2.54
EARS_CM: Final = 16 * CM_PER_INCH
MUZZLE_CM: Final = 8 * CM_PER_INCH
RULERS: Final = (Part.EARS, Part.MUZZLE, Part.KNOWN)


@dataclass(frozen=True)
class Scale:
    """Pixels of a centimetre; turn_deg: how far the head is turned from the camera, 0 (facing it) to 90, None
    where no ruler tells; is_own: whether the ruler is the deer's.
    """

    px_per_cm: float
    turn_deg: float | None
    is_own: bool


def scale_of(lines: Iterable[Line]) -> Scale:
    """The scale of a picture; a known length goes before the deer's own rulers.

    Raises UsageError where no ruler is marked.
    """
    by_part = {line.part: line for line in lines if line.part in RULERS}
    ears, muzzle, known = (by_part.get(part) for part in RULERS)
    across = ears.length_px / EARS_CM if ears else 0.0
    along = muzzle.length_px / MUZZLE_CM if muzzle else 0.0
    turn = math.degrees(math.atan2(along, across)) if ears or muzzle else None
    if known is not None and known.length_cm is not None:
        return Scale(known.length_px / known.length_cm, turn, is_own=False)
    if turn is None:
        raise UsageError(
            "Mark a ruler first: the ear tips, eye to nose, or a length that you know."
        )
    return Scale(math.hypot(across, along), turn, is_own=True)


def lengths_cm(lines: Sequence[Line]) -> dict[str, float]:
    """What one person's marks on one picture measure, by name; a girth is that of a round beam.

    The spread goes by the ears where they are marked: it lies along them and turns with them. Raises as
    `scale_of`.
    """
    scale = scale_of(lines)
    ears = next((line for line in lines if line.part is Part.EARS), None)
    found = {}
    for line in lines:
        if line.part in RULERS:
            continue
        value = line.length_px / scale.px_per_cm
        if line.part is Part.GIRTH:
            value *= math.pi
        elif line.part is Part.SPREAD and ears is not None and scale.is_own:
            value = line.length_px / ears.length_px * EARS_CM
        found[line.name] = value
    return found
