"""Density from a survey: the places of its cameras, and on how many days each saw each known deer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from thumper_core.questions import source
from thumper_core.survey import density as spatial
from thumper_core.survey.flat_map import plane
from thumper_core.survey.worked import COUNTED
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.herd.abundance.estimate import Result
    from thumper_core.survey.misidentified import Array, Errors
    from thumper_core.workspace import Workspace

_PLACE_DIGITS: Final = 4
"""Of degrees: about ten metres, within which a camera stands where it stood before."""
_PLACES: Final = """
select name as deployment, latitude, longitude from cameras
union all select name || ' ' || strftime("from", '%Y-%m-%d'), latitude, longitude from cameras
where "from" is not null
"""


def density_of(
    workspace: Workspace, photos: pl.DataFrame, days: pl.DataFrame, errors: Errors
) -> Result:
    """Density from places of cameras whose coordinates are known, by the days on which they worked.

    A camera that came back to where it stood is one place: a deer seen in both stays did not move. One that
    worked and took no photo, by a person's word, saw no deer: its place counts too.
    """
    worked = days.filter(pl.col("state").is_in(COUNTED)).group_by("deployment").len("worked")
    stays = source.deployments(photos, source.scope_of(workspace))
    silent = worked.join(stays, on="deployment", how="anti").join(
        workspace.sql(_PLACES).unique("deployment"), on="deployment"
    )
    columns = ["deployment", "latitude", "longitude", "worked"]
    at = (pl.col(axis).round(_PLACE_DIGITS) for axis in ("latitude", "longitude"))
    stood = (
        pl.concat([stays.join(worked, on="deployment").select(columns), silent.select(columns)])
        .drop_nulls(["latitude", "longitude"])
        .join(days.select("deployment", "camera").unique(), on="deployment")
        .with_columns(pl.format("{} {} {}", "camera", *at).alias("place"))
    )
    places = (
        stood.group_by("place")
        .agg(pl.col("latitude", "longitude").mean(), pl.col("worked").sum())
        .sort("place")
    )
    _, metres = plane(places["latitude"], places["longitude"])
    counts = _counts(
        photos.join(stood.select("deployment", "place"), on="deployment"),
        source.animals(workspace),
        places["place"].to_list(),
    )
    effort = places["worked"].to_numpy().astype(np.float64)
    return spatial.density(counts, np.array(metres).reshape(-1, 2), effort, errors)


def _counts(photos: pl.DataFrame, animals: pl.DataFrame, names: list[str]) -> Array:
    """(n, K) float64: days on which each place of a camera saw each individual that any of them saw.

    photos: with their `place`, one of names.
    """
    seen = (
        dated(photos)
        .join(animals.select("photo_id", "individual_id").drop_nulls(), on="photo_id")
        .select("individual_id", "place", pl.col("taken_at").dt.date().alias("day"))
        .unique()
        .group_by("individual_id", "place")
        .len("n")
    )
    ids = {who: i for i, who in enumerate(seen["individual_id"].unique().sort())}
    counts = np.zeros((len(ids), len(names)))
    for who, where, n in seen.iter_rows():
        counts[ids[who], names.index(where)] = n
    return counts
