"""The questions whose answers change most, one at a time, with the keyboard; and what was decided."""

from __future__ import annotations

from typing import Any

import album
import helps
import keys
import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import figures, language, mark, say
from thumper_core.decisions import kinds
from thumper_core.questions import words
from thumper_core.questions.review_queue import verdict_key
from thumper_core.work import launches
from views import box_words, pairs, verdicts
from views.box_words import CLASS_KEYS, CLASSES

DOUBTS = 200
TABS = (mark("Same deer?"), mark("Right class?"), mark("Splits and merges"), mark("Decisions"))


def page() -> None:
    """Show the page."""
    # No line more: on a small screen both pictures have to stand above the buttons.
    ui.header(say("Review"))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("Nothing to review yet"),
            say("There is no workspace yet."),
            "overview",
            say("Start here"),
        )
        return
    source = ui.pages()
    if source.versions.herd_id is None:
        ui.nothing_yet(
            say("Nothing to review yet"),
            say("No deer have been told apart yet."),
            "process",
            say("Process the photos"),
        )
        return
    st.session_state.setdefault("looked-at", set())
    tabs = st.tabs(
        [say(one) for one in TABS], key="review-tabs", on_change="rerun", bind="query-params"
    )
    for tab, show in zip(tabs, (_pairs, _classes, verdicts.changes, verdicts.decided), strict=True):
        if tab.open:
            with tab:
                show(source)
                if show is not _pairs:
                    _summary(source)


def _summary(source: Pages) -> None:
    """How many verdicts there are, what they did, and the step that uses them."""
    moved: pl.DataFrame = source.ask("moved")
    asked = len(source.ask("asked"))
    since = moved["n_verdicts"].to_list()[-1] if moved.height else 0
    total = source.workspace.sql(
        "select count(*) as n from decisions where not undone and list_contains(?, kind)",
        [list(kinds.COMPARED)],
    )["n"][0]
    recommended = moved["recommended"].drop_nulls().to_list()
    rates = moved["equal_error_rate"].drop_nulls().to_list()
    told = [
        f"**{words.counted(total, 'verdict')}**"
        + (say(", {n} new", n=total - since) if since < total else "")
    ]
    told += [say("{pairs} answered", pairs=words.counted(asked, "pair"))] if asked else []
    # Of herds as they were made: Tune says what it is with the answers since.
    for name, values in (
        (say("recommended threshold"), recommended),
        (say("equal-error rate"), rates),
    ):
        if values:
            of = (
                say("of the last identifications")
                if len(values) > 1
                else say("of the identification")
            )
            told.append(f"{name} {of} " + " → ".join(map(figures.chance_text, values[-4:])))
    # One line: on a small screen the pictures come soon.
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.caption(" · ".join(told), width="content", help=helps.of("equal_error"))
        if st.button(
            say("Identify again"),
            key="identify-now",
            icon=":material/play_arrow:",
            type="primary" if total > since else "secondary",
            disabled=progress.working() or not ui.may_edit(),
        ):
            ui.act(lambda: launches.start(source.workspace.root, "identify", {}), say("Started"))
            st.rerun()
    progress.show(compact=True)


@st.fragment
def _pairs(_: Pages) -> None:
    """The pairs; only this part of the page runs for an answer, so it asks for what is shown by now."""
    source = ui.pages()
    pairs.show(source)
    _summary(source)


def _undo_last(source: Pages) -> None:
    """A button that takes this person's last decision back."""
    if verdicts.undo_last(source):
        # What was taken back is asked again.
        st.session_state["looked-at"].discard(st.session_state.pop("classed", None))
        st.rerun()


def _classes(source: Pages) -> None:
    rows: pl.DataFrame = source.ask("doubts", DOUBTS)
    done: set[str] = st.session_state["looked-at"]
    left = rows.filter(~pl.col("detection_id").is_in(list(done)))
    if left.is_empty():
        st.success(say("No class is in doubt."), icon=":material/check_circle:")
        _undo_last(source)
        return
    # The one that somebody looked at in its whole photo, else the most doubtful.
    back = left.filter(pl.col("detection_id") == st.query_params.get("question", ""))
    now = (back if back.height else left).row(0, named=True)
    row: dict[str, Any] = source.ask("detections", (now["detection_id"],)).row(0, named=True)
    st.caption(f"{words.counted(left.height, 'question')} · {ui.plain(now['reason'])}")
    picture, side = st.columns([3, 2], gap="medium")
    frame = source.ask("detections", (now["detection_id"],))
    with picture, st.container(border=True):
        st.image(
            source.jpegs(frame, 760)[0],
            width="stretch",
            alt=say("What is it? From {camera}", camera=row["camera"]),
        )
        st.caption(album.short_moment(row))
    with side:
        st.markdown(say("The model says **{it}**. What is it?", it=ui.plain(row["class"])))
        with st.container(key="answers", gap="small"):
            for name, key in CLASS_KEYS.items():
                if st.button(
                    say(name),
                    shortcut=key,
                    key=f"is-{name}",
                    width="stretch",
                    disabled=not ui.may_edit(),
                ):
                    _say(source, row, kinds.Reclass(verdict_key(row), *CLASSES[name]))
            if box_words.without_button(row) and st.button(
                say("{it}, as the model says", it=ui.plain(language.capital(row["class"]))),
                shortcut=keys.AS_SAID,
                key="is-as-said",
                width="stretch",
                disabled=not ui.may_edit(),
            ):
                _say(source, row, kinds.Reclass(verdict_key(row), *box_words.as_it_is(row)))
            if st.button(
                say("Not an animal"),
                shortcut=keys.NO_ANIMAL,
                key="is-nothing",
                width="stretch",
                icon=":material/block:",
                disabled=not ui.may_edit(),
            ):
                _say(source, row, kinds.NotAnimal(verdict_key(row)))
            with st.container(horizontal=True, gap="small"):
                if st.button(
                    say("Next"),
                    icon=":material/arrow_forward:",
                    shortcut=keys.NEXT,
                    key="next-class",
                ):
                    done.add(now["detection_id"])
                    st.rerun()
                _undo_last(source)
        if st.button(
            say("Whole photo, to move the box"),
            icon=":material/open_in_full:",
            shortcut=keys.WHOLE,
            key="whole-photo",
            type="tertiary",
        ):
            of = {"photo": row["photo_id"], "question": row["detection_id"]}
            st.switch_page(ui.page_of("photos"), query_params=of)


def _say(source: Pages, row: dict[str, Any], decision: kinds.Decision) -> None:
    ui.decide(source, lambda: decision)
    st.session_state["looked-at"].add(row["detection_id"])
    st.session_state["classed"] = row["detection_id"]
    st.rerun()
