"""Tune an embedder's last layers on known animals, try it on others, and make it known where it is better.

The known animals are dealt into three: those that it learns from, those that say when to stop, and those
that it is tried on, old and new, as a run would embed them. A better one gets a name in the workspace's
registry: a run with it is built beside the old one and passes its own checks.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ImageArray, ThumperError
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.evaluate.known_crops import Cutting, KnownCrops, album_crops, herd_crops
from thumper_core.evaluate.known_sources import HerdBursts, album_visits
from thumper_core.evaluate.metrics import resamples
from thumper_core.evaluate.reid import read_album
from thumper_core.files import write_whole
from thumper_core.flows.train_reid import Evidence, Progress
from thumper_core.flows.trial import Trial
from thumper_core.herd.load import load_deer
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.pipeline.strips import KEEP
from thumper_core.reid.shelf import FOLDER
from thumper_core.store.ledger import RunRow
from thumper_core.vision.embedders import embedder_from_file
from thumper_core.vision.named import find_embedder
from thumper_core.vision.registry import FILE_NAME, ModelSpec, load_registry, read_registry
from thumper_core.vision.weights import require_file, sha256_of
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    import torch

    from thumper_core.reid.tune import FirstLayers

ANIMALS_NEEDED: Final = 12
ROUNDS: Final = 20
VERSIONS: Final = 4
"""Of each crop: itself and weathered ones."""
BATCH: Final = 16
SAVED: Final = "training.pt"
MEASURE: Final = "mean average precision of animals found again on other visits by the bare vectors"


@dataclass(frozen=True)
class ReidTuning:
    """What came of a tuning. name: of the new embedder, "" where it was not better and is not known; rounds:
    what was kept back to stop by, before and after each round.
    """

    trial: Trial
    evidence: Evidence
    seconds: float
    name: str
    path: Path | None
    rounds: tuple[float, ...]

    @property
    def said(self) -> str:
        """What was found, and what can be done with it."""
        trial = self.trial
        found = (
            f"{trial.measure}: {trial.before:.3f} before, {trial.after:.3f} after, on {trial.held_out} kept "
            "back"
        )
        if not self.name:
            return f"Not better ({found}): nothing was kept."
        return (
            f"Better ({found}). It is known as {self.name}: `thumper reprocess --clear-mode embeddings "
            f"--embedder {self.name}` builds a run with it beside the shown one."
        )


def tune_reid(
    workspace: Workspace,
    album: Path | None = None,
    *,
    sighting: str | None = None,
    rounds: int = ROUNDS,
    on_progress: Progress | None = None,
) -> ReidTuning:
    """Tune the run's embedder on confirmed animals, or on those of an album.

    album, sighting: as `train_reid` takes them; rounds: most that it learns for. A tuning that was
    stopped goes on where it was when the same is asked again. Raises ThumperError where there is too
    little, and UsageError for an embedder whose layers are not known.
    """
    from thumper_core.reid.tune import Examples, Plan, halves, tune

    started = time.monotonic()
    tell = on_progress or (lambda what, done, total: None)
    run = newest_complete_run(workspace)
    registry = load_registry(workspace.root / FILE_NAME)
    spec = find_embedder(run.embedder, registry)
    known, evidence = _known(workspace, run, spec, album, sighting, tell)
    if not len(known.crops):
        raise ThumperError("No photo of the known deer can be read: `thumper health` says why.")
    learn, stop, kept = known.dealt(workspace.settings.identify.seed)
    origin = require_file(spec)
    network = _network(spec, origin)
    first, last = halves(network)
    maps = np.stack(
        [_maps(first, spec, learn.crops, version, tell) for version in range(VERSIONS)], axis=1
    )
    to_stop = _maps(first, spec, stop.crops, 0, tell)

    def measure(layers: torch.nn.Module) -> float:
        return float(stop.found(_vectors(layers, to_stop)).mean())

    plan = Plan(rounds=rounds, origin=_digest(origin, known))
    saved = workspace.root / FOLDER / SAVED
    better, scores = tune(
        last, Examples(maps, learn.animal, learn.visit), plan, measure, saved,
        lambda done, total, words: tell(words, done, total),
    )  # fmt: skip
    last.load_state_dict(better.state_dict())  # shares its layers with the network
    with tempfile.TemporaryDirectory(dir=workspace.cache_dir) as scratch:
        file = Path(scratch) / "tuned.safetensors"
        _write(network, file, {})
        trial = _trial(spec, origin, file, kept)
        saved.unlink(missing_ok=True)
        name, path = "", None
        if trial.is_better:
            card = {"learned_from": asdict(evidence), "trial": trial.as_dict(), "tuned": spec.name}
            name, path = _made_known(workspace, spec, network, card)
    seconds = time.monotonic() - started
    return ReidTuning(trial, evidence, seconds, name, path, tuple(scores))


def _known(
    workspace: Workspace,
    run: RunRow,
    spec: ModelSpec,
    album: Path | None,
    sighting: str | None,
    tell: Progress,
) -> tuple[KnownCrops, Evidence]:
    """The crops of known animals, read from their photos."""
    embed = workspace.settings.embed.model_dump() | {"strip": KEEP} | run.config.get("embed", {})
    if album is not None:
        photos = read_album(album, sighting)
        known, verdicts = album_visits(photos, np.zeros((len(photos.paths), 1), np.float32)), 0
    else:
        settings = workspace.settings.identify
        decisions = workspace.sql(ALL_DECISIONS)
        frame, vectors = load_deer(workspace, run.run_id, settings.class_conf_min)
        bursts = HerdBursts.linked(
            frame, vectors, decisions, workspace.sql("from cameras"), settings
        )
        known, verdicts = bursts.known(decisions)
    evidence = Evidence.of(known, verdicts)
    if evidence.animals < ANIMALS_NEEDED:
        raise ThumperError(
            f"An embedder is tuned on at least {ANIMALS_NEEDED} deer that are known from two visits or more: "
            f"there are {evidence.animals}. Answer more questions with Same on the Review page, or learn "
            "from a folder of known individuals: `thumper train reid --tune --from DIR`."
        )
    cutting = Cutting.of(spec.input_size, embed, workspace.settings.detect.max_pixels)
    seed = workspace.settings.identify.seed

    def read(done: int, total: int) -> None:
        tell("reading photos", done, total)

    if album is not None:
        return album_crops(photos.paths, known, cutting, seed, read), evidence
    return herd_crops(workspace, frame, known, cutting, seed, read), evidence


def _network(spec: ModelSpec, path: Path) -> Any:
    from thumper_core.vision.embedder_files import LOADERS
    from thumper_core.vision.pooling import with_pooling

    if spec.loader not in LOADERS:
        raise ThumperError(f"{spec.name} is several networks: tune one of them.")
    return with_pooling(LOADERS[spec.loader](spec, path), spec)


def _maps(
    first: FirstLayers, spec: ModelSpec, crops: ImageArray, version: int, tell: Progress
) -> npt.NDArray[np.float16]:
    """What the first layers make of a version of crops: 0 as they are, others weathered."""
    import torch

    from thumper_core.reid.tune import weathered

    mean, std = (np.array(values, np.float32) for values in (spec.mean, spec.std))
    made = []
    with torch.inference_mode():
        for start in range(0, len(crops), BATCH):
            part = crops[start : start + BATCH]
            seen = weathered(part, (version, start)) if version else part.astype(np.float32)
            pixels = torch.from_numpy((seen / 255 - mean) / std).permute(0, 3, 1, 2)
            made.append(first(pixels).numpy().astype(np.float16))
            tell(f"first layers, version {version + 1}", start + len(part), len(crops))
    return np.concatenate(made)


def _vectors(layers: torch.nn.Module, maps: npt.NDArray[np.float16]) -> FloatArray:
    import torch
    from torch.nn import functional

    with torch.inference_mode():
        parts = [
            functional.normalize(layers(torch.from_numpy(part.astype(np.float32))), dim=1).numpy()
            for part in np.array_split(maps, -(-len(maps) // BATCH))
        ]
    return np.concatenate(parts)


def _trial(spec: ModelSpec, origin: Path, file: Path, kept: KnownCrops) -> Trial:
    """Old and new as a run embeds, on animals that neither learned from."""
    new = _entry(spec, "tuned", file)
    scores = []
    for one, path in ((spec, origin), (new, file)):
        embedder = embedder_from_file(one, path, backend="torch")
        parts = [
            embedder.embed(kept.crops[start : start + BATCH])
            for start in range(0, len(kept.crops), BATCH)
        ]
        scores.append(kept.found(np.concatenate(parts)))
    gain, who = scores[1] - scores[0], kept.animal[kept.asks]
    drawn = [np.average(gain, weights=times) for times in resamples(who) if times.any()]
    before, after = (float(part.mean()) if len(part) else np.nan for part in scores)
    held = f"{len(np.unique(who))} deer"
    return Trial(
        "reid", MEASURE, before, after, len(gain), held, float(np.std(drawn)) if drawn else 0.0
    )


def _entry(spec: ModelSpec, name: str, file: Path) -> ModelSpec:
    """The registry's entry of the tuned network: it looks at pictures as the old one does."""
    return replace(spec, name=name, loader="timm", file=str(file), sha256=sha256_of(file))


