"""A page of photos to open or to choose from, and what is said of all that are chosen, as one step."""

from __future__ import annotations

import base64
from typing import Any, cast
from urllib.parse import urlencode

import album
import components
import keys
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import language, mark, say
from thumper_core.questions import many_boxes, photo_list, words
from thumper_core.questions.many_boxes import PHOTOS_MAX, Plan
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_list import PhotoCounts
from views import photo_filters
from views.box_words import CLASS_KEYS, CLASSES

PER_PAGE = 24
_ASKED = "photo-asked"  # what was said of many, until it is meant or not
_NO_ANIMAL, _DEER = mark("Not an animal"), mark("One deer")
_SHOWS = {
    "Buck": mark("a buck"),
    "Doe": mark("a doe"),
    "Fawn": mark("a fawn"),
    "Deer": mark("a deer of unknown sex"),
    "Other animal": mark("another animal"),
    "Person": mark("a person"),
}
_WORDS = [
    *({"say": name, "label": name, "key": key} for name, key in CLASS_KEYS.items()),
    {"say": _NO_ANIMAL, "label": _NO_ANIMAL, "key": keys.NO_ANIMAL},
    {"say": _DEER, "label": mark("One deer \N{HORIZONTAL ELLIPSIS}"), "key": keys.ONE_DEER},
]


