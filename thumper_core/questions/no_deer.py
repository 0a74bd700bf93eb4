"""Why there are no deer to tell apart, in one sentence, and the one command that goes on."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import polars as pl

from thumper_core.contracts import ANIMAL
from thumper_core.deer import DEER_NAMES
from thumper_core.ingest.rendered import is_demo_herd
from thumper_core.pipeline.choice import REAL, RENDERED, choose_detector
from thumper_core.pipeline.photo_counts import Ask, photo_counts
from thumper_core.questions.words import counted
from thumper_core.settings import AUTO
from thumper_core.store.meanings import meanings_of, say_deer
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace


class Why(StrEnum):
    """What keeps deer from being told apart."""

    NO_PHOTOS = "no_photos"
    NO_RUN = "no_run"  # no run has looked at every photo
    NO_VECTORS = "no_vectors"  # deer, of a run that was imported: nothing tells them apart
    NOTHING = "nothing"  # not one detection
    NOT_NAMED = "not_named"  # animals, by a detector that names no species
    TOO_WEAK = "too_weak"  # deer, all below the confidence from which they are grouped
    OTHERS = "others"  # other species only


@dataclass(frozen=True)
class NoDeer:
    """A reason with its sentence, and the words after `thumper` of the command that goes on.

    n_detections: of the run that was asked; n_deer: of the species of interest among them, however
    weak; n_animals: those that only say "animal"; highest: confidence of the surest deer, [0, 1],
    None: there is none.
    """

    reason: Why
    sentence: str
    command: str
    n_detections: int = 0
    n_deer: int = 0
    n_animals: int = 0
    highest: float | None = None
    conf_min: float | None = None  # from which on they would all be grouped, where that is why


_PHOTOS: Final = "select count(*) as n from present"
_FOUND: Final = """
select d.species, d.is_deer, d.source = 'human' or d.confidence >= $1 as counts,
    count(*) as n, max(d.confidence) as highest, min(d.confidence) as lowest
