"""Sightings: one animal in one visit; and how new ones compare with the deer that are known."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import IntArray

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.integer]

NEAREST: Final = 3
"""Of each deer's sightings so many count as those most like a new one: the rest show other looks of it."""
PLACE_WEIGHT: Final = 2.0
"""How many sightings the herd's own habits weigh beside those of one deer."""
KIND_WEIGHT: Final = 0.5
HOUR_WIDTH: Final = 2.0
"""Hours by which two visits at about the same time of day may differ."""

PAIRS_AT_ONCE: Final = 4_000_000
"""Comparisons that are held in memory: about a gigabyte with all that is weighed of each."""
MEASURED: Final = 1_500
PAIRS_MIN: Final = 30
"""Pairs of one kind, fewer of which say less than all kinds together."""

FEATURES: Final = (
    *("nearest", "alike", "nearest if it tells", "seen", "place", "hour", "recent", "kind"),
)
"""What speaks for a deer, the columns of `compared`."""


@dataclass(frozen=True)
class Sightings:
    """One animal in one visit, S of them.

    means: (S, d) float32 mean vector of its detections, not normalised again; who: (S,) code of the
    animal, -1: not known; event, camera: (S,) codes; hour: (S,) of the day, NaN where the clock says
    none; day: (S,) days since 1970, NaN likewise; light: (S,) code, -1: not known; flank: (S,) 0: none
    said, 1: left, 2: right; kind: (S,) code of buck, doe or fawn, -1: not known; tells: (S,) chance that
    its pictures show who it is.
    """

    means: FloatArray
    who: IntArray
    event: IntArray
    camera: IntArray
    hour: Array
    day: Array
    light: IntArray
    flank: IntArray
    kind: IntArray
    tells: Array

    def __len__(self) -> int:
        return len(self.who)

    def rows(self, which: Rows | npt.NDArray[np.bool_]) -> Sightings:
        """Some of them."""
        return Sightings(*(getattr(self, field.name)[which] for field in fields(self)))

    def called(self, who: IntArray) -> Sightings:
        """The same, of these animals."""
        return replace(self, who=who)

    @cached_property
    def deer(self) -> IntArray:
        """(K,) codes of the animals that are known."""
        return np.unique(self.who[self.who >= 0])


@dataclass(frozen=True)
class Yardstick:
    """From similarities to how alike: 0 is what two deer are, 1 what one deer is on two visits.

    mean, own: (4,) float64 similarity of two deer, and of one, by whether the light and the flank are the
    same, see `kind`; spread: how far the sightings of one deer differ in how alike they are to another's.
    """

    mean: Array
    own: Array
    spread: float = 0.0

    @staticmethod
    def kind(a: Sightings, b: Sightings) -> IntArray:
        """(A, B) which mean and spread hold for two: +1 where the light differs, +2 where flanks do."""
        light = (a.light[:, None] != b.light[None, :]) & (a.light[:, None] >= 0) & (b.light >= 0)
        flank = a.flank[:, None] * b.flank[None, :] == 2  # one left, one right
        return np.asarray(light + 2 * flank, np.int32)

    @classmethod
    def of(cls, known: Sightings, rng: np.random.Generator) -> Yardstick:
        """Measured on sightings of different visits, at most MEASURED against each other."""
        picked = np.sort(rng.permutation(len(known))[:MEASURED])
        some = known.rows(picked)
        alike = some.means @ some.means.T
        same = some.who[:, None] == some.who[None, :]
        far = some.event[:, None] != some.event[None, :]
        far &= np.arange(len(some))[:, None] < np.arange(len(some))
        kinds = cls.kind(some, some)
        mean = _by_kind(alike, far & ~same, kinds, 0.0)
        own = _by_kind(alike, far & same, kinds, float(np.abs(mean).max()) + 0.5)
        # What is not to be told apart stays so: no likeness is made more of than there is.
        plain = cls(mean, np.maximum(own, mean + 0.05))
        return replace(plain, spread=_spread(plain.measured(some, some), some))

    def measured(self, a: Sightings, b: Sightings) -> Array:
        """(A, B) how alike two sightings are."""
        kinds = self.kind(a, b)
        return np.asarray(
            (a.means @ b.means.T - self.mean[kinds]) / (self.own - self.mean)[kinds], np.float64
        )


