# %% [markdown]
# # Clusters: what the embedder sees
#
# Every detection is a point among hundreds of dimensions. A map in two of them shows what lies
# near what. The map is for looking: who is who is decided in all dimensions, under constraints.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# ## The map
#
# UMAP after a PCA to 50 dimensions. The first time takes a while; it is kept in the workspace's
# cache.

# %%
from thumper_core import browse, deer_map, figures

who = browse.labels(workspace)
points = deer_map.layout_of_run(workspace).join(
    who, on="detection_id", how="left", maintain_order="left"
)
figures.clusters(points, colour_by="label")

# %% [markdown]
# The same points by other facts. Where the colours of **camera** or of the **time of day**
# separate better than those of the deer, the embedder looks at the place and the light, not at
# the animal.

# %%
figures.clusters(points, colour_by="camera")

# %%
import polars as pl

light = workspace.sql(
    "select d.detection_id, case when p.is_infrared then 'infrared' else 'colour' end as light "
    "from detections d join photos p using (photo_id)"
)
figures.clusters(points.join(light, on="detection_id", how="left"), colour_by="light")

# %%
figures.clusters(points, colour_by="category")

# %% [markdown]
# How well does each fact separate the map? The silhouette (Rousseeuw 1987) compares a point's
# distance to its own group with that to the nearest other one: 1 is apart, 0 is mixed.

# %%
from sklearn.metrics import silhouette_score

facts = points.join(light, on="detection_id", how="left")
rows = []
for fact in ("label", "camera", "light", "category"):
    part = facts.drop_nulls(fact)
    if 1 < part[fact].n_unique() < part.height:
        score = silhouette_score(part.select("x", "y").to_numpy(), part[fact].to_list())
        rows.append({"fact": fact, "groups": part[fact].n_unique(), "silhouette": float(score)})
pl.DataFrame(rows)

# %% [markdown]
# ## HDBSCAN on the map
#
# Dense regions become groups, thin ones noise. It needs no threshold, and that is its trouble
# here: it knows nothing of two deer in one photo.

# %%
figures.clusters(points, colour_by="hdbscan")

# %% [markdown]
# ## Three methods on the same tracklets
#
# *Constrained average linkage* is what Thumper uses. *Greedy* is the old system's rule: each
# tracklet goes to the nearest profile so far. *Broken* counts pairs in one profile that cannot be
# one animal.

# %%
from thumper_core import tuning

tuned = tuning.prepare(workspace, None)
threshold = tuned.found.cut.threshold if tuned.found.cut.threshold is not None else 0.5
compared = tuning.compare_methods(tuned, threshold)
pl.DataFrame(
    [
        {
            "method": tuning.METHODS[name],
            "profiles": c.profiles,
            "seen again": f"{c.assigned:.0%}",
            "singletons": c.singletons,
            "broken": c.broken,
        }
        for name, c in compared.items()
    ]
)

# %% [markdown]
# How far do they agree? The adjusted Rand index is 1 for the same grouping and 0 for chance.

# %%
from sklearn.metrics import adjusted_rand_score

from thumper_core import density, greedy

means, cut = tuned.found.clustering.means, tuned.similarity(threshold)
groupings = {
    "average": tuned.labels(threshold),
    "greedy": greedy.greedy_profiles(means, cut),
    "hdbscan": density.density_profiles(means),
}
pl.DataFrame(
    [
        {"method": a} | {b: float(adjusted_rand_score(x, y)) for b, y in groupings.items()}
        for a, x in groupings.items()
    ]
)

# %% [markdown]
# ## Outliers
#
# Detections that look least like the rest of their own deer. Some are another animal, some are
# only a bad picture: cut off, blurred, far away. Correct the first kind on the Review page.

# %%
from thumper_core import contact_sheet

doubtful = workspace.sql(
    """
    select a.detection_id, coalesce(i.name, a.individual_id) || '  ' || round(a.p_same, 2) as label
    from assignments a join individuals i using (individual_id)
    where a.p_same is not null
    qualify row_number() over (partition by a.tracklet_id order by a.detection_id) = 1
    order by a.p_same, a.detection_id limit 12
    """
)
pictures = browse.detections(workspace, tuple(doubtful["detection_id"])).drop("label")
contact_sheet(workspace, pictures.join(doubtful, on="detection_id"), label="label")

# %% [markdown]
# Beside them, the best picture of the deer that each is held to be, in the same order.

# %%
from thumper_core import tables

own = pictures.select("individual_id").join(
    tables.best_detections(workspace, 1), on="individual_id", how="left", maintain_order="left"
)
contact_sheet(workspace, own, label="individual_id")

# %% [markdown]
# ## What to do next
#
# The page Clusters is this map with pictures in it, and corrections from a selection. Where colours of
# cameras or light separate better than those of deer, `thumper evaluate background` tests it, and
# `04_which_embedder` looks for an embedder that sees the animal.
