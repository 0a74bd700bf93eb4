"""From what a person pointed at to the detections of this run.

A decision names a photo by its content hash and a box in it, never a detection id, so that it finds
its animal again whatever the detector of the run was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.boxes.overlap import BOX, SAME_BOX_IOU, SAME_FRAME_MS
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.kinds import KINDS, PAIRED, VERDICTS, Known
from thumper_core.decisions.known import ToldIndividual, apart, pairs_of
from thumper_core.decisions.superseded import standing_verdicts


@dataclass(frozen=True)
class SaidPair:
    """Two detections that a person called one animal, or two."""

    decision_id: int
    same: bool
    a: int  # rows of the frame
    b: int
    made_at: Any  # sortable: datetime or ISO text
    author: str
    kind: str  # of the decision
    is_compared: bool  # False: it follows from what was said of whole individuals


@dataclass(frozen=True)
class Resolved:
    """Decisions about pairs, found again, and a sentence for each that was not."""

    pairs: list[SaidPair]
    warnings: list[str]


class SubjectFinder:
    """Finds detections by photo and box.

    frame: one row per detection with `photo_id, x1, y1, x2, y2`, `frame_ms` where some are of clips;
    decisions: only photos that these name are looked into, of many thousands a few; those that moved
    boxes are looked up, so that a detection is found by the box it had before, too.
    """

    def __init__(self, frame: pl.DataFrame, decisions: pl.DataFrame | None = None) -> None:
        """Index the frame's boxes by photo."""
        rows = np.arange(frame.height)
        if decisions is not None:
            rows = np.flatnonzero(frame["photo_id"].is_in(_photos_named(decisions)).to_numpy())
        part = frame[rows]
        places = _places(part, decisions)
        self._boxes = np.concatenate([boxes_of(part), boxes_of(places)])
        self._frame_ms = np.concatenate([_frames_of(part), _frames_of(places)])
        self._row_of = [*rows.tolist(), *rows[places["detection_id"].to_numpy()].tolist()]
        found: dict[str, list[int]] = {}
        photos = part["photo_id"].to_list() + places["photo_id"].to_list()
        for place, photo in enumerate(photos):
            found.setdefault(photo, []).append(place)
        self._places = found

    def find(self, subject: Any) -> int | None:
        """The row of `{"photo_id": ..., "box": [x1, y1, x2, y2]}`, best overlap, or None.

        With `frame_ms` that of the nearest frame of the clip, within SAME_FRAME_MS. None where the photo
        has gone, no box reaches an IoU of 0.5, or the subject is malformed.
        """
        try:
            places = self._places[subject["photo_id"]]
            box = np.asarray(subject["box"], np.float64).reshape(1, 4)
            said_ms = subject.get("frame_ms")
            frame_ms = np.nan if said_ms is None else float(said_ms)
        except (KeyError, TypeError, ValueError):
            return None
        overlap = iou_matrix(box, self._boxes[places])[0]
        away_ms = np.nan_to_num(np.abs(self._frame_ms[places] - frame_ms))
        overlap[(overlap < SAME_BOX_IOU) | (away_ms >= SAME_FRAME_MS)] = 0
        best = int(np.lexsort((-overlap, np.where(overlap > 0, away_ms, np.inf)))[0])
        return self._row_of[places[best]] if overlap[best] > 0 else None