def _write(network: Any, file: Path, card: Mapping[str, Any]) -> None:
    from safetensors.torch import save_file

    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    save_file(state, file, {"card": json.dumps(card, sort_keys=True)})


def _made_known(
    workspace: Workspace, spec: ModelSpec, network: Any, card: Mapping[str, Any]
) -> tuple[str, Path]:
    """The weights with their card, beside their entry in the workspace's registry."""
    import tomli_w

    made_at = datetime.now(UTC)
    name = f"{spec.name}-own-{made_at:%Y%m%d-%H%M%S}"
    path = workspace.root / FOLDER / f"{name}.safetensors"
    told = {**card, "made_by": "thumper train reid --tune", "made_at": made_at.isoformat(" ")}
    path.parent.mkdir(exist_ok=True)
    write_whole(path, lambda draft: _write(network, draft, told), durable=True)
    entry = {
        "name": name,
        "kind": "embedder",
        "loader": "timm",
        "architecture": spec.architecture,
        "file": f"{FOLDER}/{path.name}",
        "sha256": sha256_of(path),
        "licence": f"yours; tuned from weights under {spec.licence or 'an unknown licence'}",
        "input_size": spec.input_size,
        "mean": list(spec.mean),
        "std": list(spec.std),
        "scales": list(spec.scales),
        "zooms": list(spec.zooms),
        "gem_power": spec.gem_power,
        "centre_sigma": spec.centre_sigma,
    }
    registry = workspace.root / FILE_NAME
    document: dict[str, Any] = {"model": []}
    if registry.exists():
        read_registry(registry)  # a file that cannot be read must not be written over
        document = tomllib.loads(registry.read_text("utf-8"))
    document["model"] = [*document.get("model", []), entry]
    write_whole(registry, tomli_w.dumps(document), durable=True)
    return name, path


def _digest(origin: Path, known: KnownCrops) -> str:
    found = hashlib.sha256(sha256_of(origin).encode())
    for part in (known.crops, known.animal, known.visit):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()[:16]
