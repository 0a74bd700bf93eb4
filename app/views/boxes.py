"""One photo in full: its boxes, who they are, and corrections of class, place and kind."""

from __future__ import annotations

import base64
from typing import Any

import album
import components
import keys
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import Flank, annotated, language, say, theme
from thumper_core.decisions import kinds
from thumper_core.decisions.box_places import move_box
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.table import decisions_frame
from thumper_core.questions import many_boxes, words
from thumper_core.questions.review_queue import verdict_key
from views import antlers, box_words, clip, verdicts
from views.box_words import CLASS_KEYS, CLASSES

WIDTH = 1280
# As a person called it; what none spoke of as its detector calls it.
_CALLED = (
    pl.when(pl.col("source") != "human")
    .then("class")
    .when(pl.col("is_deer") & (pl.col("category") != "unknown"))
    .then("category")
    .otherwise("species")
)
_DRAWN = "drawn"  # the box that was drawn and is not saved yet


def show(source: Pages, facts: dict[str, Any]) -> None:
    """Show the photo of these facts."""
    photo_id = facts["photo_id"]
    st.title(words.when(facts["taken_at"], facts["taken_at_precision"]), anchor=False)
    size = f"{facts['width']} x {facts['height']}" if facts["width"] else ""
    length = ""
    if facts["duration_s"] is not None:
        length = say(
            "clip of {duration_s:.0f} s, {n_frames} frames looked at",
            duration_s=facts["duration_s"],
            n_frames=facts["n_frames"] or 0,
        )
    made = " ".join(filter(None, (facts["make"], facts["model"])))
    told = [ui.plain(facts["camera"]), ui.plain(facts["path"]), size, length, ui.plain(made)]
    st.caption(" · ".join(filter(None, [*told, _said(facts), album.time_source(facts)])))
    ui.flash()
    if facts["status"] in ("error", "partial"):
        st.error(_trouble(facts))
    found: pl.DataFrame = source.ask("photo_boxes", photo_id)
    rows = found.with_columns(
        _CALLED.alias("called"), pl.int_range(1, pl.len() + 1).over("frame_ms").alias("number")
    ).sort("frame_ms", maintain_order=True)
    left, right = st.columns([3, 1], gap="medium")
    with left, st.container(key="photo"):
        if facts["duration_s"] is None:
            _photo(source, photo_id, rows)
        else:
            frame_ms = clip.show(source, photo_id, rows)
            if frame_ms is not None:
                is_shown = pl.col("frame_ms") == frame_ms
                _photo(source, photo_id, rows.filter(is_shown), frame_ms)
                rows = rows.sort(~is_shown, maintain_order=True)  # its boxes first
    with right:
        _boxes(source, rows)
        _mine(source)


def _said(facts: dict[str, Any]) -> str:
    """What the camera said of the air and of its battery."""
    said = []
    if facts["temperature_c"] is not None:
        said.append(f"{facts['temperature_c']:.0f} °C")
    if facts["battery_pct"] is not None:
        said.append(say("battery {battery_pct:.0f}%", battery_pct=facts["battery_pct"]))
    return ", ".join(said)


def _photo(source: Pages, photo_id: str, rows: pl.DataFrame, frame_ms: int | None = None) -> None:
    picture = source.photo(photo_id, WIDTH, (), frame_ms)
    if picture.is_readable:
        _editor(source, photo_id, frame_ms, picture, rows)
    else:
        st.image(picture.jpeg, width="stretch")


def _editor(
    source: Pages,
    photo_id: str,
    frame_ms: int | None,
    picture: annotated.Picture,
    rows: pl.DataFrame,
) -> None:
    """The photo, or one frame of a clip, with its boxes, which can be moved and drawn."""
    kept = f"{_DRAWN}-{photo_id}-{frame_ms}"
    drawn = st.session_state.get(kept)
    unjudged = set(many_boxes.unjudged(rows)["detection_id"])
    boxes = [
        {
            "id": row["detection_id"],
            "xyxy": [row["x1"], row["y1"], row["x2"], row["y2"]],
            "number": row["number"],
            "label": f"{row['number']} {row['label'] or row['called']}",
            "colour": theme.CATEGORY_COLOUR.get(row["category"], theme.NEUTRAL),
            "open": row["detection_id"] in unjudged,
        }
        for row in rows.to_dicts()
    ]
    if drawn:
        boxes.append({"id": _DRAWN, "xyxy": drawn, "label": "new", "colour": theme.NEUTRAL})
    data = {
        "picture": "data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode(),
        "width": picture.width,
        "height": picture.height,
        "boxes": boxes,
        "also": [] if frame_ms is None else clip.also(source, photo_id, frame_ms),
        "frame": frame_ms,
        "editable": ui.may_edit(),
        "letters": [*CLASS_KEYS.values(), keys.AS_SAID, keys.NO_ANIMAL],
    }
    events = ("moved", "drawn", "called", "others")
    said = components.mount("boxes", f"boxes-{photo_id}", data, *events)
    if said.drawn or (said.moved and said.moved["id"] == _DRAWN):
        st.session_state[kept] = (said.drawn or said.moved)["box"]
        st.rerun()
    if said.moved:
        _move(source, rows, said.moved)
    if said.called:
        _call(source, rows, said.called)
    if said.others:
        rest = many_boxes.unjudged(rows, but=said.others["id"])
        box_words.no_animals(source, photo_id, rest)
    if drawn:
        _what_is_it(source, BoxKey(photo_id, tuple(drawn), frame_ms), kept)


