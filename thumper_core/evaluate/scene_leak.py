"""Does the shown herd rest on the deer or on the places behind them? Measured, and kept.

Crops of the herd's deer are cut out again, embedded as they are and with every animal in them
blanked, and compared within cameras (`identify.background`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import boxes_of
from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.evaluate.boxmatch import VISIBLE_MIN, by_photo, match_boxes
from thumper_core.evaluate.leak_scores import in_words, scene_leak
from thumper_core.files import write_whole
from thumper_core.pipeline.blanked import BlankedCrop, CropRule, blanked_crops
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.pending import tasks_of
from thumper_core.pipeline.strips import has_cut
from thumper_core.store.ledger import RunRow
from thumper_core.vision.embedders import Embedder, open_embedder
from thumper_core.vision.images import DecodeError
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

Progress = Callable[[int, int], None]

BATCH: Final = 32
_DEER = """
select d.detection_id, d.photo_id, p.path, p.camera, p.event_id, a.profile_id,
    d.x1, d.y1, d.x2, d.y2, d.confidence
from all_assignments a
join all_detections d on d.run_id = ? and d.detection_id = a.detection_id
join photos p using (photo_id)
where a.herd_id = ? and a.profile_id is not null and d.frame_ms is null  -- photos only
order by d.detection_id
"""
_BOXES = """
select detection_id, photo_id, x1, y1, x2, y2 from all_detections
where run_id = ? and list_contains(?, photo_id)
"""


def measure_scene_leak(
    workspace: Workspace,
    *,
    limit: int = 600,
    seed: int = 0,
    embedder: Embedder | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Run the test on the shown herd, keep the outcome in the cache and return it.

    limit: deer looked at, one a visit and profile; visits are drawn at random, cameras take turns.
    embedder: the run's own by default. on_progress: called with photos done and photos in all.

    Returns `herd_id, run_id, embedder, made_at` (UTC), `seed, margin`; `n_crops, n_photos`,
    `n_unread` (photos that could not be read; their deer are left out); `by_profile` and, where
    there is a `truth.parquet`, `by_truth` (else None), each a `SceneLeak`; `rim_share`, how
    much of a crop is left when the animals are blanked; `animal_in_rim`, how much of that lies in
    the box of a true animal (None without truth); `same_as_run`, the median cosine between the
    vectors made here and the run's; and `text`, one sentence, by the truth where there is one.

    Raises ThumperError where no herd is shown, it has no deer, no photo of it can be read, or the
    embedder is not the run's.
    """
    herd_id = workspace.ledger.promoted("herd")
    herd = workspace.ledger.herd(herd_id) if herd_id else None
    if herd_id is None or herd is None:
        raise ThumperError("No deer have been told apart yet. `thumper identify` does it.")
    run = workspace.ledger.run(herd.run_id)
    embedder = embedder or _open(workspace, run)
    if json.loads(json.dumps(embedder.fingerprint_fields())) != run.config.get("embedder"):
        raise ThumperError(
            f"Run {run.run_id} was embedded with other weights than {embedder.name} has now. "
            "`thumper reprocess` makes a run and a herd with the present ones."
        )
    deer = sample_visits(workspace.sql(_DEER, [run.run_id, herd_id]), limit, seed)
    if deer.is_empty():
        raise ThumperError("The shown herd has no deer, so there is nothing to test.")
    truth_file = workspace.root / "truth.parquet"
    truth = pl.read_parquet(truth_file) if truth_file.is_file() else None
    rule = _rule(workspace, run, embedder.size)
    crops = _embedded(workspace, run, deer, truth, embedder, rule, on_progress)
    if not crops.rows:
        raise ThumperError(
            "None of the herd's photos can be read. Is their drive connected? `thumper status` "
            "says where they were."
        )
    used = deer[crops.rows]
    whole, blanked = np.concatenate(crops.whole), np.concatenate(crops.blanked)
    camera, event = used["camera"].to_numpy(), used["event_id"].to_numpy()
    profile = used["profile_id"].to_numpy()
    told = by_profile = scene_leak(whole, blanked, profile, camera, event, seed=seed)
    if truth is not None:
        who, known = _true_deer(used, truth)
        told = scene_leak(whole[known], blanked[known], who, camera[known], event[known], seed=seed)
    result = {
        "herd_id": herd_id,
        "run_id": run.run_id,
        "embedder": embedder.name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "margin": rule.margin,
        "n_crops": used.height,
        "n_photos": used["photo_id"].n_unique(),
        "n_unread": crops.n_unread,
        "by_profile": asdict(by_profile),
        "by_truth": None if truth is None else asdict(told),
        "rim_share": float(np.mean(crops.left)),
        "animal_in_rim": None if truth is None else _mean(crops.marked),
        "same_as_run": _agreement(workspace, run, used, whole),
        "text": in_words(told),
    }
    kept = _kept(workspace, run.run_id)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, json.dumps(result, indent=2))
    return result