def luck(n: Array) -> Array:
    """How many spreads the mean of the NEAREST most alike of n lies above the mean of all (Blom 1958)."""
    found = np.zeros(np.shape(n))
    for place in range(1, NEAREST + 1):
        counts = n >= place
        share = (np.maximum(n, place) - place + 0.625) / (np.maximum(n, place) + 0.25)
        found += np.where(counts, ndtri(share), 0.0)
    return np.asarray(found / np.clip(n, 1, NEAREST))


def _spread(alike: Array, some: Sightings) -> float:
    """Of how alike a sighting is to those of another deer, within the deer; 0 where none has several."""
    place = np.unique(some.who, return_inverse=True)[1]
    count = np.bincount(place).astype(np.float64)
    member = np.zeros((len(some), len(count)))
    member[np.arange(len(some)), place] = 1
    several = (count >= 3)[None, :] & (np.arange(len(count))[None, :] != place[:, None])
    if not several.any():
        return 0.0
    mean = alike @ member / np.maximum(count, 1)
    variance = np.maximum(alike**2 @ member / np.maximum(count, 1) - mean**2, 0)
    unbiased = variance * count / np.maximum(count - 1, 1)
    return float(np.sqrt(unbiased[several].mean()))


def _by_kind(
    alike: FloatArray, which: npt.NDArray[np.bool_], kinds: IntArray, none: float
) -> Array:
    """(4,) mean of some pairs by kind; of all of them for a kind with few, `none` where there is none."""
    whole = float(alike[which].mean()) if which.any() else none
    found = np.full(4, whole)
    for kind in range(4):
        mine = alike[which & (kinds == kind)]
        if len(mine) >= PAIRS_MIN:
            found[kind] = float(mine.mean())
    return found


@dataclass(frozen=True)
class Compared:
    """features: (Q, K, F) what speaks for each deer, see FEATURES; open: (Q, K) whether there is anything
    of the deer to compare with; nearest: (Q, K) row of the sighting most like the query, -1: none.
    """

    features: Array
    open: npt.NDArray[np.bool_]
    nearest: npt.NDArray[np.int64]


def compare(
    asked: Sightings,
    known: Sightings,
    yardstick: Yardstick,
    *,
    earlier_only: bool = False,
) -> Compared:
    """What speaks for each deer of `known.deer`; pictures of one visit are never compared.

    earlier_only: only with sightings before each, as it will be with new ones. Of many at most
    PAIRS_AT_ONCE are held at a time: each of the asked stands for itself.
    """
    step = max(1, PAIRS_AT_ONCE // max(len(known), 1))
    parts = [
        _compare(
            asked.rows(np.arange(at, min(at + step, len(asked)))), known, yardstick, earlier_only
        )
        for at in range(0, max(len(asked), 1), step)
    ]
    return Compared(
        *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Compared))
    )


