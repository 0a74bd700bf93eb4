"""A package's deployments become rows of `cameras.csv`, for cameras that have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from thumper_core.cameras.table import save_cameras, written_cameras
from thumper_core.imports.known import Record
from thumper_core.imports.packages import Deployment, Package
from thumper_core.imports.undo import place_text
from thumper_core.store.came_in import CAMERA, note_parts
from thumper_core.store.cameras.names import camera_key

_SAME_PLACE: Final = 1e-5  # degrees, about a metre


def take_deployments(record: Record, package: Package, photos: Mapping[str, str]) -> int:
    """Write down where cameras stand that have no row yet; how many rows."""
    workspace = record.workspace
    rows = workspace.sql(
        "select photo_id, camera, taken_at, latitude, longitude, is_time_evidence from photos"
    )
    here = {row[0]: row[1:] for row in rows.iter_rows()}
    of: dict[str, list[tuple[str, datetime | None, float | None, float | None]]] = {}
    for key, photo_id in photos.items():
        if photo_id in here:
            camera, at, lat, lon, is_time = here[photo_id]
            stay = package.media[key].deployment
            of.setdefault(stay, []).append((camera, at if is_time else None, lat, lon))
    table = written_cameras(workspace)
    written = {
        camera_key(row["name"])
        for row in table.iter_rows(named=True)
        if row["latitude"] is not None or row["from"] is not None
    }
    new = []
    for stay, seen in of.items():
        deployment = package.deployments.get(stay)
        camera = Counter(name for name, *_ in seen).most_common(1)[0][0]
        if deployment is None or deployment.latitude is None or camera_key(camera) in written:
            continue
        row = _camera_row(camera, deployment, seen)
        new += [row] if row else []
    if not new:
        return 0
    added = pl.DataFrame(new, schema={n: table.schema[n] for n in new[0]})
    keys = {camera_key(name) for name in added["name"]}
    is_bare = [camera_key(name) not in keys for name in table["name"]]
    kept = table.filter(pl.Series(is_bare, dtype=pl.Boolean))
    save_cameras(workspace, pl.concat([kept, added], how="diagonal_relaxed"))
    parts = [(camera_key(r["name"]), place_text(r["latitude"], r["longitude"])) for r in new]
    note_parts(workspace.ledger, record.row.import_id, CAMERA, parts)
    return len(new)


def _camera_row(
    camera: str,
    deployment: Deployment,
    seen: list[tuple[str, datetime | None, float | None, float | None]],
) -> dict[str, Any] | None:
    """A row of `cameras.csv`; None where the photos themselves say it all.

    The stay's bounds are written where they lie outside of the photos.
    """
    times = [at for _, at, _, _ in seen if at is not None]
    first = min(times).replace(microsecond=0) if times else None
    last = max(times).replace(microsecond=0) if times else None
    begins, ends = deployment.begins, deployment.ends
    begins = begins if begins and first and begins < first else None
    ends = ends if ends and last and ends > last else None
    latitude, longitude = deployment.latitude, deployment.longitude
    is_known = all(
        lat is not None
        and lon is not None
        and abs(lat - (latitude or 0)) < _SAME_PLACE
        and abs(lon - (longitude or 0)) < _SAME_PLACE
        for _, _, lat, lon in seen
    )
    if is_known and begins is None and ends is None:
        return None
    return {
        "name": camera, "latitude": latitude, "longitude": longitude, "clock_offset_s": 0.0,
        "from": begins, "to": ends,
    }  # fmt: skip
