# %% [markdown]
# # Which embedder?
#
# An embedder turns a picture of a deer into a vector. Embedders differ, and what is good on one
# herd may be poor on another. This notebook measures those at hand on the *same* detections of
# your herd, with and without knowing who is who, and on a folder with known individuals.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# The task: these are pictures of one deer, as far as the herd knows, from different visits. An
# embedder should hold them to be alike, whatever the light and the pose.

# %%
from thumper_core import contact_sheet, tables

best = tables.best_detections(workspace, 6)
most = best["individual_id"].mode().sort().head(1)
contact_sheet(workspace, best.filter(best["individual_id"].is_in(most.to_list())), label="camera")

# %% [markdown]
# ## The candidates
#
# All embedders of the registry whose weights are on this machine. `thumper models list` shows the
# others and `thumper models pull NAME` gets them.

# %%
from thumper_core import load_registry, open_embedder, weights

registry = load_registry(workspace.root / "registry.toml")


def is_here(spec):
    return (
        all(is_here(registry.get(p.model)) for p in spec.parts)
        if spec.parts
        else weights.find_file(spec)
    )


models = workspace.cache_dir / "models"
embedders = {
    spec.name: open_embedder(spec.name, registry=registry, cache_dir=models)
    for spec in registry
    if spec.kind == "embedder" and is_here(spec)
}
list(embedders)

# %% [markdown]
# An embedder is anything with `name`, `size` and one method. Here is the plainest one: the
# picture itself, 16 by 16 pixels. What does not beat it has not looked at the deer.

# %%
import numpy as np


class Pixels:
    """The crop's own grey levels."""

    name, size, dim = "pixels", 16, 256

    def embed(self, crops):
        """(B, 16, 16, 3) uint8 -> (B, 256) float32, L2-normalised."""
        grey = crops.astype(np.float32).mean(axis=3).reshape(len(crops), -1)
        grey -= grey.mean(axis=1, keepdims=True)
        return grey / np.maximum(np.linalg.norm(grey, axis=1, keepdims=True), 1e-6)


embedders["pixels"] = Pixels()

# %% [markdown]
# An ensemble puts the parts' vectors side by side, each scaled by the square root of its weight:
# its similarity is exactly the weighted mean of theirs. Change parts and weights at will.

# %%
from thumper_core import EnsembleEmbedder

first = next(iter(embedders.values()))
mixed = EnsembleEmbedder(f"0.8 {first.name} + 0.2 pixels", (first, embedders["pixels"]), (0.8, 0.2))
embedders[mixed.name] = mixed

# %% [markdown]
# ## The same deer for all
#
# The first detections of the newest complete run. Each photo is decoded once for each size of
# crop, with the run's margin and grey setting.

# %%
MAX_DETECTIONS = 300

# %%
import os
from pathlib import Path

from thumper_core import images, load_deer, newest_complete_run

run_id = newest_complete_run(workspace).run_id
frame, stored = load_deer(workspace, run_id, workspace.settings.identify.class_conf_min)
frame, stored = frame.head(MAX_DETECTIONS), stored[:MAX_DETECTIONS]
files = workspace.sql("select photo_id, root, path_bytes from photos")
places = dict(
    zip(files["photo_id"], zip(files["root"], files["path_bytes"], strict=True), strict=True)
)


def crops_of(size):
    """(N, size, size, 3) uint8: a crop of each row of `frame`."""
    settings, crops, current = workspace.settings, [], (None, None)
    for row in frame.iter_rows(named=True):
        if current[0] != row["photo_id"]:
            root, path = places[row["photo_id"]]
            data = Path(os.fsdecode(os.fsencode(root) + b"/" + path)).read_bytes()
            photo = images.decode_photo(
                data, min_width=row["width"], max_pixels=settings.detect.max_pixels
            )
            current = (row["photo_id"], photo.image)
        box = np.array([row["x1"], row["y1"], row["x2"], row["y2"]], np.float32)
        crop = images.crop_resize(current[1], box, size, settings.embed.margin)
        crops.append(images.as_gray(crop) if settings.embed.gray else crop)
    return np.stack(crops)


def vectors_of(embedder):
    """(N, D) float32: a vector for each row of `frame`."""
    crops = crops_of(embedder.size)
    parts = [embedder.embed(crops[i : i + 32]) for i in range(0, len(crops), 32)]
    return np.concatenate(parts)


vectors = {name: vectors_of(embedder) for name, embedder in embedders.items()}
{name: found.shape for name, found in vectors.items()}

# %% [markdown]
# ## Without knowing who is who
#
# Each embedder goes through the whole identification. The area under the ROC curve (0.5: guessing,
# 1: perfect) is measured on the certain pairs: frames of one tracklet, two deer in one photo. They
# are the easy ones: an embedder that fails here is useless, and one that is perfect here may still
# confuse deer a week apart. So look at the number of profiles and at the expected errors as well.

# %%
import polars as pl

