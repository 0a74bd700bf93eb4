"""Why a run found nothing at all: results that are gone, photos that wait or cannot be read, an option
that hid it, an eye for other photos; or there is no animal in them, which is no fault.
"""

from __future__ import annotations

import shlex
from typing import Any, Final, NamedTuple

from thumper_core.ingest.rendered import is_demo_herd
from thumper_core.language import say
from thumper_core.pipeline.choice import REAL, RENDERED, choose_detector
from thumper_core.pipeline.photo_counts import Ask, photo_counts
from thumper_core.questions.reasons import NoDeer, Why
from thumper_core.questions.unread import unread_photos
from thumper_core.questions.words import counted
from thumper_core.settings import DetectSettings
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace

_BOXES: Final = """
select coalesce(sum(o.n_detections), 0)::bigint as n from all_outcomes o
semi join present p on p.photo_id = o.photo_id where o.run_id = $1
"""


class Hid(NamedTuple):
    """The command that keeps what an option or a setting hid; instead: which one that was, in brackets."""

    command: str
    instead: str


def why_nothing(workspace: Workspace, run: RunRow, ask: Ask, facts: dict[str, Any]) -> NoDeer:
    """Why not one detection of a complete run counts; facts: of `NoDeer`, handed on."""
    if workspace.lake.lacks(f"runs/{run.run_id}"):
        return NoDeer(
            Why.LOST,
            say(
                "What run {run_id} found is gone from the folder {root}.",
                run_id=run.run_id,
                root=workspace.lake.root,
            ),
            "verify",
            **facts,
        )
    counts = photo_counts(workspace, run.run_id, ask=ask)
    n_looked = counts.done - counts.failed
    detector, looked = (
        say("The detector {detector}", detector=run.detector),
        counted(n_looked, "photo"),
    )
    if counts.pending:
        waiting = say(
            "{n:,} waits to be processed" if counts.pending == 1 else "{n:,} wait to be processed",
            n=counts.pending,
        )
        sentence = (
            say(
                "{detector} found nothing in {looked}, and {waiting}.",
                detector=detector,
                looked=looked,
                waiting=waiting,
            )
            if n_looked
            else say("No run is complete: {waiting}.", waiting=waiting)
        )
        return NoDeer(Why.NO_RUN, sentence, f"run{detector_option(workspace, run)}", **facts)
    unread = unread_photos(workspace, run.run_id, ask=ask)
    if not n_looked:
        sentence = say("Not one photo could be read: {names}.", names=unread.names)
        return NoDeer(Why.UNREADABLE, sentence, "run --retry-failed", **facts)
    more = (
        say("; {n:,} more could not be read: {names}", n=unread.n, names=unread.names)
        if unread.n
        else ""
    )
    if run.detector == RENDERED and not is_demo_herd(workspace.ledger.roots()):
        sentence = say(
            "{detector} found nothing in {looked}{more}.",
            detector=detector,
            looked=looked,
            more=more,
        )
        return NoDeer(Why.NOTHING, sentence, f"run --detector {REAL}", **facts)
    if ask(_BOXES, [run.run_id]).item():
        sentence = say(
            "By what people said, nothing that {detector} found in {looked} is an animal{more}.",
            detector=run.detector,
            looked=looked,
            more=more,
        )
        return NoDeer(Why.BLANK, sentence, "app", **facts, is_final=True)
    option = option_that_hid(workspace, run)
    if option is not None:
        sentence = say(
            "{detector} found nothing in {looked}{from_conf}{instead}{more}.",
            detector=detector,
            looked=looked,
            from_conf=from_conf(run),
            instead=option.instead,
            more=more,
        )
        return NoDeer(Why.NOTHING, sentence, option.command, **facts)
    sentence = say(
        "The {looked} seems to show no animal, which is no fault: {detector} found nothing in "
        "it{from_conf}{more}."
        if n_looked == 1
        else "The {looked} seem to show no animal, which is no fault: {detector} found nothing in "
        "them{from_conf}{more}.",
        looked=looked,
        detector=run.detector,
        from_conf=from_conf(run),
        more=more,
    )
    return NoDeer(Why.BLANK, sentence, "app", **facts, is_final=True)


def option_that_hid(workspace: Workspace, run: RunRow) -> Hid | None:
    """What a run left out by its confidence that is usually kept, and the `run` that keeps it; or None.

    What is usually kept is the workspace's setting, and never less than Thumper's own.
    """
    kept_from, setting = run_conf(run), workspace.settings.detect.conf_min
    usual = min(setting, DetectSettings().conf_min)
    if kept_from is None or kept_from <= usual:
        return None
    command = f"run{detector_option(workspace, run)}"
    if setting < kept_from:
        return Hid(command, say(" (without `--conf` it is {setting:g})", setting=setting))
    return Hid(f"{command} --conf {usual:g}", say(" (the setting `conf_min` of `detect`)"))


def run_conf(run: RunRow) -> float | None:
    """From which confidence on a run kept what it found; None: it was made before that was noted."""
    value = run.config.get("detect", {}).get("conf_min")
    return None if value is None else float(value)


def from_conf(run: RunRow) -> str:
    """The same in words, with a blank before them."""
    value = run_conf(run)
    return "" if value is None else say(" from a confidence of {value:g} on", value=value)


def detector_option(workspace: Workspace, run: RunRow) -> str:
    """The option that names a run's detector, with a blank before it; empty where `run` takes it anyway."""
    named = run.config.get("detector_file") or run.detector
    usual = choose_detector(workspace).detector
    return "" if usual in (run.detector, named) else f" --detector {shlex.quote(named)}"
