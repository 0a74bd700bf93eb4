"""When the herd or one deer comes: light, moon and weather with intervals; the ground of one deer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.habits import conditions
from thumper_core.habits.conditions import TITLES, Factor
from thumper_core.habits.effects import Effect, judged
from thumper_core.habits.ground import CAMERAS_MIN, Ground, of_frame
from thumper_core.habits.shares import share
from thumper_core.habits.sun import LIGHTS
from thumper_core.herd.abundance.estimate import CONFIDENCE
from thumper_core.questions import habits
from thumper_core.questions.habit_record import Record, record_of
from thumper_core.survey.flat_map import plane
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_LIGHT_COLUMNS: Final = dict(zip(LIGHTS, ("n_daylight", "n_twilight", "n_dark"), strict=True))


@dataclass(frozen=True)
class DeerHabits:
    """who: an individual's ID, None: the herd; label: what it is called.

    n_visits: of known time of day; lights: a row for each deer, see `lights_of`, None where the sun is not
    known; effects: of all conditions that are known, judged together; cameras: those that saw it, with
    `n_visits` its own; ground: None where too few cameras saw it, or they have no coordinates.
    """

    who: str | None
    label: str
    first_seen: datetime | None
    last_seen: datetime | None
    n_visits: int
    lights: pl.DataFrame | None
    effects: tuple[Effect, ...]
    cameras: pl.DataFrame
    ground: Ground | None
    record: Record

    @property
    def told(self) -> list[Effect]:
        """Effects that have an interval."""
        return [one for one in self.effects if one.ratio is not None]

    @property
    def n_outside_by_chance(self) -> float:
        """Of their intervals, how many would leave out 1 were nothing so."""
        return (1 - CONFIDENCE) * len(self.told)

    def of(self, factor: str) -> list[Effect]:
        """The effects of one condition, in its order."""
        return [one for one in self.effects if one.factor == factor]


def deer_habits(workspace: Workspace, who: str | None = None) -> DeerHabits:
    """The habits of the herd, or of one individual (its ID).

    Raises ThumperError where nobody of that ID was seen.

    >>> from thumper_core import Workspace, deer_habits
    >>> herd = deer_habits(Workspace.open("ranch"))
    >>> herd.who is None, len(herd.told) <= len(herd.effects)
    (True, True)
    """
    return habits_in(record_of(workspace), who)


def habits_in(record: Record, who: str | None = None) -> DeerHabits:
    """The same of a record that is at hand."""
    seen = record.seen if who is None else record.seen.filter(pl.col("individual_id") == who)
    if who is not None and seen.is_empty():
        raise ThumperError(f"{who} is in no photo of this herd.")
    visits = record.visits if who is None else record.of(who)
    found = [one for factor in factors(record, visits) for one in factor.effects]
    own = record.cameras.drop("n_visits").join(
        seen.group_by("camera").agg(pl.len().alias("n_visits")), on="camera"
    )
    cameras = own.sort("n_visits", "camera", descending=[True, False])
    days = dated(seen)
    first, last = days["started_at"].min(), days["ended_at"].max()
    return DeerHabits(
        who=who,
        label="" if who is None else str(seen["label"][0]),
        first_seen=first if isinstance(first, datetime) else None,
        last_seen=last if isinstance(last, datetime) else None,
        n_visits=visits.height,
        lights=lights_of(record, visits),
        effects=tuple(judged(found)),
        cameras=cameras,
        ground=None if who is None else ground_of(cameras),
        record=record,
    )


def factors(record: Record, visits: pl.DataFrame) -> list[Factor]:
    """The conditions that are known of a record, in the order of TITLES; where cameras may have stood still
    for long, those alone that change within every day.
    """
    days = record.days
    if days.is_empty():
        return []
    dates = days["day"].unique().sort()
    phase = [habits.moon_phase(day) for day in dates]
    order = {name: place for place, name in enumerate(habits.MOON_PHASES)}
    phases = pl.DataFrame({"day": dates, "phase": phase}).sort(
        pl.col("phase").replace_strict(order, return_dtype=pl.Int32), "day"
    )
    found = []
    if record.suns is not None:
        found.append(conditions.by_light(days, visits, record.suns))
    if not record.is_silent:
        found.append(conditions.by_moon(days, visits, phases))
    if record.weather is not None and not record.is_silent:
        found += conditions.by_weather(days, visits, record.weather)
    return sorted(found, key=lambda factor: list(TITLES).index(factor.key))


def lights_of(record: Record, visits: pl.DataFrame) -> pl.DataFrame | None:
    """How many visits of each deer fell into daylight, twilight and dark, the most seen first: individual_id,
    label, category, n_visits, n_daylight, n_twilight, n_dark, and of the share by daylight `daylight`, `low`
    and `high` (95%; null below `shares.VISITS_MIN`). None where the sun is not known.
    """
    if record.suns is None:
        return None
    lit = conditions.visits_by_light(visits, record.suns)
    rows: list[dict[str, Any]] = []
    for (who,), own in lit.group_by("individual_id", maintain_order=True):
        told = share((own["level"] == LIGHTS[0]).to_numpy(), own["day"].to_list())
        counts = dict(own.group_by("level").len().iter_rows())
        rows.append(
            {
                "individual_id": who,
                "label": own["label"][0],
                "category": own["category"][0],
                "n_visits": own.height,
                **{column: counts.get(name, 0) for name, column in _LIGHT_COLUMNS.items()},
                "daylight": told.value if told else None,
                "low": told.low if told else None,
                "high": told.high if told else None,
            }
        )
    texts = dict.fromkeys(("individual_id", "label", "category"), pl.String())
    counts_ = dict.fromkeys(("n_visits", *_LIGHT_COLUMNS.values()), pl.Int64())
    shares_ = dict.fromkeys(("daylight", "low", "high"), pl.Float64())
    schema: dict[str, Any] = texts | counts_ | shares_
    frame = pl.DataFrame(rows, schema=schema)
    return frame.sort("n_visits", "individual_id", descending=[True, False])


def ground_of(cameras: pl.DataFrame) -> Ground | None:
    """The ground of a deer from the cameras that saw it; None as `habits.ground`, or without coordinates.

    cameras: `latitude, longitude, n_visits, camera_days`.
    """
    placed = cameras.drop_nulls(["latitude", "longitude"])
    if placed.height < CAMERAS_MIN:
        return None
    _, metres = plane(placed["latitude"], placed["longitude"])
    return of_frame(placed, np.array(metres))