from thumper_core import identify_frame

settings = workspace.settings.replace("identify", threshold="auto", method="average").identify
decisions = workspace.sql("select * from decisions order by decision_id")
grouped = {
    name: identify_frame(frame, found, settings, decisions) for name, found in vectors.items()
}
nothing = (None, None)
pl.DataFrame(
    [
        {
            "name": name,
            "value": g.thresholds.calibration.auc,
            "low": g.thresholds.calibration.intervals.get("auc", nothing)[0],
            "high": g.thresholds.calibration.intervals.get("auc", nothing)[1],
            "profiles": g.tables.profiles.height,
            "expected wrongly merged": at["expected_false_merge"],
            "expected wrongly split": at["expected_false_split"],
        }
        for name, g in grouped.items()
        for at in g.thresholds.sweep.sort((pl.col("similarity") - (g.cut.similarity or 0)).abs())
        .head(1)
        .to_dicts()
    ]
)

# %% [markdown]
# ## Knowing who is who
#
# On the demo herd the truth says it; on yours, the deer that you named. *rank-1*: how often is
# the most similar picture from **another visit** the same deer? *map* looks at the whole ranking,
# *pair AUC* at pairs. These are the figures to choose by.

# %%
from thumper_core import boxmatch

truth_file = workspace.root / "truth.parquet"
if truth_file.exists():
    found, asked = boxmatch.by_photo(frame, pl.read_parquet(truth_file))
    true_rows = boxmatch.match_boxes(found, asked).tolist()
    who = [asked["individual"][row] if row >= 0 else None for row in true_rows]
else:
    named = workspace.sql(
        "select a.detection_id, i.name from assignments a join individuals i using (individual_id)"
    )
    who = frame.join(named, on="detection_id", how="left", maintain_order="left")["name"].to_list()
known = np.array([name is not None for name in who])
print(f"{known.sum()} detections of {len({w for w in who if w})} known deer")

# %%
from thumper_core import figures, retrieval

labels = np.array([name for name in who if name is not None], np.str_)
event = frame["event_id"].to_numpy()[known]
rows = []
if len(set(labels)) > 1:
    for name, found in vectors.items():
        scores = retrieval.retrieval_scores(found[known], labels, event, event)
        rows += [{"name": name, "group": key} | scores[key] for key in ("rank1", "map", "pair_auc")]
schema = {"name": str, "group": str, "value": float, "low": float, "high": float}
figures.intervals(pl.DataFrame(rows, schema=schema), axis="Between visits (95%, visits resampled)")

# %% [markdown]
# ## On a folder of known individuals
#
# One folder per individual, and in a photo's name, the sighting it belongs to (pairs of one
# sighting are left out). Here it is made from the known deer above. If you have such a folder,
# name it in the next cell, with a regular expression for the sighting. The command `thumper
# evaluate reid DIR` does the same.

# %%
FOLDER = None  # "/path/to/folder"
SIGHTING = r"(.+)_\d+"  # the first group names the sighting

# %%
import tempfile

from thumper_core import crops

if FOLDER is None and len(set(labels)) > 1:
    made = tempfile.TemporaryDirectory()
    FOLDER = made.name
    numbers = dict.fromkeys(sorted(set(labels)))  # names may hold what a folder's name may not
    numbers = {name: f"deer-{number:03d}" for number, name in enumerate(numbers)}
    for number, (row, name) in enumerate(zip(frame.iter_rows(named=True), who, strict=True)):
        if name is None:
            continue
        folder = Path(FOLDER) / numbers[name]
        folder.mkdir(exist_ok=True)
        root, path = places[row["photo_id"]]
        photo = os.fsdecode(os.fsencode(root) + b"/" + path)
        box = (row["x1"], row["y1"], row["x2"], row["y2"])
        jpeg = crops.crop_jpeg(photo, box, 320, photo_width=row["width"])
        (folder / f"{row['event_id']}_{number}.jpg").write_bytes(jpeg)

# %%
from thumper_core import evaluate_reid

n_individuals = len([p for p in Path(FOLDER).iterdir() if p.is_dir()]) if FOLDER else 0
rows = []
if n_individuals > 1:
    for name, embedder in embedders.items():
        scores = evaluate_reid(
            Path(FOLDER), sighting=SIGHTING, embedder=embedder, folds=min(3, n_individuals)
        )
        rows += [{"name": name, "group": key} | scores[key] for key in ("rank1", "map", "pair_auc")]
print(f"{n_individuals} individuals")
figures.intervals(pl.DataFrame(rows, schema=schema), axis="Folder (95%, individuals resampled)")

# %% [markdown]
# ## What to do next
#
# To use another one:
#
# `thumper reprocess --clear-mode embeddings` with `embedder` set in `thumper.toml`, or the
# Process page: detections are taken over, only the vectors are new. Names and decisions stay, and
# the old run stays beside the new one until you prune it. To write one of your own: `08_my_own_embedder`.
