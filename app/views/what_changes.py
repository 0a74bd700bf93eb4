"""What a threshold would do to the herd that is shown, as pictures, the surest first."""

from __future__ import annotations

import streamlit as st
import ui
from cached import Pages

from thumper_core import figures, say
from thumper_core.questions import tuning, words, would_change
from thumper_core.questions.tuning import Change, Owners, Tuning
from thumper_core.questions.would_change import Step

SHOWN = 5
PICTURES = 4
CROP_PX = 200
_NEXT_SHOWN = 2


def show(
    source: Pages,
    found: Tuning,
    threshold: float,
    thresholds: list[float],
    owners: Owners | None,
) -> None:
    """Show the changes at the threshold; where there is none, what comes first on either side.

    thresholds: those of the slider, for the buttons that move it.
    """
    st.subheader(say("What changes"), anchor=False)
    if owners is None:
        st.caption(say("There is no herd of this run to compare with yet: identify it first."))
        return
    names = dict(source.ask("cards").select("individual_id", "label").iter_rows())
    now = tuning.changes(found, found.labels(threshold), owners)
    if now:
        merges = sum(change.kind == "merge" for change in now)
        st.caption(
            say(
                "At {chance_text}: {merges} and {splits}, the surest first.",
                chance_text=figures.chance_text(threshold),
                merges=words.counted(merges, "merge"),
                splits=words.counted(len(now) - merges, "split"),
            )
        )
        for change in now[:SHOWN]:
            _one(source, change, names)
        if len(now) > SHOWN:
            st.caption(say("… and {n:,} more", n=len(now) - SHOWN))
        return
    lower, higher = source.keep(
        ("steps", id(found), threshold),
        lambda: would_change.steps(found, threshold, thresholds, owners),
    )
    st.caption(
        say("Here the groups are those of the shown herd. What comes first if the threshold moves:")
    )
    _step(source, lower, "lower", names)
    _step(source, higher, "higher", names)


def _step(source: Pages, step: Step | None, side: str, names: dict[str, str]) -> None:
    """The first changes on one side, and a button that moves the slider there."""
    if step is None:
        st.caption(
            say("Lower: no group would merge.")
            if side == "lower"
            else say("Higher: no group would split.")
        )
        return
    n, is_lower = len(step.changes), side == "lower"
    direction = say("Lower") if is_lower else say("Higher")
    told = words.counted(n, "merge") if is_lower else words.counted(n, "split")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{direction}**: {told}", width="stretch")
        st.button(
            say("Try {chance_text}", chance_text=figures.chance_text(step.threshold)),
            key=f"step-{side}",
            icon=":material/south:" if side == "lower" else ":material/north:",
            on_click=lambda: st.session_state.update(threshold=step.threshold),
        )
    for change in step.changes[:_NEXT_SHOWN]:
        _one(source, change, names)


def _one(source: Pages, change: Change, names: dict[str, str]) -> None:
    who = [ui.plain(names.get(one, one)) for one in change.who]
    if change.kind == "merge":
        told = f":material/merge: {' + '.join(who[:4])}{' …' if len(who) > 4 else ''}"
    else:
        told = say(":material/call_split: {who} into {n} parts", who=who[0], n=len(change.parts))
    chance = (
        ""
        if change.p is None
        else say(" · {percent} that it is one deer", percent=words.percent(change.p))
    )
    st.markdown(told + chance)
    rows = source.ask("detections", change.pictures[:PICTURES])
    for column, row, jpeg, n in zip(
        st.columns(min(max(len(change.parts), 3), PICTURES), gap="small"),
        rows.to_dicts(),
        source.jpegs(rows, CROP_PX),
        change.parts,
        strict=False,
    ):
        with column:
            st.image(
                jpeg,
                width="stretch",
                alt=say("{label}, one part", label=row["label"] or say("a deer")),
            )
            st.caption(f"{words.counted(n, 'picture')}  \n{ui.plain(row['camera'])}")
