"""A herd against the truth: whether the animals are found, classed, and told apart."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.evaluate.boxmatch import VISIBLE_MIN, by_photo, match_boxes
from thumper_core.evaluate.metrics import (
    NEW,
    UNKNOWN_SHARE,
    Metric,
    balanced_accuracies,
    metric,
    partition_scores,
    resampled_mean,
    resamples,
)
from thumper_core.evaluate.retrieval import retrieval_scores

Labels = npt.NDArray[Any]

KEYS: Final = (
    "rank1",
    "rank5",
    "map",
    "pair_auc",
    "ari",
    "ami",
    "pairwise_precision",
    "pairwise_recall",
    "pairwise_f1",
    "bcubed_precision",
    "bcubed_recall",
    "bcubed_f1",
    "baks",
    "baus",
    "true_individuals",
    "estimated_individuals",
    "detection_precision",
    "detection_recall",
    "class_accuracy",
)
RETRIEVAL_MAX: Final = 4000
"""More detections than this are thinned at random (seeded) before all pairs are ranked."""


def evaluate_demo(
    detections: pl.DataFrame,
    assignments: pl.DataFrame,
    truth: pl.DataFrame,
    *,
    embeddings: pl.DataFrame | None = None,
    visible_min: float = VISIBLE_MIN,
    seed: int = 0,
) -> dict[str, Metric]:
    """Every score that the truth allows: KEYS, each `{"value", "low", "high"}`.

    detections: all of a run, deer or not: `detection_id, event_id, x1..y2, confidence, class,
    species, sex, age_class` and `path` (POSIX, relative to the photos) or `photo_sha256`.
    assignments: `detection_id` and `individual_id` (or `profile_id`; null: in none).
    truth: `path, photo_sha256, individual` (null but for deer), `species, sex, age_class, class,
    x1..y2, visible_fraction`, of the photos that were processed. embeddings: `detection_id,
    vector`; without it rank1, rank5, map and pair_auc are None.

    Animals less visible than `visible_min` are neither asked for nor false alarms. A deer detection
    in no profile counts as a group of its own. The estimated number is that of individuals with a
    detection, false alarms included. Intervals: 95%, by resampling events. BAKS and BAUS: see
    `_open_set`. Raises ThumperError when the truth has no visible animal.
    """
    if truth.filter(pl.col("visible_fraction") >= visible_min).is_empty():
        raise ThumperError("The truth holds no visible animal; render the demo photos again.")
    found, asked = by_photo(detections, truth)
    match = match_boxes(found, asked)
    visible = (asked["visible_fraction"] >= visible_min).to_numpy()
    result = _detection_scores(found, asked, match, visible, seed)
    result |= _class_score(found, asked, match, visible, seed)

    label = "individual_id" if "individual_id" in assignments.columns else "profile_id"
    grouped = found.join(
        assignments.select("detection_id", pl.col(label).alias("group")),
        on="detection_id",
        how="left",
        maintain_order="left",
    )
    who = asked["individual"].gather(pl.Series(np.maximum(match, 0))).to_numpy()
    deer = (
        (match >= 0)
        & is_known_deer(found, asked)
        & is_known_deer(asked, asked)[np.maximum(match, 0)]
        & visible[np.maximum(match, 0)]
    )
    rows = grouped.filter(pl.Series(deer)).with_columns(pl.Series("who", who[deer], pl.String))
    rows = rows.filter(pl.col("who").is_not_null()).with_columns(
        pl.coalesce("group", "\0alone " + pl.col("detection_id")).alias("group")
    )
    true_label, group, event = (rows[c].to_numpy() for c in ("who", "group", "event_id"))
    result |= partition_scores(true_label, group, event, seed=seed)
    result |= _open_set(true_label, group, event, seed)
    present = asked.filter(pl.Series(visible) & pl.col("individual").is_not_null())
    result["true_individuals"] = metric(present["individual"].n_unique())
    in_group = grouped.filter(pl.col("group").is_not_null())
    result["estimated_individuals"] = _count(in_group, seed)
    nothing = dict.fromkeys(("rank1", "rank5", "map", "pair_auc"), metric(math.nan))
    result |= nothing if embeddings is None else _retrieval(rows, embeddings, seed)
    return {key: result[key] for key in KEYS}


def _detection_scores(
    found: pl.DataFrame,
    asked: pl.DataFrame,
    match: npt.NDArray[np.int64],
    visible: npt.NDArray[np.bool_],
    seed: int,
) -> dict[str, Metric]:
    """Share of detections that are animals, and of visible animals that were detected."""
    hit = match >= 0
    counts = ~hit | visible[np.maximum(match, 0)]
    got = np.zeros(len(visible), bool)
    got[match[hit]] = True
    events = found["event_id"].to_numpy()
    event_of = dict(zip(found["photo"].to_list(), events.tolist(), strict=True))
    # a photo without a detection has no event here: it is its own
    photos = asked["photo"].to_list()
    unit = np.array([str(event_of.get(photo, photo)) for photo in photos])
    return {
        "detection_precision": resampled_mean(hit[counts], events[counts], seed),
        "detection_recall": resampled_mean(got[visible], unit[visible], seed),
    }


def _class_score(
    found: pl.DataFrame,
    asked: pl.DataFrame,
    match: npt.NDArray[np.int64],
    visible: npt.NDArray[np.bool_],
    seed: int,
) -> dict[str, Metric]:
    """Share of found animals whose class is right.

    By class name where the detector speaks the truth's names; else by species, and by age class
    and, for adults, sex.
    """
    kept = (match >= 0) & visible[np.maximum(match, 0)]
    got = found.filter(pl.Series(kept))
    true = asked[match[kept].tolist()]
    if set(got["class"]) <= set(asked["class"]):
        right = (got["class"] == true["class"]).to_numpy()
    else:
        adult = (true["age_class"] == "adult").to_numpy()
        is_deer = is_known_deer(true, asked)
        age = (got["age_class"] == true["age_class"]).to_numpy()
        sex = (got["sex"] == true["sex"]).to_numpy()
        species = (got["species"] == true["species"]).to_numpy()
        right = species & (~is_deer | (age & (sex | ~adult)))
    return {"class_accuracy": resampled_mean(right, got["event_id"].to_numpy(), seed)}


def is_known_deer(rows: pl.DataFrame, truth: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """(N,) whether each row is of a species of which the truth knows individuals."""
    known = truth.filter(pl.col("individual").is_not_null())["species"].unique()
    return rows["species"].is_in(known.implode()).to_numpy()


def _open_set(who: Labels, group: Labels, event: Labels, seed: int) -> dict[str, Metric]:
    """BAKS and BAUS of the groups as they are.

    A quarter of the individuals is held out as unknown. Of each other one half the events (by
    id, so at random), at least one, are the references that a person would have named; the rest are
    the known queries, and all detections of the held-out are the unknown queries. A query is
    predicted to be the individual with most references in its group, and new where its group has
    none.
    """
    names = np.unique(who)
    rng = np.random.default_rng(seed)
    n_unknown = round(len(names) * UNKNOWN_SHARE)
    unknown = rng.permutation(names)[:n_unknown]
    text = dict.fromkeys(("who", "group", "event"), pl.String)
    table = pl.DataFrame(
        {"who": who.tolist(), "group": group.tolist(), "event": event.tolist()}, schema=text
    ).with_columns(
        pl.col("event").rank("dense").over("who").alias("nth"),
        pl.col("event").n_unique().over("who").alias("n_events"),
        pl.col("who").is_in(unknown.tolist()).alias("is_unknown"),
    )
    reference = ~pl.col("is_unknown") & (pl.col("nth") <= (pl.col("n_events") + 1) // 2)
    elected = (
        table.filter(reference)
        .group_by("group", "who")
        .len()
        .sort("len", "who", descending=[True, False])
        .unique("group", keep="first", maintain_order=True)
        .select("group", pl.col("who").alias("predicted"))
    )
    queries = table.filter(~reference).join(elected, on="group", how="left", maintain_order="left")
    predicted = queries["predicted"].fill_null(NEW).to_numpy()
    return balanced_accuracies(
        queries["who"].to_numpy(), predicted, unknown, NEW, queries["event"].to_numpy(), seed=seed
    )


def _count(in_group: pl.DataFrame, seed: int) -> Metric:
    """Number of individuals, with a basic bootstrap interval.

    Drawing events with replacement loses those seen once, so the resampled counts lie below the
    count; the interval is mirrored at it (Davison & Hinkley 1997, eq. 5.6).
    """
    group = np.unique(in_group["group"].to_numpy(), return_inverse=True)[1]
    value = int(group.max(initial=-1) + 1)
    draws = [
        2 * value - len(np.unique(group[weight > 0]))
        for weight in resamples(in_group["event_id"].to_numpy(), seed=seed)
    ]
    return metric(value, draws)


def _retrieval(rows: pl.DataFrame, embeddings: pl.DataFrame, seed: int) -> dict[str, Metric]:
    """Rank and AUC scores of the deer detections, pairs within an event left out."""
    # sorted, or the last digits would depend on the order in which a query gave its rows
    joined = rows.join(embeddings.select("detection_id", "vector"), on="detection_id").sort(
        "detection_id"
    )
    if joined.height > RETRIEVAL_MAX:
        joined = joined.sample(RETRIEVAL_MAX, seed=seed)
    if joined.is_empty():
        return dict.fromkeys(("rank1", "rank5", "map", "pair_auc"), metric(math.nan))
    vectors = np.stack(joined["vector"].to_list()).astype(np.float32)
    event = joined["event_id"].to_numpy()
    return retrieval_scores(vectors, joined["who"].to_numpy(), event, event, seed=seed)