def read_scene_leak(workspace: Workspace) -> dict[str, Any] | None:
    """What `measure_scene_leak` last kept for the shown herd's run; None where it never was run.

    Its `herd_id` may be that of an earlier herd of the run: a decision makes a new herd at once, and
    changes nothing in what the embedder sees.
    """
    herd = workspace.ledger.promoted_herd()
    if herd is None:
        return None
    try:
        kept: dict[str, Any] = json.loads(_kept(workspace, herd.run_id).read_text("utf-8"))
    except (OSError, ValueError):  # a cache may be cleared, and is only worth measuring again
        return None
    return kept


def sample_visits(deer: pl.DataFrame, limit: int, seed: int) -> pl.DataFrame:
    """One row a visit and profile, cameras in turn, visits and rows in random order, up to `limit`.

    deer: `detection_id, camera, event_id, profile_id` and more, in any fixed order.
    """
    order = np.random.default_rng(seed).permutation(deer.height)
    mixed: pl.DataFrame = deer[order.tolist()].unique(
        ["event_id", "profile_id"], keep="first", maintain_order=True
    )
    visits = mixed.unique("event_id", keep="first", maintain_order=True).select(
        "event_id", pl.int_range(pl.len()).over("camera").alias("turn")
    )
    return (
        mixed.join(visits, on="event_id", how="left")
        .sort("turn", "camera", "profile_id")
        .head(limit)
        .drop("turn")
    )


@dataclass
class _Crops:
    """What the photos gave: rows of the sample, and of each crop its vectors and how clean its rim
    is; photos that could not be read.
    """

    rows: list[int] = field(default_factory=list)
    whole: list[FloatArray] = field(default_factory=list)
    blanked: list[FloatArray] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    marked: list[float] = field(default_factory=list)
    n_unread: int = 0


def _embedded(
    workspace: Workspace,
    run: RunRow,
    deer: pl.DataFrame,
    truth: pl.DataFrame | None,
    embedder: Embedder,
    rule: CropRule,
    on_progress: Progress | None,
) -> _Crops:
    """Cut out and embed the sampled deer, photo by photo."""
    photo_ids = deer["photo_id"].unique(maintain_order=True).to_list()
    on_photo = workspace.sql(_BOXES, [run.run_id, photo_ids])
    boxes_on = on_photo.partition_by("photo_id", as_dict=True)
    marked_on = _true_boxes(deer, truth)
    deer_on = deer.with_row_index("row").partition_by("photo_id", as_dict=True)
    crops, waiting = _Crops(), list[BlankedCrop]()
    for done, task in enumerate(tasks_of(workspace, photo_ids, cut_strips=has_cut(run.config))):
        mine, boxes = deer_on[(task.photo_id,)], boxes_on[(task.photo_id,)]
        place = {name: i for i, name in enumerate(boxes["detection_id"])}
        wanted = np.array([place[name] for name in mine["detection_id"]])
        try:
            marked = marked_on.get(task.photo_id)
            cut = blanked_crops(task, boxes_of(boxes), wanted, rule, marked=marked)
        except DecodeError:
            crops.n_unread += 1
            continue
        crops.rows += mine["row"].to_list()
        crops.left += [crop.left for crop in cut]
        crops.marked += [crop.marked for crop in cut]
        waiting += cut
        while len(waiting) >= BATCH:
            _embed(crops, waiting[:BATCH], embedder)
            del waiting[:BATCH]
        if on_progress:
            on_progress(done + 1, len(photo_ids))
    if waiting:
        _embed(crops, waiting, embedder)
    return crops


