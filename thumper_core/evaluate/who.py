"""`evaluate who`: how well new pictures are told who they show, when some of the animals are new.

The gallery is the past, as far as it shows individuals that are known; what comes later is asked about,
of these and of others that nobody has seen before. Everything that is asked with is learned on the gallery
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray, UsageError
from thumper_core.evaluate.founding import Founded, founded
from thumper_core.evaluate.metrics import Metric, metric, resampled_mean
from thumper_core.evaluate.weeks import as_rows, weeks
from thumper_core.evaluate.who_cases import Season
from thumper_core.identify.chain import light_of
from thumper_core.identify.links.columns import column_codes, event_names
from thumper_core.identify.links.constraints import build_constraints
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.meet.chances import Model, prior_of_new
from thumper_core.identify.meet.gallery import Sightings, compare
from thumper_core.identify.meet.learn import Facts, by_visit, learn_lessons, tells
from thumper_core.identify.meet.visits import animals_of_visits
from thumper_core.identify.scale.calibrate import calibrate, reliability_curve
from thumper_core.identify.scale.probability import judge
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import group_means
from thumper_core.identify.tree.cluster import average_linkage

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PAST: Final = 0.6
"""Share of the visits that are the past."""
FALSE_KNOWN: Final = (0.01, 0.05)
FEW: Final = 10
"""Visits of one look, fewer of which give no figure."""


@dataclass(frozen=True)
class Asked:
    """A draw of who is known, with what is asked and answered.

    known, asked: sightings; is_new: (Q,) whether the animal is not in the gallery; deer: (Q, K) chances of
    the gallery's animals and new: (Q,) of a new one, were it certain that the pictures tell.
    """

    known: Sightings
    asked: Sightings
    is_new: Mask
    deer: Array
    new: Array
    model: Model
    with_gate: Founded
    without_gate: Founded

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """(Q, K) animals of the gallery, the likeliest first."""
        return np.asarray(self.known.deer[np.argsort(-self.deer, axis=1, kind="stable")], np.int64)

    def within(self, k: int) -> Mask:
        """(Q,) whether the animal is among the k likeliest."""
        return np.asarray((self.order[:, :k] == self.asked.who[:, None]).any(axis=1))


def evaluate_who(
    season: Season, *, known: float = 0.7, draws: int = 2, seed: int = 0
) -> dict[str, Any]:
    """Flat figures, each `{"value", "low", "high"}` (95%, individuals resampled where there is an interval).

    known: share of the individuals that the gallery may hold; draws: of who these are, put together.
    rank1, rank5: of visits of known ones; dir_at_1, dir_at_5: share of these that are named rightly where 1%
    or 5% of the new ones are taken for a known one; ece_new: expected calibration error of P(new);
    invented, missed, found_new: animals that a herd would found that were known already, new ones that it
    would not, and those that it would, with the gate, and `*_without_gate`; n_*: what there was. The rows
    of `by_look`, `by_week` (`weeks`, of the first draw) and `reliability` are tables of their own.
    """
    if not 0 < known < 1:
        raise UsageError("--known is a share of the individuals, between 0 and 1.")
    found = [asked_of(season, known, seed + draw) for draw in range(draws)]
    names = [one.asked.who for one in found]
    is_known = [~one.is_new for one in found]
    units = np.concatenate([who[ok] for who, ok in zip(names, is_known, strict=True)])
    result: dict[str, Any] = {
        f"rank{k}": resampled_mean(
            np.concatenate([one.within(k)[ok] for one, ok in zip(found, is_known, strict=True)]),
            units,
            seed,
        )
        for k in (1, 5)
    }
    for share in FALSE_KNOWN:
        result[f"dir_at_{share:.0%}".rstrip("%")] = _named_rightly(found, share)
    new = np.concatenate([one.new for one in found])
    truth = np.concatenate([one.is_new for one in found])
    shows = np.concatenate([one.asked.tells for one in found])
    ece, curve = reliability_curve(new, truth.astype(np.float64))
    result["ece_new"] = metric(ece)
    result["mean_p_new"], result["share_new"] = (
        metric(float(new.mean())),
        metric(float(truth.mean())),
    )
    for word, gate in (("", "with_gate"), ("_without_gate", "without_gate")):
        for what in ("invented", "missed", "found_new", "wrong_known"):
            total = sum(getattr(getattr(one, gate), what) for one in found)
            result[what + word] = metric(float(total))
    result["n_untold"] = metric(float(sum(one.with_gate.untold for one in found)))
    result["n_waiting"] = metric(float(sum(one.with_gate.waiting for one in found)))
    result["n_asked"] = metric(float(len(new)))
    result["n_asked_known"] = metric(float((~truth).sum()))
    result["n_gallery_animals"] = metric(float(np.mean([len(one.known.deer) for one in found])))
    result["mean_tells"] = metric(float(shows.mean()))
    result["by_look"] = _by_look(found)
    result["by_week"] = as_rows(weeks(found[0].known, found[0].asked, found[0].model))
    result["reliability"] = curve.to_dicts()
    return result


def asked_of(season: Season, known: float, seed: int) -> Asked:
    """One draw of who is known. Raises UsageError where nobody is left to know, or to ask about."""
    frame, who = season.frame, season.who
    names, code = np.unique(who, return_inverse=True)
    rng = np.random.default_rng(seed)
    never = rng.permutation(len(names))[: round(len(names) * (1 - known))]
    begun = frame.group_by("event_id").agg(pl.col("taken_at").min()).sort("taken_at", "event_id")
    past = begun["event_id"][: int(PAST * begun.height)].to_list()
    is_past = frame["event_id"].is_in(past).to_numpy()
    is_gallery = is_past & ~np.isin(code, never)
    if len(np.unique(code[is_gallery])) < 2 or is_past.all():
        raise UsageError("Too few individuals were seen twice to keep some back: add photos.")
    use = is_gallery | ~is_past
    return _answered(season, frame.filter(pl.Series(use)), use, is_gallery[use], code[use])


def _answered(
    season: Season, frame: pl.DataFrame, use: Mask, is_gallery: Mask, code: npt.NDArray[np.int64]
) -> Asked:
    settings, raw = season.settings, season.vectors[use]
    who = code.astype(np.int32)
    index = link_tracklets(frame, raw)
    own, its = (_dense(index[rows]) for rows in (is_gallery, ~is_gallery))
    parts = [frame.filter(pl.Series(rows)) for rows in (is_gallery, ~is_gallery)]
    tracklets = [tracklet_table(part, i) for part, i in zip(parts, (own, its), strict=True)]
    links = [
        build_constraints(t, part, i, None, season.cameras, settings).constraints
        for t, part, i in zip(tracklets, parts, (own, its), strict=True)
    ]
    event = column_codes(tracklets[0], "event_id")
    space = learn_space(
        raw[is_gallery],
        own,
        column_codes(parts[0], "photo_id"),
        event,
        event_names(tracklets[0]),
        light_of(parts[0]),
        links[0],
        settings,
    )
    vectors = np.zeros((len(raw), space.vectors.shape[1]), np.float32)
    vectors[is_gallery] = space.vectors
    vectors[~is_gallery] = space.mapping.apply(
        raw[~is_gallery], light_of(parts[1]), its, event_names(tracklets[1])
    )
    learned = learn_lessons(
        parts[0],
        raw[is_gallery],
        own,
        tracklets[0],
        links[0],
        who[is_gallery],
        space.vectors,
        settings,
    )
    facts = Facts.of(frame)
    shows = tells(learned.identify, facts.measured)
    rows = np.flatnonzero(is_gallery)
    known = facts.sightings(rows, vectors, by_visit(who[rows], facts.event[rows]), who, shows)
    rows = np.flatnonzero(~is_gallery)
    best = np.zeros(tracklets[1].height)
    np.maximum.at(best, its, shows[rows])
    animals = animals_of_visits(
        group_means(vectors[rows], its, tracklets[1].height),
        column_codes(tracklets[1], "event_id"),
        links[1],
        _cut(space.vectors, own, event, links[0]),
        best,
    )
    asked = facts.sightings(rows, vectors, animals[its], who, shows)
    compared = compare(asked, known, learned.model.yardstick)
    model = learned.model.expecting(prior_of_new(learned.model, asked, compared, known))
    deer, new = model.chances(asked, compared)
    is_new = ~np.isin(asked.who, known.deer)
    gate, none = (founded(known, asked, model, has_gate=has) for has in (True, False))
    return Asked(known, asked, is_new, deer, new, model, gate, none)


def _dense(index: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.unique(index, return_inverse=True)[1].astype(np.int32)


def _cut(
    vectors: FloatArray,
    index: npt.NDArray[np.int32],
    event: npt.NDArray[np.int32],
    links: Any,
) -> float:
    """The similarity at which the gallery alone would be cut; 1 where nothing can be calibrated."""
    means = group_means(vectors, index, len(event))
    groups = calibrate(vectors, index, means, event, links, resamples=0).groups
    if groups is None:
        return 1.0
    tree = average_linkage(means, links.cannot, links.must, links.group).dendrogram
    return judge(tree, means, event, np.bincount(index), groups).best


def _named_rightly(found: list[Asked], share: float) -> Metric:
    """Of visits of known animals, those named rightly at the score that so many of the new ones reach."""
    score = np.concatenate([(one.deer.max(axis=1)) * one.asked.tells for one in found])
    new = np.concatenate([one.is_new for one in found])
    right = np.concatenate([one.within(1) for one in found])
    if not new.any() or new.all():
        return metric(float("nan"))
    beyond = np.quantile(score[new], 1 - share, method="higher")
    return metric(float((right & (score > beyond))[~new].mean()))


def _by_look(found: list[Asked]) -> list[dict[str, Any]]:
    """A row for each flank, light and number of sightings in the gallery: visits, rank1, calibration."""
    words: dict[str, list[npt.NDArray[np.str_]]] = {"flank": [], "light": [], "seen before": []}
    for one in found:
        times = np.bincount(one.known.who, minlength=int(one.asked.who.max()) + 1)[one.asked.who]
        words["flank"].append(np.array(["not said", "left", "right"])[one.asked.flank])
        words["light"].append(np.array(["colour", "infrared", "not known"])[one.asked.light])
        seen = np.select(
            [times == 0, times == 1, times <= 3, times <= 9], ["0", "1", "2-3", "4-9"], "10+"
        )
        words["seen before"].append(seen)
    rows = []
    new, truth, right = (
        np.concatenate(column)
        for column in zip(*((one.new, one.is_new, one.within(1)) for one in found), strict=True)
    )
    for look, columns in words.items():
        said = np.concatenate(columns)
        for value in np.unique(said):
            mine = said == value
            if mine.sum() < FEW:
                continue
            known = mine & ~truth
            rows.append(
                {
                    "look": look,
                    "value": str(value),
                    "visits": int(mine.sum()),
                    "rank1": float(right[known].mean()) if known.any() else None,
                    "ece_new": reliability_curve(new[mine], truth[mine].astype(np.float64))[0],
                }
            )
    return rows
