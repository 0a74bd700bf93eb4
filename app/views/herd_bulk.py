"""What is done with several groups at once: join, name, hit list, class; each is taken back as one step."""

from __future__ import annotations

import album
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import language, mark, say
from thumper_core.decisions import regroup
from thumper_core.questions import hit_list, many_boxes, words
from thumper_core.questions.herd_list import joined_into
from views import dialogs, quick_names
from views.box_words import CLASSES

_CLASSES = ("Buck", "Doe", "Fawn", "Deer")
JOINED_MAX = 12


def show(source: Pages, chosen: pl.DataFrame) -> None:
    """What can be done with the chosen rows of `tables.herd_cards`."""
    n, seen = chosen.height, chosen.filter(pl.col("n_visits") > 0)
    may = ui.may_edit()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            say("**{groups}** chosen", groups=words.counted(n, "group"))
            if n
            else say("Tick rows to work on them (by keyboard: Shift+Space)."),
            width="content",
        )
        if st.button(
            say("Join"),
            key="bulk-join",
            icon=":material/merge:",
            disabled=not may or not 1 < seen.height <= JOINED_MAX or seen.height < n,
            help=say("They are one deer: 2 to {joined_max} groups.", joined_max=JOINED_MAX),
        ):
            _join(source, seen)
        if st.button(
            say("Name"),
            key="bulk-name",
            icon=":material/label:",
            disabled=not may or chosen.filter(pl.col("name").is_null()).is_empty(),
            help=say("Names from a theme for those that have none."),
        ):
            _name(source, chosen.filter(pl.col("name").is_null()))
        if st.button(
            say("Class"),
            key="bulk-class",
            icon=":material/category:",
            disabled=not may or seen.is_empty(),
        ):
            _reclass(source, seen)
        off = n > 0 and bool(chosen["watched"].all())
        if st.button(
            say("Off the hit list") if off else say("On the hit list"),
            key="bulk-watch",
            icon=":material/visibility_off:" if off else ":material/visibility:",
            disabled=not may or not n,
        ):
            _watch(source, chosen, watched=not off)


@languages.dialog(mark("Name them"), width="large")
def _name(source: Pages, nameless: pl.DataFrame) -> None:
    quick_names.show(source, nameless, "bulk-name")


def _watch(source: Pages, chosen: pl.DataFrame, *, watched: bool) -> None:
    changed = chosen.filter(pl.col("watched") != watched)["individual_id"]
    where = say("on the hit list") if watched else say("off the hit list")
    ui.decide(
        source,
        lambda: [
            decision
            for who in changed
            for decision in hit_list.watching(source.workspace, who, watched=watched)
        ],
        f"{words.counted(changed.len(), 'group')} {where}",
        as_one=True,
    )
    st.rerun()


@languages.dialog(mark("One deer?"), width="large")
def _join(source: Pages, chosen: pl.DataFrame) -> None:
    into = joined_into(chosen)
    label = dict(chosen.select("individual_id", "label").iter_rows())[into]
    best = source.ask("best", 1)
    rows = chosen.select("individual_id", "label", "n_visits").join(
        best, on="individual_id", how="inner", maintain_order="left"
    )
    album.picture_rows(
        source,
        rows,
        lambda row: f"**{ui.plain(row['label'])}** · {words.counted(row['n_visits'], 'visit')}",
        columns=3,
    )
    names = chosen.filter(pl.col("name").is_not_null() & (pl.col("individual_id") != into))["name"]
    lost = (
        say(" The name {listed} is given up.", listed=words.listed(names.to_list()))
        if names.len()
        else ""
    )
    st.caption(
        say(
            "Joined, they are called {label}.{lost} It can be taken back.",
            label=ui.plain(label),
            lost=ui.plain(lost),
        )
    )
    if st.button(
        say("Join {height}", height=chosen.height),
        type="primary",
        key="bulk-join-save",
        icon=":material/merge:",
        disabled=not ui.may_edit(),
    ):
        who = chosen["individual_id"].to_list()
        others = tuple(one for one in who if one != into)
        members = pl.concat([source.ask("members", one) for one in who])
        dialogs.at_once(
            source,
            lambda: regroup.merge(members, into, others),
            say("{groups} joined", groups=words.counted(len(who), "group")),
        )


@languages.dialog(mark("What are they?"))
def _reclass(source: Pages, chosen: pl.DataFrame) -> None:
    st.markdown(
        say(
            "Every picture of {groups} is of the same kind: {pictures}.",
            groups=words.counted(chosen.height, "group"),
            pictures=words.counted(int(chosen["n_detections"].sum()), "picture"),
        )
    )
    kind = st.segmented_control(say("Kind"), _CLASSES, format_func=say, key="bulk-class-kind")
    plan = _plan(source, chosen, kind) if kind else None
    n = words.counted(plan.n_boxes, "picture") if plan else ""
    if plan and plan.n_same:
        st.caption(
            say(
                "{pictures}: a person said so already.",
                pictures=words.counted(plan.n_same, "picture"),
            )
        )
    if st.button(
        say("Correct {n}", n=n) if n else say("Correct"),
        type="primary",
        key="bulk-class-save",
        icon=":material/check:",
        disabled=plan is None or not plan.n_boxes or not ui.may_edit(),
    ):
        made = plan.decisions if plan else ()
        dialogs.at_once(
            source,
            lambda: made,
            say("{n} corrected to {kind}", n=n, kind=language.small(say(str(kind)))),
        )


def _plan(source: Pages, chosen: pl.DataFrame, kind: str) -> many_boxes.Plan:
    """What is to be said of the pictures of the chosen groups; what a person said already is left alone."""
    own = pl.concat([source.ask("members", who) for who in chosen["individual_id"]])
    boxes = source.ask("detections", tuple(own["detection_id"]))
    return many_boxes.of_class(boxes["photo_id"].to_list(), boxes, *CLASSES[kind])