def show(source: Pages, chosen: PhotoFilter, counts: PhotoCounts) -> None:
    """Show the page of the list that the address asks for."""
    last = max(1, -(-counts.n_photos // PER_PAGE))
    at = min(photo_filters.page_asked(), last)
    rows: pl.DataFrame = source.ask("photos", chosen, (at - 1) * PER_PAGE, PER_PAGE)
    said = components.mount("grid", "photo-grid", _data(source, chosen, rows, counts), "said").said
    if said is not None:
        _heard(said, at, last)
    if _ASKED in st.session_state:
        _confirm(source, chosen, st.session_state[_ASKED])
    _turn(at, last)


def _data(
    source: Pages, chosen: PhotoFilter, rows: pl.DataFrame, counts: PhotoCounts
) -> dict[str, Any]:
    offered = source.ask("choices")
    of_years = offered["first"] is not None and offered["first"].year != offered["last"].year
    photos = [
        {
            "id": row["photo_id"],
            "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
            "title": _short_time(row, with_year=of_years),
            "text": f"{row['camera']} · {_outcome(row)}",
            "href": "photos?" + urlencode({"photo": row["photo_id"], **photo_filters.parts()}),
        }
        for row, jpeg in zip(
            rows.to_dicts(), source.jpegs(album.whole_photos(rows), 320), strict=True
        )
    ]
    return {
        "photos": photos,
        "list": repr(chosen),
        "total": counts.n_photos,
        "most": PHOTOS_MAX,
        "words": [{**one, "label": say(one["label"])} for one in _WORDS],
        "editable": ui.may_edit(),
        "done": st.session_state.get("photo-steps", 0),
    }


def _heard(said: dict[str, Any], at: int, last: int) -> None:
    """Open a photo, turn the page, or keep what was said of many, to ask whether it is meant."""
    if said["say"] == "open":
        st.query_params["photo"] = said["ids"][0]
    elif said["say"] in ("newer", "older"):
        photo_filters.turn_to(min(max(at + (1 if said["say"] == "older" else -1), 1), last))
    else:
        st.session_state[_ASKED] = said
        return
    st.rerun()


def _turn(at: int, last: int) -> None:
    """Buttons to the pages beside this one."""
    if last == 1:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        newer = st.button(
            say("Newer"), key="photos-newer", disabled=at == 1, icon=":material/chevron_left:"
        )
        older = st.button(
            say("Older"),
            key="photos-older",
            disabled=at == last,
            icon=":material/chevron_right:",
            icon_position="right",
        )
        st.caption(say("Page {at:,} of {last:,}", at=at, last=last))
    if newer or older:
        photo_filters.turn_to(at + (1 if older else -1))
        st.rerun()


def _short_time(row: dict[str, Any], *, with_year: bool) -> str:
    """A photo's day and hour as far as they are known; its year where there are several."""
    if row["taken_at_precision"] == "unknown":
        return say("time unknown")
    day = language.day(row["taken_at"], year=with_year)
    return day if row["taken_at_precision"] == "day" else f"{day}, {row['taken_at']:%H:%M}"


def _outcome(row: dict[str, Any]) -> str:
    if row["status"] is None:
        return say("not looked at yet")
    if row["status"] == "error":
        return say("not readable")
    weak = words.counted(row["n_weak"], "weak box", "weak boxes") if row["n_weak"] else ""
    if row["duration_s"] is not None:  # its boxes are the best frames of each animal
        if row["n_animals"]:
            return say("clip, animals")
        if row["n_others"]:
            return say("clip, people or vehicles")
        return say("clip, {weak}", weak=weak) if weak else say("clip, nothing")
    found = []
    if row["n_animals"]:
        found.append(words.counted(row["n_animals"], "animal"))
    elif row["n_others"]:
        found.append(say("people or vehicles"))
    return ", ".join([*found, weak] if weak else found) or say("nothing")


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


@languages.dialog(mark("Of all that are chosen"), width="medium", on_dismiss=_forget)
def _confirm(source: Pages, chosen: PhotoFilter, said: dict[str, Any]) -> None:
    """Tell what the step would do; do it, or not."""
    word = said["say"]
    ids = photo_list.photo_ids(source.workspace, chosen, PHOTOS_MAX) if said["all"] else said["ids"]
    boxes = many_boxes.boxes_meant(source.workspace, ids, chosen)
    several = many_boxes.with_several(boxes)
    if several and word != _DEER:
        count = words.counted(len(several), "photo")
        if st.toggle(
            say("Leave out {count} with more than one such box", count=count), key="photo-one-box"
        ):
            ids = [one for one in ids if one not in several]
            boxes = boxes.filter(~pl.col("photo_id").is_in(several))
    plan, shows = _plan(source, word, ids, boxes)
    if plan is not None:
        st.markdown(f"**{ui.plain(plan.sentence(shows))}**")
        if told := many_boxes.refused_told(source.workspace, plan):
            st.caption(ui.plain(told))
    with st.container(horizontal=True, gap="small"):
        yes = st.button(
            say("Say so"),
            type="primary",
            icon=":material/check:",
            shortcut="Enter",
            key="photo-yes",
            disabled=plan is None or not plan.n_boxes or not ui.may_edit(),
        )
        no = st.button(say("Cancel"), key="photo-no")
    if yes and plan is not None:
        done = say(
            "{boxes}: {shows}. Z takes it back",
            boxes=words.counted(plan.n_boxes, "box", "boxes"),
            shows=shows,
        )
        if ui.decide(source, lambda: plan.decisions, done, as_one=True):
            st.session_state["photo-steps"] = st.session_state.get("photo-steps", 0) + 1
    if yes or no:
        _forget()
        st.rerun()


def _plan(source: Pages, word: str, ids: list[str], boxes: pl.DataFrame) -> tuple[Plan | None, str]:
    """What is decided, and what of a box; None while it is not said which deer."""
    if word == _NO_ANIMAL:
        return many_boxes.of_no_animal(ids, boxes), say("no animal")
    if word != _DEER:
        return many_boxes.of_class(ids, boxes, *CLASSES[word]), say(_SHOWS[word])
    labels = dict(source.ask("cards").select("individual_id", "label").iter_rows())
    nobody = say("none of the known deer")
    to = st.selectbox(
        say("They show"),
        [*labels, nobody],
        index=None,
        placeholder=say("Choose the deer, or type its name …"),
        format_func=lambda one: labels.get(one, language.capital(nobody)),
        key="photo-they-show",
        width=320,
    )
    if to is None:
        return None, ""
    who = None if to == nobody else cast(str, to)
    members = source.ask("members", None)
    return many_boxes.of_individual(ids, boxes, members, who), labels.get(to, nobody)
