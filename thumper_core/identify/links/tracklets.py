"""Tracklets: one animal's detections within one burst.

Frames of a burst are seconds apart, so a deer may have walked further than its own length: overlap
alone does not link it. Each frame is assigned to the open tracks by overlap, size and appearance
together (Kuhn's assignment problem, one detection per track and frame), and a track that a frame
missed stays open for the next. In a clip the boxes were linked already, over frames that lie closer, and
what one track says is one animal is taken as such.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import area_px2, boxes_of, iou_matrix
from thumper_core.identify.links.columns import clip_tracks, order_keys, picture_column
from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.votes import vote

FloatArray = npt.NDArray[np.float32]
IndexArray = npt.NDArray[np.int32]

W_APPEARANCE: Final = 0.6
W_OVERLAP: Final = 0.25
W_SIZE: Final = 0.15
CLASS_PENALTY: Final = 0.1  # the model's class flickers, so another class only breaks ties
IMPOSSIBLE: Final = -1e6


def link_tracklets(
    frame: pl.DataFrame,
    vectors: FloatArray,
    *,
    affinity_min: float = 0.35,
    frames_missed_max: int = 1,
    apart: npt.NDArray[np.integer] | None = None,
    contrast: tuple[float, float] | None = None,
) -> IndexArray:
    """Link the detections of each burst into tracklets.

    frame: one row per detection (`detection_id, photo_id, burst_id, taken_at, x1..y2, sex,
    age_class, source`; the columns `sequence` and `path`, where they are there, order frames of the
    same second; `picture_id`, the frame where that is of a clip, and `track` there, stand for the photo);
    vectors: (N, D) float32, L2-normalised, same order. `affinity_min` in [0, 1]: weaker links are
    not made; `frames_missed_max`: frames of the burst in which a track may be unseen and go on;
    `apart`: (K, 2) row pairs that a person called different, never linked, as detections that
    people gave two sexes never are; `contrast`: `contrast_of` all detections, where these are some
    of them. Returns (N,) int32, dense 0..T-1, numbered by first photo
    (time, then detection id), whatever the order of the rows.
    """
    n = frame.height
    if len(vectors) != n:
        raise ValueError(f"{len(vectors)} vectors for {n} detections")
    if n == 0:
        return np.zeros(0, np.int32)
    keys = order_keys(frame)
    order = (
        frame.select("burst_id", *keys)
        .with_row_index("row")
        .sort("burst_id", *keys, nulls_last=True)["row"]
        .to_numpy()
    )
    bursts = _runs(frame["burst_id"].to_numpy()[order])
    photos = frame[picture_column(frame)].to_numpy()
    contrast = contrast or contrast_of(frame, vectors)
    link = _Linker(frame, vectors, contrast, affinity_min, _pairs(apart))
    label = np.full(n, -1, np.int64)
    n_tracks = 0
    for start, stop in bursts:
        rows = order[start:stop]
        frames = [rows[a:b] for a, b in _runs(photos[rows])]
        for track in link.burst(frames, frames_missed_max):
            label[track] = n_tracks
            n_tracks += 1
    return numbered(label, frame)


def tracklet_table(frame: pl.DataFrame, index: npt.NDArray[np.integer]) -> pl.DataFrame:
    """One row per tracklet, row k for index k: the TRACKLETS columns but `herd_id`.

    `tracklet_id` is 't' + the id of its first detection (time, then id).
    """
    votes = vote(frame, index)
    rows = frame.with_columns(
        pl.Series("tracklet", index, pl.Int32), pl.Series("quality", crop_quality(frame))
    )
    table = (
        rows.sort("taken_at", "detection_id", nulls_last=True)
        .group_by("tracklet")
        .agg(
            ("t" + pl.col("detection_id").first()).alias("tracklet_id"),
            pl.col("burst_id", "event_id", "camera").first(),
            pl.col("taken_at").min().alias("started_at"),
            pl.len().cast(pl.Int32).alias("n_detections"),
            pl.col("detection_id").sort_by("quality", descending=True).first().alias("best"),
        )
        .sort("tracklet")
    )
    return table.select(
        "tracklet_id",
        "burst_id",
        "event_id",
        "camera",
        "started_at",
        "n_detections",
        votes["sex"],
        votes["age_class"],
        pl.col("best").alias("best_detection_id"),
    )


class _Linker:
    """Affinities between the detections of one burst, and the assignment over its frames."""

    def __init__(
        self,
        frame: pl.DataFrame,
        vectors: FloatArray,
        contrast: tuple[float, float],
        affinity_min: float,
        apart: set[tuple[int, int]],
    ) -> None:
        self.box = boxes_of(frame)
        self.area = np.maximum(area_px2(self.box), 1)
        self.vectors = vectors
        self.low, self.high = contrast
        self.affinity_min = affinity_min
        self.apart = apart
        self.clip_track = clip_tracks(frame)
        names = frame.select((pl.col("sex") + "/" + pl.col("age_class")).alias("c"))["c"]
        known = (names != "unknown/unknown").to_numpy()
        self.kind = np.where(known, names.rank("dense").fill_null(0).to_numpy(), 0)
        self.sex_said = (
            frame.select(
                pl.when(pl.col("source") == "human")
                .then(pl.col("sex").replace_strict({"male": 1, "female": 2}, default=0))
                .otherwise(0)
                .alias("s")
            )["s"]
            .to_numpy()
            .astype(np.int8)
        )

    def burst(self, frames: list[npt.NDArray[np.integer]], missed_max: int) -> list[list[int]]:
        """Tracks of one burst: lists of row numbers, at most one per frame."""
        from scipy.optimize import linear_sum_assignment

        tracks: list[list[int]] = []
        seen: list[int] = []  # the frame in which each track was last seen
        of_clip: dict[int, int] = {}  # track of a clip -> the track here that it became part of
        for now, every in enumerate(frames):
            rows = self._goes_on(every, now, tracks, seen, of_clip)
            opened = [t for t, last in enumerate(seen) if 0 < now - last <= missed_max + 1]
            free = set(range(len(rows)))
            if opened and len(rows):
                affinity = self.affinity([tracks[t] for t in opened], rows)
                # What a person forbids is no link, and no reason to link others wrongly.
                a, b = linear_sum_assignment(np.maximum(affinity, 0), maximize=True)
                for i, j in zip(a, b, strict=True):
                    if affinity[i, j] >= self.affinity_min:
                        tracks[opened[i]].append(int(rows[j]))
                        seen[opened[i]] = now
                        free.discard(int(j))
            for j in sorted(free):
                tracks.append([int(rows[j])])
                seen.append(now)
            for t in (t for t, last in enumerate(seen) if last == now):
                of_clip.setdefault(int(self.clip_track[tracks[t][-1]]), t)  # -1 is never asked for
        return tracks

    def _goes_on(
        self,
        rows: npt.NDArray[np.integer],
        now: int,
        tracks: list[list[int]],
        seen: list[int],
        of_clip: dict[int, int],
    ) -> npt.NDArray[np.integer]:
        """Put boxes where their clip's own track went on; the rows that are left.

        Not where a person said otherwise, nor a second one of a frame.
        """
        left = []
        for row in rows.tolist():
            code = int(self.clip_track[row])
            t = of_clip.get(code) if code >= 0 else None
            if t is None or seen[t] == now or self._is_torn(tracks[t], row):
                left.append(row)
            else:
                tracks[t].append(row)
                seen[t] = now
        return np.array(left, np.int64)

    def _is_torn(self, track: list[int], row: int) -> bool:
        """Whether people said that a box is not of a track: another animal, or of the other sex."""
        sexes = {int(s) for s in self.sex_said[track]} - {0}
        other = int(self.sex_said[row])
        torn = bool(other and sexes - {other})
        return torn or bool(self.apart and any((r, row) in self.apart for r in track))

    def affinity(
        self, tracks: list[list[int]], rows: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.float64]:
        """(T, R) affinity of tracks to detections, 0..1; IMPOSSIBLE where a person forbids it."""
        last = np.array([track[-1] for track in tracks])
        # the last two crops: an animal turns, and its latest view is the likeliest to recur
        views = [self.vectors[track[-2:]] @ self.vectors[rows].T for track in tracks]
        alike = np.stack([view.max(axis=0) for view in views])
        look = np.clip((alike - self.low) / (self.high - self.low), 0, 1)
        area = self.area[last][:, None] / self.area[rows][None, :]
        size = np.minimum(area, 1 / area)
        near = iou_matrix(self.box[last], self.box[rows])
        total = W_APPEARANCE * look + W_OVERLAP * near + W_SIZE * size
        kinds = self.kind[last][:, None], self.kind[rows][None, :]
        total = total - CLASS_PENALTY * ((kinds[0] != kinds[1]) & (kinds[0] > 0) & (kinds[1] > 0))
        if self.apart or self.sex_said.any():
            for i, track in enumerate(tracks):
                for j, row in enumerate(rows):
                    if self._is_torn(track, int(row)):
                        total[i, j] = IMPOSSIBLE
        return np.asarray(total, np.float64)


def contrast_of(frame: pl.DataFrame, vectors: FloatArray) -> tuple[float, float]:
    """Cosines at which two crops look unrelated, and like one animal seconds apart.

    Embedders differ in scale, so raw cosines mean nothing: the first is the median over chance
    pairs of different bursts, the second the upper quartile over neighbours within a burst.
    """
    rng = np.random.default_rng(0)
    burst = frame["burst_id"].rank("dense").fill_null(0).to_numpy()
    # by id, so that the sample does not depend on the order of the rows
    by_id = frame["detection_id"].arg_sort().to_numpy()
    a, b = by_id[rng.integers(0, len(by_id), (2, 4000))]
    chance = np.einsum("ij,ij->i", vectors[a], vectors[b])[burst[a] != burst[b]]
    order = np.lexsort((by_id.argsort(), burst))
    x, y = order[:-1], order[1:]
    photo = frame[picture_column(frame)].to_numpy()
    mates = (burst[x] == burst[y]) & (photo[x] != photo[y])
    close = np.einsum("ij,ij->i", vectors[x[mates]], vectors[y[mates]])
    low = float(np.median(chance)) if len(chance) >= 20 else 0.0
    high = float(np.quantile(close, 0.75)) if len(close) >= 20 else 1.0
    return low, max(high, low + 0.05)


def _runs(values: npt.NDArray[np.object_]) -> list[tuple[int, int]]:
    """Stretches of equal neighbours as (start, stop)."""
    if len(values) == 0:
        return []
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    return list(zip([0, *edges.tolist()], [*edges.tolist(), len(values)], strict=True))


def _pairs(apart: npt.NDArray[np.integer] | None) -> set[tuple[int, int]]:
    if apart is None:
        return set()
    return {pair for a, b in np.asarray(apart).tolist() for pair in ((a, b), (b, a))}


def numbered(label: npt.NDArray[np.int64], frame: pl.DataFrame) -> IndexArray:
    """(N,) int32 labels renumbered 0..T-1 by the first detection of each, in time."""
    keys = order_keys(frame)
    ranked = frame.select(keys).with_row_index("row").sort(*keys, nulls_last=True)["row"].to_numpy()
    dense = np.unique(label, return_inverse=True)[1]
    seen, first = np.unique(dense[ranked], return_index=True)
    number = np.empty(len(seen), np.int32)
    number[np.argsort(first, kind="stable")] = np.arange(len(seen), dtype=np.int32)
    return number[dense]
