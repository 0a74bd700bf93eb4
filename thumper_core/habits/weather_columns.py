"""What columns of a weather table are called, and their units: Thumper's, Open-Meteo's, Meteostat's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.store.cameras.sheet import plain_name


@dataclass(frozen=True)
class Quantity:
    """name: our column, with its unit; bases: what others call it, without one, the best first; units: of a
    column's name -> (factor, added before it); low, high: what can be.
    """

    name: str
    bases: tuple[str, ...]
    units: dict[str, tuple[float, float]]
    low: float
    high: float


_M_S: Final = {
    "m_s": (1.0, 0.0),
    "ms": (1.0, 0.0),
    "km_h": (1 / 3.6, 0.0),
    "kmh": (1 / 3.6, 0.0),
    "mp_h": (0.44704, 0.0),
    "mph": (0.44704, 0.0),
    "kn": (0.514444, 0.0),
    "knots": (0.514444, 0.0),
}
QUANTITIES: Final = (
    Quantity(
        "temperature_c",
        ("temperature", "temperature_2m", "air_temperature", "temp"),
        {"c": (1.0, 0.0), "celsius": (1.0, 0.0), "f": (5 / 9, -32.0), "fahrenheit": (5 / 9, -32.0)},
        -70.0,
        60.0,
    ),
    Quantity(
        "pressure_hpa",
        (
            "pressure",
            "pressure_msl",
            "sea_level_pressure",
            "surface_pressure",
            "station_pressure",
            "pres",
            "slp",
        ),
        {
            "hpa": (1.0, 0.0),
            "mbar": (1.0, 0.0),
            "mb": (1.0, 0.0),
            "kpa": (10.0, 0.0),
            "inhg": (33.8639, 0.0),
        },
        500.0,
        1100.0,
    ),
    Quantity(
        "wind_m_s",
        ("wind", "wind_speed", "wind_speed_10m", "windspeed", "windspeed_10m", "wspd"),
        _M_S,
        0.0,
        110.0,
    ),
    Quantity(
        "wind_from_deg",
        ("wind_from", "wind_direction", "wind_direction_10m", "winddirection_10m", "wdir"),
        {"deg": (1.0, 0.0), "degrees": (1.0, 0.0)},
        0.0,
        360.0,
    ),
)
BARE: Final = {"temp": "c", "pres": "hpa", "wspd": "km_h"}
"""Names that mean one unit: Meteostat's."""
TIMES: Final = ("time_utc", "time", "datetime", "date_time", "timestamp", "date")
PARTS: Final = ("year", "month", "day", "hour")
OFFSET: Final = "utc_offset_seconds"
"""In the lines that Open-Meteo writes above its table."""


@dataclass(frozen=True)
class Column:
    """A column of a file that is read as a quantity: value = (cell + added) * factor."""

    quantity: Quantity
    at: int
    factor: float
    added: float


def known_names() -> frozenset[str]:
    """Every name, as `plain_name` gives it, that a column may have."""
    with_units = (
        f"{base}_{unit}" for q in QUANTITIES for base in q.bases for unit in ("", *q.units)
    )
    return frozenset({*(name.rstrip("_") for name in with_units), *TIMES, *PARTS, OFFSET})


def columns_of(where: str, header: Sequence[str]) -> list[Column]:
    """The quantities that a header names, in the order of `QUANTITIES`; where: for messages.

    Of several columns for one quantity (pressure at sea level and at the ground) the first of its bases
    is taken. Raises UsageError where a column's unit is not told or not known, and where none is named.
    """
    names = [plain_name(cell) for cell in header]
    found = [
        column for quantity in QUANTITIES if (column := _column(where, header, names, quantity))
    ]
    if not found:
        raise UsageError(
            f"{where}: there is no column of temperature, pressure or wind; call them "
            f"{', '.join(q.name for q in QUANTITIES)}."
        )
    return found


def _column(
    where: str, header: Sequence[str], names: Sequence[str], quantity: Quantity
) -> Column | None:
    for base in quantity.bases:
        for at, name in enumerate(names):
            if name != base and not name.startswith(f"{base}_"):
                continue
            unit = name[len(base) + 1 :]
            if unit in ("", "2m", "10m") and quantity.name == "wind_from_deg":
                unit = "deg"
            unit = unit or BARE.get(base, "")
            if unit in quantity.units:
                return Column(quantity, at, *quantity.units[unit])
            if name == base:
                raise UsageError(
                    f"{where}: the unit of `{header[at]}` is not told; write it into the name, as "
                    f"`{quantity.name}`."
                )
    return None
