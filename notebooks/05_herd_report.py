# %% [markdown]
# # The herd report, and a figure of your own
#
# The report is made of tables and of figures, and every one is a function that you can call. Here
# are the tables, the report's figures, a figure that no report has, and the report itself.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# ## Pictures to know them by
#
# The three best of each, one of each visit before a second of any.

# %%
from thumper_core import contact_sheet, tables

herd = tables.herd_cards(workspace)
most_seen = herd.sort("n_visits", descending=True).head(6).select("individual_id", "label")
best = most_seen.join(
    tables.best_detections(workspace, 3), on="individual_id", maintain_order="left"
)
contact_sheet(workspace, best, label="label", columns=6)

# %% [markdown]
# ## The herd table
#
# One row per deer, bucks first. `write_csv` saves any table.

# %%
herd.drop("notes", "cameras").head(12)

# %%
sightings = tables.sightings(workspace)
effort = tables.camera_effort(workspace)
effort.select("camera", "n_photos", "n_with_deer", "n_days", "n_visits", "n_individuals")

# %% [markdown]
# ## The report's figures

# %%
from thumper_core import figures

figures.activity_by_hour(sightings)

# %%
figures.activity_by_hour(sightings, kind="polar")

# %%
figures.sightings_timeline(sightings, max_rows=12)

# %%
figures.photos_per_camera(effort)

# %%
figures.accumulation(sightings)

# %% [markdown]
# ## A figure of your own
#
# Who is seen with whom? Two deer are together where they were in one event. Ask, pivot, draw: the
# template gives your figure the look of the others.

# %%
import plotly.graph_objects as go
import polars as pl

from thumper_core import theme

together = workspace.sql(
    """
    select coalesce(a.name, a.individual_id) as deer, coalesce(b.name, b.individual_id) as other,
        count(*) as visits
    from sightings a join sightings b using (event_id)
    where a.individual_id <> b.individual_id group by all
    """
)
pairs = together.filter(pl.col("deer") < pl.col("other")).sort("visits", descending=True)
pairs.head(8)

# %%
names = sorted(set(together["deer"]))
counts = {(r["deer"], r["other"]): r["visits"] for r in together.iter_rows(named=True)}
figure = go.Figure(
    go.Heatmap(
        z=[[counts.get((a, b)) for b in names] for a in names],
        x=names,
        y=names,
        colorscale=[[0, "#dbe7f1"], [1, theme.ACCENT]],
        hovertemplate="%{x} with %{y}: %{z} visits<extra></extra>",
    )
)
figure.update_layout(template=theme.template(), title_text="Seen together", height=560)

# %% [markdown]
# One line saves it as a page that opens anywhere: `figure.write_html("together.html")`.
#
# ## The report
#
# One HTML file that needs no network. `thumper report` writes the same.

# %%
from thumper_core import write_reports

(path,) = write_reports(workspace, ["html"])
print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB in {path.parent.name}/")

# %% [markdown]
# ## What to do next
#
# `thumper report --format html,pdf,xlsx` writes all of it; the page Reports does too. How many deer
# there are beside those that were told apart is `06_abundance`; what the figures may hide, `07_errors`.
