"""What a gallery teaches of itself: what a crop is fit for, and what likeness, place and time are worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.chain import light_of
from thumper_core.identify.links.columns import column_codes
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.flanks import sides_of
from thumper_core.identify.meet.bucks import BUCK_MIN, buck_list_from, in_shed_season, male_chance
from thumper_core.identify.meet.chances import Model, learn_chances
from thumper_core.identify.meet.fitness import Fitness, learn_fitness, nearest, recognised
from thumper_core.identify.meet.gallery import Sightings, Yardstick
from thumper_core.identify.meet.measured import measures
from thumper_core.identify.meet.trials import Trial, trials
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.settings import IdentifySettings

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Facts:
    """What is known of each of N detections besides its vector, as codes that hold for all of them.

    event, camera: (N,); hour: (N,) of the day, day: (N,) days since 1970, both NaN where the clock says
    none; light: (N,) -1: not known; flank: (N,) 0: none, 1: left, 2: right; kind: (N,) 0: buck, 1: doe,
    2: fawn, -1: not known; measured: (N, F) as `measures`.
    """

    event: IntArray
    camera: IntArray
    hour: Array
    day: Array
    light: IntArray
    flank: IntArray
    kind: IntArray
    measured: Array

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Facts:
        """frame: as `identify_frame` takes it."""
        n = frame.height
        seconds = frame["taken_at"].dt.epoch("s").cast(pl.Float64).fill_null(np.nan).to_numpy()
        exact = np.ones(n, bool)
        if "is_time_evidence" in frame.columns:
            exact = frame["is_time_evidence"].fill_null(False).to_numpy()
        light = light_of(frame)
        adult_sex = pl.col("sex").replace_strict({"male": 0, "female": 1}, default=-1)
        kind = pl.when(pl.col("age_class") == "fawn").then(2).otherwise(adult_sex)
        return cls(
            column_codes(frame, "event_id"),
            column_codes(frame, "camera"),
            np.where(exact, seconds / 3600 % 24, np.nan),
            seconds / 86_400,
            np.full(n, -1, np.int32) if light is None else light.astype(np.int32),
            sides_of(frame).astype(np.int32),
            frame.select(kind.cast(pl.Int32).alias("kind"))["kind"].to_numpy(),
            measures(frame),
        )

    def sightings(
        self, rows: Rows, vectors: FloatArray, label: Rows, who: IntArray, tells: Array
    ) -> Sightings:
        """The sightings of some detections.

        rows: (R,); vectors: (N, d); label: (R,) sighting of each, dense; who: (N,) code of each
        detection's animal; tells: (N,) chance that it shows who it is.
        """
        n = int(label.max(initial=-1)) + 1
        first = np.unique(label, return_index=True)[1]
        best = np.zeros(n)
        np.maximum.at(best, label, tells[rows])

        def most(values: IntArray, none: int = -1) -> IntArray:
            return _most(values[rows], label, n, none)

        return Sightings(
            group_means(vectors[rows], label.astype(np.int32), n),
            most(who),
            self.event[rows][first],
            self.camera[rows][first],
            self.hour[rows][first],
            self.day[rows][first],
            most(self.light),
            most(np.where(self.flank > 0, self.flank, -1), 0),
            most(self.kind),
            best,
        )


@dataclass(frozen=True)
class Lessons:
    """identify, sex, age, antlers: what crops are fit for, None where too little is known; model: of
    sightings; buck_min: chance of a buck from which a visit stays on the buck list.
    """

    identify: Fitness | None
    model: Model
    sex: Fitness | None = None
    age: Fitness | None = None
    antlers: Fitness | None = None
    buck_min: float = BUCK_MIN


def tells(fitness: Fitness | None, measured: Array) -> Array:
    """(N,) chance that each crop shows what is asked; 1 where nothing says that one does not."""
    return np.ones(len(measured)) if fitness is None else fitness.tells(measured)


def by_visit(who: Rows, event: Rows) -> Rows:
    """(R,) dense code of each animal in each visit."""
    pairs = np.column_stack([who, event])
    return np.asarray(np.unique(pairs, axis=0, return_inverse=True)[1].ravel())


def learn_lessons(
    frame: pl.DataFrame,
    vectors: FloatArray,
    index: IntArray,
    tracklets: pl.DataFrame,
    links: Constraints,
    who: IntArray,
    space: FloatArray,
    settings: IdentifySettings,
    tell: Callable[[Trial], object] = lambda trial: None,
) -> Lessons:
    """From a gallery whose animals are known.

    frame, vectors, index, tracklets, links, who: as `trials` takes them; space: (N, d) float32, the
    vectors in the space that new pictures are compared in; tell: told of each trial.
    """
    facts = Facts.of(frame)
    tried = []
    for trial in trials(frame, vectors, index, tracklets, links, who, settings):
        tell(trial)
        tried.append(trial)
    asked, right = _answered(tried, facts, who)
    identify = learn_fitness(facts.measured[asked], right)
    shows = tells(identify, facts.measured)

    def sightings(rows: Rows, seen: FloatArray) -> Sightings:
        return facts.sightings(rows, seen, by_visit(who[rows], facts.event[rows]), who, shows)

    known = sightings(np.flatnonzero(who >= 0), space)
    pairs = [
        (sightings(trial.asked, trial.vectors), sightings(trial.known, trial.vectors))
        for trial in tried
    ]
    model = learn_chances(known, pairs, seed=settings.seed)
    return replace(_of_kinds(frame, facts, who), identify=identify, model=model)


def _of_kinds(frame: pl.DataFrame, facts: Facts, who: IntArray) -> Lessons:
    """What crops are fit for besides: that what is said of one's sex, or age, is what most say of its deer.

    Of deer with few pictures, or of which the pictures say this and that alike, nothing is learned.
    """
    said = {
        "sex": np.where(facts.kind == 2, -1, facts.kind),
        "age": np.where(facts.kind < 0, -1, facts.kind == 2),
    }
    lines: dict[str, Fitness | None] = {}
    usual: dict[str, IntArray] = {}
    for name, values in said.items():
        usual[name] = _firm(values.astype(np.int32), who)
        rows = np.flatnonzero((usual[name] >= 0) & (values >= 0))
        lines[name] = learn_fitness(facts.measured[rows], values[rows] == usual[name][rows])
    shed = in_shed_season(frame).fill_null(True).to_numpy()
    bucks = np.flatnonzero((usual["sex"] == 0) & ~shed)
    lines["antlers"] = learn_fitness(facts.measured[bucks], facts.kind[bucks] == 0)
    measured = facts.measured
    chance = male_chance(frame, sex_right(lines["sex"], frame, measured))
    buck_min = buck_list_from(chance, facts.event, usual["sex"] == 0)
    nothing = Model(Yardstick(np.zeros(4), np.ones(4)), np.zeros(0), np.zeros(0))
    return Lessons(None, nothing, **lines, buck_min=buck_min)


def sex_right(fitness: Fitness | None, frame: pl.DataFrame, measured: Array) -> Array:
    """(N,) chance that what is said of it is right; the detector's confidence where nothing was learned."""
    if fitness is None:
        return frame["confidence"].cast(pl.Float64).fill_null(0.5).to_numpy()
    return fitness.chances(measured)