def _move(source: Pages, rows: pl.DataFrame, moved: dict[str, Any]) -> None:
    found = rows.filter(pl.col("detection_id") == moved["id"])
    ledger = source.workspace.ledger
    if found.height:  # else another person took the box away meanwhile
        where = verdict_key(found.row(0, named=True))
        ui.decide(
            source,
            lambda: move_box(decisions_frame(ledger), where, tuple(moved["box"])),
            say("The box is where you put it"),
        )
    st.rerun()


def _call(source: Pages, rows: pl.DataFrame, called: dict[str, Any]) -> None:
    """Say what the chosen box holds, by its letter."""
    found = rows.filter(pl.col("detection_id") == called["id"])
    if not found.height:  # another person took it away meanwhile
        return
    row, letter = found.row(0, named=True), called["letter"]
    named = next((name for name, key in CLASS_KEYS.items() if key == letter), None)
    if letter == keys.AS_SAID:
        box_words.note(source, row, box_words.as_it_is(row), row["called"])
    else:
        _say(source, row, named)


def _say(source: Pages, row: dict[str, Any], name: str | None) -> None:
    """Note what a box holds: one of CLASSES, else what it is called already; None: no animal."""
    if name is None:
        box_words.note(source, row, None)
    else:
        what = CLASSES.get(name) or box_words.as_it_is(row)
        box_words.note(source, row, what, say(name) if name in CLASSES else name)


def _what_is_it(source: Pages, where: BoxKey, kept: str) -> None:
    """Ask what was drawn; the answer saves it as a missed animal."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(say("**New box.** It is a"), width="content")
        for name, key in CLASS_KEYS.items():
            if st.button(name, shortcut=key, key=f"drawn-{name}", disabled=not ui.may_edit()):
                ui.decide(
                    source,
                    lambda n=name: kinds.MissedAnimal(where, *CLASSES[n]),
                    say("The animal is noted"),
                )
                del st.session_state[kept]
                st.rerun()
        if st.button(
            say("Forget it"), icon=":material/close:", key="drawn-nothing", type="tertiary"
        ):
            del st.session_state[kept]
            st.rerun()


def _mine(source: Pages) -> None:
    """Take this person's last decision back, whatever it was."""
    with st.container(horizontal=True):
        if verdicts.undo_last(source):
            st.rerun()


def _trouble(facts: dict[str, Any]) -> str:
    """What went wrong with a photo or a clip, and why."""
    is_photo, why = facts["duration_s"] is None, ui.plain(facts["error_message"] or "")
    if facts["status"] == "error":
        return say(
            "This photo could not be read: {why}"
            if is_photo
            else "This clip could not be read: {why}",
            why=why,
        )
    return say(
        "This photo could be read in part: {why}"
        if is_photo
        else "This clip could be read in part: {why}",
        why=why,
    )


def _boxes(source: Pages, rows: pl.DataFrame) -> None:
    """A card for each box, with what can be corrected."""
    if rows.is_empty():
        st.caption(say("Nothing was found here."))
    for row in rows.to_dicts():
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{row['number']}** · {ui.plain(row['called'])}", width="content")
                by_person = row["source"] == "human"
                weak = say(" · weak") if row["is_weak"] else ""
                sure = f"{row['confidence']:.0%}{weak}"
                st.caption(say("said by a person") if by_person else sure)
                if row["frame_ms"] is not None:
                    clip.at(row["photo_id"], row["frame_ms"], row["detection_id"])
            if row["individual_id"]:
                st.page_link(
                    ui.page_of("herd"),
                    label=ui.plain(row["label"]),
                    query_params={"deer": row["individual_id"]},
                )
            key = row["detection_id"]
            own = [row["called"]] if box_words.without_button(row) else []
            chosen = st.selectbox(
                say("It is a"),
                [*CLASSES, *own],
                index=None,
                placeholder=say("Correct the class …"),
                format_func=lambda one: say(one) if one in CLASSES else ui.readable(one),
                key=f"class-{key}-{source.versions.n_decisions}",
                label_visibility="collapsed",
                disabled=not ui.may_edit(),
            )
            if chosen:
                _say(source, row, chosen)
            if row["is_deer"]:
                _side(source, row)
                if st.button(
                    say("Age and antlers"),
                    key=f"judge-{key}",
                    icon=":material/straighten:",
                    width="stretch",
                ):
                    antlers.judge(key)
            if st.button(
                say("Not an animal"),
                key=f"none-{key}",
                icon=":material/block:",
                width="stretch",
                disabled=not ui.may_edit(),
            ):
                _say(source, row, None)


def _side(source: Pages, row: dict[str, Any]) -> None:
    """Which side of the deer is seen, as it is known and to correct."""
    by = say(", by a person") if row["flank_source"] == "human" else ""
    chosen = st.selectbox(
        say("It shows"),
        [str(flank) for flank in Flank],
        index=None,
        placeholder=f"{language.capital(words.flank_words(row['flank']))}{by} …",
        format_func=lambda flank: language.capital(words.flank_words(flank)),
        key=f"flank-{row['detection_id']}-{source.versions.n_decisions}",
        label_visibility="collapsed",
        disabled=not ui.may_edit(),
    )
    if chosen:
        where = verdict_key(row)
        ui.decide(
            source,
            lambda: kinds.ShowsFlank(where, Flank(chosen)),
            say("Noted: {flank_words}", flank_words=words.flank_words(chosen)),
        )
        st.rerun()
