"""What to look at for a buck's age, and how far such ages are to be believed."""

from __future__ import annotations

import streamlit as st

from thumper_core import say


def show() -> None:
    """Show it folded."""
    with st.expander(say("What to look at for its age"), icon=":material/visibility:"):
        st.markdown(
            say(
                "Look at the body from the side, before antlers; autumn tells most.\n"
                "- **0.5**: a fawn: short square body, short face, ears that look large.\n"
                "- **1.5**: like a doe with antlers: thin neck, long legs, flat belly, waist drawn in; "
                "antlers mostly narrower than the ears.\n"
                "- **2.5**: legs still look long, the neck grows a little in the rut, back and belly are "
                "straight.\n"
                "- **3.5**: chest deeper than the rear, neck clearly set off from the shoulders, back and "
                "belly still tight.\n"
                "- **4.5**: neck runs into the shoulders in the rut, the waist is as deep as the chest, "
                "legs look short.\n"
                "- **5.5 and more**: belly and back sag, neck, shoulder and brisket are one mass, loose "
                "skin at the jaw."
            )
        )
        st.caption(
            say(
                "How far to believe it: 106 people who do this at work put 36% of 70 bucks of known age "
                "into the right year: 62% of the 1.5-year-olds, 43% at 2.5, 25 to 30% at 3.5 to 5.5 (Gee, "
                "Webb and Holman 2014, Wildlife Society Bulletin, doi 10.1002/wsb.359). So ask several "
                "people, and trust young, middle and old more than the year. The signs are those of "
                "extension guides such as Missouri's G9485."
            )
        )
