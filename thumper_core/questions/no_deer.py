"""Why there are no deer to tell apart, in one sentence, and the one command that goes on."""

from __future__ import annotations

import math
import shlex
from typing import Any, Final

import polars as pl

from thumper_core.contracts import ANIMAL
from thumper_core.deer import DEER_NAMES
from thumper_core.language import say
from thumper_core.pipeline.choice import choose_detector
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.pipeline.photo_counts import Ask, photo_counts
from thumper_core.questions.nothing_found import from_conf, option_that_hid, why_nothing
from thumper_core.questions.reasons import NoDeer, Why
from thumper_core.questions.words import counted, listed
from thumper_core.store.meanings import meanings_of, say_deer
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace

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

    run_id: default the run that `identify` takes (`pipeline.newest`); conf_min: weakest detection that
    is grouped, default the settings' own; ask: another connection to the same workspace than its own.
    """
    ask = ask or workspace.sql
    species = workspace.settings.species
    n_photos = int(ask(_PHOTOS, []).item())
    if not n_photos:
        return NoDeer(
            Why.NO_PHOTOS, say("There are no photos in this workspace yet."), "add PATH-TO-PHOTOS"
        )
    run = _run(workspace, run_id, ask)
    if run is None:
        return _no_run(workspace, ask, n_photos)
    usual = workspace.settings.identify.class_conf_min
    least = usual if conf_min is None else conf_min
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
        return why_nothing(workspace, run, ask, facts)
    said = counted(facts["n_deer"], "detection")
    if strong.height:
        return NoDeer(
            Why.NO_VECTORS,
            say(
                "The {said} of {species} has no embeddings, by which deer are told apart."
                if facts["n_deer"] == 1
                else "The {said} of {species} have no embeddings, by which deer are told apart.",
                said=said,
                species=species,
            ),
            _detecting(workspace),
            **facts,
        )
    if deer.height:
        lowest = math.floor(100 * float(deer["lowest"].min())) / 100  # type: ignore[arg-type]
        all_of_them = f"identify --conf {lowest:g}"
        hid = usual <= facts["highest"] < least
        without = (
            say(
                " (without `--conf` it is {usual:g}; `{all_of_them}` takes all)",
                usual=usual,
                all_of_them=all_of_them,
            )
            if hid
            else ""
        )
        return NoDeer(
            Why.TOO_WEAK,
            say(
                "The {said} of {species} is below the confidence of {least:g} from which deer are "
                "grouped{without}; the highest is {highest:.2f}."
                if facts["n_deer"] == 1
                else "The {said} of {species} are all below the confidence of {least:g} from which deer "
                "are grouped{without}; the highest is {highest:.2f}.",
                said=said,
                species=species,
                least=least,
                without=without,
                highest=facts["highest"],
            ),
            "identify" if hid else all_of_them,
            **facts,
            conf_min=lowest,
        )
    meanings = meanings_of(workspace.ledger, run.detector).values()
    if animals.height and not say_deer(meanings, species):
        return NoDeer(
            Why.NOT_NAMED,
            say(
                'The {detections} of {detector} say only "{animal}", so it is not known whether they '
                "are {species}.",
                detections=counted(facts["n_animals"], "detection"),
                detector=run.detector,
                animal=ANIMAL,
                species=species,
            ),
            f"identify --species {shlex.quote(species)}",
            **facts,
        )
    return _others(workspace, run, found, facts)


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
        reasons.append(
            say(
                "{weak:,} below a confidence of {conf_min:g} (`identify --conf X`)",
                weak=weak,
                conf_min=conf_min,
            )
        )
    if bare:
        reasons.append(say("{bare:,} without a vector", bare=bare))
    if not reasons:
        return ""
    total = counted(int(found["n"].sum()), "detection")
    return say(
        "Left out of {total} of {species}: {parts}.",
        total=total,
        species=workspace.settings.species,
        parts=listed(reasons),
    )


def _run(workspace: Workspace, run_id: str | None, ask: Ask) -> RunRow | None:
    """The run that an identification would take."""
    if run_id is not None:
        return workspace.ledger.run(run_id)
    if all(run.state != "complete" for run in workspace.ledger.runs()):
        return None
    return newest_complete_run(workspace, ask=ask)


def _no_run(workspace: Workspace, ask: Ask, n_photos: int) -> NoDeer:
    """No run is complete: one was imported, one has begun, or there is none."""
    runs = [run for run in workspace.ledger.runs() if run.state != "discarded"]
    working = [run for run in runs if run.state != "imported"]
    if runs and not working:
        return NoDeer(
            Why.NO_VECTORS,
            say(
                "The detections of {detector} have no embeddings, by which deer are told apart, and "
                "no detector has looked at the photos here yet.",
                detector=runs[-1].detector,
            ),
            _detecting(workspace),
        )
    waiting = photo_counts(workspace, working[-1].run_id, ask=ask).pending if working else n_photos
    return NoDeer(
        Why.NO_RUN,
        say(
            "No run is complete: {waiting:,} of {photos} waits to be processed."
            if waiting == 1
            else "No run is complete: {waiting:,} of {photos} wait to be processed.",
            waiting=waiting,
            photos=counted(n_photos, "photo"),
        ),
        "run",
    )


def _detecting(workspace: Workspace) -> str:
    """The command that lets a detector look at the photos."""
    return f"run --detector {shlex.quote(choose_detector(workspace).detector)}"


def _others(
    workspace: Workspace, run: RunRow, found: pl.DataFrame, facts: dict[str, Any]
) -> NoDeer:
    """Only other species: another deer may be the one that is meant, or an option hid the deer."""
    species, least = workspace.settings.species, workspace.settings.identify.class_conf_min
    kinds = found.group_by("species").agg(pl.col("n").sum()).sort("n", "species", descending=True)
    listed = ", ".join(f"{name} ({n:,})" for name, n in kinds.head(4).iter_rows())
    listed += ", ..." if kinds.height > 4 else ""
    deer = [name for name in kinds["species"] if name in DEER_NAMES]
    option = option_that_hid(workspace, run)
    if deer or option is not None:
        where = f"{from_conf(run)}{option.instead}" if option else ""
        return NoDeer(
            Why.OTHERS,
            say(
                "Nothing of what was found{where} is {species}: {listed}.",
                where=where,
                species=species,
                listed=listed,
            ),
            option.command if option else f"identify --species {shlex.quote(deer[0])}",
            **facts,
        )
    surest = float(found["highest"].max())  # type: ignore[arg-type]
    sentence = (
        say(
            "The photos seem to show no {species}, and perhaps no animal, which is no fault: of "
            "what {detector} found it is nowhere surer than {surest:.2f}: {listed}.",
            species=species,
            detector=run.detector,
            surest=surest,
            listed=listed,
        )
        if surest < least
        else say(
            "Nothing of what was found is {species}: {listed}.", species=species, listed=listed
        )
    )
    return NoDeer(Why.OTHERS, sentence, "app", **facts, is_final=True)
