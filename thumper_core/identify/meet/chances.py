"""The chances that a sighting is each of the known deer, or a new one.

A conditional logit (McFadden 1974): every known deer has a score, a line through what speaks for it
(`gallery.FEATURES`), and "new" has a score of its own; the chances are their shares after `exp`. The lines
are learned on trials in which a part of the gallery is asked about (`trials`), some of it of deer that the
rest does not hold. New and known weigh alike there; how often new deer really come is another question
(`prior_of_new`), and moves the score of "new" alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.meet.gallery import FEATURES, Compared, Sightings, Yardstick, compare

Array = npt.NDArray[np.float64]

FOUNDS_FROM: Final = 0.75
"""Chance of a new deer from which a visit may found one. A wrong new animal costs about three times as
much as one that waits for its next visit: it is counted from then on, and later visits go to it.
"""
NEEDED: Final = 8
"""Sightings of known deer, and of new ones, fewer of which teach nothing."""
USUAL_WEIGHT: Final = 5.0
RIDGE: Final = 0.05
START: Final = np.array([8.0, 2.0, 0.0, 0.0, 0.5, 0.2, 0.1, 0.8])
NEW_START: Final = np.array([7.0, 0.0])


@dataclass(frozen=True)
class Model:
    """yardstick: how similarities are measured; deer: (F,) weights; new: (2,) base, and for how well the
    pictures tell; prior: chance of a new one; apart: how far new and known ones came apart in the
    trials, 0 not at all, 1 wholly.
    """

    yardstick: Yardstick
    deer: Array
    new: Array
    prior: float = 0.5
    apart: float = 0.0

    def chances(self, asked: Sightings, found: Compared) -> tuple[Array, Array]:
        """(Q, K) of each known deer, and (Q,) of a new one; together they add up to one."""
        scores = _scores(self, asked, found)
        scores[:, -1] += np.log(self.prior / (1 - self.prior))
        p = _shares(scores)
        return p[:, :-1], p[:, -1]

    def expecting(self, prior: float) -> Model:
        """The same where so many of the sightings are of new deer."""
        return replace(self, prior=float(np.clip(prior, 1e-3, 0.9)))


def learn_chances(
    known: Sightings, tried: Sequence[tuple[Sightings, Sightings]], *, seed: int = 0
) -> Model:
    """Learned on trials; where these are too few, the lines that it started from.

    known: the gallery; tried: what was asked about, and what it was compared with, of each trial
    (`trials`), all with `who`.
    """
    rng = np.random.default_rng(seed)
    model = Model(Yardstick.of(known, rng), START, NEW_START)
    examples = []
    for asked, gallery in tried:
        if not len(asked) or len(gallery.deer) < 2:
            continue
        found = compare(asked, gallery, Yardstick.of(gallery, rng))
        own = np.searchsorted(gallery.deer, asked.who)
        own = np.where(np.isin(asked.who, gallery.deer), own, len(gallery.deer))
        examples.append(_Examples(found.features, found.open, _of_new(asked), own))
    counts = [sum(int(e.is_new.sum()) for e in examples), sum(len(e.own) for e in examples)]
    if min(counts[0], counts[1] - counts[0]) < NEEDED:
        return model
    return _fitted(model, examples, counts[0] / counts[1])


def prior_of_new(model: Model, asked: Sightings, found: Compared, known: Sightings) -> float:
    """Share of the sightings that are of new deer: the most likely one, given what is usual.

    What is usual: of the later half of the gallery's visits, how many were a deer's first. It weighs as
    much as USUAL_WEIGHT sightings that tell new ones from known ones without fail; those that are asked about
    weigh as far as they do so (an estimate of a share by answers that come apart by J has a variance of
    1 / (n J^2)). The rest is expectation and maximisation.
    """
    usual = _usual_share_of_new(known)
    weight = asked.tells * model.apart**2
    share = usual
    for _ in range(50):
        _, new = model.expecting(share).chances(asked, found)
        now = (USUAL_WEIGHT * usual + float(new @ weight)) / (USUAL_WEIGHT + float(weight.sum()))
        if abs(now - share) < 1e-4:
            break
        share = now
    return float(share)


def _usual_share_of_new(known: Sightings) -> float:
    """Of the gallery's later half, the share of sightings that were their deer's first; at least a little."""
    if not len(known):
        return 0.5
    order = np.argsort(np.where(np.isfinite(known.day), known.day, 0), kind="stable")
    first = np.zeros(len(known), bool)
    first[np.unique(known.who[order], return_index=True)[1]] = True
    later = first[len(first) // 2 :]
    return float((later.sum() + 1) / (len(later) + 4))


def _scores(model: Model, asked: Sightings, found: Compared) -> Array:
    """(Q, K + 1) scores, "new" the last."""
    scores = found.features @ model.deer
    scores = np.where(found.open, scores, -np.inf)
    new = _of_new(asked) @ model.new
    return np.column_stack([scores, new])


def _of_new(asked: Sightings) -> Array:
    return np.column_stack([np.ones(len(asked)), asked.tells])


def _shares(scores: Array) -> Array:
    top = scores.max(axis=1, keepdims=True)
    p = np.exp(scores - top)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class _Examples:
    """Of one trial: x: (Q, K, F); is_open: (Q, K); z: (Q, 2) what speaks for "new"; own: (Q,) place of
    the right deer, K: it is new.
    """

    x: Array
    is_open: npt.NDArray[np.bool_]
    z: Array
    own: npt.NDArray[np.integer]

    @property
    def is_new(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.own == self.x.shape[1])


def _fitted(model: Model, examples: Sequence[_Examples], share: float) -> Model:
    """The most likely weights, with a small pull to the start.

    share: of the examples that are new; both kinds weigh alike, as if half of all were.
    """
    from scipy.optimize import minimize

    count = len(FEATURES)
    start = np.concatenate([model.deer, model.new])

    def loss(line: Array) -> tuple[float, Array]:
        total, slope = 0.0, np.zeros_like(line)
        for one in examples:
            raw = np.where(one.is_open, one.x @ line[:count], -np.inf)
            p = _shares(np.column_stack([raw, one.z @ line[count:]]))
            each = np.arange(len(p))
            weight = np.where(one.is_new, 0.5 / share, 0.5 / (1 - share))
            total -= float(weight @ np.log(np.maximum(p[each, one.own], 1e-300)))
            p[each, one.own] -= 1
            p *= weight[:, None]
            slope[:count] += np.einsum("qk,qkf->f", p[:, :-1], one.x)
            slope[count:] += one.z.T @ p[:, -1]
        pull = line - start
        return total + RIDGE * float(pull @ pull), slope + 2 * RIDGE * pull

    line = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    fitted = replace(model, deer=line[:count], new=line[count:])
    return replace(fitted, apart=_apart(fitted, examples))


def _apart(model: Model, examples: Sequence[_Examples]) -> float:
    """Mean chance of "new" of new ones less that of known ones, asked about alike; at least 0."""
    new, truth = [], []
    for one in examples:
        raw = np.where(one.is_open, one.x @ model.deer, -np.inf)
        new.append(_shares(np.column_stack([raw, one.z @ model.new]))[:, -1])
        truth.append(one.is_new)
    p, is_new = np.concatenate(new), np.concatenate(truth)
    return float(max(p[is_new].mean() - p[~is_new].mean(), 0.0))