def _frames_of(frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    """(N,) milliseconds; NaN in photos."""
    if "frame_ms" not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame["frame_ms"].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _photos_named(decisions: pl.DataFrame) -> list[str]:
    """Every photo that a decision speaks of."""
    named = decisions["payload"].str.extract_all(r'"photo_id":\s*"[^"]*"').explode()
    return named.str.extract(r':\s*"(.*)"$').drop_nulls().unique().to_list()


def _places(frame: pl.DataFrame, decisions: pl.DataFrame | None) -> pl.DataFrame:
    """Further boxes by which decisions may name a detection; `detection_id` is its row."""
    rows = frame.select(
        pl.lit("").alias("run_id"),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("detection_id"),
        "photo_id",
        pl.lit(1.0).alias("confidence"),
        "frame_ms" if "frame_ms" in frame.columns else pl.lit(None, pl.Int32).alias("frame_ms"),
        *BOX,
    )
    if decisions is None:
        return rows.clear()
    return moved_boxes(rows, decisions).places


def resolve(decisions: pl.DataFrame | None, frame: pl.DataFrame) -> Resolved:
    """Find the detections of every standing decision about pairs, in the order they were made.

    Kinds same, merge, move: payload `a` and `b` are one animal; different, split: two. Any of them
    may also hold lists of `{"a": ..., "b": ...}`: `must` (one animal), `kept` (one animal, as the
    herd had it already) and `cannot` (two). Boxes that `must` and `kept` join are one group, whichever
    of them are found, and a `cannot` between two boxes parts their groups: a decision outlives the
    photo that it was made on. Undone decisions and other kinds are passed over. A decision that no
    longer finds all its boxes becomes a warning, never an error. Of a verdict that a later one on the same
    two boxes replaced only the pairs stand that were left together in passing.
    """
    if decisions is None or decisions.is_empty():
        return Resolved([], [])
    finder = SubjectFinder(frame, decisions)
    pairs: list[SaidPair] = []
    warnings: list[str] = []
    told: list[ToldIndividual] = []
    verdicts = standing_verdicts(decisions)
    for row in decisions.sort("made_at", "decision_id").iter_rows(named=True):
        if row.get("undone") or row["kind"] not in PAIRED:
            continue
        said = f"decision {row['decision_id']} ({row['kind']})"
        try:
            payload = json.loads(row["payload"])
            if row["kind"] in VERDICTS:
                payload = verdicts.what_stands(payload, row["decision_id"])
            if row["kind"] == Known.kind:
                if not payload["binds"]:
                    continue
                told.append(ToldIndividual.of(row, payload, finder))
                payload = {"kept": pairs_of(payload["boxes"])}
            found = _FoundAgain(row["kind"], payload, finder)
        except (json.JSONDecodeError, TypeError, KeyError, AttributeError):
            warnings.append(f"{said} cannot be read")
            continue
        if found.lost:
            photos = ", ".join(dict.fromkeys(found.lost))
            some = "its box" if found.n_boxes < 3 else f"{len(found.lost)} of its boxes"
            warnings.append(
                f"{said}: no deer found at {some} in photo {photos}; "
                "it is kept and applies again when the photo is back"
            )
        pairs += [
            SaidPair(
                int(row["decision_id"]),
                same,
                a,
                b,
                row["made_at"],
                row.get("author") or "",
                row["kind"],
                is_compared,
            )
            for same, a, b, is_compared in found.pairs()
        ]
    pairs += [
        SaidPair(
            late.decision_id,
            False,
            early.row,
            late.row,
            late.made_at,
            late.author,
            Known.kind,
            False,
        )
        for early, late in apart(told, decisions)
    ]
    return Resolved(pairs, warnings)


class _FoundAgain:
    """The boxes of one decision, found in the frame, and the groups that it makes of them."""

    def __init__(self, kind: str, payload: dict[str, Any], finder: SubjectFinder) -> None:
        lists = {name: list(payload.get(name, [])) for name in ("must", "kept", "cannot")}
        if "a" in payload or "b" in payload:
            lists["must" if KINDS[kind].says_same else "cannot"].append(payload)
        self.lost: list[str] = []
        self._rows: list[int | None] = []
        number: dict[str, int] = {}
        keys = {
            name: [tuple(json.dumps(pair[side]) for side in "ab") for pair in found]
            for name, found in lists.items()
        }
        for name, found in lists.items():
            for pair, own in zip(found, keys[name], strict=True):
                for subject, key in zip((pair["a"], pair["b"]), own, strict=True):
                    if key not in number:
                        number[key] = len(number)
                        self._add(finder.find(subject), subject)
        self._said = {
            name: [(number[a], number[b]) for a, b in found] for name, found in keys.items()
        }
        from scipy.cluster.hierarchy import DisjointSet  # half a second: only where people spoke

        self._group = DisjointSet(range(len(self._rows)))
        for a, b in self._said["must"] + self._said["kept"]:
            self._group.merge(a, b)

    def _add(self, row: int | None, subject: Any) -> None:
        if row is None:
            self.lost.append(subject.get("photo_id", "?") if isinstance(subject, dict) else "?")
        self._rows.append(row)

    @property
    def n_boxes(self) -> int:
        """Boxes that the decision names."""
        return len(self._rows)

    def pairs(self) -> Iterator[tuple[bool, int, int, bool]]:
        """(same, a, b, whether the person compared just these two): rows of the frame."""
        members: dict[int, list[int]] = {}
        for box, row in enumerate(self._rows):
            if row is not None:
                members.setdefault(self._group[box], []).append(box)
        must = {frozenset(pair) for pair in self._said["must"]}
        for boxes in members.values():
            for box in boxes[1:]:
                yield from self._pair(True, boxes[0], box, frozenset((boxes[0], box)) in must)
        cannot = {frozenset(pair) for pair in self._said["cannot"]}
        parted = dict.fromkeys((self._group[a], self._group[b]) for a, b in self._said["cannot"])
        for left, right in parted:
            for a in members.get(left, []):
                for b in members.get(right, []):
                    yield from self._pair(False, a, b, frozenset((a, b)) in cannot)

    def _pair(
        self, same: bool, a: int, b: int, is_compared: bool
    ) -> Iterator[tuple[bool, int, int, bool]]:
        left, right = self._rows[a], self._rows[b]
        if left is not None and right is not None and left != right:
            yield same, left, right, is_compared
