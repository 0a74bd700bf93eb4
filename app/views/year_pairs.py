"""Proposals from year to year, one at a time: both deer's pictures side by side; by button or key."""

from __future__ import annotations

from collections.abc import Callable

import keys
import polars as pl
import streamlit as st
import ui
import years_ahead
from cached import Pages

from thumper_core import say
from thumper_core.decisions.kinds import Decision
from thumper_core.questions.year_links import YearLink, keys_of
from thumper_core.questions.year_standings import pictured
from views import deer_years, dialogs, verdicts

PICTURES = 2


def show(source: Pages, told: pl.DataFrame) -> None:
    """Show the likeliest proposal that has no answer."""
    st.subheader(say("The same deer from year to year?"), anchor=False)
    found = years_ahead.links(source)
    passed: set[tuple[str, str]] = st.session_state.setdefault("years-passed", set())
    left = [one for one in found.proposed if (one.later, one.earlier) not in passed]
    if not left and found.wait is not None:
        ui.wait_for("year-links", found.wait, say("Comparing the deer of one year with another …"))
        return
    if not left:
        if found.proposed:
            if st.button(say("Ask again what was put off"), key="years-again"):
                passed.clear()
                st.rerun()
        else:
            st.success(
                say("Nothing is proposed: no deer of one year looks enough like one of another."),
                icon=":material/check_circle:",
            )
        _undo(source)
        return
    one = left[0]
    st.markdown(_question(one))
    st.caption(
        say(
            "{n} to answer. What speaks is how alike the whole animals are, at which cameras they come, "
            "and when. Antlers are grown anew every year: points differ most, spread and beams least.",
            n=len(left),
        )
    )
    with st.container(key="year-pair"):
        before, after = st.columns(2, gap="small")
    for place, who, label, key in (
        (before, one.earlier, one.earlier_label, "earlier"),
        (after, one.later, one.later_label, "later"),
    ):
        with place, st.container(border=True, height="stretch"):
            st.page_link(
                ui.page_of("herd"), label=f"**{ui.plain(label)}**", query_params={"deer": who}
            )
            many = pictured(told, who).height > 1
            deer_years.show(source, told, who, f"pair-{key}", columns=PICTURES if many else 1)
    _answers(source, one, passed)


def _question(one: YearLink) -> str:
    return say(
        "**{later}**, seen first in {season}: is it **{earlier}**, seen last in {season_before}? "
        "Thumper puts the chance at {chance}.",
        later=ui.plain(one.later_label),
        season=one.season,
        earlier=ui.plain(one.earlier_label),
        season_before=one.season_before,
        chance=ui.plain(one.chance),
    )


def _answers(source: Pages, one: YearLink, passed: set[tuple[str, str]]) -> None:
    may = ui.may_edit()
    with st.container(key="answers", horizontal=True, gap="small"):
        if st.button(
            say("The same"),
            key="years-same",
            shortcut=keys.SAME,
            type="primary",
            disabled=not may,
        ):
            _say(source, one, lambda: one.same(keys_of(source.workspace, (one,))))
        if st.button(
            say("Another"),
            key="years-another",
            shortcut=keys.D,
            disabled=not may,
        ):
            _say(source, one, lambda: one.different(keys_of(source.workspace, (one,))))
        if st.button(
            say("Can't tell"), key="years-unknowable", shortcut=keys.CANNOT_TELL, disabled=not may
        ):
            _say(source, one, lambda: one.unknowable(keys_of(source.workspace, (one,))))
        if st.button(say("Next"), key="years-next", shortcut=keys.NEXT):
            passed.add((one.later, one.earlier))
            st.rerun()
        _undo(source)


def _say(source: Pages, one: YearLink, make: Callable[[], Decision]) -> None:
    dialogs.at_once(source, make, say("Noted"), then=lambda: years_ahead.answered(one))


def _undo(source: Pages) -> None:
    if verdicts.undo_last(source):
        st.session_state.pop("years-passed", None)
        st.rerun()
