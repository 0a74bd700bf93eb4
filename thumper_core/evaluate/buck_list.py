"""Whether visits of bucks stay on the buck list, at cameras that nothing was learned from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.evaluate.metrics import metric, resampled_mean
from thumper_core.heads.fit import FOLDS_MAX, calibrated, fit_line, logits_left_out
from thumper_core.identify.meet.bucks import buck_list_from

Labels = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

LIGHTS: Final = {False: "day", True: "infrared"}


def buck_list_scores(
    vectors: FloatArray,
    is_buck: Labels,
    camera: npt.NDArray[np.str_],
    visit: npt.NDArray[np.str_],
    is_infrared: Labels,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Shares of the visits with a buck, and of those without, that stay on the buck list.

    vectors: (N, D) float32 of boxes; is_buck: (N,); camera, visit: (N,) names; is_infrared: (N,). The head
    for sex and the chance from which a visit stays are learned on the other cameras alone, the latter on
    answers of heads that had not seen those either. Returns `kept` and `kept_without` with
    `{"value", "low", "high"}` (95%, visits resampled), the same for `_day` and `_infrared`, and how
    many visits there are of each (`n_*`).
    """
    names, number = np.unique(camera, return_inverse=True)
    stays = np.zeros(len(vectors), bool)
    judged = np.zeros(len(vectors), bool)
    for fold in range(min(len(names), FOLDS_MAX)):
        out = number % FOLDS_MAX == fold
        chance, least = _learned(vectors, is_buck, camera, visit, out)
        if chance is None:
            continue
        stays[out], judged[out] = chance >= least, True
    visits, code = np.unique(visit, return_inverse=True)
    has_buck, kept, night, asked = (np.zeros(len(visits), bool) for _ in range(4))
    for target, rows in ((has_buck, is_buck), (kept, stays), (night, is_infrared), (asked, judged)):
        np.logical_or.at(target, code, rows)
    result: dict[str, Any] = {}
    for name, light in (("", None), ("_day", False), ("_infrared", True)):
        mine = asked if light is None else asked & (night == light)
        for word, group in (("kept", mine & has_buck), ("kept_without", mine & ~has_buck)):
            result[word + name] = resampled_mean(kept[group], visits[group], seed)
            result[f"n_{word}{name}"] = metric(float(group.sum()))
    return result


def _learned(
    vectors: FloatArray,
    is_buck: Labels,
    camera: npt.NDArray[np.str_],
    visit: npt.NDArray[np.str_],
    out: Labels,
) -> tuple[Array | None, float]:
    """Chances of a buck of the rows that are out, and the least one that keeps a visit on the list."""
    rest = ~out
    left = logits_left_out(vectors[rest], is_buck[rest], camera[rest])
    known = np.isfinite(left)
    if len(np.unique(is_buck[rest][known])) < 2:
        return None, 0.0
    line, honest = calibrated(fit_line(vectors[rest], is_buck[rest]), left, is_buck[rest])
    codes = np.unique(visit[rest], return_inverse=True)[1]
    chances = 1 / (1 + np.exp(-honest[known]))
    least = buck_list_from(chances, codes[known], is_buck[rest][known])
    return 1 / (1 + np.exp(-line.logits(vectors[out]))), least
