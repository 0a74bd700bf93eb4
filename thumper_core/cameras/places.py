"""Whether cameras can stand where `cameras.csv` says: swapped, far from the others, in no place.

A swapped pair is a place too, so nothing here is an error: it is asked on the map and on Health.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from thumper_core.cameras.finding import CameraFinding
from thumper_core.contracts import UsageError
from thumper_core.identify.links.travel import haversine_m
from thumper_core.store.cameras.read import read_camera_file
from thumper_core.workspace import Workspace

PHOTO_KM_MAX: Final = 20.0  # from where the photos' own GPS says
OTHERS_KM_MAX: Final = 300.0  # from where the other cameras stand
POLAR_DEG: Final = 72.0  # beyond it there are no woods and no deer
ZONE_H_MAX: Final = 4.0  # between the hour of a longitude and this computer's; laws reach 3
_SWAPPED: Final = "Its latitude and longitude seem to be swapped in cameras.csv: "

_BY_PHOTO: Final = """
select p.camera, median(f.latitude) as latitude, median(f.longitude) as longitude
from photos p join photo_facts f using (photo_id)
where f.latitude is not null and f.longitude is not null group by p.camera
"""


def place_findings(workspace: Workspace) -> list[CameraFinding]:
    """Cameras that hardly stand where `cameras.csv` says, by name."""
    written = workspace.sql("from cameras")
    if written["latitude"].drop_nulls().is_empty():
        return []
    return judge_places(written, workspace.sql(_BY_PHOTO))


def file_remarks(workspace: Workspace, utc_offset_h: float | None = None) -> list[str]:
    """What there is to say about `cameras.csv`, as sentences; no photo is asked.

    What cannot be read is one of them. utc_offset_h: of this computer's standard time; None: as it
    is set.
    """
    try:
        file = read_camera_file(workspace.cameras_csv)
    except UsageError as error:
        return [str(error)]
    offset = -time.timezone / 3600 if utc_offset_h is None else utc_offset_h
    return [*file.remarks, *_zone(file.rows, offset)]


def judge_places(written: pl.DataFrame, by_photo: pl.DataFrame) -> list[CameraFinding]:
    """What hardly can be. written: rows of `cameras.csv`; by_photo: `camera, latitude, longitude`
    that the cameras themselves wrote into their photos.
    """
    placed = written.drop_nulls(["latitude", "longitude"])
    measured = {name: (lat, lon) for name, lat, lon in by_photo.iter_rows()}
    places = [
        (name, (lat, lon))
        for name, lat, lon in placed.select("name", "latitude", "longitude").iter_rows()
    ]
    found = {}
    for name, place in places:
        message = _by_itself(place) or _by_photos(place, measured.get(name))
        # The others stand for the place only where they agree about it.
        others = [at for other, at in places if other != name]
        message = message or _by_others(place, others)
        if message and name not in found:
            found[name] = CameraFinding(name, "position", message)
    return [found[name] for name in sorted(found)]


_Place = tuple[float, float]


def _by_itself(place: _Place) -> str | None:
    latitude, longitude = place
    if abs(latitude) < 0.01 and abs(longitude) < 0.01:
        return "It stands at 0, 0 in cameras.csv, in the sea: leave an unknown position empty."
    if abs(latitude) > POLAR_DEG and abs(longitude) <= POLAR_DEG:
        return f"{_SWAPPED}{_shown(place)} is in polar ice."
    return None


def _by_photos(place: _Place, measured: _Place | None) -> str | None:
    if measured is None or _km(place, measured) <= PHOTO_KM_MAX:
        return None
    if _is_swapped(place, measured, PHOTO_KM_MAX):
        return f"{_SWAPPED}its photos say {_shown(measured)}."
    return (
        f"It stands {_km(place, measured):,.0f} km from where its photos say ({_shown(measured)}). "
        "Correct the position in cameras.csv."
    )


def _by_others(place: _Place, others: list[_Place]) -> str | None:
    if not others:
        return None
    middle = np.median(np.array(others), axis=0)
    centre = (float(middle[0]), float(middle[1]))
    if _km(place, centre) <= OTHERS_KM_MAX:
        return None
    if _is_swapped(place, centre, OTHERS_KM_MAX):
        return f"{_SWAPPED}the other cameras stand at {_shown(centre)}."
    near = sum(_km(at, centre) <= OTHERS_KM_MAX for at in others)
    if len(others) > 1 and near == len(others):
        return f"It stands {_km(place, centre):,.0f} km from the others. Is its position right?"
    return None


def _zone(written: pl.DataFrame, utc_offset_h: float) -> Iterator[str]:
    """A computer on UTC is a server: its clock says nothing of where the cameras are."""
    if not utc_offset_h:
        return
    for name, lat, lon in (
        written.drop_nulls(["latitude", "longitude"])
        .select("name", "latitude", "longitude")
        .iter_rows()
    ):
        apart = abs((lon / 15 - utc_offset_h + 12) % 24 - 12)
        if apart > ZONE_H_MAX:
            yield (
                f"Camera {name} stands at {_shown((lat, lon))}, where the sun is {apart:.0f} hours "
                "off this computer's clock. If the camera is not that far away, its position in "
                "cameras.csv is wrong: are latitude and longitude swapped?"
            )
            return  # one sentence for a file that is wrong in every line


def _is_swapped(place: _Place, expected: _Place, within_km: float) -> bool:
    latitude, longitude = place[1], place[0]
    return abs(latitude) <= 90 and _km((latitude, longitude), expected) <= within_km


def _km(a: _Place, b: _Place) -> float:
    metres = haversine_m(*(np.array(degrees) for degrees in (*a, *b)))
    return float(metres) / 1000


def _shown(place: _Place) -> str:
    return f"{place[0]:.4f}, {place[1]:.4f}"