from all_detections d
semi join present p on p.photo_id = d.photo_id
where d.run_id = $2 group by all
"""
_WITH_VECTOR: Final = """
select count(*) as n from all_detections d
semi join present p on p.photo_id = d.photo_id
semi join all_embeddings e on e.run_id = d.run_id and e.detection_id = d.detection_id
where d.run_id = $2 and d.is_deer and (d.source = 'human' or d.confidence >= $1)
"""


def why_no_deer(
    workspace: Workspace,
    *,
    run_id: str | None = None,
    conf_min: float | None = None,
    ask: Ask | None = None,
) -> NoDeer | None:
    """Why an identification would find no deer; None: it would find some.

    run_id: default the run that `identify` takes, the newest complete one; conf_min: weakest
    detection that is grouped, default the settings' own; ask: another connection to the same
    workspace than its own.
    """
    ask = ask or workspace.sql
    species = workspace.settings.species
    n_photos = int(ask(_PHOTOS, []).item())
    if not n_photos:
        return NoDeer(
            Why.NO_PHOTOS, "There are no photos in this workspace yet.", "add PATH-TO-PHOTOS"
        )
    run = _run(workspace, run_id)
    if run is None:
        return _no_run(workspace, ask, n_photos)
    least = workspace.settings.identify.class_conf_min if conf_min is None else conf_min
    found = ask(_FOUND, [least, run.run_id])
    deer, animals = found.filter("is_deer"), found.filter(pl.col("species") == ANIMAL)
    strong = deer.filter("counts")
    if strong.height and ask(_WITH_VECTOR, [least, run.run_id]).item():
        return None
    facts: dict[str, Any] = {
        "n_detections": int(found["n"].sum()),
        "n_deer": int(deer["n"].sum()),
        "n_animals": int(animals["n"].sum()),
        "highest": deer["highest"].max(),
    }
    if not facts["n_detections"]:
        return NoDeer(
            Why.NOTHING,
            f"The detector {run.detector} found nothing in {counted(n_photos, 'photo')}.",
            _another_look(workspace, run),
            **facts,
        )
    said = counted(facts["n_deer"], "detection")
    if strong.height:
        return NoDeer(
            Why.NO_VECTORS,
            f"The {said} of {species} {'has' if facts['n_deer'] == 1 else 'have'} no embeddings, by which "
            "deer are told apart.",
            _detecting(workspace),
            **facts,
        )
    if deer.height:
        lowest = math.floor(100 * float(deer["lowest"].min())) / 100  # type: ignore[arg-type]
        return NoDeer(
            Why.TOO_WEAK,
            f"The {said} of {species} {'is' if facts['n_deer'] == 1 else 'are all'} below the "
            f"confidence of {least:g} from which deer are grouped; the highest is "
            f"{facts['highest']:.2f}.",
            f"identify --conf {lowest:g}",
            **facts,
            conf_min=lowest,
        )
    meanings = meanings_of(workspace.ledger, run.detector).values()
    if animals.height and not say_deer(meanings, species):
        return NoDeer(
            Why.NOT_NAMED,
            f"The {counted(facts['n_animals'], 'detection')} of {run.detector} say only "
            f'"{ANIMAL}", so nobody knows whether they are {species}.',
            f"identify --species {shlex.quote(species)}",
            **facts,
        )
    return _others(found, species, facts)


def deer_left_out(workspace: Workspace, run_id: str, conf_min: float) -> str:
    """A sentence on the run's deer that were not grouped, and why; empty where all were.

    conf_min: weakest detection that was grouped.
    """
    found = workspace.sql(_FOUND, [conf_min, run_id]).filter("is_deer")
    weak = int(found.filter(~pl.col("counts"))["n"].sum())
    bare = int(found.filter("counts")["n"].sum())
    if bare:
        bare -= int(workspace.sql(_WITH_VECTOR, [conf_min, run_id]).item())
    reasons = []
    if weak:
        reasons.append(f"{weak:,} below a confidence of {conf_min:g} (`identify --conf X`)")
    if bare:
        reasons.append(f"{bare:,} without a vector")
    if not reasons:
        return ""
    total = counted(int(found["n"].sum()), "detection")
    return f"Left out of {total} of {workspace.settings.species}: {' and '.join(reasons)}."


def _run(workspace: Workspace, run_id: str | None) -> RunRow | None:
    """The run that an identification would take."""
    if run_id is not None:
        return workspace.ledger.run(run_id)
    complete = [run for run in workspace.ledger.runs() if run.state == "complete"]
    return complete[-1] if complete else None


def _no_run(workspace: Workspace, ask: Ask, n_photos: int) -> NoDeer:
    """No run is complete: one was imported, one has begun, or there is none."""
    runs = [run for run in workspace.ledger.runs() if run.state != "discarded"]
    working = [run for run in runs if run.state != "imported"]
    if runs and not working:
        return NoDeer(
            Why.NO_VECTORS,
            f"The detections of {runs[-1].detector} have no embeddings, by which deer are told apart, "
            "and no detector has looked at the photos here yet.",
            _detecting(workspace),
        )
    waiting = photo_counts(workspace, working[-1].run_id, ask=ask).pending if working else n_photos
    return NoDeer(
        Why.NO_RUN,
        f"No run is complete: {waiting:,} of {counted(n_photos, 'photo')} "
        f"{'waits' if waiting == 1 else 'wait'} to be processed.",
        "run",
    )


def _detecting(workspace: Workspace) -> str:
    """The command that lets a detector look at the photos."""
    return f"run --detector {shlex.quote(choose_detector(workspace).detector)}"


def _another_look(workspace: Workspace, run: RunRow) -> str:
    """Another detector where this one does not fit the photos, else the same with weaker boxes."""
    if run.detector == RENDERED and not is_demo_herd(workspace.ledger.roots()):
        return f"run --detector {REAL}"
    named = workspace.settings.detect.detector == AUTO and workspace.ledger.promoted("run")
    detector = "" if named == run.run_id else f"--detector {shlex.quote(run.detector)} "
    return f"run {detector}--conf {workspace.settings.detect.conf_min / 2:g}"


def _others(found: pl.DataFrame, species: str, facts: dict[str, Any]) -> NoDeer:
    """Only other species: another deer may be the one that is meant."""
    kinds = found.group_by("species").agg(pl.col("n").sum()).sort("n", "species", descending=True)
    listed = ", ".join(f"{name} ({n:,})" for name, n in kinds.head(4).iter_rows())
    more = ", ..." if kinds.height > 4 else ""
    deer = [name for name in kinds["species"] if name in DEER_NAMES]
    return NoDeer(
        Why.OTHERS,
        f"Nothing of what was found is {species}: {listed}{more}.",
        f"identify --species {shlex.quote(deer[0])}" if deer else "app",
        **facts,
    )