def _embed(crops: _Crops, batch: list[BlankedCrop], embedder: Embedder) -> None:
    """Embed a batch, of BATCH always: another shape would have to be compiled for itself."""
    for target, pictures in (
        (crops.whole, [crop.whole for crop in batch]),
        (crops.blanked, [crop.blanked for crop in batch]),
    ):
        full = np.zeros((BATCH, *pictures[0].shape), np.uint8)
        full[: len(pictures)] = pictures
        target.append(embedder.embed(full)[: len(pictures)])


def _open(workspace: Workspace, run: RunRow) -> Embedder:
    return open_embedder(
        run.embedder,
        registry=load_registry(workspace.root / "registry.toml"),
        device=workspace.settings.engine.device,
        cache_dir=workspace.cache_dir / "models",
    )


def _rule(workspace: Workspace, run: RunRow, size: int) -> CropRule:
    """Crops as the run cut them, whatever the settings are by now."""
    embed = workspace.settings.embed.model_dump() | run.config.get("embed", {})
    detector = run.config.get("detector", {})
    seen = max(detector.get("fixed_size") or [detector.get("imgsz") or 0])  # 0: not known
    return CropRule(
        size,
        embed["margin"],
        embed["gray"],
        workspace.settings.detect.max_pixels,
        round(seen * Decoder.crop_scale) or None,
    )


def _true_boxes(deer: pl.DataFrame, truth: pl.DataFrame | None) -> dict[str, FloatArray]:
    """The boxes of all true animals on each photo."""
    if truth is None:
        return {}
    found, asked = by_photo(deer, truth.drop_nulls("x1"))
    boxes_on = {str(key[0]): boxes_of(part) for key, part in asked.group_by("photo")}
    pairs = found.select("photo_id", "photo").unique()
    return {photo_id: boxes_on[name] for photo_id, name in pairs.iter_rows() if name in boxes_on}


def _true_deer(
    deer: pl.DataFrame, truth: pl.DataFrame
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Who is shown, and in which rows of `deer` that is known."""
    named = truth.filter(
        (pl.col("visible_fraction") >= VISIBLE_MIN) & pl.col("individual").is_not_null()
    )
    found, asked = by_photo(deer, named)
    match = match_boxes(found, asked)
    known = np.flatnonzero(match >= 0)
    return asked["individual"].to_numpy()[match[known]].astype(np.str_), known


def _agreement(workspace: Workspace, run: RunRow, deer: pl.DataFrame, vectors: FloatArray) -> float:
    """Median cosine between the deer's vectors here and in the run."""
    stored = workspace.sql(
        "select detection_id, vector from all_embeddings "
        "where run_id = ? and list_contains(?, detection_id)",
        [run.run_id, deer["detection_id"].to_list()],
    )
    rows = deer.select("detection_id").join(stored, on="detection_id", maintain_order="left")
    theirs = np.stack(rows["vector"].to_list()).astype(np.float32)
    return float(np.median(np.einsum("nd,nd->n", vectors, theirs)))


def _mean(values: list[float]) -> float | None:
    known = np.array(values)[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _kept(workspace: Workspace, run_id: str) -> Path:
    return workspace.cache_dir / f"background-{run_id}.json"
