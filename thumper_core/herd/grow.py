"""New photos' deer put into the shown herd, without a whole identification.

What a whole identification learned (the space, the scale, the cut) is kept with the herd. New
detections are mapped into that space, and the profiles that they are near are cut again with them:
what a whole identification would do if it learned nothing from the new photos. As a herd grows it
would learn something, so after a tenth more detections, or more photos than the settings say, a
whole identification is called for again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.counting import counted
from thumper_core.herd.kept_space import load_known
from thumper_core.herd.load import load_deer
from thumper_core.herd.recut import Applied, recut_in_part
from thumper_core.identify.chain import light_of
from thumper_core.identify.links.columns import event_names
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.tree.recut import Known
from thumper_core.reid.shelf import learned_for, name_of
from thumper_core.settings import Settings
from thumper_core.store.herd_summary import Growth, HerdSummary
from thumper_core.workspace import Workspace

GROWTH_MAX: Final = 0.1
"""Share of a herd's detections that may come since its last whole identification."""


@dataclass(frozen=True)
class Grown:
    """How growing went.

    is_done: the shown herd holds every deer of the run; applied: the new herd, None where no new
    photo shows a deer; reason: why a whole identification is called for, where it is.
    """

    is_done: bool
    applied: Applied | None = None
    reason: str = ""


def grow_herd(
    workspace: Workspace,
    run_id: str,
    settings: Settings,
    accept: Callable[[HerdSummary], bool] | None = None,
) -> Grown:
    """Put the deer of the run that the shown herd does not hold into it, and promote the result.

    accept: asked with the new herd's summary; False: nothing is recorded. A profile that is not
    near a new deer is left as it is; decisions since the shown herd are heard too.
    """
    herd = workspace.ledger.promoted_herd()
    known = load_known(workspace, herd.summary.base) if herd else None
    if herd is None or known is None or herd.run_id != run_id:
        return Grown(False, reason="the shown herd is not of this run, or its space is not kept")
    if known.mapping.matched or settings.identify.matching == "on":
        return Grown(False, reason="crops are matched place by place, new ones with all others")
    if not herd.method == settings.identify.method == "average":
        return Grown(False, reason="only the method `average` can grow a herd")
    asked = settings.identify.threshold
    if asked != "auto" and (herd.threshold is None or abs(asked - herd.threshold) > 1e-9):
        return Grown(False, reason="the threshold in the settings is another one now")
    if herd.summary.about not in ("", settings.deer.sentence):
        return Grown(False, reason="the settings are about other deer now")
    learned = learned_for(workspace, run_id, settings)
    if herd.summary.cut.metric != name_of(learned):
        return Grown(False, reason="something else was learned of visits since")
    frame, vectors = load_deer(workspace, run_id, settings.identify.class_conf_min)
    new = ~frame["detection_id"].is_in(known.detection_ids)
    held = set(frame["detection_id"])
    if not held.issuperset(known.detection_ids):
        return Grown(False, reason="photos of the herd are gone")
    if not new.any():
        return Grown(True)
    before = herd.summary.grown or Growth()
    growth = Growth(
        before.detections + int(new.sum()),
        before.photos + frame.filter(new)["photo_id"].n_unique(),
    )
    if growth.detections > GROWTH_MAX * frame.height:
        return Grown(
            False, reason=f"{counted(growth.detections, 'detection')} came since the last one"
        )
    if growth.photos > settings.ops.incremental_max:
        return Grown(
            False, reason=f"{counted(growth.photos, 'photo')} with deer came since the last one"
        )
    grown = with_more(known, frame.filter(new), vectors[new.to_numpy()])
    applied = recut_in_part(workspace, grown=grown, growth=growth, accept=accept)
    if applied is None:
        return Grown(False, reason="the grown herd was not accepted")
    return Grown(True, applied)


def with_more(known: Known, frame: pl.DataFrame, vectors: FloatArray) -> Known:
    """What is known with more detections: mapped into its space, everything else as it was.

    frame: their rows; vectors: (n, D) float32, their embeddings, same order.
    """
    index = link_tracklets(frame, vectors, contrast=known.contrast)
    events = event_names(tracklet_table(frame, index))
    mapped = known.mapping.apply(vectors, light_of(frame), index, events)
    return replace(
        known,
        detection_ids=[*known.detection_ids, *frame["detection_id"].to_list()],
        vectors=np.concatenate([known.vectors, mapped]),
    )
