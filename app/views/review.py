"""The questions whose answers change most, one at a time, with the keyboard; and what was decided."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import ThumperError
from thumper_core.decisions import kinds
from thumper_core.questions import pair_questions, words
from thumper_core.questions.pair_questions import Question, Review
from thumper_core.questions.review_queue import verdict_key
from thumper_core.work import launches
from views import verdicts
from views.boxes import CLASS_KEYS, CLASSES

_PAIR_KEYS = (
    ("Same", "check", "S", kinds.Same),
    ("Different", "close", "D", kinds.Different),
    ("Nobody can tell", "help", "U", kinds.Unknowable),
)
DOUBTS = 200


def page() -> None:
    """Show the page."""
    ui.header(
        "Review", "An answer holds for good, until it is taken back. The keys stand on the buttons."
    )
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            "Nothing to review yet", "There is no workspace yet.", "overview", "Start here"
        )
        return
    source = ui.pages()
    if source.versions.herd_id is None:
        ui.nothing_yet(
            "Nothing to review yet",
            "No deer have been told apart yet.",
            "process",
            "Process the photos",
        )
        return
    st.session_state.setdefault("skipped", set())
    st.session_state.setdefault("looked-at", set())
    _summary(source)
    tabs = st.tabs(
        ["Same deer?", "Right class?", "Splits and merges", "Decisions"],
        key="review-tabs",
        on_change="rerun",
    )
    for tab, show in zip(tabs, (_pairs, _classes, verdicts.changes, verdicts.decided), strict=True):
        if tab.open:
            with tab:
                show(source)


def _summary(source: Pages) -> None:
    """How many verdicts there are, what they did, and the step that uses them."""
    moved: pl.DataFrame = source.ask("moved")
    asked = len(source.ask("asked"))
    since = moved["n_verdicts"].to_list()[-1] if moved.height else 0
    total = source.workspace.sql(
        "select count(*) as n from decisions where not undone and list_contains(?, kind)",
        [list(kinds.COMPARED)],
    )["n"][0]
    recommended = [v for v in moved["recommended"].to_list() if v is not None]
    rates = [v for v in moved["equal_error_rate"].to_list() if v is not None]
    told = [
        f"**{words.counted(total, 'verdict')}**"
        + (f", {total - since} new" if since < total else "")
    ]
    told += [f"{words.counted(asked, 'pair')} answered"] if asked else []
    for name, values in (("recommended threshold", recommended), ("equal-error rate", rates)):
        if values:
            told.append(f"{name} " + " → ".join(f"{v:.3f}" for v in values[-4:]))
    # One line: on a small screen the pictures come soon.
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.caption(" · ".join(told), width="content")
        if st.button(
            "Identify again",
            key="identify-now",
            icon=":material/play_arrow:",
            type="primary" if total > since else "secondary",
            disabled=progress.working() or not ui.may_edit(),
        ):
            ui.act(lambda: launches.start(source.workspace.root, "identify", {}), "Started")
            st.rerun()
    progress.show(compact=True)


def _pairs(source: Pages) -> None:
    ready = source.identification(as_shown=True)
    if not ready.done():
        ui.wait_for("pairs", ready, "Looking for the pairs that change most …")
        return
    try:
        found = ready.result()
    except ThumperError as error:
        st.info(str(error))
        return
    herd = source.workspace.ledger.herd(source.versions.herd_id or "")
    threshold = herd.threshold if herd else None
    skipped = frozenset(st.session_state["skipped"])
    now: Review | None = source.keep(
        ("review", threshold, skipped),
        lambda: pair_questions.review(source.workspace, found, threshold, skipped),
    )
    if now is None:
        st.info("Too few photos to say how sure a pair is: there is nothing to ask yet.")
        return
    for told in now.set_aside:
        st.warning(ui.plain(told), icon=":material/error:")
    _how_sure(now)
    if not now.questions:
        st.success("Every pair that could be asked about has an answer.")
        _undo_last(source)
        return
    _one_pair(source, now.questions[0])


def _how_sure(now: Review) -> None:
    """What the answers so far come to."""
    animals = now.sureness.animals
    low, high = round(animals.low), round(animals.high)
    about = f"about {low:,} to {high:,}" if low < high else f"about {round(animals.value):,}"
    left = now.sureness.answers_left
    st.caption(
        f"**{words.counted(now.n_profiles, 'profile')}**, {about} deer · "
        + (
            f"about {words.counted(left, 'answer')} until the number is known to within 5%"
            if left
            else "the number is known to within 5%, by the herd's own estimate"
        )
        + f" · of 100 pairs joined at most {math.ceil(100 * now.sureness.wrong.high)} are two deer, "
        "as it estimates"
    )


def _one_pair(source: Pages, question: Question) -> None:
    what = (
        "One deer in the herd now: do both sides show it?"
        if question.is_inside
        else "Two deer in the herd now: are they one?"
    )
    st.caption(
        f"**{what}** Likely one deer: {words.percent(question.p)} · "
        f"decides over {question.sizes[0]} and {question.sizes[1]} pictures"
    )
    rows = source.ask("detections", (*question.left, *question.right))
    sides = [
        pl.DataFrame({"detection_id": ids}).join(rows, on="detection_id", maintain_order="left")
        for ids in (question.left, question.right)
    ]
    if any(side.is_empty() for side in sides):
        _skip(question)
        return
    # Above the pictures: on a small screen they would be below its edge.
    with st.container(horizontal=True, gap="small"):
        for label, icon, key, kind in _PAIR_KEYS:
            if st.button(
                label,
                icon=f":material/{icon}:",
                shortcut=key,
                key=f"verdict-{label}",
                disabled=not ui.may_edit(),
            ):
                ui.decide(source, lambda k=kind: _verdict(k, question, rows))
                # The dendrogram is as old as the last identification: this pair is answered now.
                st.session_state["skipped"].add((question.left[0], question.right[0]))
                st.session_state["answered"] = (question.left[0], question.right[0])
                st.rerun()
        if st.button("Next", icon=":material/arrow_forward:", shortcut="N", key="next-pair"):
            _skip(question)
        _undo_last(source)
    with st.container(key="both-sides"):
        for column, side in zip(st.columns(2, gap="small"), sides, strict=True):
            with column:
                first = side.row(0, named=True)
                st.image(source.jpegs(side.head(1), 760)[0], width="stretch")
                when = words.when(first["taken_at"], first["taken_at_precision"])
                st.caption(
                    f"**{ui.plain(first['label'] or 'nobody')}** · {when} · "
                    f"{ui.plain(first['camera'])}"
                )
    for column, which, side in zip(
        st.columns(2, gap="small"), ("left", "right"), sides, strict=True
    ):
        if side.height > 1:
            with column, st.container(border=True, key=f"beside-{which}"):
                st.caption(f"Held to be the same deer as the {which} one, and least like it:")
                ui.picture_rows(
                    source,
                    side.slice(1),
                    ui.short_moment,
                    columns=2,
                    size=260,
                    below=partial(_odd, source, side.row(0, named=True)),
                )


def _verdict(kind: type[kinds.Verdict], question: Question, rows: pl.DataFrame) -> kinds.Verdict:
    """What the person says of the first picture of either side; the others were left beside them."""
    key_of = {row["detection_id"]: verdict_key(row) for row in rows.iter_rows(named=True)}
    a, b = key_of[question.left[0]], key_of[question.right[0]]
    if kind is kinds.Unknowable:
        return kind(a, b)
    return kind(a, b, question.asked, pair_questions.kept_of(question, key_of))


def _odd(source: Pages, first: dict[str, Any], odd: dict[str, Any]) -> None:
    """A button below a further picture of a side, for one that shows another animal than the first."""
    if st.button(
        "Another deer",
        key=f"odd-{odd['detection_id']}",
        icon=":material/close:",
        type="tertiary",
        disabled=not ui.may_edit(),
    ):
        ui.decide(source, lambda: kinds.Different(verdict_key(first), verdict_key(odd)))
        st.rerun()


def _skip(question: Question) -> None:
    st.session_state["skipped"].add((question.left[0], question.right[0]))
    st.rerun()


def _undo_last(source: Pages) -> None:
    """A button that takes this person's last decision back."""
    if verdicts.undo_last(source):
        # What was taken back is asked again.
        st.session_state["skipped"].discard(st.session_state.pop("answered", None))
        st.session_state["looked-at"].discard(st.session_state.pop("classed", None))
        st.rerun()