def _firm(values: IntArray, who: IntArray) -> IntArray:
    """(N,) what at least four fifths of a deer's pictures, three or more, say; -1 elsewhere."""
    ok = (values >= 0) & (who >= 0)
    counts = np.zeros((int(who.max(initial=-1)) + 1, int(values.max(initial=0)) + 1))
    np.add.at(counts, (who[ok], values[ok]), 1)
    total = counts.sum(axis=1)
    firm = (total >= 3) & (counts.max(axis=1, initial=0) >= 0.8 * total)
    usual = np.where(firm, counts.argmax(axis=1), -1) if len(counts) else np.zeros(0)
    return np.where(who >= 0, usual[np.maximum(who, 0)] if len(usual) else -1, -1).astype(np.int32)


def _answered(
    tried: list[Trial], facts: Facts, who: IntArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Detections that were asked about and whose deer was in the gallery, and whether it was recognised."""
    rows, right = [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    for trial in tried:
        asked, known = trial.asked, trial.known
        is_new = ~np.isin(who[asked], who[known])
        similarity, row = nearest(
            trial.vectors[asked], trial.vectors[known], (facts.event[asked], facts.event[known])
        )
        is_own = (row >= 0) & (who[known][row] == who[asked])
        found = recognised(similarity, is_own, is_new)
        rows.append(asked[~is_new])
        right.append(found[~is_new])
    return np.concatenate(rows), np.concatenate(right)


def _most(values: IntArray, label: Rows, n: int, none: int) -> IntArray:
    """(n,) the value that most rows of each label have; `none` where all are negative."""
    ok = values >= 0
    counts = np.zeros((n, int(values.max(initial=0)) + 1), np.int32)
    np.add.at(counts, (label[ok], values[ok]), 1)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), none).astype(np.int32)
