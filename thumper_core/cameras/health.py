"""Which cameras need a visit: silent, battery low, clock jumped, infrared failing, lens dirty.

Everything is judged by the camera's own photos against its own past, and silence against the newest
photo of all cameras: cards are read late, and then today's date says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from thumper_core.cameras.clocks import clock_findings
from thumper_core.cameras.finding import CameraFinding
from thumper_core.contracts import CLOCKS_SINCE
from thumper_core.workspace import Workspace

CLOCK_AHEAD_MIN: Final = timedelta(days=180)
NIGHT_HOURS: Final = (22, 23, 0, 1, 2, 3)
NIGHT_PHOTOS_MIN: Final = 20
INFRARED_DROP_MIN: Final = 0.5
RECENT_DAYS: Final = 14.0
BLUR_DETECTIONS_MIN: Final = 20
BLUR_DROP_MIN: Final = 0.5
SILENT_GAPS_MIN: Final = 3.0
BATTERY_LOW_PCT: Final = 20.0

_PHOTOS: Final = """
with seen as (
    select photo_id, max(sharpness) as sharpness from detections where repeated is null
    group by photo_id
)
select p.camera, p.photo_id, p.path, p.file_number, p.taken_at, p.clock_at, p.taken_at_source,
    p.is_time_evidence, p.is_infrared, p.latitude, p.longitude, p.battery_pct,
    p.stamp, p.stamp_confidence, s.sharpness, list_contains(?, p.root) as is_sent
from photos p left join seen s using (photo_id)
order by p.camera, p.path
"""


def camera_findings(workspace: Workspace) -> list[CameraFinding]:
    """What is wrong with the workspace's cameras, by camera."""
    ledger = workspace.ledger
    photos = workspace.sql(_PHOTOS, [ledger.sent_roots()])
    came = {i: datetime.fromtimestamp(ns / 1e9) for i, ns in ledger.arrivals().items()}
    heard_at = pl.Series("heard_at", list(map(came.get, photos["photo_id"])), pl.Datetime("us"))
    return judge(photos.with_columns(heard_at), workspace.settings.ops.silent_days)


def judge(photos: pl.DataFrame, silent_days: float) -> list[CameraFinding]:
    """What the photos say of their cameras.

    photos: `camera`, the columns of `clock_findings`, and `sharpness` (variance of the Laplacian of
    the photo's sharpest animal; null: none seen), `battery_pct` (null: not said); `is_sent`: it came over
    the air, at `heard_at` (local time; null: not known). Such a photo may come days after it was taken, and
    its number is of the order in which it came.
    """
    if photos.is_empty():
        return []
    trusted = photos.filter("is_time_evidence")
    newest = _newest(trusted)
    found: list[CameraFinding] = []
    for name, frame in photos.partition_by("camera", as_dict=True, maintain_order=True).items():
        camera = str(name[0])
        timed = frame.filter(pl.col("is_time_evidence") & (pl.col("taken_at") <= newest))
        found += clock_findings(camera, frame)
        found += _silent(camera, timed, newest, silent_days)
        found += _battery(camera, timed)
        found += _infrared(camera, timed)
        found += _lens(camera, timed)
    return found


def _newest(photos: pl.DataFrame) -> datetime:
    """The newest time that is not far beyond the others': one wrong clock must not silence all."""
    times = photos["taken_at"].drop_nulls().sort()
    if times.is_empty():
        return CLOCKS_SINCE
    limit: Any = times.quantile(0.95, "lower")
    plausible: Any = times.filter(times <= limit + CLOCK_AHEAD_MIN).max()
    return plausible  # type: ignore[no-any-return]


def _silent(
    camera: str, photos: pl.DataFrame, newest: datetime, silent_days: float
) -> Iterator[CameraFinding]:
    if photos.height < 2:
        return
    times = photos["taken_at"].sort()
    last: Any = times.max()
    heard: Any = photos["heard_at"].max() or last  # a late photo too is a sign of life
    gap_s: Any = times.diff().drop_nulls().dt.total_seconds().quantile(0.99)
    silent_s = (newest - max(last, heard)).total_seconds()
    if silent_s > max(silent_days * 86_400, SILENT_GAPS_MIN * gap_s):
        look = "its card, or add the photos of its card."
        if photos["is_sent"].any():
            look = "its signal, and whether its plan sends no more this month."
        yield CameraFinding(
            camera,
            "silent",
            f"Its last photo is of {last:%Y-%m-%d}, and other cameras went on for "
            f"{silent_s / 86_400:.0f} days, until {newest:%Y-%m-%d}. Look at its batteries and {look}",
        )


def _battery(camera: str, photos: pl.DataFrame) -> Iterator[CameraFinding]:
    """What the camera itself said last of its battery."""
    told = photos.filter(pl.col("battery_pct").is_not_null()).sort("taken_at")
    if told.is_empty():
        return
    last: Any = told.row(-1, named=True)
    if last["battery_pct"] <= BATTERY_LOW_PCT:
        yield CameraFinding(
            camera,
            "battery",
            f"Its battery was at {last['battery_pct']:.0f}% on {last['taken_at']:%Y-%m-%d}, by its own "
            "word. Bring new ones.",
        )


def _recent(photos: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(before, the last `RECENT_DAYS`) of a camera."""
    last: Any = photos["taken_at"].max()
    since = last - timedelta(days=RECENT_DAYS)
    at = pl.col("taken_at")
    return photos.filter(at <= since), photos.filter(at > since)


def _infrared(camera: str, photos: pl.DataFrame) -> Iterator[CameraFinding]:
    if photos.is_empty():
        return
    known = photos.filter(pl.col("is_infrared").is_not_null())
    at_night = known.filter(pl.col("taken_at").dt.hour().is_in(NIGHT_HOURS))
    if at_night.is_empty():
        return
    last: Any = photos["taken_at"].max()
    since = last - timedelta(days=RECENT_DAYS)
    before = at_night.filter(pl.col("taken_at") <= since)
    recent = at_night.filter(pl.col("taken_at") > since)
    if min(before.height, recent.height) < NIGHT_PHOTOS_MIN:
        return
    then: Any = before["is_infrared"].mean()
    now: Any = recent["is_infrared"].mean()
    if then - now > INFRARED_DROP_MIN:
        yield CameraFinding(
            camera,
            "infrared",
            f"{now:.0%} of the photos between {NIGHT_HOURS[0]}:00 and {NIGHT_HOURS[-1] + 1}:00 of the last "
            f"{RECENT_DAYS:.0f} days are in infrared; it was {then:.0%}. Check its lamp and batteries.",
        )


def _lens(camera: str, photos: pl.DataFrame) -> Iterator[CameraFinding]:
    """Animals that become blurred, in colour and in infrared apart: infrared is always softer."""
    if photos.is_empty():
        return
    seen = photos.filter(pl.col("sharpness").is_not_null())
    for infrared in (False, True):
        same_light = seen.filter(pl.col("is_infrared").fill_null(False) == infrared)
        if same_light.is_empty():
            continue
        before, recent = _recent(same_light)
        if min(before.height, recent.height) < BLUR_DETECTIONS_MIN:
            continue
        then: Any = before["sharpness"].median()
        now: Any = recent["sharpness"].median()
        if then > 0 and now < (1 - BLUR_DROP_MIN) * then:
            yield CameraFinding(
                camera,
                "lens",
                f"Animals are {1 - now / then:.0%} less sharp in the last {RECENT_DAYS:.0f} days "
                f"({'in infrared' if infrared else 'in colour'}). Clean the lens.",
            )
            return
