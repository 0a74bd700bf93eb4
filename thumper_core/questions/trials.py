"""Other settings tried on a run's deer: what each makes of the herd, and how sure that is.

A trial changes nothing that is shown. Threshold, weakest detection and burst gap cost one clustering or
less; other models are other runs, of which those are taken that are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, product
from typing import Any

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.deer_year import DeerYear
from thumper_core.herd.load import load_deer_alone
from thumper_core.herd.summary import summary_of
from thumper_core.identify.chain import cut_again
from thumper_core.identify.outcome import Identification
from thumper_core.language import say
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.questions.experiments import FIGURES
from thumper_core.settings import Settings
from thumper_core.stage import digest
from thumper_core.store.experiment_rows import ExperimentRow
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Choice:
    """What an experiment is made with.

    run_id: of a complete run, which says detector and embedder; threshold: chance that two groups are
    one animal, None: the recommended one; conf_min: weakest detection that is grouped, in [0, 1];
    burst_gap_s: longest gap inside one burst, seconds.
    """

    run_id: str
    threshold: float | None
    conf_min: float
    burst_gap_s: float


def parts(text: str) -> list[str]:
    """What commas divide, without spaces round it."""
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers(what: str, text: str, *, auto: bool = False) -> list[float | None]:
    """Numbers that commas divide; auto: that word stands for None. Raises UsageError, naming `what`."""
    try:
        return [None if auto and part == "auto" else float(part) for part in parts(text)]
    except ValueError:
        raise UsageError(f"{what} takes numbers with commas between, not {text!r}.") from None


class NoBoxesSoWeak(UsageError):
    """A run kept no box as weak as one that is asked for; run_id: which run."""

    def __init__(self, run_id: str, stored: float, conf_min: float) -> None:
        super().__init__(
            say(
                "Run {run_id} kept no box below a confidence of {stored:g}: {conf_min:g} needs a new "
                "run over all photos, with `thumper run --conf {conf_min:g}`.",
                run_id=run_id,
                stored=stored,
                conf_min=conf_min,
            )
        )
        self.run_id = run_id


def choices(
    workspace: Workspace,
    *,
    thresholds: Sequence[float | None] = (None,),
    conf_mins: Sequence[float] = (),
    burst_gaps_s: Sequence[float] = (),
    run_ids: Sequence[str] = (),
) -> list[Choice]:
    """Every combination; what is not given is as the settings have it, and of the newest complete run.

    Raises NoBoxesSoWeak where a run has none as weak as are asked for, UsageError where a value makes no
    sense.
    """
    settings = workspace.settings
    runs = tuple(dict.fromkeys(run_ids)) or (newest_complete_run(workspace).run_id,)
    wanted = [
        Choice(run_id, threshold, conf_min, gap)
        for run_id, conf_min, gap, threshold in product(
            runs,
            conf_mins or (settings.identify.class_conf_min,),
            burst_gaps_s or (settings.ingest.burst_gap_s,),
            thresholds,
        )
    ]
    for one in wanted:
        settings_of(settings, one)
        stored = weakest_stored(run_of(workspace, one.run_id))
        if one.conf_min < stored:
            raise NoBoxesSoWeak(one.run_id, stored, one.conf_min)
    return wanted


def run_of(workspace: Workspace, run_id: str) -> RunRow:
    """A complete run by its ID. Raises UsageError where there is none of that ID."""
    for run in workspace.ledger.runs():
        if run.run_id == run_id and run.state == "complete":
            return run
    raise UsageError(f"There is no complete run {run_id}.")


def runs_with(workspace: Workspace, embedder: str) -> list[RunRow]:
    """Complete runs with that embedder, the newest last."""
    runs = workspace.ledger.runs()
    return [run for run in runs if run.state == "complete" and run.embedder == embedder]


def weakest_stored(run: RunRow) -> float:
    """The confidence below which a run kept no box, in [0, 1]."""
    stages = run.config.get("detect") or {}
    return float(stages.get("conf_min", 0.0)) if isinstance(stages, dict) else 0.0


def settings_of(settings: Settings, choice: Choice) -> Settings:
    """The workspace's settings with those of a choice. Raises UsageError where a value makes no sense."""
    threshold = choice.threshold
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"A threshold is a chance from 0 to 1, not {threshold:g}.")
    changed = settings.replace("ingest", burst_gap_s=choice.burst_gap_s)
    return changed.replace(
        "identify",
        threshold="auto" if threshold is None else threshold,
        method="average",
        class_conf_min=choice.conf_min,
    )


