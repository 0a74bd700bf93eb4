"""How to set a survey up, what published ones found, and the form that keeps it."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say, survey_plan
from thumper_core.decisions.kinds import KeptSurvey
from thumper_core.questions import kept_surveys

_AREA_HA = 250.0


def show(source: Pages, kept: KeptSurvey | None) -> None:
    """Show the form, filled with what is kept, beside what to expect of it."""
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(border=True, height="stretch"):
        wanted = _asked(source, kept)
        if st.button(
            say("Keep this survey") if kept is None else say("Save the changes"),
            type="primary",
            icon=":material/save:",
            key="survey-keep",
            disabled=not ui.may_edit(),
        ):
            _keep(source, wanted, kept)
        if kept is not None:
            _drop(source, kept)
    with right, st.container(border=True, height="stretch"):
        _expect(wanted)


def _asked(source: Pages, kept: KeptSurvey | None) -> dict[str, object]:
    """What the person fills in."""
    of = kept.subject if kept else ""
    st.subheader(say("The survey"), anchor=False)
    name = st.text_input(
        say("Name"),
        value=kept.name if kept else "",
        max_chars=40,
        key=f"survey-name-{of}",
        placeholder=say("Fall survey"),
        disabled=kept is not None,
    )
    begins, ends = st.columns(2, gap="small")
    # Not `required=True`: Streamlit writes it on an element that may not have it (WCAG 4.1.2).
    usual = (kept.first, kept.last) if kept else (date.today(), date.today() + timedelta(days=13))
    first, last = (
        place.date_input(label, value=day, format="YYYY-MM-DD", key=f"survey-{name}-{of}") or day
        for place, label, day, name in zip(
            (begins, ends),
            (say("First day"), say("Last day")),
            usual,
            ("first", "last"),
            strict=True,
        )
    )
    known = source.ask("survey_cameras")
    cameras = st.multiselect(
        say("Cameras"),
        known,
        default=[one for one in (kept.cameras if kept else ()) if one in known],
        key=f"survey-cameras-{of}",
        placeholder=say("All cameras"),
    )
    stand = cameras or known
    bait = st.multiselect(
        say("Of them with bait"),
        stand,
        default=[one for one in (kept.bait if kept else ()) if one in stand],
        key=f"survey-bait-{of}",
        placeholder=say("None"),
    )
    area_ha = st.number_input(
        say("Hectares of the land"),
        min_value=0.0,
        value=kept.area_ha or _AREA_HA if kept else _AREA_HA,
        step=10.0,
        format="%.0f",
        key=f"survey-area-{of}",
        help=say("1 hectare is 2.47 acres."),
    )
    n_cameras = len(stand)
    return {
        "name": name,
        "first": first,
        "last": last,
        "cameras": tuple(cameras),
        "bait": tuple(bait),
        "area_ha": float(area_ha),
        "n_cameras": n_cameras,
    }


def _keep(source: Pages, wanted: dict[str, object], kept: KeptSurvey | None) -> None:
    said = {key: value for key, value in wanted.items() if key != "n_cameras"}

    def keep() -> None:
        made = KeptSurvey(**said)  # type: ignore[arg-type]
        if made == kept:
            st.session_state["flash"] = ("ok", say("Nothing was changed."))
            return
        if kept is None and any(one.subject == made.subject for one in source.ask("surveys")):
            st.session_state["flash"] = (
                "error",
                say("There is a survey of this name: change that one, or choose another name."),
            )
            return
        kept_surveys.keep_survey(source.workspace, made, ui.author())
        st.session_state["survey-kept"] = made.name
        st.session_state["flash"] = ("ok", say("Kept"))

    ui.act(keep)
    st.rerun()


def _drop(source: Pages, kept: KeptSurvey) -> None:
    with st.popover(say("Keep it no longer"), icon=":material/delete:"):
        st.markdown(
            say(
                "Its name, days and cameras are taken back; photos and results stay. `thumper herd undo` "
                "with the decision's number brings it back."
            )
        )
        if st.button(say("Take it back"), key="survey-drop", disabled=not ui.may_edit()):
            ui.act(
                lambda: kept_surveys.drop_survey(source.workspace, kept.name, ui.author()),
                say("Taken back"),
            )
            st.rerun()


def _expect(wanted: dict[str, object]) -> None:
    """What to do and what published surveys say of one that is set up so."""
    st.subheader(say("What to expect"), anchor=False)
    first, last = wanted["first"], wanted["last"]
    if not isinstance(first, date) or not isinstance(last, date) or last < first:
        st.caption(say("The last day comes before the first."))
        return
    n = wanted["n_cameras"]
    days = (last - first).days + 1
    with ui.said():
        made = survey_plan.plan(float(str(wanted["area_ha"])), int(str(n)) if n else None, days)
        for sentence in made.sentences:
            st.markdown(f"- {ui.plain(sentence)}")
        st.caption(say("What published surveys found:"))
        rows = [
            (row.ha_per_camera, row.days, say(row.found), row.source) for row in survey_plan.TABLE
        ]
        names = (say("ha a camera"), say("Days"), say("Found"), say("Source"))
        st.table(pl.DataFrame(rows, schema=list(names), orient="row"), border="horizontal")
