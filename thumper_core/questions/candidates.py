"""Which known deer stand beside a visit, each in its best picture of the same look, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.meet.gallery import Compared, Sightings
from thumper_core.identify.space.similarity import IntArray
from thumper_core.language import say
from thumper_core.match.collect import crop_names, shelf_of
from thumper_core.match.pair import pair_of
from thumper_core.match.shelf import Shelf
from thumper_core.questions.gallery import Gallery
from thumper_core.questions.met import Candidate
from thumper_core.workspace import Workspace

SHOWN: Final = 5
SEASON_DAYS: Final = 45
"""Coats and antlers look the same that long."""


@dataclass(frozen=True)
class Suggesting:
    """What suggestions are made from. known: the gallery's sightings, members: its rows of the frame, own:
    the sighting of each; asked: the visits, compared with `deer`, codes of individuals.
    """

    workspace: Workspace
    found: Gallery
    known: Sightings
    members: npt.NDArray[np.int64]
    own: npt.NDArray[np.integer]
    asked: Sightings
    compared: Compared
    deer: IntArray

    @cached_property
    def quality(self) -> npt.NDArray[np.float32]:
        """(N,) how well each crop of the frame shows its animal."""
        return crop_quality(self.found.frame)

    @cached_property
    def shelf(self) -> Shelf:
        """The keypoints that are kept."""
        return shelf_of(self.workspace)

    @cached_property
    def flank(self) -> npt.NDArray[np.object_]:
        """(N,) side of each picture, as words."""
        return np.asarray(self.found.frame["flank"].to_numpy(), np.object_)

    @cached_property
    def second(self) -> npt.NDArray[np.float64]:
        """(N,) when each was taken, seconds since 1970; NaN: not known."""
        moment = self.found.frame["taken_at"].dt.epoch("ms").cast(pl.Float64) / 1000
        return moment.fill_null(float("nan")).to_numpy()

    @cached_property
    def rows_of(self) -> dict[int, npt.NDArray[np.int64]]:
        """The rows of the frame of each deer."""
        who = self.found.who[self.members]
        order = np.argsort(who, kind="stable")
        codes, starts = np.unique(who[order], return_index=True)
        parts = np.split(self.members[order], starts[1:])
        return dict(zip(codes.tolist(), parts, strict=True))

    @cached_property
    def known_names(self) -> frozenset[str]:
        """IDs of the deer that it can be."""
        return frozenset(self.found.names[one] for one in self.deer)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Code of each individual."""
        return {name: code for code, name in enumerate(self.found.names)}

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each individual is called."""
        rows = self.workspace.sql("select individual_id, label from labels")
        return dict(rows.iter_rows())

    @cached_property
    def centres(self) -> npt.NDArray[np.float64]:
        """(K, d) mean of the sightings of each deer."""
        place = np.searchsorted(self.deer, self.known.who)
        sums = np.zeros((len(self.deer), self.known.means.shape[1]))
        np.add.at(sums, place, self.known.means)
        return np.asarray(
            sums / np.maximum(np.bincount(place, minlength=len(self.deer)), 1)[:, None]
        )

    def by_rule(self, k: int, held: str | None) -> str | None:
        """Whom the herd's own rule gives a visit to; None: nobody that is known.

        held: whom the shown herd has it with, which is what the rule said where it has it.
        """
        if held is not None:
            return held if held in self.known_names else None
        cut = self.found.known.similarity
        if cut is None or not len(self.deer):
            return None
        alike = self.centres @ self.asked.means[k].astype(np.float64)
        best = int(alike.argmax())
        return self.found.names[self.deer[best]] if alike[best] >= cut else None


def candidates(
    by: Suggesting, k: int, chances: dict[str, float], picture: dict[str, Any]
) -> tuple[Candidate, ...]:
    """The likeliest deer of a visit; k: its row; picture: the frame's row of its best picture."""
    return tuple(
        _candidate(by, k, who, chance, picture) for who, chance in [*chances.items()][:SHOWN]
    )


