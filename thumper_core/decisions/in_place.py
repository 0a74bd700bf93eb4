"""Decisions follow a picture from one of its versions to the one that is used (`store.versions`).

What a person said of a thumbnail is said of the HD file that came later, its boxes made larger. The ledger
keeps every decision as it was made; it is read like this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from thumper_core.store.records import DecisionRow
from thumper_core.store.versions import Used

_BOXES = ("box", "to")


def in_place(rows: Iterable[DecisionRow], used: Mapping[str, Used]) -> list[DecisionRow]:
    """The decisions, of the photos that are used instead of those that they name.

    Whatever in a payload names a photo and a box in it is followed: `{"photo_id": ..., "box": [x1, y1, x2,
    y2]}` at any depth, of a moved box where it was moved `to`, and the points of marks on it. `subject`
    stays as it was written.
    """
    if not used:
        return list(rows)
    return [row._replace(payload=_followed(row.payload, used)) for row in rows]


def _followed(value: Any, used: Mapping[str, Used]) -> Any:
    if isinstance(value, list):
        return [_followed(one, used) for one in value]
    if not isinstance(value, dict):
        return value
    told = {name: _followed(one, used) for name, one in value.items()}
    place = used.get(told["photo_id"]) if isinstance(told.get("photo_id"), str) else None
    if place is None:
        return told
    told["photo_id"] = place.photo_id
    for name in _BOXES:
        if isinstance(told.get(name), list) and len(told[name]) == 4:
            told[name] = [
                round(side * scale, 2)
                for side, scale in zip(told[name], (place.scale_x, place.scale_y) * 2, strict=True)
            ]
    if "marks" in told:
        told["marks"] = [
            {
                **line,
                "points": [
                    [round(x * place.scale_x, 2), round(y * place.scale_y, 2)]
                    for x, y in line["points"]
                ],
            }
            for line in told["marks"]
        ]
    return told
