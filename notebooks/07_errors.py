# %% [markdown]
# # Where it goes wrong
#
# No detector finds every deer and no embedder tells all of them apart. Errors are not spread
# evenly: they gather at some cameras, at night, far away. This notebook finds out where. On a
# demo herd it compares with the truth; on your herd it shows what could not be read, what is
# doubtful and what people corrected.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# The weakest boxes that were taken for deer: small, dark, cut off, and some are none.

# %%
from thumper_core import browse, contact_sheet

weak = workspace.sql(
    "select detection_id from detections where is_deer order by confidence, detection_id limit 12"
)
contact_sheet(workspace, browse.detections(workspace, tuple(weak["detection_id"])), label="class")

# %% [markdown]
# ## Photos that could not be read

# %%
from thumper_core import tables

tables.failures_by_reason(workspace)

# %% [markdown]
# ## Every detection, with its circumstances
#
# How tall an animal stands in the photo says how far away it was.

# %%
import polars as pl

all_found = workspace.sql(
    """
    select d.detection_id, d.photo_id, p.path, p.root, p.path_bytes, p.camera, p.event_id,
        p.width, p.height, d.x1, d.y1, d.x2, d.y2, d.confidence, d."class", d.species, d.sex,
        d.age_class, d.source, a.individual_id, a.tracklet_id, a.p_same, p.is_infrared
    from detections d join photos p using (photo_id) left join assignments a using (detection_id)
    order by p.taken_at, d.detection_id
    """
)
CIRCUMSTANCES = ("camera", "light", "distance")


def with_circumstances(rows):
    """Add `light` and `distance` to rows with `is_infrared, y1, y2, height`."""
    share = (pl.col("y2") - pl.col("y1")) / pl.col("height")
    return rows.with_columns(
        pl.when(pl.col("is_infrared")).then(pl.lit("infrared")).otherwise(pl.lit("colour"))
        .alias("light"),
        pl.when(share >= 0.4).then(pl.lit("near"))
        .when(share >= 0.2).then(pl.lit("middle"))
        .otherwise(pl.lit("far")).alias("distance"),
    )  # fmt: skip


all_found = with_circumstances(all_found)
all_found.group_by("species", "light", "distance").len().sort("len", descending=True).head(10)

# %% [markdown]
# ## How sure, and where less?
#
# `p_same` is the chance that a tracklet and the rest of its deer are one animal. Below: the share
# of tracklets with less than 80%, by circumstance.

# %%
from thumper_core import figures, ratios

SCHEMA = {"name": str, "value": float, "low": float, "high": float}


def share_by_circumstance(rows, is_bad):
    """Share of rows where `is_bad` holds, by camera, light and distance (Wilson intervals)."""
    found = []
    for key in CIRCUMSTANCES:
        for (value,), part in rows.group_by(key, maintain_order=True):
            bad, n = int(part[is_bad].sum()), part.height
            found.append((f"{key}: {value} ({n})", bad / n, *ratios.wilson(bad, n)))
    return pl.DataFrame(found, SCHEMA, orient="row").sort("name")


judged = all_found.drop_nulls("p_same").unique("tracklet_id", maintain_order=True)
judged = judged.with_columns((pl.col("p_same") < 0.8).alias("unsure"))
figures.intervals(
    share_by_circumstance(judged, "unsure"), axis="Unsure tracklets, 95%", percent=True
)

# %% [markdown]
# ## What people corrected
#
# Decisions that hold, and detections whose class, box or existence a person set right.

# %%
workspace.sql("select kind, count(*) as n from decisions where not undone group by kind order by n")

# %%
from thumper_core import review_queue

review_queue.doubts(workspace, 10)  # classes that the Review page would ask about next

# %% [markdown]
# ## Against the truth: is it found?
#
# The rest needs a `truth.parquet`, which only a demo herd has. Without one it stays empty.

# %%
from thumper_core import boxmatch

truth_file = workspace.root / "truth.parquet"
photos = workspace.sql("select path, root, path_bytes, width, height, is_infrared from photos")
if truth_file.exists():
    truth = pl.read_parquet(truth_file)