def _candidate(
    by: Suggesting, k: int, who: str, chance: float, picture: dict[str, Any]
) -> Candidate:
    code = by.codes[who]
    at = int(np.searchsorted(by.deer, code))
    rows = by.rows_of[code]
    row = _best_picture(by, rows, picture)
    shown = by.found.frame.row(row, named=True)
    own = by.known.who == code
    seen, here = int(own.sum()), int((own & (by.known.camera == by.asked.camera[k])).sum())
    last, near = _last_and_nearest(by, rows, picture["taken_at"])
    n_matched = _n_matched(by, shown, picture)
    candidate = Candidate(
        individual_id=who,
        label=by.labels.get(who, who),
        chance=chance,
        detection_id=shown["detection_id"],
        is_same_flank=shown["flank"] == picture["flank"] and picture["flank"] != "unknown",
        is_same_light=shown["is_infrared"] == picture["is_infrared"],
        days_apart=_days(shown["taken_at"], picture["taken_at"]),
        n_visits=seen,
        n_here=here,
        last_seen=last,
        n_matched=n_matched,
        reasons=_reasons(by, k, at, picture, shown, here, seen, near, n_matched),
    )
    return candidate


def _best_picture(by: Suggesting, rows: npt.NDArray[np.int64], picture: dict[str, Any]) -> int:
    """The row that shows the deer best beside this picture: its flank and light, and about its time."""
    flank = by.flank[rows] == picture["flank"]
    light = by.found.facts.light[rows] == _code_of_light(picture["is_infrared"])
    near = np.ones(len(rows), bool)
    if picture["taken_at"] is not None:
        with np.errstate(invalid="ignore"):
            near = _days_between(by.second[rows], picture["taken_at"]) <= SEASON_DAYS
    known_flank = picture["flank"] in ("left", "right")
    fits = 4 * (flank & known_flank) + 2 * near + light
    best = fits + by.quality[rows] / max(float(by.quality[rows].max()), 1e-9) * 0.99
    return int(rows[int(best.argmax())])


def _last_and_nearest(
    by: Suggesting, rows: npt.NDArray[np.int64], at: datetime | None
) -> tuple[datetime | None, int | None]:
    """When some pictures were taken last, and whole days from a moment to the nearest of them."""
    seconds = by.second[rows]
    known = np.flatnonzero(np.isfinite(seconds))
    if not len(known):
        return None, None
    last = by.found.frame["taken_at"][int(rows[known[seconds[known].argmax()]])]
    return last, None if at is None else int(_days_between(seconds[known], at).min())


def _days_between(seconds: npt.NDArray[np.float64], at: datetime) -> npt.NDArray[np.float64]:
    """Whole days between moments and one more; NaN where one is not known."""
    return np.asarray(np.abs(seconds - at.replace(tzinfo=UTC).timestamp()) // 86_400)


def _days(a: datetime | None, b: datetime | None) -> int | None:
    return None if a is None or b is None else abs(a - b).days


def _code_of_light(is_infrared: bool | None) -> int:
    return -1 if is_infrared is None else int(is_infrared)


def _n_matched(by: Suggesting, shown: dict[str, Any], picture: dict[str, Any]) -> int | None:
    """Places that match, where the keypoints of both were looked for."""
    if not len(by.shelf):
        return None
    columns = ("photo_id", "camera", "width", "height", "x1", "y1", "x2", "y2", "flank")
    crops = pl.DataFrame([{c: one[c] for c in columns} for one in (shown, picture)])
    if not all(name in by.shelf for name in crop_names(crops)):
        return None
    try:
        matched = pair_of(by.workspace, crops).matched
    except ThumperError:
        return None
    return None if matched is None else len(matched.strength)


def _reasons(
    by: Suggesting,
    k: int,
    at: int,
    picture: dict[str, Any],
    shown: dict[str, Any],
    here: int,
    seen: int,
    days: int | None,
    n_matched: int | None,
) -> tuple[str, ...]:
    told = [
        say(
            "Seen at {camera} on {visits} of {seen:,}.",
            camera=picture["camera"],
            visits=counted(here, "visit"),
            seen=seen,
        )
        if here
        else say(
            "Never seen at {camera}, on {visits} elsewhere.",
            camera=picture["camera"],
            visits=counted(seen, "visit"),
        )
    ]
    if days is not None:
        nearest = say("Its nearest sighting is {days} from this one.", days=counted(days, "day"))
        told.append(nearest if days else say("Seen on the same day."))
    if n_matched is not None:
        told.append(
            say(
                "{match} in the two pictures.",
                match=counted(n_matched, "place matches", "places match"),
            )
        )
    if {picture["flank"], shown["flank"]} == {"left", "right"}:
        told.append(say("There is no picture of its side that this one shows."))
    return tuple(told)
