"""One photo in full: its boxes, who they are, and corrections of class, place and kind."""

from __future__ import annotations

import io
from typing import Any

import plotly.graph_objects as go
import polars as pl
import streamlit as st
import ui
from cached import Pages
from PIL import Image

from thumper_core.contracts import DEER_SPECIES, AgeClass, Sex
from thumper_core.herd import decisions, kinds
from thumper_core.herd.boxkey import BoxKey
from thumper_core.ops.review_queue import verdict_key
from thumper_core.report import theme, words
from thumper_core.report.pictures import DrawnBox

WIDTH = 1280
CLASSES: dict[str, tuple[str, Sex, AgeClass]] = {
    "Buck": (DEER_SPECIES, Sex.MALE, AgeClass.ADULT),
    "Doe": (DEER_SPECIES, Sex.FEMALE, AgeClass.ADULT),
    "Fawn": (DEER_SPECIES, Sex.UNKNOWN, AgeClass.FAWN),
    "Deer": (DEER_SPECIES, Sex.UNKNOWN, AgeClass.UNKNOWN),
    "Other animal": ("other animal", Sex.UNKNOWN, AgeClass.UNKNOWN),
    "Person": ("human", Sex.UNKNOWN, AgeClass.UNKNOWN),
}


def show(source: Pages, facts: dict[str, Any]) -> None:
    """Show the photo of these facts."""
    photo_id = facts["photo_id"]
    st.page_link(ui.page_of("photos"), label="Photos", icon=":material/arrow_back:")
    st.title(words.moment(facts["taken_at"]), anchor=False)
    size = f"{facts['width']} x {facts['height']} · " if facts["width"] else ""
    made = " ".join(filter(None, (facts["make"], facts["model"])))
    st.caption(
        f"{ui.plain(facts['camera'])} · {ui.plain(facts['path'])} · {size}{ui.plain(made)} · "
        f"time from {facts['taken_at_source']}"
    )
    ui.flash()
    if facts["status"] in ("error", "partial"):
        what = "could not be read" if facts["status"] == "error" else "could be read in part"
        st.error(f"This photo {what}: {ui.plain(facts['error_message'] or '')}")
    rows: pl.DataFrame = source.ask("photo_boxes", photo_id)
    left, right = st.columns([3, 1], gap="medium")
    with right:
        drawing = st.toggle(
            "Draw a box",
            key="drawing",
            disabled=not ui.may_edit(),
            help="Drag over an animal that was missed, or over one whose box is wrong.",
        )
        _boxes(source, rows)
    with left, st.container(key="photo"):
        boxes = tuple(
            DrawnBox(
                (row["x1"], row["y1"], row["x2"], row["y2"]),
                _label(number, row),
                theme.CATEGORY_COLOUR.get(row["category"], theme.NEUTRAL),
            )
            for number, row in enumerate(rows.to_dicts(), 1)
        )
        picture = source.photo(photo_id, WIDTH, boxes)
        if drawing and picture.is_readable:
            _draw(source, photo_id, picture.jpeg, picture.width, picture.height)
        else:
            st.image(picture.jpeg, width="stretch")


def _label(number: int, row: dict[str, Any]) -> str:
    who = row["label"] or row["class"]
    return f"{number} {who}"


def _boxes(source: Pages, rows: pl.DataFrame) -> None:
    """A card for each box, with what can be corrected."""
    if rows.is_empty():
        st.caption("Nothing was found in this photo.")
    ledger = source.workspace.ledger
    for number, row in enumerate(rows.to_dicts(), 1):
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{number}** · {ui.plain(row['class'])}", width="content")
                st.caption(
                    "said by a person" if row["source"] == "human" else f"{row['confidence']:.0%}"
                )
            if row["individual_id"]:
                st.page_link(
                    ui.page_of("herd"),
                    label=ui.plain(row["label"]),
                    query_params={"deer": row["individual_id"]},
                )
            key = row["detection_id"]
            chosen = st.selectbox(
                "It is a",
                list(CLASSES),
                index=None,
                placeholder="Correct the class …",
                key=f"class-{key}-{source.versions.n_decisions}",
                label_visibility="collapsed",
                disabled=not ui.may_edit(),
            )
            if chosen:
                where = verdict_key(row)
                ui.act(
                    lambda w=where, c=chosen: decisions.record(
                        ledger, kinds.Reclass(w, *CLASSES[c]), ui.author()
                    ),
                    f"Noted: a {chosen.lower()}",
                )
                st.rerun()
            if st.button(
                "Not an animal",
                key=f"none-{key}",
                icon=":material/block:",
                width="stretch",
                disabled=not ui.may_edit(),
            ):
                where = verdict_key(row)
                ui.act(
                    lambda w=where: decisions.record(ledger, kinds.NotAnimal(w), ui.author()),
                    "Noted: not an animal",
                )
                st.rerun()


def _draw(source: Pages, photo_id: str, jpeg: bytes, width: int, height: int) -> None:
    """The photo as a figure on which a box can be dragged; the box becomes a missed animal."""
    figure = go.Figure()
    figure.add_layout_image(
        source=Image.open(io.BytesIO(jpeg)),
        x=0,
        y=0,
        sizex=width,
        sizey=height,
        xref="x",
        yref="y",
        layer="below",
        sizing="stretch",
    )
    # A selection needs points to select: an invisible one in each corner.
    figure.add_scatter(
        x=[0, width, 0, width],
        y=[0, 0, height, height],
        mode="markers",
        marker={"opacity": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(visible=False, range=[0, width], constrain="domain", fixedrange=True)
    figure.update_yaxes(
        visible=False,
        range=[height, 0],
        scaleanchor="x",
        fixedrange=True,
        constrain="domain",
        constraintoward="top",
    )
    figure.update_layout(dragmode="select", margin={"l": 0, "r": 0, "t": 0, "b": 0}, height=620)
    state = ui.chart(
        figure,
        f"draw-{photo_id}-{source.versions.n_decisions}",
        on_select="rerun",
        selection_mode="box",
    )
    drawn = state.selection.box if state else []
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        what = st.segmented_control(
            "It is a", list(CLASSES), default="Doe", required=True, key="drawn-class"
        )
        if st.button("Save the box", type="primary", disabled=not drawn, key="save-box"):
            xs, ys = sorted(drawn[0]["x"]), sorted(drawn[0]["y"])
            box = (max(0.0, xs[0]), max(0.0, ys[0]), min(width, xs[-1]), min(height, ys[-1]))
            ui.act(
                lambda: decisions.record(
                    source.workspace.ledger,
                    kinds.MissedAnimal(BoxKey(photo_id, box), *CLASSES[str(what)]),
                    ui.author(),
                ),
                "The animal is noted",
            )
            st.rerun()
