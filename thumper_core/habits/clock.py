"""How far the cameras' clocks are ahead of UTC: by the setting, this computer's zone, or the longitude."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

from thumper_core.language import say
from thumper_core.zones import AUTO, zone

FITS_H: Final = 2.5
"""A zone fits a longitude where it is no further from the sun's: laws and summer time reach that."""


@dataclass(frozen=True)
class Clock:
    """zone: of the cameras' clocks, None: this computer's; known_by: why it is taken to be so."""

    zone: tzinfo | None
    known_by: Literal["setting", "computer", "longitude"]

    def ahead(self, at: datetime) -> timedelta:
        """How far the clock is ahead of UTC; at: wall clock, without a zone."""
        local = at.replace(tzinfo=self.zone) if self.zone is not None else at.astimezone()
        return local.utcoffset() or timedelta()

    def wall(self, at: datetime) -> datetime:
        """What the clock shows at a time of UTC; at, and what is given: without a zone."""
        return at.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)

    def sentence(self, at: datetime) -> str:
        """What the clocks are taken to be, and how to say otherwise; at: a time they show."""
        hours = self.ahead(at).total_seconds() / 3600
        shown = f"UTC{hours:+.2f}".removesuffix("0").removesuffix(".0")
        if self.known_by == "setting":
            return say("The cameras' clocks keep {zone}, as the settings say.", zone=shown)
        if self.known_by == "computer":
            return say(
                "The cameras' clocks are taken to keep this computer's time ({zone}); the setting "
                "`clock.zone` says otherwise.",
                zone=shown,
            )
        return say(
            "The cameras' clocks are taken to keep {zone}, the time of their longitude without summer "
            "time; the setting `clock.zone` says otherwise.",
            zone=shown,
        )


def clock_of(setting: str, longitude: float | None, at: datetime) -> Clock:
    """The clock of cameras at a longitude (degrees, east positive; None: not known).

    setting: `clock.zone`; at: a time of the record, by which this computer's zone is judged.
    """
    if setting != AUTO:
        return Clock(zone(setting), "setting")
    here = Clock(None, "computer")
    if longitude is None:
        return here
    if abs(here.ahead(at).total_seconds() / 3600 - longitude / 15) <= FITS_H:
        return here
    # Zones by law lie ahead of the sun's more often than behind it.
    return Clock(timezone(timedelta(hours=round(longitude / 15 + 0.25))), "longitude")
