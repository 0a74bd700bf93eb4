"""A photo under several paths: the one that it was known by first names its camera, for good.

Backups, snapshots of a NAS and folders of favourites hold photos that have a camera already. Other
paths are other paths; that the first one is gone changes nothing, or moving a card's folder into an
archive would move its deer to another place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl


def with_first_paths(
    files: pl.DataFrame, roots: Sequence[str], names: Mapping[str, str]
) -> pl.DataFrame:
    """The files with `camera` as it is shown, `own_camera`, what each path says, and `turn`.

    files: `photo_id, root, path, camera, known`, one row a path, missing ones too; roots: in the
    order they were added; names: what each name is shown as (`shown_names`). turn: 0 for the path
    that names the photo's camera, then in the order in which the others were known.

    Of paths that were known at once the one of the earlier root comes first; of those of one root,
    the one whose folder holds photos of fewest other cameras: a backup or favourites hold several
    cameras' photos, a camera's folder its own; then the first by name.
    """
    if files.is_empty():
        return files.with_columns(
            pl.col("camera").alias("own_camera"), pl.lit(0, pl.Int64).alias("turn")
        )
    own = pl.col("camera").replace_strict(names, return_dtype=pl.String)
    numbered = files.with_columns(
        own.alias("own_camera"),
        pl.col("root").replace_strict(
            {root: at for at, root in enumerate(roots)}, default=len(roots), return_dtype=pl.Int64
        ).alias("root_at"),
    )  # fmt: skip
    is_shared = pl.len().over("photo_id") > 1
    shared = numbered.filter(is_shared)
    mixed = _mixed(shared)
    ordered = (
        shared.join(mixed, on="own_camera", how="left")
        .sort("photo_id", "known", "root_at", "n_others", "path")
        .with_columns(
            pl.col("own_camera").first().over("photo_id").alias("camera"),
            pl.int_range(pl.len(), dtype=pl.Int64).over("photo_id").alias("turn"),
        )
    )
    alone = numbered.filter(~is_shared).with_columns(
        pl.col("own_camera").alias("camera"), pl.lit(0, pl.Int64).alias("turn")
    )
    return pl.concat([alone, ordered.select(alone.columns)]).drop("root_at")


def _mixed(shared: pl.DataFrame) -> pl.DataFrame:
    """`own_camera, n_others`: how many other names the photos under a name have elsewhere."""
    pairs = shared.select("photo_id", "own_camera").unique()
    return (
        pairs.join(pairs, on="photo_id", suffix="_other")
        .filter(pl.col("own_camera") != pl.col("own_camera_other"))
        .group_by("own_camera")
        .agg(pl.col("own_camera_other").n_unique().alias("n_others"))
    )
