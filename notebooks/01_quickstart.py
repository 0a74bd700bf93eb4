# %% [markdown]
# # Quickstart: what is in a workspace
#
# A workspace is a folder. The photos stay where they are; what Thumper found out about them lies
# in the workspace, and you ask for it in SQL or with [polars](https://docs.pola.rs). Nothing in
# this notebook changes anything.
#
# `thumper lab` opens the notebooks on the workspace it was started for. For another one, change
# the next cell and run the notebook again.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")
workspace.root.name

# %% [markdown]
# ## Who was there
#
# The best picture of each of the most seen deer. The sheet is an ordinary Pillow image.

# %%
from thumper_core import contact_sheet, tables

best = tables.best_detections(workspace, 1).join(
    tables.herd_cards(workspace).select("individual_id", "label", "n_visits"), on="individual_id"
)
contact_sheet(workspace, best.sort("n_visits", descending=True).head(18), label="label")

# %% [markdown]
# ## The herd in numbers
#
# `tables` answers the questions that the report and the pages ask, each with one table.

# %%
from thumper_core import tables

totals = tables.totals(workspace)
print(f"{totals.n_photos:,} photos from {totals.n_cameras} cameras, {totals.n_failed} not readable")
print(f"{totals.n_with_deer:,} of them show deer, on {totals.n_visits:,} visits")
print(totals.size.sentence)
print(
    f"{totals.n_deer} groups: {totals.n_bucks} bucks, {totals.n_does} does, "
    f"{totals.n_fawns} fawns, {totals.n_unknown} unknown; {totals.n_seen_once} seen once only"
)

# %% [markdown]
# ## The views
#
# These are the tables that you can ask. They show the run and the herd that everybody sees; the
# ones that begin with `all_` show every run. `docs/reference.md` says what each column holds.

# %%
workspace.sql(
    "select table_name as view, count(*) as columns from information_schema.columns "
    "where table_name in ('photos', 'bursts', 'events', 'outcomes', 'detections', 'embeddings', "
    "'tracklets', 'assignments', 'profiles', 'individuals', 'sightings', 'decisions', 'runs', "
    "'jobs') group by all order by view"
)

# %% [markdown]
# `sql` takes DuckDB's SQL and gives a polars frame. Who was seen most, and where?

# %%
workspace.sql(
    """
    select coalesce(name, individual_id) as deer, sex, age_class, count(*) as visits,
        count(distinct camera) as cameras, min(started_at) as first, max(ended_at) as last
    from sightings group by all order by visits desc limit 10
    """
)

# %% [markdown]
# From there on it is polars: which cameras see which kind of deer?

# %%
sightings = tables.sightings(workspace)
sightings.pivot("category", index="camera", values="event_id", aggregate_function="len").fill_null(
    0
)

# %% [markdown]
# ## A whole photo
#
# With what was found in it: the one with most animals.

# %%
from IPython.display import Image

from thumper_core import annotated

boxes = workspace.sql(
    """
    select photo_id, x1, y1, x2, y2, "class" || ' ' || round(confidence, 2) as label
    from detections where photo_id = (
        select photo_id from detections group by photo_id order by count(*) desc, photo_id limit 1
    )
    """
)
drawn = [
    annotated.DrawnBox((r["x1"], r["y1"], r["x2"], r["y2"]), r["label"])
    for r in boxes.iter_rows(named=True)
]
Image(
    annotated.photo_jpeg(workspace, boxes["photo_id"][0], 900, drawn).jpeg
) if drawn else "nothing found"

# %% [markdown]
# ## First figures
#
# Every figure of the pages and reports is a function in `thumper_core.report.figures.herd`: a table
# goes in, a [Plotly](https://plotly.com/python/) figure comes out.

# %%
from thumper_core import figures

figures.photos_per_camera(tables.camera_effort(workspace))

# %%
figures.sightings_timeline(sightings, max_rows=15)

# %% [markdown]
# ## What to do next
#
# `02_threshold_tuning` shows how deer are told apart and how sure that is; `05_herd_report` makes
# tables and a report to hand on.
