"""Figures of the herd over days and hours."""

from __future__ import annotations

from typing import Any, Literal

import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.language import say
from thumper_core.questions import categories
from thumper_core.report.figures.plotting import empty, escaped, finish, short
from thumper_core.views.times import dated

_DAY = "%-d %b\n%Y"


def activity_by_hour(
    sightings: pl.DataFrame, *, kind: Literal["bar", "polar"] = "bar"
) -> go.Figure:
    """Visits by the hour in which they begin, stacked by buck, doe, fawn, unknown.

    sightings: `category`, `started_at`; kind: bars over the day, or a clock with midnight on top.
    """
    counts = categories.activity(sightings)
    if counts.is_empty():
        return empty(say("No visits yet"))
    figure = go.Figure()
    for (name,), part in counts.group_by("category", maintain_order=True):
        look: dict[str, Any] = {
            "name": say(theme.CATEGORY_NAME[str(name)]),
            "marker": {"color": theme.CATEGORY_COLOUR[str(name)]},
        }
        visits, hours = part["n_visits"].to_list(), part["hour"].to_list()
        spans = [
            say("{hour:02d}:00 to {hour2:02d}:00", hour=hour, hour2=(hour + 1) % 24)
            for hour in hours
        ]
        hover = say("%{customdata}<br>%{fullData.name}: %{y}<extra></extra>")
        if kind == "bar":
            middles = [hour + 0.5 for hour in hours]
            figure.add_bar(x=middles, y=visits, customdata=spans, hovertemplate=hover, **look)
        else:
            figure.add_barpolar(
                theta=[(hour + 0.5) * 15 for hour in hours],
                r=visits,
                width=[14.0] * 24,
                customdata=spans,
                hovertemplate=hover.replace("{y}", "{r}"),
                **look,
            )
    if kind == "bar":
        figure.update_xaxes(
            tickvals=list(range(0, 25, 3)), range=[-0.1, 24.1], title_text=say("Hour of day")
        )
        figure.update_yaxes(title_text=say("Visits"), rangemode="tozero", tickformat=",d")
    else:
        figure.update_polars(
            angularaxis={
                "direction": "clockwise",
                "rotation": 90,
                "tickvals": list(range(0, 360, 45)),
                "ticktext": [f"{hour:02d}:00" for hour in range(0, 24, 3)],
            },
            radialaxis={"angle": 45, "tickangle": 45, "nticks": 4, "tickformat": ",d"},
        )
        figure.update_layout(margin={"l": 64, "r": 64})
    return finish(figure, barmode="stack")


def photos_per_camera(effort: pl.DataFrame) -> go.Figure:
    """A bar per camera: photos with animals, without, waiting, and such that could not be read.

    effort: `camera, n_photos, n_with_animals, n_failed` and, where known, `n_pending`.
    """
    if effort.is_empty():
        return empty(say("No photos yet"))
    if "n_pending" not in effort.columns:
        effort = effort.with_columns(n_pending=pl.lit(0))
    rows = effort.sort("n_photos", "camera", descending=[False, True]).with_columns(
        n_blank=(
            pl.col("n_photos") - pl.col("n_with_animals") - pl.col("n_failed") - pl.col("n_pending")
        ).clip(lower_bound=0)
    )
    figure = go.Figure()
    for column, name, colour in (
        ("n_with_animals", say("With animals"), theme.GOOD),
        ("n_blank", say("Nothing found"), "rgba(127, 135, 131, 0.45)"),
        ("n_pending", say("Not looked at yet"), "rgba(127, 135, 131, 0.2)"),
        ("n_failed", say("Not readable"), theme.CONTRAST),
    ):
        if rows[column].sum() > 0:
            figure.add_bar(
                y=escaped(rows["camera"]),
                x=rows[column].to_list(),
                name=name,
                orientation="h",
                marker_color=colour,
                hovertemplate="%{y}<br>%{fullData.name}: %{x:,d}<extra></extra>",
            )
    figure.update_xaxes(title_text=say("Photos"), showgrid=True, showline=False, tickformat=",d")
    figure.update_yaxes(showgrid=False, type="category", ticksuffix="  ")
    return finish(figure, barmode="stack", height=110 + 34 * rows.height)


def sightings_timeline(sightings: pl.DataFrame, *, max_rows: int = 40) -> go.Figure:
    """Who was there when: a row per individual, a point per visit; the most seen on top.

    sightings: `individual_id, label, category, camera, started_at`; max_rows: individuals at most.
    """
    sightings = dated(sightings)
    if sightings.is_empty():
        return empty(say("No visits yet"))
    order = (
        sightings.group_by("individual_id")
        .agg(pl.len().alias("n"), pl.col("label").first())
        .sort("n", "individual_id", descending=[True, False])
        .head(max_rows)
    )
    figure = go.Figure()
    shown = sightings.filter(pl.col("individual_id").is_in(order["individual_id"].to_list()))
    for name in theme.CATEGORIES:
        part = shown.filter(pl.col("category") == name)
        if part.is_empty():
            continue
        figure.add_scatter(
            x=part["started_at"].to_list(),
            y=part["individual_id"].to_list(),
            mode="markers",
            name=say(theme.CATEGORY_NAME[name]),
            marker={"color": theme.CATEGORY_COLOUR[name], "size": 8, "opacity": 0.9},
            customdata=list(zip(escaped(part["label"]), escaped(part["camera"]), strict=True)),
            hovertemplate="%{customdata[0]}<br>%{x|%d %b %Y, %H:%M}<br>%{customdata[1]}"
            "<extra></extra>",
        )
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=order["individual_id"].to_list(),
        tickvals=order["individual_id"].to_list(),
        ticktext=[short(label) for label in order["label"]],
        range=[order.height - 0.5, -0.5],  # the first on top
        ticksuffix="  ",
    )
    figure.update_xaxes(showgrid=True, showline=False, tickformat=_DAY)
    return finish(figure, height=110 + 22 * order.height)


def accumulation(sightings: pl.DataFrame) -> go.Figure:
    """How many different animals had been seen by each day; a curve that flattens has seen most.

    sightings: `individual_id, category, started_at`.
    """
    sightings = dated(sightings)
    if sightings.is_empty():
        return empty(say("No visits yet"))
    first = sightings.group_by("individual_id").agg(
        pl.col("started_at").min().dt.date().alias("day"), pl.col("category").first()
    )
    start, end = sightings["started_at"].min(), sightings["started_at"].max()
    days = pl.DataFrame({"day": pl.date_range(start.date(), end.date(), eager=True)})  # type: ignore[union-attr]
    figure = go.Figure()
    for name in theme.CATEGORIES:
        new = first.filter(pl.col("category") == name).group_by("day").len()
        if new.is_empty():
            continue
        total = days.join(new, on="day", how="left", maintain_order="left")["len"]
        figure.add_scatter(
            x=days["day"].to_list(),
            y=total.fill_null(0).cum_sum().to_list(),
            name=say(theme.CATEGORY_NAME[name]),
            mode="lines",
            stackgroup="herd",
            line={"color": theme.CATEGORY_COLOUR[name], "width": 1.5, "shape": "hv"},
            hovertemplate="%{x|%d %b %Y}<br>%{fullData.name}: %{y}<extra></extra>",
        )
    figure.update_xaxes(tickformat=_DAY)
    figure.update_yaxes(title_text=say("Different deer seen"), rangemode="tozero", tickformat=",d")
    return finish(figure)
