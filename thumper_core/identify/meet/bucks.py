"""Whether a picture shows a buck: its sex, its antlers, and the season in which they say so.

No antler seen is not a doe: it may be hidden, too small to see, or shed. So what is said of the sex, whether
antlers are seen, and the season stand apart, and a visit stays on the buck list as long as one of its
pictures may be of a buck.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SHED_MONTHS: Final = (1, 2, 3, 4)
"""Months in which white-tailed bucks of the northern half of the earth may be without antlers."""
LOST_SHARE: Final = 0.005
"""Share of the visits of bucks that the buck list may lose."""
TAIL: Final = 8
"""Visits of bucks, the least likely ones, that tell of still less likely ones; fewer tell nothing."""
BUCK_MIN: Final = 0.05
"""Chance of a buck from which a visit stays on the list, where nothing was learned."""


def male_chance(frame: pl.DataFrame, tells_sex: Array) -> Array:
    """(N,) chance that each detection is of a buck.

    frame: `sex, age_class, source, confidence`, `p_male` where a head has a say; tells_sex: (N,) chance
    that what is said of the sex of such a crop is right.
    """
    sex = frame["sex"].to_numpy()
    human = (frame["source"] == "human").to_numpy()
    sure = np.where(human, 0.999, np.clip(tells_sex, 0.5, 0.995))
    said = np.where(sex == "male", sure, np.where(sex == "female", 1 - sure, 0.5))
    if "p_male" in frame.columns:
        head = frame["p_male"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        said = np.where(np.isfinite(head), head, said)
    fawn = (frame["age_class"] == "fawn").to_numpy()
    return np.where(fawn, np.where(human, 0.0, 0.5 * (1 - sure)), said)


def in_shed_season(frame: pl.DataFrame) -> pl.Series:
    """(N,) Boolean, null where the day is not known; south of the equator half a year later."""
    month = frame["taken_at"].dt.month()
    south = pl.Series(np.zeros(frame.height, bool))
    if "latitude" in frame.columns:
        south = (frame["latitude"] < 0).fill_null(False)
    moved = pl.select(
        pl.when(south).then((month.cast(pl.Int32) + 5) % 12 + 1).otherwise(month.cast(pl.Int32))
    ).to_series()
    return moved.is_in(list(SHED_MONTHS)).alias("is_shed_season")


def antlers_seen(frame: pl.DataFrame, shed: pl.Series, tells_antlers: Array) -> pl.Series:
    """(N,) Boolean: antlers are seen; they are not, where they would be; null where nobody can say.

    tells_antlers: (N,) chance that such a crop of a buck with antlers shows them.
    """
    adult = frame["age_class"] != "fawn"
    seen = (frame["sex"] == "male") & adult & ~shed.fill_null(False)
    would = (~shed.fill_null(True)).to_numpy() & (tells_antlers >= 0.5) & adult.to_numpy()
    values = np.where(seen.to_numpy(), 1, np.where(would, 0, -1))
    return pl.Series("has_antlers", [None if v < 0 else bool(v) for v in values], pl.Boolean)


def buck_list_from(chance: Array, visit: npt.NDArray[np.integer], is_buck: Mask) -> float:
    """The chance from which a visit stays on the buck list: next to no visit of a buck is lost.

    chance, visit, is_buck: (N,) of detections of deer that are known to be bucks or not. The lowest of n
    visits stands for a share of 1 / (n + 1) only; what lies beyond is drawn on from the TAIL lowest log odds
    (Hill 1975; Weissman 1978, https://doi.org/10.1080/01621459.1978.10480104).
    """
    n = int(visit.max(initial=-1)) + 1
    best = np.zeros(n)
    np.maximum.at(best, visit, chance)
    bucks = np.unique(visit[is_buck])
    if len(bucks) < TAIL:
        return BUCK_MIN
    odds = np.sort(np.clip(best[bucks], 1e-4, 1 - 1e-4))
    odds = np.log(odds / (1 - odds))
    share = TAIL / (len(odds) + 1)
    if share > LOST_SHARE:
        last = odds[TAIL - 1]
        beyond = (last - odds[: TAIL - 1]).mean() * np.log(share / LOST_SHARE)
        least = 1 / (1 + np.exp(beyond - last))
    else:
        least = 1 / (1 + np.exp(-np.quantile(odds, LOST_SHARE)))
    return float(np.clip(least, 0.005, 0.5))
