"""Herds of known animals that a simulated reviewer can work on."""

from __future__ import annotations

from functools import cache

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.evaluate.effort import Case
from thumper_core.evaluate.effort_cases import majority
from thumper_core.identify.chain import identify_frame
from thumper_core.settings import IdentifySettings


@cache
def effort_case(seed: int, moment: float) -> Case:
    """Nine animals as the photos alone group them; moment: how far a visit moves an animal's vector."""
    herd = synthetic_herd(9, 60, moment=moment, seed=seed)
    found = identify_frame(herd.frame, herd.vectors, IdentifySettings())
    assert found.thresholds.judgement is not None
    truth = herd.truth.astype(str)
    return Case(
        found.clustering.means,
        found.clustering.index,
        found.constraints.constraints,
        found.thresholds.judgement,
        found.clustering.event,
        truth,
        majority(truth, found.clustering.index),
    )
