"""Places where the same came back: the picture of each, and what a person says of it."""

from __future__ import annotations

import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions.fixtures import Place

PER_ROW = 3


def show(source: Pages) -> None:
    """A card for each place that nobody spoke of; the others folded away."""
    found: list[Place] = source.ask("fixtures")
    if not found:
        return
    crops = source.ask("fixture_crops")
    pictures = dict(zip(crops["place_id"], source.jpegs(crops, 320), strict=True))
    with st.container(border=True):
        st.subheader(say("What stands before the cameras"), anchor=False)
        st.caption(
            say(
                "These boxes come back at one place, alike, over days: a feeder, a stump, a lamp. They are "
                "left out of the herd and of all counts."
            )
        )
        _cards(source, [one for one in found if one.said is None], pictures)
        said = [one for one in found if one.said is not None]
        if said:
            with st.expander(say("Answered ({n})", n=len(said)), icon=":material/check:"):
                _cards(source, said, pictures)


def _cards(source: Pages, places: list[Place], pictures: dict[str, bytes]) -> None:
    for start in range(0, len(places), PER_ROW):
        row = places[start : start + PER_ROW]
        for column, one in zip(st.columns(PER_ROW, gap="medium"), row, strict=False):
            with column, st.container(border=True, gap="xsmall", height="stretch"):
                st.image(pictures[one.place_id], width="stretch")
                st.markdown(f"**{ui.plain(one.camera)}**")
                st.caption(ui.plain(one.message[:1].upper() + one.message[1:]))
                _answers(source, one)


def _answers(source: Pages, one: Place) -> None:
    """Both answers; the one that was given is not asked for again."""
    for is_fixture, label, done, icon in (
        (True, say("This is a fixture: right"), say("Noted: a fixture"), "check"),
        (False, say("No, a deer beds here"), say("Noted: an animal rests there"), "night_shelter"),
    ):
        decision = one.decision(is_fixture=is_fixture)
        if one.said != decision.kind and st.button(
            label,
            key=f"place-{one.place_id}-{is_fixture}",
            icon=f":material/{icon}:",
            width="stretch",
            disabled=not ui.may_edit(),
        ):
            ui.decide(source, lambda said=decision: said, done)
            st.rerun()
