"""Why there are no deer, on whichever page lacks them, with the one button that goes on."""

from __future__ import annotations

import streamlit as st
import ui
from cached import Pages

from thumper_core import keep_species, mark, say
from thumper_core.questions.reasons import NoDeer, Why
from thumper_core.work import launches

_LINKS = {
    Why.NO_PHOTOS: ("process", mark("Add photos")),
    Why.NO_RUN: ("process", mark("Process the photos")),
    Why.NO_VECTORS: ("process", mark("Process the photos")),
    Why.LOST: ("health", mark("Look at Health")),
    Why.UNREADABLE: ("photos", mark("Look at the photos")),
    Why.NOTHING: ("process", mark("Process them again")),
    Why.BLANK: ("photos", mark("Look at the photos")),
    Why.OTHERS: ("photos", mark("Look at the photos")),
}


def show(source: Pages, *, link: bool = True) -> bool:
    """Say why no deer can be told apart, where that is so; whether it is.

    link: name the page that goes on, too; on that page itself it would lead nowhere.
    """
    found: NoDeer | None = source.ask("no_deer")
    if found is None:
        return False
    with st.container(border=True, key="no-deer", gap="small"):
        st.markdown(f":material/info: {ui.plain(found.sentence)}")
        if found.reason is Why.NOT_NAMED:
            _every_animal(source)
        elif found.conf_min is not None:
            _weaker(source, found.conf_min)
        elif link or _LINKS[found.reason][0] != "process":
            page, label = _LINKS[found.reason]
            st.page_link(ui.page_of(page), label=say(label), icon=":material/arrow_forward:")
    return True


def _every_animal(source: Pages) -> None:
    """The setting that every animal is one of ours, and an identification by it."""
    species = source.workspace.settings.species
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        cameras = st.multiselect(
            say("At these cameras"),
            source.ask("effort")["camera"].to_list(),
            key="no-deer-cameras",
            placeholder=say("All cameras"),
            width=320,
        )
        if st.button(
            say("Every animal here counts as {species}", species=ui.plain(species)),
            type="primary",
            icon=":material/check:",
            key="every-animal",
            disabled=not ui.may_edit(),
            help=say(
                "Kept as a setting; the Settings page takes it back. People's corrections win."
            ),
        ):

            def go_on() -> None:
                keep_species(source.workspace, species, cameras)
                launches.start(source.workspace.root, "identify", {})

            ui.act(go_on, say("Telling the deer apart"))
            st.rerun()


def _weaker(source: Pages, conf_min: float) -> None:
    if st.button(
        say("Group them from a confidence of {conf_min:g} on", conf_min=conf_min),
        type="primary",
        icon=":material/check:",
        key="weaker",
        disabled=not ui.may_edit(),
    ):

        def go_on() -> None:
            workspace = source.workspace
            changed = workspace.settings.replace("identify", class_conf_min=conf_min)
            changed.save(workspace.settings_file)
            launches.start(workspace.root, "identify", {})

        ui.act(go_on, say("Telling the deer apart"))
        st.rerun()
