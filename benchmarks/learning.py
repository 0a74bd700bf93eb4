"""The learning loop: a simulated person corrects boxes, `learn` learns, cameras unseen are measured.

    python benchmarks/learning.py RANCH WORK [--unseen N] [--each N] [--steps N] [--size PX] [--shuffle]
        [--json FILE]

RANCH: a workspace that was processed with a detector that can be better (`reprocess --clear-mode all
--detector whitetail` on a demo), with a demo's truth.parquet in it, or YOLO text files beside its photos.
It is copied to WORK and stays as it is. --unseen: cameras that nobody corrects, on which both detectors and
both heads are measured, whatever `learn` itself kept back. --shuffle: what the person says is nonsense, but
for the cameras that `learn` keeps back: it must refuse.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _box_reviewer import BoxReviewer, shuffled, truth_of

from thumper_core import Workspace, choose_detector, learn, load_registry, open_detector
from thumper_core.contracts import DEER
from thumper_core.evaluate.boxmatch import match_boxes
from thumper_core.evaluate.deer_found import deer_found
from thumper_core.evaluate.detector import WEAKEST
from thumper_core.evaluate.head_scores import scores
from thumper_core.heads.shelf import matching, shelf
from thumper_core.learning.kept_back import kept_back
from thumper_core.learning.ready import ready
from thumper_core.vision.centernet.fit import Plan
from thumper_core.vision.meanings import class_meanings

_VECTORS = """
select d.photo_id, d.x1, d.y1, d.x2, d.y2, d.confidence, e.vector from detections d
join embeddings e using (detection_id) join photos p using (photo_id)
where list_contains(?::varchar[], p.camera)
"""


def main() -> None:
    """Correct, learn, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ranch", type=Path, nargs="?")
    parser.add_argument("work", type=Path, nargs="?")
    parser.add_argument("--unseen", type=int, default=2)
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--shuffle", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.work is None:
        print("Name a workspace to correct, and a folder to copy it to.")
        return
    shutil.copytree(asked.ranch, asked.work, ignore=_left_out)
    ranch = Workspace.open(asked.work)
    truth = truth_of(ranch, asked.ranch / "truth.parquet")
    cameras = truth["camera"].value_counts(sort=True)["camera"].to_list()
    teaching, unseen = cameras[asked.unseen :], cameras[: asked.unseen]
    told = shuffled(truth, _taught(truth, teaching), 1) if asked.shuffle else truth
    reviewer = BoxReviewer(ranch, told, asked.each)
    reviewer.review(teaching)
    print("corrected at", ", ".join(teaching), dict(reviewer.said))
    print(*(f"{one.what}: {one.sentence}" for one in ready(ranch)), sep="\n")
    before = _detector(ranch, truth, unseen) | _heads(ranch, truth, unseen)
    began = time.process_time()
    learnt = learn(ranch, even_few=True, plan=Plan(steps=asked.steps, size=asked.size))
    seconds = time.process_time() - began
    print(*learnt.sentences, sep="\n")
    after = _detector(ranch, truth, unseen) | _heads(ranch, truth, unseen)
    rows = [{"figure": k, "before": v, "after": after[k]} for k, v in before.items()]
    print(f"on {', '.join(unseen)}, which nobody corrected; {seconds:.0f} s of processor time:")
    print(pl.DataFrame(rows))
    if asked.json:
        said = learnt.as_dict() | {"unseen": rows, "cpu_s": seconds, "said": dict(reviewer.said)}
        asked.json.write_text(json.dumps(said, indent=1), "utf-8")


def _left_out(folder: str, names: list[str]) -> list[str]:
    """The photos of a demo stay where they are, and what is kept for speed is made anew."""
    return [name for name in names if name in ("photos", "cache") and "ledger.sqlite" in names]


def _taught(truth: pl.DataFrame, teaching: list[str]) -> list[str]:
    """The cameras that are not kept back: all but those that their names' hashes choose."""
    photos = (
        truth.filter(pl.col("camera").is_in(teaching))
        .group_by("photo_id", "camera")
        .agg(pl.col("is_deer").sum().alias("n_deer"))
        .with_columns(event_id=pl.col("photo_id"), day=pl.col("photo_id"))
    )
    out = pl.col("photo_id").is_in(sorted(kept_back(photos).photo_ids))
    return photos.filter(~out)["camera"].unique().to_list()


def _detector(ranch: Workspace, truth: pl.DataFrame, cameras: list[str]) -> dict[str, float]:
    """The detector in use on every photo of some cameras."""
    registry = load_registry(ranch.root / "registry.toml")
    detector = open_detector(
        choose_detector(ranch).detector, registry=registry, conf_min=WEAKEST,
        cache_dir=ranch.cache_dir,
    )  # fmt: skip
    photos = ranch.sql(
        "select photo_id, root || '/' || path as path from photos join outcomes o using (photo_id) "
        "where o.status <> 'error' and list_contains(?::varchar[], camera) order by photo_id",
        [cameras],
    )
    deer = truth.filter(pl.col("is_deer") & pl.col("camera").is_in(cameras))
    found = deer_found(
        detector,
        class_meanings(detector.name, detector.class_names, registry),
        ranch.settings.species,
        photos,
        deer.with_columns(ignored=pl.lit(False)),
    )
    at = found.at(ranch.settings.detect.conf_min)
    return {
        f"{DEER}: average precision": found.average_precision(),
        f"{DEER}: precision": at["precision"],
        f"{DEER}: recall": at["recall"],
    }


def _heads(ranch: Workspace, truth: pl.DataFrame, cameras: list[str]) -> dict[str, float]:
    """What the heads in use say of the run's vectors at some cameras: AUC."""
    run = ranch.ledger.run(str(ranch.ledger.promoted("run")))
    known = shelf(ranch.root).heads
    heads: dict[Any, Any] = dict(matching(known, run.embedder, run.config, ranch.settings.species))
    seen = ranch.sql(_VECTORS, [cameras]).rename({"photo_id": "photo"})
    true = truth.rename({"photo_id": "photo"})
    match = match_boxes(seen, true)
    animal = true[np.maximum(match, 0)]
    adult = (animal["is_deer"] & animal["sex"].is_in(["male", "female"])).to_numpy()
    answers = {"species": animal["is_deer"].to_numpy(), "sex": (animal["sex"] == "male").to_numpy()}
    found = {}
    for kind, positive in answers.items():
        rows = (match >= 0) & (adult if kind == "sex" else True)
        head = heads.get(kind)
        vectors = np.stack(seen["vector"].to_list())[rows]
        p = head.read(vectors).astype(float) if head else np.full(int(rows.sum()), 0.5)
        told = scores(p, positive[rows])
        found |= {f"{kind} head: AUC": told.auc, f"{kind} head: balanced accuracy": told.balanced}
    return found


if __name__ == "__main__":
    main()
