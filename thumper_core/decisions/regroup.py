"""Merge, split and move as a person means them: turned into pairs of boxes.

An individual's ID says nothing to an identification that starts from another model's boxes and
vectors. Pairs of boxes do: "these two are one animal", "these two are not". One box stands for
each tracklet, because the frames of a tracklet stay together by themselves. What the person saw as
one animal and left so is written down too (`kept`): without it a merge of two that look unlike would
take single tracklets along and leave the rest behind. Only the best boxes of the two sides count as
compared: one decision is one verdict, however many pictures hang on it.
"""

from __future__ import annotations

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import BoxPair, Merge, Move, Split


def merge(members: pl.DataFrame, into: str, others: tuple[str, ...]) -> Merge:
    """The individuals `others` are `into`.

    members: the promoted herd's assigned detections, one row each: `individual_id, tracklet_id,
    detection_id, photo_id, frame_ms, x1, y1, x2, y2, confidence`. Raises UsageError where an individual has
    no detection in it.
    """
    anchor = _best_of(_of(members, into))
    kept = [pair for who in (into, *others) for pair in _together(_of(members, who))]
    must = tuple((anchor, _best_of(_of(members, other))) for other in others)
    return Merge(into, others, must, tuple(kept))


def split(members: pl.DataFrame, individual_id: str, detection_ids: tuple[str, ...]) -> Split:
    """The detections leave the individual together and are one other animal.

    Raises UsageError where none of them is the individual's, or nothing would stay.
    """
    own = _of(members, individual_id)
    leaving = own.filter(pl.col("detection_id").is_in(detection_ids))
    staying = own.filter(~pl.col("detection_id").is_in(detection_ids))
    if leaving.is_empty() or staying.is_empty():
        raise UsageError("A split takes some of an individual's detections, not none and not all.")
    # A tracklet may be cut in two: every leaving box is named, so that none stays behind.
    boxes = _boxes(leaving)
    return Split(
        individual_id,
        tuple(boxes),
        kept=(*_star(boxes), *_together(staying, leaving)),
        cannot=((boxes[0], _best_of(staying)),),
    )


def move(members: pl.DataFrame, detection_id: str, to: str | None) -> Move:
    """The detection belongs to the individual `to` (None: to none that is known), not where it is.

    Raises as `move_all`.
    """
    return move_all(members, (detection_id,), to)[0]


def move_all(members: pl.DataFrame, detection_ids: tuple[str, ...], to: str | None) -> list[Move]:
    """Detections that all belong to the individual `to` (None: to none that is known), one by one.

    What they leave behind keeps together without any of them. Raises UsageError where a detection is not
    in the herd, is `to`'s already, or `to` is empty.
    """
    going = members.filter(pl.col("detection_id").is_in(detection_ids))
    missing = sorted({*detection_ids} - {*going["detection_id"]})
    if missing:
        raise UsageError(f"Detection {missing[0]!r} is not in this herd.")
    if to in going["individual_id"].to_list():
        raise UsageError("The detection belongs there already.")
    target = None if to is None else _of(members, to)
    kept = () if target is None else _together(target)  # once is enough for all of them
    made: list[Move] = []
    for (at,), rows in going.group_by("individual_id", maintain_order=True):
        rest = members.filter(
            pl.col("individual_id").is_not_null()
            & (pl.col("individual_id") == pl.lit(at, pl.String))
            & ~pl.col("detection_id").is_in(detection_ids)
        )
        left = _together(rest, rows) if rest.height else ()
        for where in _boxes(rows):
            made.append(
                Move(
                    where,
                    to,
                    () if target is None else ((where, _best_of(target)),),
                    (*kept, *left),
                    ((where, _best_of(rest)),) if rest.height else (),
                )
            )
            kept = left = ()
    return made


def _of(members: pl.DataFrame, individual_id: str) -> pl.DataFrame:
    own = members.filter(pl.col("individual_id") == individual_id)
    if own.is_empty():
        raise UsageError(f"Individual {individual_id!r} has no detection in this herd.")
    return own


def _best_first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("confidence", "detection_id", descending=[True, False])


def _best_of(rows: pl.DataFrame) -> BoxKey:
    return _boxes(rows)[0]


def _together(rows: pl.DataFrame, leaving: pl.DataFrame | None = None) -> tuple[BoxPair, ...]:
    """The best box with that of every other tracklet; with every box of one that is cut in two."""
    if leaving is None:
        return _star(_per_tracklet(rows))
    is_cut = pl.col("tracklet_id").is_in(leaving["tracklet_id"].to_list())
    return _star([*_per_tracklet(rows.filter(~is_cut)), *_boxes(rows.filter(is_cut))])


def _star(boxes: list[BoxKey]) -> tuple[BoxPair, ...]:
    return tuple((boxes[0], box) for box in boxes[1:])


def _per_tracklet(rows: pl.DataFrame) -> list[BoxKey]:
    """The most confident box of each tracklet."""
    return _boxes(_best_first(rows).unique("tracklet_id", keep="first", maintain_order=True))


def _boxes(rows: pl.DataFrame) -> list[BoxKey]:
    """Keys of the rows, most confident first."""
    return [BoxKey.of_row(row) for row in _best_first(rows).iter_rows(named=True)]
