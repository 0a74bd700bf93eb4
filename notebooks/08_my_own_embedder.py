# %% [markdown]
# # My own embedder
#
# An embedder is anything that turns pictures into vectors. Here you write one in a few lines, see
# what it takes for alike, and find out whether it is worth a run, all on pictures that are there
# already. Nothing is changed. `04_which_embedder` compares those that ship.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# ## What an embedder sees
#
# Cut-outs of deer, in time order. Neighbours are often frames of one burst: the same animal, a
# second later. That is what makes it possible to judge an embedder without knowing any deer.

# %%
from thumper_core import browse, contact_sheet, load_deer, newest_complete_run

MAX_DETECTIONS = 200
run_id = newest_complete_run(workspace).run_id
frame, stored = load_deer(workspace, run_id, workspace.settings.identify.class_conf_min)
frame, stored = frame.head(MAX_DETECTIONS), stored[:MAX_DETECTIONS]
rows = browse.detections(workspace, tuple(frame["detection_id"]))  # of the run that is shown
there = frame["detection_id"].is_in(rows["detection_id"].to_list())
frame, stored = frame.filter(there), stored[there.to_numpy()]
contact_sheet(workspace, rows.head(12), label="camera")

# %% [markdown]
# ## Write one
#
# Name, size of the pictures that it wants, length of its vectors, and one method: crops in, unit
# vectors out. This one describes where the edges of a picture run, region by region (Dalal and
# Triggs 2005, in its plainest form): shape, with no colour and no training. Change it at will.

# %%
import numpy as np


class Edges:
    """Directions of edges in a 6 x 6 grid, weighted by their strength."""

    name, size, dim = "edges", 96, 6 * 6 * 8

    def embed(self, crops):
        """(B, 96, 96, 3) uint8 -> (B, 288) float32, L2-normalised."""
        grey = crops.astype(np.float32).mean(axis=3)
        down, right = np.gradient(grey, axis=(1, 2))
        strength = np.hypot(down, right)
        turn = ((np.arctan2(down, right) % np.pi) / np.pi * 8).astype(int) % 8
        parts = [strength * (turn == k) for k in range(8)]
        cells = np.stack(parts, axis=-1).reshape(len(crops), 6, 16, 6, 16, 8).sum(axis=(2, 4))
        found = np.sqrt(cells.reshape(len(crops), -1))
        found -= found.mean(axis=1, keepdims=True)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


mine = Edges()

# %% [markdown]
# Its crops: the same cut-outs, at its size. They come out of the cache of pictures that the pages
# use, so this is quick.

# %%
import io

from PIL import Image

from thumper_core import crops


def pictures_of(rows, size):
    """(N, size, size, 3) uint8: the crop of each row."""
    wanted = [(crops.Crop.from_row(row), size) for row in rows.iter_rows(named=True)]
    made = (Image.open(io.BytesIO(jpeg)) for jpeg in crops.crops(workspace, wanted))
    return np.stack([np.asarray(one.convert("RGB").resize((size, size))) for one in made])


own = mine.embed(pictures_of(rows, mine.size))
assert own.shape == (len(rows), mine.dim) and np.allclose(np.linalg.norm(own, axis=1), 1, atol=1e-3)
print(f"{len(own)} vectors of length {mine.dim}; the run's have {stored.shape[1]}")

# %% [markdown]
# ## What it takes for alike
#
# First a picture, then the three that your embedder holds to be most like it, of other bursts.

# %%
import polars as pl

burst = frame["burst_id"].to_numpy()
alike = own @ own.T
alike[burst[:, None] == burst[None, :]] = -1
first = [0, len(own) // 2]
order = [row for at in first for row in (at, *np.argsort(-alike[at])[:3].tolist())]
labels = ["asked", "most alike", "then", "then"] * len(first)
shown = rows[order].with_columns(pl.Series("place", labels))
contact_sheet(workspace, shown, label="place", columns=4)

# %% [markdown]
# ## Is it any good?
#
# Pairs in one burst are mostly one animal, pairs in one photo are certainly two. The further the
# two hills lie apart, the better. These are the easy pairs: who fails here is useless, who is
# perfect here may still confuse deer a week apart.

# %%
from thumper_core import figures, identify_frame, tuning

settings = workspace.settings.replace("identify", threshold="auto", method="average").identify
grouped = {
    name: identify_frame(frame, np.ascontiguousarray(found, np.float32), settings)
    for name, found in {"the run's": stored, mine.name: own}.items()
}
same, different = tuning.scores(grouped[mine.name].thresholds.calibration)
figures.similarity_histogram(same, different)

# %%
both = np.concatenate([np.sqrt(0.7) * stored, np.sqrt(0.3) * own], axis=1)
name = "0.7 the run's + 0.3 mine"  # as an ensemble would put them together
grouped[name] = identify_frame(frame, both.astype(np.float32), settings)
rows_of = []
for name, found in grouped.items():
    auc = found.thresholds.calibration.intervals.get("auc", (None, None))
    rows_of.append((name, found.thresholds.calibration.auc, *auc))
measured = pl.DataFrame(rows_of, ["name", "value", "low", "high"], orient="row", strict=False)
figures.intervals(measured, axis="Area under the ROC of certain pairs, 95%")

# %%
for name, found in grouped.items():
    print(f"{name}: {found.tables.profiles.height} groups")
best = measured.drop_nulls("value").sort("value", descending=True)["name"]
print("Best on the certain pairs:", best[0] if len(best) else "none, there are too few of them")

# %% [markdown]
# ## What to do next
#
# - Name ten deer on the page Herd: then `04_which_embedder` says how often *another visit* of the
#   same deer is found, which is the figure to choose by.
# - A network of your own, saved as ONNX, becomes a model by name with an entry in the workspace's
#   `registry.toml`; `thumper models add` writes it. `NAME+NAME` joins two into one.
# - `thumper reprocess --clear-mode embeddings --embedder NAME` builds a run with it beside the shown
#   one; `thumper sweep --keep "mine" --embedder NAME` puts it beside the others in the table of
#   experiments on the page Tune. Names and answers stay.
