"""Files for spatially explicit capture-recapture with the R package secr (Efford 2004, Oikos 106:
598-610; `read.capthist(captures, traps, detector = "proximity")`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.export.files import write_folder
from thumper_core.herd.abundance.occasions import Captures, capture_matrix
from thumper_core.questions import source
from thumper_core.questions.scope import with_coordinates
from thumper_core.survey.flat_map import plane
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

SESSION: Final = "1"


def secr(workspace: Workspace, out: Path, *, occasion_days: float = 1.0) -> Path:
    """Write `captures.txt` and `traps.txt` and return their folder.

    Raises ThumperError where no individual was seen or a camera has no coordinates. Where the scope
    hides coordinates, traps are still given in metres from their middle, but not where that is.
    """
    scope = source.scope_of(workspace)
    workspace = with_coordinates(workspace)  # for the plane; where it lies is not said
    photos = source.media(workspace)
    sightings = visits(photos, source.animals(workspace), source.individuals(workspace))
    if sightings.is_empty():
        raise ThumperError("No individual was seen. `thumper identify` tells the deer apart first.")
    places = source.deployments(photos, scope)
    bare = places.filter(pl.col("latitude").is_null() | pl.col("longitude").is_null())
    if not bare.is_empty():
        raise ThumperError(
            f"secr needs coordinates, and there are none for {', '.join(bare['camera'].unique())}. "
            f"Put them into {workspace.cameras_csv} (columns name, latitude, longitude)."
        )
    captures = capture_matrix(sightings, occasion_days)
    names = word_names(places["deployment"])
    lines = capture_lines(sightings, captures, names)
    files = {
        "traps.txt": traps(places, captures, names, lines, hide_origin=scope.hide_coordinates),
        "captures.txt": "\n".join(
            ("# Session ID Occasion Detector Sex", *map(" ".join, lines), "")
        ),
    }
    return write_folder(out, files, "secr")


def visits(photos: pl.DataFrame, animals: pl.DataFrame, herd: pl.DataFrame) -> pl.DataFrame:
    """One row per individual, event and place: individual_id, deployment, started_at, sex.

    photos, animals, herd: as `source` gives them.
    """
    seen = (
        dated(photos)
        .join(animals.drop("sex"), on="photo_id")
        .filter(pl.col("individual_id").is_not_null())
    )
    return (
        seen.group_by("individual_id", "event_id", "deployment")
        .agg(pl.col("taken_at").min().alias("started_at"))
        .join(herd.select("individual_id", "sex"), on="individual_id", how="left")
        .sort("started_at", "individual_id")
    )


def capture_lines(
    sightings: pl.DataFrame, captures: Captures, names: dict[str, str]
) -> list[tuple[str, str, str, str, str]]:
    """Rows of secr's capture file in its `trapID` form: Session, ID, Occasion, Detector, Sex.

    sightings: as `visits` gives them; one row per individual, occasion and detector (a proximity
    detector counts once on an occasion); occasions count from 1; Sex is M, F or NA.
    """
    length = timedelta(days=captures.occasion_days)
    rows: set[tuple[str, int, str, str]] = set()
    for row in sightings.iter_rows(named=True):
        occasion = int((row["started_at"] - captures.starts[0]) / length) + 1
        sex = {"male": "M", "female": "F"}.get(row["sex"], "NA")
        rows.add((row["individual_id"], occasion, names[row["deployment"]], sex))
    return [(SESSION, i, str(k), d, s) for i, k, d, s in sorted(rows)]


def traps(
    places: pl.DataFrame,
    captures: Captures,
    names: dict[str, str],
    lines: Iterable[tuple[str, str, str, str, str]] = (),
    *,
    hide_origin: bool = False,
) -> str:
    """The trap file of secr: Detector X Y / usage.

    places: `source.deployments`; lines: `capture_lines`. X and Y are metres east and north of the
    detectors' middle. Usage is 1 on occasions that share time with the stay, or have a capture.
    """
    length = timedelta(days=captures.occasion_days)
    caught = {(detector, int(occasion)) for _, _, occasion, detector, _ in lines}
    origin, metres = plane(places["latitude"], places["longitude"])
    where = "" if hide_origin else f"; 0 0 is latitude {origin[0]:.6f}, longitude {origin[1]:.6f}"
    made = [f"# Detector X Y / usage of each occasion{where}"]
    for row, (x, y) in zip(places.iter_rows(named=True), metres, strict=True):
        name = names[row["deployment"]]
        usage = [
            str(
                int(
                    (row["begins"] < start + length and row["ends"] >= start) or (name, k) in caught
                )
            )
            for k, start in enumerate(captures.starts, 1)
        ]
        made.append(f"{name} {x:.1f} {y:.1f} / {' '.join(usage)}")
    return "\n".join(made) + "\n"


def word_names(cameras: Iterable[str]) -> dict[str, str]:
    """Camera names as single words for R: blanks and signs become `_`, all distinct."""
    names: dict[str, str] = {}
    for camera in cameras:
        base = re.sub(r"[^0-9A-Za-z]+", "_", camera).strip("_") or "camera"
        name, number = base, 2
        while name in names.values():
            name, number = f"{base}_{number}", number + 1
        names[camera] = name
    return names
