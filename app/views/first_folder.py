"""First start, step 1: the folder that holds the photos, found by looking, or pasted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
import ui

from thumper_core import UsageError, expanded, say
from thumper_core.questions import camera_ways, folders, words

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from views.first_start import First

_AT = "folder-at"


def show(first: First) -> None:
    """Show the step."""
    st.markdown(say("**Your photos**"))
    st.caption(
        say(
            "Where are they on this machine? One folder for each camera, or as they came off the "
            "cards. They stay where they are; nothing in them is changed."
        )
    )
    if not ui.may_edit():
        st.caption(say("Adding photos needs the role `editor`."))
        return
    told = st.container()  # what is wrong with a path stands where it is seen, above all folders
    _browse(first, told)
    with st.form("look-at-photos", border=False):
        text = st.text_input(
            say("Or paste the folder's path"),
            placeholder="/home/me/ranch/cards",
            key="start-folder",
        )
        if st.form_submit_button(say("Look at it"), icon=":material/search:"):
            _look(first, text.strip(), told)


def _browse(first: First, told: DeltaGenerator) -> None:
    """One folder's folders, to go into; only what this account may open."""
    usual = folders.usual_places()
    at = st.session_state.get(_AT) or str(usual[0] if usual else Path("/"))
    try:
        here = folders.below(Path(at))
    except UsageError as error:
        st.error(ui.readable(error), icon=":material/error:")
        st.session_state.pop(_AT, None)
        here = folders.below(Path("/"))
    with st.container(horizontal=True, gap="xsmall"):
        for n, place in enumerate(usual):
            label = say("Home") if place == Path.home() else place.name
            _go_to(place, label, "hard_drive", f"place-{n}")
    with st.container(border=True, key="folders", gap="xsmall"):
        st.markdown(f":material/folder_open: **{ui.plain(here.folder)}**")
        with st.container(height=230, border=False, gap=None, key="folder-list"):
            if here.above is not None:
                _go_to(here.above, say("The folder above"), "arrow_upward", "folder-up")
            for name in here.folders:
                _go_to(here.folder / name, name, "folder", f"folder-{ui.readable(name)}")
            if here.n_more:
                st.caption(
                    say("{n_more:,} more: paste the path of one of them below.", n_more=here.n_more)
                )
            if not here.folders:
                st.caption(say("No folders in it."))
        inside = words.counted(here.n_photos, "photo") if here.n_photos else say("No photos")
        st.caption(
            say(
                "{inside} directly in this folder; those in the folders below it count, too.",
                inside=inside,
            )
        )
        if st.button(
            say("Use this folder"),
            type="primary",
            icon=":material/check:",
            key="use-folder",
        ):
            _look(first, str(here.folder), told)


def _go_to(folder: Path, label: str, icon: str, key: str) -> None:
    if st.button(ui.plain(label), icon=f":material/{icon}:", type="tertiary", key=key):
        st.session_state[_AT] = str(folder)
        st.rerun()


def _look(first: First, text: str, told: DeltaGenerator) -> None:
    """List the folder and go on, or say what is wrong with it."""
    with told, ui.said():
        folder = expanded(text)
        if not folder.is_absolute():
            raise UsageError("Write the whole path of the folder, from the first `/` on.")
        with st.spinner(say("Listing the photos …")):
            first.ways = camera_ways.ways(folder)
        first.way, first.step = None, 1
        st.session_state[_AT] = str(folder)
        st.rerun()
