"""What would be asked of a weather service for a workspace, said before it is sent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.habits.weather_keep import Kept, keep_weather
from thumper_core.questions import tables
from thumper_core.vision.download import download

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

SERVICE: Final = "https://archive-api.open-meteo.com/v1/archive"
"""Open-Meteo's archive of reanalyses (Zippenfenig 2023, doi 10.5281/zenodo.7970649; data CC-BY 4.0)."""
_DIGITS: Final = 1
_ASKED: Final = "temperature_2m,pressure_msl,wind_speed_10m,wind_direction_10m"
_BEFORE: Final = timedelta(days=1)  # how pressure changed before the first photo


@dataclass(frozen=True)
class Request:
    """service: an address; latitude, longitude: degrees, rounded; first, last: days, both included."""

    service: str
    latitude: float
    longitude: float
    first: date
    last: date

    @property
    def address(self) -> str:
        """All that is sent."""
        asked = {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "start_date": self.first.isoformat(),
            "end_date": self.last.isoformat(),
            "hourly": _ASKED,
            "wind_speed_unit": "ms",
            "timezone": "GMT",
            "format": "csv",
        }
        return f"{self.service}?{urlencode(asked, safe=',')}"

    @property
    def sentence(self) -> str:
        """Which service is asked, and what it is told."""
        return (
            f"This asks {urlsplit(self.service).netloc} for the weather by the hour, and tells it one place, "
            f"{self.latitude:.1f}, {self.longitude:.1f} (to a tenth of a degree, about 10 km), the days "
            f"{self.first} to {self.last}, and as with any request this machine's network address."
        )

    def fetch(self, workspace: Workspace, *, replace: bool = False) -> Kept:
        """Send it, and keep what comes. Raises ThumperError where none comes, or it cannot be read."""
        with tempfile.TemporaryDirectory(prefix="thumper-") as folder:
            file = Path(folder) / "fetched.csv"
            download(self.address, file)
            try:
                return keep_weather(workspace, file, replace=replace)
            except UsageError as error:
                raise ThumperError(
                    f"What came is no table of weather, and nothing was changed: {error}"
                ) from error


def request_of(workspace: Workspace, service: str | None = None) -> Request:
    """What to ask for the days of a workspace's photos, at the middle of its cameras.

    service: another server that answers as Open-Meteo does. Raises ThumperError where no camera has
    coordinates or no photo a day.
    """
    places = workspace.sql(
        "select median(latitude) as latitude, median(longitude) as longitude from photos "
        "where latitude is not null and longitude is not null"
    ).row(0)
    if None in places:
        raise ThumperError(
            "Where the cameras stand is not known: give latitude and longitude in cameras.csv."
        )
    first, last = tables.span(workspace)
    if first is None or last is None:
        raise ThumperError("No photo's day is known, so there are no days to ask for.")
    latitude, longitude = (round(float(place), _DIGITS) for place in places)
    return Request(service or SERVICE, latitude, longitude, first.date() - _BEFORE, last.date())
