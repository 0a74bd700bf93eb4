"""How the map of the page Clusters is drawn and grouped."""

from __future__ import annotations

import streamlit as st

from thumper_core import deer_map, say

NEIGHBOURS = (5, 8, 10, 15, 20, 30, 50, 100)
KEPT = "map-shape"  # in the session: values of `Shape` that are other than the usual ones


def choose(shape: dict[str, float]) -> None:
    """How the map is drawn and grouped: another one is made behind the page, from where this one is."""
    usual = deer_map.USUAL
    with st.form("map-parameters", border=False):
        neighbours = st.select_slider(
            say("Neighbours"),
            NEIGHBOURS,
            int(shape.get("n_neighbors", usual.n_neighbors)),
            key="map-neighbours",
            help=say(
                "How many of its nearest each picture is drawn towards: few show small groups, many the "
                "whole."
            ),
        )
        distance = st.slider(
            say("Least distance"),
            0.0,
            0.9,
            float(shape.get("min_dist", usual.min_dist)),
            0.05,
            key="map-distance",
            help=say("How close pictures may lie: 0 packs groups tight."),
        )
        size = st.slider(
            say("Smallest group of HDBSCAN"),
            2,
            60,
            int(shape.get("min_cluster_size", usual.min_cluster_size)),
            key="map-size",
            help=say("Pictures that make a group."),
        )
        if st.form_submit_button(say("Draw"), icon=":material/refresh:"):
            given = {"n_neighbors": neighbours, "min_dist": distance, "min_cluster_size": size}
            st.session_state[KEPT] = {
                name: value for name, value in given.items() if value != getattr(usual, name)
            }
            st.rerun()
