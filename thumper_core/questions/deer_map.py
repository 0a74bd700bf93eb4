"""The map of a run's deer: where each picture lies, what is known of it, and what the map itself groups."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from thumper_core.herd.load import load_deer
from thumper_core.identify.space.layout import USUAL, Shape, density_labels, layout
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.questions.categories import category
from thumper_core.workspace import Workspace

POINTS_MAX: Final = 20_000


def layout_of_run(
    workspace: Workspace,
    run_id: str | None = None,
    *,
    n_neighbors: int = USUAL.n_neighbors,
    min_dist: float = USUAL.min_dist,
    min_cluster_size: int = USUAL.min_cluster_size,
) -> pl.DataFrame:
    """The map of a run's deer: detection_id, x, y, hdbscan (label as text, null: noise), camera,
    hour (null: not known), category, confidence, light (`colour`, `infrared`; null: not known); at most
    `POINTS_MAX` of them, drawn evenly.

    run_id: default the newest complete run. The other values are those of `Shape`; a map with other
    values than the usual ones begins at the usual map and is turned onto it, so that groups stay where
    they were. Both are kept in the workspace's cache.
    """
    shape = Shape(n_neighbors, min_dist, min_cluster_size)
    run_id = run_id or newest_complete_run(workspace).run_id
    frame, vectors = load_deer(workspace, run_id, workspace.settings.identify.class_conf_min)
    if frame.height > POINTS_MAX:
        rows = np.linspace(0, frame.height - 1, POINTS_MAX).round().astype(int)
        frame, vectors = frame[rows], vectors[rows]
    kept = workspace.cache_dir
    xy = layout(vectors, cache_dir=kept)
    if (n_neighbors, min_dist) != (USUAL.n_neighbors, USUAL.min_dist):
        xy = layout(vectors, cache_dir=kept, shape=shape, before=xy)
    groups = density_labels(xy, cache_dir=kept, min_cluster_size=min_cluster_size)
    light = pl.when("is_infrared").then(pl.lit("infrared")).otherwise(pl.lit("colour"))
    return frame.select(
        "detection_id",
        "camera",
        pl.when("is_time_evidence").then(pl.col("taken_at").dt.hour()).alias("hour"),
        category(),
        "confidence",
        pl.when(pl.col("is_infrared").is_not_null()).then(light).alias("light"),
    ).with_columns(
        pl.Series("x", xy[:, 0] if len(xy) else [], pl.Float32),
        pl.Series("y", xy[:, 1] if len(xy) else [], pl.Float32),
        pl.Series("hdbscan", [f"group {g + 1}" if g >= 0 else None for g in groups], pl.String),
    )


def places(points: pl.DataFrame, by: str) -> pl.DataFrame:
    """Where the name of each group stands, the largest first: `by`, x, y, n.

    points: `x, y` and the column `by` (null: in no group). It is the picture of the group that lies
    nearest to its median, so that a group in two pieces has its name on one of them and not between.
    """
    known = points.drop_nulls(by)
    away = (pl.col("x") - pl.col("x").median().over(by)) ** 2 + (
        pl.col("y") - pl.col("y").median().over(by)
    ) ** 2
    return (
        known.select(by, "x", "y", away.alias("away"), pl.len().over(by).alias("n"))
        .sort("away", maintain_order=True)
        .unique(by, keep="first", maintain_order=True)
        .sort("n", by, descending=[True, False])
        .select(by, "x", "y", "n")
    )


def beside(points: pl.DataFrame) -> pl.DataFrame:
    """What HDBSCAN makes of each individual's pictures, the most scattered first: individual_id, label,
    n, groups (of HDBSCAN with two of them or more), shared (other individuals with two pictures or more in
    the largest of these), noise (share in no group, [0, 1]).

    points: `individual_id, label, hdbscan`.
    """
    known = points.drop_nulls("individual_id")
    cells = (
        known.drop_nulls("hdbscan")
        .group_by("individual_id", "hdbscan")
        .len("k")
        .filter(pl.col("k") >= 2)
    )
    others = cells.with_columns((pl.len().over("hdbscan") - 1).alias("shared"))
    largest = others.sort("k", "hdbscan", descending=[True, False]).unique(
        "individual_id", keep="first", maintain_order=True
    )
    return (
        known.group_by("individual_id")
        .agg(
            pl.col("label").first(),
            pl.len().alias("n"),
            pl.col("hdbscan").is_null().mean().alias("noise"),
        )
        .join(cells.group_by("individual_id").len("groups"), on="individual_id", how="left")
        .join(largest.select("individual_id", "shared"), on="individual_id", how="left")
        .with_columns(pl.col("groups", "shared").fill_null(0))
        .sort("groups", "shared", "noise", "individual_id", descending=[True, True, True, False])
        .select("individual_id", "label", "n", "groups", "shared", "noise")
    )


def outliers(points: pl.DataFrame, limit: int) -> list[str]:
    """Pictures that lie in no group of HDBSCAN and furthest from those of their own individual: detection
    IDs, the furthest first.

    points: `detection_id, individual_id, x, y, hdbscan`.
    """
    centre = [pl.col(axis).median().over("individual_id") for axis in ("x", "y")]
    away = (pl.col("x") - centre[0]) ** 2 + (pl.col("y") - centre[1]) ** 2
    far = points.drop_nulls("individual_id").with_columns(away.alias("away"))
    alone = far.filter(pl.col("hdbscan").is_null()).sort(
        "away", "detection_id", descending=[True, False]
    )
    return alone.head(limit)["detection_id"].to_list()
