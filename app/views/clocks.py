"""Cameras' clocks: the offsets that are set, and a time that a person gives a camera's photos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import streamlit as st
import ui
from cached import Pages

from thumper_core import (
    ClockFix,
    UsageError,
    camera_table,
    mark,
    moment,
    offset_s,
    offset_text,
    say,
    set_clock,
)

T = TypeVar("T")
_WAYS = (
    mark("An offset"),
    mark("One photo whose time is known"),
    mark("The dates of its files are real"),
)


def button(source: Pages, camera: str, fix: ClockFix, label: str, key: str, icon: str) -> None:
    """A button that sets a camera's clock."""
    if st.button(label, key=key, icon=f":material/{icon}:", disabled=not ui.may_edit()):
        _do(lambda: set_clock.set_clock(source.workspace, camera, fix))


def show(source: Pages, cameras: list[str]) -> None:
    """The offsets in use, each to be taken back, and the form that sets one."""
    table = camera_table(source.workspace)
    for number, row in enumerate(table.to_dicts()):
        if row["clock_offset_s"]:
            span = " ".join(
                f"{word} {row[column]}"
                for word, column in (("from", "from"), ("to", "to"), ("files", "files"))
                if row[column]
            )
            left, right = st.columns([5, 2], vertical_alignment="center")
            left.caption(
                say(
                    "{name}: clock {offset_text} {span}",
                    name=ui.plain(row["name"]),
                    offset_text=offset_text(row["clock_offset_s"]),
                    span=span,
                )
            )
            with right:
                fix = ClockFix(0.0, _text(row["from"]), _text(row["to"]), row["files"])
                button(source, row["name"], fix, say("Take back"), f"clock-back-{number}", "undo")
    if cameras:
        with st.expander(say("Give a camera's photos a time"), icon=":material/schedule:"):
            _form(source, cameras)


def _form(source: Pages, cameras: list[str]) -> None:
    camera = st.selectbox(say("Camera"), cameras, key="clock-camera")
    way = st.radio(say("By"), _WAYS, format_func=say, key="clock-way")
    offset, photo, taken_at, begins, ends = "", "", "", "", ""
    if way == _WAYS[0]:
        offset = st.text_input(say("Add to its clock"), "+12:00:00", key="clock-offset")
    elif way == _WAYS[1]:
        photo = st.text_input(say("Photo (its path, as on the page Photos)"), key="clock-photo")
        taken_at = st.text_input(
            say("It was taken at"), key="clock-at", placeholder="2025-11-03 06:41"
        )
    if way != _WAYS[2]:
        left, right = st.columns(2)
        begins = left.text_input(
            say("From (its clock)"), key="clock-from", placeholder=say("from ever")
        )
        ends = right.text_input(say("To (its clock)"), key="clock-to", placeholder=say("for ever"))
    if not st.button(say("Set"), key="clock-set", type="primary", disabled=not ui.may_edit()):
        return

    def act() -> list[str]:
        span = ClockFix.of(
            _read(offset_s, offset, say("Add to its clock")) or 0.0,
            _moment(begins, say("From")),
            _moment(ends, say("To")),
        )
        if way == _WAYS[2]:
            return set_clock.trust_file_dates(source.workspace, camera)
        if way == _WAYS[0]:
            return set_clock.set_clock(source.workspace, camera, span)
        at = _moment(taken_at, say("It was taken at"))
        if not photo or at is None:
            raise UsageError("Name the photo, and say when it was taken.")
        return set_clock.clock_by_photo(source.workspace, camera, Path(photo.strip()), at, span)

    _do(act)


def _do(action: Callable[[], list[str]]) -> None:
    said: list[str] = []
    if ui.act(lambda: said.extend(action())):
        text = " ".join(line for line in said if not line.startswith("To take it back"))
        st.session_state["flash"] = ("ok", text)
    st.rerun()


def _read(read: Callable[[str], T], text: str, what: str) -> T | None:
    try:
        return read(text.strip()) if text.strip() else None
    except ValueError as error:
        raise UsageError(f"{what}: {text!r} {error}.") from None


def _moment(text: str, what: str) -> datetime | None:
    found = _read(lambda value: moment(value, None), text, what)
    return found[0] if found else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat(" ") if at else None