def measure(
    workspace: Workspace, wanted: Iterable[Choice]
) -> Iterator[tuple[Choice, dict[str, Any]]]:
    """Each choice with its figures (keys of `FIGURES`), in the order given; nothing is recorded.

    Neighbours that differ in the threshold alone share one clustering. A choice comes back with the
    threshold that was cut at. Raises ThumperError where a run holds no deer.
    """

    def but_threshold(one: Choice) -> tuple[Any, ...]:
        return one.run_id, one.conf_min, one.burst_gap_s

    for _, same in groupby(wanted, but_threshold):
        alike = list(same)
        first = settings_of(workspace.settings, alike[0])
        # bursts are a question to the views, which ask the settings of their workspace
        trial = Workspace(workspace.root)
        trial.settings = first.replace("identify", threshold="auto")
        from thumper_core.herd.build import sweep_run  # here: pages that only show do without

        found = sweep_run(trial, run_id=alike[0].run_id, settings=trial.settings)
        frame = load_deer_alone(trial, alike[0].run_id, alike[0].conf_min)
        for one in alike:
            cut = found if one.threshold is None else cut_again(found, frame, one.threshold)
            yield (
                Choice(one.run_id, cut.cut.threshold, one.conf_min, one.burst_gap_s),
                figures_of(cut),
            )


def figures_of(found: Identification) -> dict[str, Any]:
    """The figures of an identification: the keys of `FIGURES`."""
    profiles = found.tables.profiles
    if "individual_id" not in profiles.columns:  # every group counts as a deer of its own
        profiles = profiles.with_columns(pl.col("profile_id").alias("individual_id"))
    summary = summary_of(found, profiles, found.tables.assignments, DeerYear())
    trust, counts = summary.trust, summary.counts
    animals, split = trust.animals, trust.false_split
    return {
        "groups": counts.n_profiles,
        "animals": animals.value if animals else None,
        "animals_low": animals.low if animals else None,
        "animals_high": animals.high if animals else None,
        "assignment_rate": counts.assignment_rate,
        "precision": None if trust.false_merge is None else 1 - trust.false_merge,
        "recall": None if split is None else 1 - split.value,
        "mixed_sex": _mixed(found),
        "stability": trust.stability,
        "singletons": counts.n_singletons,
        "pictures": counts.n_detections,
        "bursts": found.tables.tracklets.height,
    }


def keep(
    workspace: Workspace, choice: Choice, figures: dict[str, Any], *, author: str, note: str = ""
) -> int:
    """Write an experiment into the ledger; returns its number."""
    run = run_of(workspace, choice.run_id)
    settings = settings_of(workspace.settings, choice)
    given = asdict(choice) | {"detector": run.detector, "embedder": run.embedder}
    fingerprint = digest(
        [run.fingerprint, settings.identify.fingerprint(), settings.ingest.burst_gap_s]
    )
    del given["run_id"]
    return workspace.ledger.add_experiment(
        author, note, run.run_id, fingerprint, given, {name: figures.get(name) for name in FIGURES}
    )


def choice_of(row: ExperimentRow) -> Choice:
    """What a kept experiment was made with."""
    given = row.settings
    return Choice(row.run_id, given["threshold"], given["conf_min"], given["burst_gap_s"])


def kept(workspace: Workspace, number: int) -> ExperimentRow:
    """A kept experiment by its number. Raises UsageError where there is none."""
    for row in workspace.ledger.experiments():
        if row.experiment_id == number:
            return row
    raise UsageError(f"There is no experiment {number}; `thumper sweep --kept` lists them.")


def use(workspace: Workspace, row: ExperimentRow) -> Settings:
    """Make an experiment's settings those of the workspace, and save them; returns them.

    The next identification follows them, of the run that the experiment names. Raises UsageError where
    that run is not there any more.
    """
    run_of(workspace, row.run_id)
    settings = settings_of(workspace.settings, choice_of(row))
    settings.save(workspace.settings_file)
    return settings


def _mixed(found: Identification) -> int:
    """Groups with animals in bursts of both sexes, as the detector voted; fawns are left out."""
    sexes = found.tables.tracklets.select(
        pl.when(pl.col("age_class") != "fawn").then(pl.col("sex")).alias("sex")
    ).with_columns(pl.Series("group", found.cut.labels))
    adult = sexes.filter(pl.col("sex").is_in(["male", "female"]))
    return adult.group_by("group").agg(pl.col("sex").n_unique()).filter(pl.col("sex") > 1).height