def _classes(source: Pages) -> None:
    rows: pl.DataFrame = source.ask("doubts", DOUBTS)
    done: set[str] = st.session_state["looked-at"]
    left = rows.filter(~pl.col("detection_id").is_in(list(done)))
    if left.is_empty():
        st.success("No class is in doubt.", icon=":material/check_circle:")
        _undo_last(source)
        return
    now = left.row(0, named=True)
    row: dict[str, Any] = source.ask("detections", (now["detection_id"],)).row(0, named=True)
    st.caption(f"{words.counted(left.height, 'question')} · {ui.plain(now['reason'])}")
    picture, side = st.columns([3, 2], gap="medium")
    frame = source.ask("detections", (now["detection_id"],))
    with picture, st.container(border=True):
        st.image(source.jpegs(frame, 760)[0], width="stretch")
        st.caption(ui.short_moment(row))
    with side:
        st.markdown(f"The model says **{ui.plain(row['class'])}**. What is it?")
        for name, key in CLASS_KEYS.items():
            if st.button(
                name, shortcut=key, key=f"is-{name}", width="stretch", disabled=not ui.may_edit()
            ):
                _say(source, row, kinds.Reclass(verdict_key(row), *CLASSES[name]))
        if st.button(
            "Not an animal",
            shortcut="X",
            key="is-nothing",
            width="stretch",
            icon=":material/block:",
            disabled=not ui.may_edit(),
        ):
            _say(source, row, kinds.NotAnimal(verdict_key(row)))
        with st.container(horizontal=True, gap="small"):
            if st.button("Next", icon=":material/arrow_forward:", shortcut="N", key="next-class"):
                done.add(now["detection_id"])
                st.rerun()
            _undo_last(source)
        if st.button(
            "Whole photo, to move the box",
            icon=":material/open_in_full:",
            shortcut="W",
            key="whole-photo",
            type="tertiary",
        ):
            st.switch_page(ui.page_of("photos"), query_params={"photo": row["photo_id"]})


def _say(source: Pages, row: dict[str, Any], decision: kinds.Decision) -> None:
    ui.decide(source, lambda: decision)
    st.session_state["looked-at"].add(row["detection_id"])
    st.session_state["classed"] = row["detection_id"]
    st.rerun()