else:
    print("No truth here.")
    columns = ("path", "photo_sha256", "individual", "species", "class", "camera")
    numbers = ("x1", "y1", "x2", "y2", "visible_fraction")
    truth = pl.DataFrame(
        schema=dict.fromkeys(columns, pl.String) | dict.fromkeys(numbers, pl.Float32)
    )
found, asked = boxmatch.by_photo(all_found, truth)
match = boxmatch.match_boxes(found, asked)  # the true box of each detection, or -1
asked = asked.with_row_index("row").join(photos, on="path", how="inner", maintain_order="left")
hits = set(match.tolist())
asked = with_circumstances(asked).with_columns(
    pl.col("row").is_in(list(hits - {-1})).not_().alias("missed")
)
visible = asked.filter(pl.col("visible_fraction") >= boxmatch.VISIBLE_MIN)
print(f"{visible.height} animals to be seen, {int(visible['missed'].sum())} of them missed")
figures.intervals(
    share_by_circumstance(visible, "missed"), axis="Animals missed, 95%", percent=True
)

# %% [markdown]
# The missed ones. Dark, far, cut off, behind something?

# %%
from thumper_core import contact_sheet

missed = visible.filter(pl.col("missed")).head(12)
missed = missed.with_columns(("truth-" + pl.col("row").cast(pl.String)).alias("detection_id"))
contact_sheet(workspace, missed, label="class")

# %% [markdown]
# And what was taken for an animal although none is there:

# %%
false_alarms = found.filter(pl.Series(match < 0)) if truth.height else found.clear()
print(f"{false_alarms.height} false alarms")
contact_sheet(workspace, false_alarms.sort("confidence", descending=True).head(12), label="class")

# %% [markdown]
# ## Is it the right class?
#
# A row per true class, a column per class that was said.

# %%
pairs = (
    found.with_columns(pl.Series("row", match).cast(pl.Int64))
    .join(asked.select(pl.col("row").cast(pl.Int64), pl.col("class").alias("true class")), on="row")
    .group_by("true class", "class")
    .len()
)
confusion = pairs.pivot("class", index="true class", values="len").fill_null(0).sort("true class")
said = sorted(c for c in confusion.columns if c != "true class")
figures.heatmap(confusion, rows="true class", columns=said, axis="Class that was said")

# %% [markdown]
# ## Is it the right deer?
#
# A detection is *with others* where most of its profile is another deer, and *split off* where
# most pictures of its deer are in another profile.

# %%
who = found.with_columns(pl.Series("row", match).cast(pl.Int64)).join(
    asked.select(pl.col("row").cast(pl.Int64), "individual"), on="row", how="left"
)
known = who.drop_nulls(["individual", "individual_id"])


def largest(by, of):
    """For each `by`, the `of` with most detections."""
    counts = known.group_by(by, of).len().sort("len", of, descending=[True, False])
    return counts.unique(by, keep="first").select(by, pl.col(of).alias(f"{of} of most"))


known = (
    known.join(largest("individual_id", "individual"), on="individual_id", maintain_order="left")
    .join(largest("individual", "individual_id"), on="individual", maintain_order="left")
    .with_columns(
        (pl.col("individual") != pl.col("individual of most")).alias("with others"),
        (pl.col("individual_id") != pl.col("individual_id of most")).alias("split off"),
    )
)
print(f"{known.height} detections of {known['individual'].n_unique()} known deer, in "
      f"{known['individual_id'].n_unique()} profiles")  # fmt: skip
figures.intervals(
    share_by_circumstance(known, "with others"), axis="With others, 95%", percent=True
)

# %%
figures.intervals(share_by_circumstance(known, "split off"), axis="Split off, 95%", percent=True)

# %% [markdown]
# Those with others, each labelled with its true deer and the deer it was taken for:

# %%
mixed = known.filter(pl.col("with others")).unique("tracklet_id", maintain_order=True).head(12)
mixed = mixed.with_columns(
    (pl.col("individual") + " as " + pl.col("individual of most")).alias("mix")
)
contact_sheet(workspace, mixed, label="mix")

# %% [markdown]
# ## What to do next
#
# Is it the deer's picture or the deer? Sharp, near pictures that are still confused are deer that
# look alike to the embedder: `04_which_embedder`. The rest is a matter of cameras and light.
