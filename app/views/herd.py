"""The herd: every individual's best picture; one animal's page; names, and whether it is time for them."""

from __future__ import annotations

import album
import empty_herd
import follow
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import theme
from thumper_core.questions import words
from views import hit_list, individual, naming

PER_PAGE = 24
_SORTS = {
    "seen": "Most seen",
    "newest": "Last seen",
    "name": "Name",
    "few": "Least seen",
}


def page() -> None:
    """Show one animal where the address names it, else the whole herd."""
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.header("Herd")
        ui.nothing_yet("No herd yet", "There is no workspace yet.", "overview", "Start here")
        return
    source = ui.pages()
    follow.herd_follows(source)
    deer = st.query_params.get("deer")
    cards: pl.DataFrame = source.ask("cards")
    if deer and cards.filter(pl.col("individual_id") == deer).height:
        individual.show(source, cards.row(by_predicate=pl.col("individual_id") == deer, named=True))
        return
    ui.header("Herd", "Each group of pictures by its best one.")
    if deer:
        st.warning("That deer is not in this herd: it may have been merged into another.")
    if cards.is_empty():
        if empty_herd.show(source):
            return
        ui.nothing_yet(
            "No deer have been told apart yet",
            "The photos are processed: identify the deer in them.",
            "process",
            "Identify the herd",
        )
        return
    st.markdown(ui.plain(source.ask("totals").size.sentence))
    gallery, names = st.tabs(["Gallery", "Naming"], key="herd-tabs", on_change="rerun")
    if gallery.open:
        with gallery:
            _gallery(source, cards)
    if names.open:
        with names:
            naming.show(source, cards)


def _gallery(source: Pages, cards: pl.DataFrame) -> None:
    shown = _filtered(cards)
    offset = ui.pager("herd-page", shown.height, PER_PAGE)
    chosen = shown.slice(offset, PER_PAGE)
    best = source.ask("best", 1)
    pictures = chosen.select("individual_id").join(
        best, on="individual_id", how="inner", maintain_order="left"
    )
    jpegs = dict(zip(pictures["individual_id"], source.jpegs(pictures, album.CROP_PX), strict=True))
    columns = 4
    for start in range(0, chosen.height, columns):
        for place, row in zip(
            st.columns(columns, gap="small"),
            chosen.slice(start, columns).to_dicts(),
            strict=False,
        ):
            with place, st.container(border=True, height="stretch", gap="xsmall"):
                picture = jpegs.get(row["individual_id"])
                if picture:
                    st.image(picture, width="stretch", alt=row["label"])
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.page_link(
                        ui.page_of("herd"),
                        label=f"**{ui.plain(row['label'])}**",
                        icon=":material/arrow_forward:",
                        icon_position="right",
                        query_params={"deer": row["individual_id"]},
                        width="stretch",
                    )
                    ui.category_badge(row["category"])
                    hit_list.badges(row)
                visits = words.counted(row["n_visits"], "visit")
                st.caption(
                    f"{visits} · {words.counted(row['n_detections'], 'picture')}  \n"
                    f"{words.period(row['first_seen'], row['last_seen']).removeprefix('from ')}"
                )


def _filtered(cards: pl.DataFrame) -> pl.DataFrame:
    """Controls of the gallery, and what passes them."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.pills(
            "Who",
            [c for c in theme.CATEGORIES if c in set(cards["category"])],
            selection_mode="multi",
            key="herd-kind",
            format_func=lambda c: theme.CATEGORY_NAME[c],
        )
        names = st.segmented_control(
            "Which",
            ["all", "named", "nameless", *(["hit list"] if cards["watched"].any() else [])],
            default="all",
            required=True,
            key="herd-named",
            format_func=str.capitalize,
        )
        cameras = sorted({c for row in cards["cameras"] for c in row})
        camera = st.selectbox(
            "Camera",
            [None, *cameras],
            key="herd-camera",
            width=136,
            format_func=ui.option_names(cameras, "All cameras"),
        )
        sort = st.selectbox(
            "Order", list(_SORTS), format_func=_SORTS.__getitem__, key="herd-sort", width=125
        )
        text = st.text_input("Find", key="herd-find", placeholder="Name or ID", width=125)
    keep = pl.lit(True)
    if kind:
        keep &= pl.col("category").is_in(kind)
    if names == "hit list":
        keep &= pl.col("watched")
    elif names != "all":
        keep &= pl.col("name").is_not_null() if names == "named" else pl.col("name").is_null()
    if camera:
        keep &= pl.col("cameras").list.contains(camera)
    if text:
        keep &= pl.col("label").str.to_lowercase().str.contains(text.lower(), literal=True)
    shown = cards.filter(keep)
    if sort == "seen":
        return shown.sort("n_visits", "individual_id", descending=[True, False])
    if sort == "few":
        return shown.sort("n_visits", "individual_id")
    if sort == "newest":
        return shown.sort("last_seen", "individual_id", descending=[True, False])
    return shown.sort(pl.col("name").is_null(), pl.col("label").str.to_lowercase())
