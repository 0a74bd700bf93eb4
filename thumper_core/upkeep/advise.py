"""What to do next: reprocess, identify, process, learn, or nothing, each with its reason and its cost.

Nothing is loaded or computed for it: settings, registry, ledger and counts are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from thumper_core.contracts import DEER, ClassMeaning
from thumper_core.counting import counted
from thumper_core.decisions.kinds import IDENTIFIED_WITH, Undo
from thumper_core.learning.ready import ready
from thumper_core.pipeline.photo_counts import photo_counts
from thumper_core.pipeline.run import stage_config
from thumper_core.pipeline.strips import settled
from thumper_core.settings import AUTO
from thumper_core.store.jobs import jobs
from thumper_core.store.meanings import meanings_of
from thumper_core.store.records import DecisionRow, RunRow
from thumper_core.vision.backends import choose_backend
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.registry import Registry, load_registry
from thumper_core.workspace import Workspace

Action = Literal["reprocess", "identify", "process", "learn", "nothing"]
_STRENGTH: Final[Mapping[str, int]] = {
    "nothing": 0, "learn": 1, "process": 2, "identify": 3, "reprocess": 4,
}  # fmt: skip
_USUAL_PHOTOS_PER_S: Final = 10.0
_USUAL_IDENTIFY_S: Final = 60.0
_USUAL_LEARN_S: Final = 900.0


@dataclass(frozen=True)
class Advice:
    """One thing to do. seconds: estimated; 0 where there is nothing to do."""

    action: Action
    key: str  # a word for scripts
    reason: str
    command: str
    seconds: float


@dataclass(frozen=True)
class Facts:
    """What advice depends on.

    shown: the promoted run; n_pending: photos it has no outcome for; n_new: photos
    processed or pending since the shown herd was made; recommended: of every herd, eers: of those of the
    shown run, oldest first; wanted_threshold: by the settings (None: auto); n_decisions: since the herd.
    """

    shown: RunRow | None
    settings_differ: tuple[str, ...]
    remapped: tuple[str, ...]
    n_photos: int
    n_pending: int
    n_new: int
    n_decisions: int
    has_herd: bool
    wanted_threshold: float | None
    herd_threshold: float | None
    recommended: tuple[float, ...]
    eers: tuple[float, ...]
    photos_per_s: float
    herd_about: str = ""  # what the herd is a herd of; empty: not known
    wanted_about: str = ""  # what the settings say now
    learnable: tuple[str, ...] = ()  # of each kind of model that there is enough for, a sentence


def advise(workspace: Workspace) -> list[Advice]:
    """What is worth doing, the strongest first; exactly one `nothing` where nothing is.

    >>> from thumper_core import Workspace, advise
    >>> [advice.action for advice in advise(Workspace.open("ranch"))]
    ['reprocess']
    """
    ops = workspace.settings.ops
    return weigh(
        facts_of(workspace),
        incremental_max=ops.incremental_max,
        reprocess_min=ops.reprocess_min,
        threshold_shift_max=ops.threshold_shift_max,
        calibration_shift_max=ops.calibration_shift_max,
    )


def weigh(
    facts: Facts,
    *,
    incremental_max: int,
    reprocess_min: int,
    threshold_shift_max: float,
    calibration_shift_max: float,
) -> list[Advice]:
    """The rules alone; the thresholds are `OpsSettings`."""
    all_s = facts.n_photos / facts.photos_per_s + _USUAL_IDENTIFY_S
    pending_s = facts.n_pending / facts.photos_per_s
    found: list[Advice] = []

    def add(action: Action, key: str, reason: str, command: str, seconds: float) -> None:
        found.append(Advice(action, key, reason, command, seconds))

    if facts.shown is not None and facts.settings_differ:
        what = " and ".join(facts.settings_differ)
        only_embedding = facts.settings_differ == ("embedder",)
        mode = "embeddings" if only_embedding else "all"
        verb = "is not the one" if len(facts.settings_differ) == 1 else "are not those"
        reason = f"The {what} in the settings {verb} of the shown run."
        add("reprocess", "model", reason, f"thumper reprocess --clear-mode {mode}", all_s)
    if facts.remapped:
        reason = (
            f"The meaning of {', '.join(facts.remapped)} changed. No photo is read again for it."
        )
        again_s = pending_s + _USUAL_IDENTIFY_S
        add("reprocess", "class_map", reason, "thumper reprocess --clear-mode none", again_s)
    if facts.n_new > reprocess_min:
        reason = f"{counted(facts.n_new, 'photo is', 'photos are')} new since the herd was made."
        seconds = pending_s + _USUAL_IDENTIFY_S
        add("reprocess", "many_photos", reason, "thumper reprocess --clear-mode none", seconds)
    shift = _threshold_shift(facts)
    if shift is not None and abs(shift) > threshold_shift_max:
        reason = f"The threshold moved by {shift:+.2f} since the herd was made."
        seconds = pending_s + _USUAL_IDENTIFY_S
        add("reprocess", "threshold", reason, "thumper reprocess --clear-mode none", seconds)
    if len(facts.eers) >= 2 and abs(facts.eers[-1] - facts.eers[-2]) > calibration_shift_max:
        reason = (
            f"The calibration drifted: an equal error rate of {facts.eers[-1]:.1%} after "
            f"{facts.eers[-2]:.1%}."
        )
        add("reprocess", "calibration", reason, "thumper reprocess --clear-mode all", all_s)
    if facts.n_pending:
        few = facts.n_new < incremental_max and facts.has_herd
        kept = " Too few to identify the herd again." if few else ""
        reason = f"{counted(facts.n_pending, 'photo waits', 'photos wait')}.{kept}"
        add("process", "pending", reason, "thumper run", pending_s)
    if facts.shown is not None and not facts.has_herd:
        reason = "There is no herd yet."
        add("identify", "no_herd", reason, "thumper identify", _USUAL_IDENTIFY_S)
    elif facts.herd_about and facts.herd_about != facts.wanted_about:
        reason = f"The herd is one of {facts.herd_about}; the settings say {facts.wanted_about}."
        add("identify", "species", reason, "thumper identify", _USUAL_IDENTIFY_S)
    elif facts.n_decisions:
        reason = f"{counted(facts.n_decisions, 'decision was', 'decisions were')} made since the herd was."
        add("identify", "decisions", reason, "thumper identify", _USUAL_IDENTIFY_S)
    elif incremental_max <= facts.n_new <= reprocess_min:
        reason = f"{counted(facts.n_new, 'photo is', 'photos are')} new since the herd was made."
        add("identify", "new_photos", reason, "thumper identify", _USUAL_IDENTIFY_S)
    if facts.learnable:
        reason = " ".join(facts.learnable)
        add("learn", "corrections", reason, "thumper learn", _USUAL_LEARN_S)
    if not found:
        return [Advice("nothing", "up_to_date", "Everything is up to date.", "", 0.0)]
    return sorted(found, key=lambda advice: -_STRENGTH[advice.action])


def _to_follow(rows: list[DecisionRow], since: datetime | None) -> int:
    """Decisions since the herd was made that another identification would follow.

    A name, a note or "nobody can tell" changes no profile; taking one back neither.
    """
    if since is None:
        return 0
    about: dict[int, str] = {}
    for row in rows:  # oldest first: what an undo takes back stands before it
        undone = about.get(int(row.payload["decision_id"])) if row.kind == Undo.kind else None
        about[row.decision_id] = undone or row.kind
    return sum(about[row.decision_id] in IDENTIFIED_WITH for row in rows if row.made_at > since)


def facts_of(workspace: Workspace) -> Facts:
    """Read the facts of a workspace."""
    ledger = workspace.ledger
    run_id = ledger.promoted("run")
    shown = ledger.run(run_id) if run_id else None
    herds = ledger.herds()
    herd_id = ledger.promoted("herd")
    herd = next((h for h in herds if h.herd_id == herd_id), None)
    photos = photo_counts(workspace)
    n_since = workspace.sql(
        "select count(*) from photos join outcomes o using (photo_id) "
        "where o.processed_at at time zone 'UTC' > ?::timestamp",
        [herd.created_at.replace(tzinfo=None) if herd else "1970-01-01"],
    ).item()
    since = herd.created_at if herd else None
    wanted = workspace.settings.identify.threshold
    recommended = (h.summary.cut.recommended for h in herds)
    # Other models have another error rate: that is no drift.
    of_run = (h.summary.calibration for h in herds if h.run_id == run_id)
    eers = (one.equal_error_rate for one in of_run if one is not None)
    return Facts(
        shown=shown,
        settings_differ=_settings_differ(workspace, shown) if shown else (),
        remapped=_remapped(workspace, shown) if shown else (),
        n_photos=photos.total,
        n_pending=photos.pending,
        n_new=photos.pending + n_since,
        n_decisions=_to_follow(ledger.decisions(), since),
        has_herd=herd is not None,
        wanted_threshold=None if wanted == "auto" else float(wanted),
        herd_threshold=herd.threshold if herd else None,
        recommended=tuple(value for value in recommended if value is not None),
        eers=tuple(rate for rate in eers if rate is not None),
        photos_per_s=usual_rate(workspace),
        herd_about=herd.summary.about if herd else "",
        wanted_about=workspace.settings.deer.sentence,
        learnable=tuple(
            f"{one.what.capitalize()}: {one.sentence}" for one in ready(workspace) if one.is_enough
        ),
    )


def usual_rate(workspace: Workspace) -> float:
    """Photos a second of the newest job that processed some; 10 where there was none."""
    for job in reversed(jobs(workspace.ledger)):
        done, seconds = job.progress.get("done", 0), job.progress.get("elapsed_s", 0.0)
        if done >= 20 and seconds > 0:
            return float(done / seconds)
    return _USUAL_PHOTOS_PER_S


def _threshold_shift(facts: Facts) -> float | None:
    if facts.herd_threshold is None:
        return None
    if facts.wanted_threshold is not None:
        return facts.wanted_threshold - facts.herd_threshold
    return facts.recommended[-1] - facts.herd_threshold if facts.recommended else None


def _settings_differ(workspace: Workspace, shown: RunRow) -> tuple[str, ...]:
    """Which of detector and embedder the settings have otherwise than the shown run."""
    registry = load_registry(workspace.root / "registry.toml")
    settings, config = settled(workspace, workspace.settings), shown.config
    stages, device = stage_config(settings), settings.engine.device
    named = settings.detect.detector
    asked = (
        ("detector", "detect", shown.detector if named == AUTO else named, shown.detector, "auto"),
        ("embedder", "embed", settings.embed.embedder, shown.embedder, "f32"),
    )
    found = []
    for model, stage, wanted, used, usual in asked:
        fields = config.get(model, {})
        if (
            _other_model(registry, wanted, used, fields)
            or _other_precision(getattr(settings, stage).precision, usual, fields, device)
            or config.get(stage, stages[stage]) != stages[stage]
        ):
            found.append(model)
    return tuple(found)


def _other_precision(wanted: str, usual: str, fields: Mapping[str, Any], device: str) -> bool:
    """Whether a run's model would compute in another precision now.

    Nothing is recorded of the usual one, nor where the device does not care for the setting.
    """
    used = fields.get("precision", usual)
    return wanted != used and (used != usual or choose_backend(device) == "openvino")


def _other_model(registry: Registry, wanted: str, used: str, fields: Mapping[str, Any]) -> bool:
    """Whether a name in the settings is not the model that a run used, or has other weights now."""
    spec = registry.models.get(wanted)
    if spec is None:
        return Path(wanted).name != used
    known = fields.get("weights_sha256")
    return wanted != used or bool(known and spec.sha256 and known != spec.sha256)


def _remapped(workspace: Workspace, shown: RunRow) -> tuple[str, ...]:
    """Classes of the shown run that the registry gives another meaning than the ledger has."""
    recorded: Mapping[str, ClassMeaning] = meanings_of(workspace.ledger, shown.detector)
    registry = load_registry(workspace.root / "registry.toml")
    if shown.detector not in registry.models:
        return ()
    wanted = class_meanings(shown.detector, recorded, registry)
    species = workspace.settings.species
    return tuple(
        name
        for name in recorded
        if _of_species(wanted[name], species) != _of_species(recorded[name], species)
    )


def _of_species(meaning: ClassMeaning, species: str) -> ClassMeaning:
    return replace(meaning, species=species) if meaning.species == DEER else meaning