def _compare(
    asked: Sightings, known: Sightings, yardstick: Yardstick, earlier_only: bool
) -> Compared:
    deer = known.deer
    shape = (len(asked), len(deer))
    top, mean = np.zeros(shape), np.zeros(shape)
    seen, here, hour, recent = (np.zeros(shape) for _ in range(4))
    nearest = np.full(shape, -1, np.int64)
    alike = yardstick.measured(asked, known)
    use = asked.event[:, None] != known.event[None, :]
    if earlier_only:
        with np.errstate(invalid="ignore"):
            use &= ~(known.day[None, :] > asked.day[:, None])
    at_camera = asked.camera[:, None] == known.camera[None, :]
    away = np.abs(asked.hour[:, None] - known.hour[None, :])
    near_hour = np.exp(-0.5 * (np.fmin(away, 24 - away) / HOUR_WIDTH) ** 2)
    near_hour = np.where(np.isfinite(near_hour), near_hour, np.nan)
    days = np.abs(asked.day[:, None] - known.day[None, :])
    with np.errstate(invalid="ignore", divide="ignore"):
        usual_here = (use & at_camera).sum(axis=1) / np.maximum(use.sum(axis=1), 1)
        counted_hour = use & np.isfinite(near_hour)
        usual_hour = np.where(counted_hour, near_hour, 0).sum(axis=1) / np.maximum(
            counted_hour.sum(axis=1), 1
        )
    alike_kind = (asked.kind[:, None] == known.kind[None, :]) & (known.kind >= 0)
    counted_kind = use & (asked.kind[:, None] >= 0) & (known.kind >= 0)
    usual_kind = (alike_kind & use).sum(axis=1) / np.maximum(counted_kind.sum(axis=1), 1)
    kind, kinds = np.zeros(shape), np.zeros(shape)
    lucky = luck(np.arange(len(known) + 1, dtype=np.float64))
    for k, one in enumerate(deer):
        columns = np.flatnonzero(known.who == one)
        mine, ok = alike[:, columns], use[:, columns]
        n = ok.sum(axis=1)
        seen[:, k] = n
        floor = np.where(ok, mine, -np.inf)
        nearest[:, k] = np.where(n > 0, columns[floor.argmax(axis=1)], -1)
        few = floor
        if floor.shape[1] > NEAREST:
            few = np.partition(floor, floor.shape[1] - NEAREST, axis=1)[:, -NEAREST:]
        counted = np.isfinite(few)
        most = np.where(counted, few, 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        # The most alike of many are more alike by luck alone.
        top[:, k] = most - yardstick.spread * lucky[n]
        mean[:, k] = np.where(ok, mine, 0).sum(axis=1) / np.maximum(n, 1)
        here[:, k] = (ok & at_camera[:, columns]).sum(axis=1)
        kind[:, k] = (alike_kind & use)[:, columns].sum(axis=1)
        kinds[:, k] = counted_kind[:, columns].sum(axis=1)
        times = np.where(ok, near_hour[:, columns], 0)
        hour[:, k] = np.nansum(times, axis=1)
        recent[:, k] = np.where(ok & np.isfinite(days[:, columns]), days[:, columns], np.inf).min(
            axis=1
        )
    usual = np.maximum(usual_here, 1e-3)[:, None]
    place = np.log((here + PLACE_WEIGHT * usual) / (seen + PLACE_WEIGHT) / usual)
    has_hour = counted_hour.any(axis=1)[:, None] if len(known) else np.zeros((len(asked), 1), bool)
    usual_h = np.maximum(usual_hour, 1e-3)[:, None]
    at_hour = np.log((hour + PLACE_WEIGHT * usual_h) / (seen + PLACE_WEIGHT) / usual_h)
    at_hour = np.where(np.isfinite(at_hour) & has_hour, at_hour, 0.0)
    usual_k = np.maximum(usual_kind, 1e-3)[:, None]
    has_kind = counted_kind.any(axis=1)[:, None]
    of_kind = np.log((kind + KIND_WEIGHT * usual_k) / (kinds + KIND_WEIGHT) / usual_k)
    of_kind = np.where(has_kind, of_kind, 0.0)
    lately = np.where(np.isfinite(recent), -np.log1p(np.where(np.isfinite(recent), recent, 0)), 0.0)
    tells = asked.tells[:, None]
    is_open = seen > 0
    often, lately = (_beside_others(v, is_open) for v in (np.log(np.maximum(seen, 1)), lately))
    features = np.stack([top, mean, top * tells, often, place, at_hour, lately, of_kind], axis=2)
    return Compared(features, is_open, nearest)


def _beside_others(values: Array, is_open: npt.NDArray[np.bool_]) -> Array:
    """(Q, K) less the mean over the deer that are open to each query: it tells deer apart only."""
    mean = np.where(is_open, values, 0).sum(axis=1) / np.maximum(is_open.sum(axis=1), 1)
    return np.asarray(values - mean[:, None])


def joined(a: Sightings, b: Sightings) -> Sightings:
    """Both, a's first."""
    pairs = ((getattr(a, field.name), getattr(b, field.name)) for field in fields(Sightings))
    return Sightings(*(np.concatenate(pair) for pair in pairs))
