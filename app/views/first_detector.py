"""First start, step 4: which detector looks at the photos, and what each honestly knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
import ui
from cached import models

from thumper_core import DEER_NAMES, say
from thumper_core.questions import detector_cards
from thumper_core.questions.detector_cards import Card

if TYPE_CHECKING:
    from views.first_start import First


def show(first: First) -> None:
    """Show the step."""
    assert first.way is not None
    known = models(str(st.session_state["base"] / "registry.toml"))
    cards = detector_cards.detector_cards(known)
    here = [card for card in cards if card.is_here]
    taken = detector_cards.taken(first.way.seen.folder, known)
    st.markdown(say("Which detector finds the animals?"))
    names = sorted((card.name for card in here), key=lambda name: name != taken)
    if names:
        chosen = st.radio(
            say("On this machine"),
            names,
            index=names.index(first.detector) if first.detector in names else 0,
            captions=[
                _in_short(card, taken) for name in names for card in here if card.name == name
            ],
            key="first-detector",
        )
        first.detector = str(chosen)
        card = next(card for card in here if card.name == chosen)
        if card.honestly:
            st.info(
                say("Its card says first: {honestly}", honestly=ui.plain(card.honestly)),
                icon=":material/info:",
            )
    else:
        st.error(say("No detector's weights are on this machine."), icon=":material/error:")
    absent = [card for card in cards if not card.is_here]
    if absent:
        with st.expander(say("{n} more that are not on this machine", n=len(absent))):
            for card in absent:
                st.markdown(f"**{ui.plain(card.name)}**: {ui.plain(card.notes or _in_short(card))}")
                st.caption(ui.prose(card.how))
    options = list(dict.fromkeys([*([first.species] if first.species else []), *DEER_NAMES]))
    first.species = str(
        st.selectbox(
            say("The species of interest"),
            options,
            key="start-species",
            accept_new_options=True,
            help=say(
                "What the herd is a herd of. The detector's other animals are counted beside it."
            ),
        )
    )
    if st.button(
        say("Go on"),
        type="primary",
        icon=":material/arrow_forward:",
        key="detector-done",
        disabled=not names,
    ):
        first.step = 4
        st.rerun()


def _in_short(card: Card, taken: str = "") -> str:
    """What a detector tells apart, in a line."""
    told = (
        say("Says {parts}", parts=", ".join(card.says))
        if card.says
        else say("Says what its file says")
    )
    if not card.knows_deer:
        told += say("; no deer by name, so every animal would have to count as one")
    elif not card.knows_sex:
        told += say(
            "; the sex stays unknown until you say it, or it was learned from what you said"
        )
    return ui.plain(told + (say("; the one for these photos") if card.name == taken else ""))
