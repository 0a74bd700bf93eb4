"""Groups of tracklets as a herd's tables: assignments and profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.votes import PERSON_BOXES, vote
from thumper_core.views.times import dated_at


@dataclass(frozen=True)
class Tables:
    """A herd's tables: the columns of `contracts` without `herd_id`.

    `individual_id` is added when the profiles have been given the IDs of individuals.
    """

    tracklets: pl.DataFrame
    assignments: pl.DataFrame
    profiles: pl.DataFrame


def member_probability(
    means: FloatArray, labels: IntArray, scale: Scale | None
) -> npt.NDArray[np.float32]:
    """(T,) float32 P(one animal) of each tracklet and the rest of its profile.

    NaN for the only tracklet of a profile, and where nothing was calibrated.
    """
    p = np.full(len(labels), np.nan, np.float32)
    if scale is None or not len(labels):
        return p
    count = np.bincount(labels)
    sums = np.zeros((len(count), means.shape[1]), np.float32)
    np.add.at(sums, labels, means)
    others = count[labels] - 1
    shared = others > 0
    own = means[shared]
    rest = (sums[labels[shared]] - own) / others[shared, None]
    similarity = np.einsum("td,td->t", own, rest)
    p[shared] = scale.posterior(similarity, 1, others[shared])
    return p


def profile_ids(tracklets: pl.DataFrame, labels: IntArray) -> list[str]:
    """The ID of each profile: 'p' and what follows the 't' of its first tracklet's."""
    first = np.unique(labels, return_index=True)[1]
    ids = tracklets["tracklet_id"].to_list()
    return ["p" + ids[row][1:] for row in first]


def assignment_table(
    frame: pl.DataFrame,
    tracklets: pl.DataFrame,
    index: IntArray,
    labels: IntArray,
    p_same: npt.NDArray[np.float32],
) -> pl.DataFrame:
    """One row per detection, in the frame's order: its tracklet, its profile and `p_same`."""
    ids = np.array([*profile_ids(tracklets, labels), ""])
    return pl.DataFrame(
        {
            "detection_id": frame["detection_id"],
            "tracklet_id": tracklets["tracklet_id"].gather(index),
            "profile_id": pl.Series(ids[labels[index]].tolist(), dtype=pl.String),
            "p_same": pl.Series(p_same[index], dtype=pl.Float32).fill_nan(None),
        }
    )


def profile_table(
    frame: pl.DataFrame,
    tracklets: pl.DataFrame,
    index: IntArray,
    labels: IntArray,
    stability: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """One row per profile, in label order: the PROFILES columns but `herd_id, individual_id`.

    stability: (P,), NaN where it is not known.
    """
    of_detection = labels[index]
    ids = profile_ids(tracklets, labels)
    votes = vote(frame, of_detection, len(ids), person_boxes=PERSON_BOXES)
    known = dated_at(frame)
    rows = frame.select("detection_id", "event_id", known).with_columns(
        pl.Series("profile", of_detection, pl.Int32), pl.Series("quality", crop_quality(frame))
    )
    table = (
        rows.sort("quality", "detection_id", descending=[True, False])
        .group_by("profile")
        .agg(
            pl.len().cast(pl.Int32).alias("n_detections"),
            pl.col("event_id").n_unique().cast(pl.Int32).alias("n_events"),
            pl.col("taken_at").min().alias("first_seen"),
            pl.col("taken_at").max().alias("last_seen"),
            pl.col("detection_id").first().alias("best_detection_id"),
        )
        .sort("profile")
    )
    return table.select(
        pl.Series("profile_id", ids, pl.String),
        votes["sex"],
        votes["age_class"],
        "n_detections",
        "n_events",
        "first_seen",
        "last_seen",
        "best_detection_id",
        pl.Series("stability", stability, pl.Float32).fill_nan(None),
    )
