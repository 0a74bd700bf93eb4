"""A dialog to judge one picture: marks on the antlers, the deer's age, its points, and what came of it."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import components
import languages
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import crops, mark, say
from thumper_core.decisions import kinds
from thumper_core.questions import deer_years, words
from thumper_core.questions.rack_words import measured_in_words
from thumper_core.questions.review_queue import verdict_key
from views import age_guide

WIDTH_PX: Final = 1800
UPPER: Final = 0.6
"""Share of a box in which the antlers are looked for first."""
_TYPICAL: Final = {
    None: mark("Not said"),
    True: mark("Typical"),
    False: mark("Not typical"),
}


@languages.dialog(mark("Age and antlers"), width="large", on_dismiss="rerun")
def judge(detection_id: str) -> None:
    """Show the picture of a detection, to be marked and judged; each answer is recorded at once."""
    source = ui.pages()  # as of this run: a dialog runs again by itself
    found: pl.DataFrame = source.ask("judged_picture", detection_id)
    if found.is_empty():
        st.info(say("This picture is not in the shown run any more."))
        return
    row = found.row(0, named=True)
    told = [row["camera"], words.when(row["taken_at"], row["taken_at_precision"])]
    st.caption(" · ".join(ui.plain(one) for one in (row["label"], *told) if one))
    ui.flash()
    said: pl.DataFrame = source.ask("said_of_deer")
    of_picture = said.filter(pl.col("counts"), pl.col("detection_id") == detection_id)
    own = of_picture.filter(pl.col("author") == ui.author())
    _marks(source, found, own)
    if row["individual_id"] is None or row["year"] is None:
        st.info(
            say(
                "What is said here is kept with the picture; it counts for a deer's year where the deer and "
                "the day are known."
            )
        )
    else:
        _year(source, row, said)
    left, right = st.columns(2, gap="medium")
    with left:
        _age(source, row, own)
    with right:
        _points(source, row, own)
    _others(of_picture)
    age_guide.show()


def _marks(source: Pages, found: pl.DataFrame, own: pl.DataFrame) -> None:
    shown = deer_years.around_antlers(found)
    row = shown.row(0, named=True)
    jpeg = source.jpegs(shown, WIDTH_PX)[0]
    box = (row["x1"], row["y1"], row["x2"], row["y2"])
    left, top, right, bottom = crops.crop_window(box, row["width"], row["height"])
    marks = own.filter(pl.col("kind") == kinds.MarksAntlers.kind)["payload"]
    data = {
        "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
        "window": [left, top, right - left, bottom - top],
        "focus": [box[0], box[1], box[2], box[1] + (box[3] - box[1]) * UPPER],
        "marks": json.loads(marks[-1])["marks"] if len(marks) else [],
        "editable": ui.may_edit(),
    }
    heard = components.mount("antlers", f"antlers-{row['detection_id']}", data, "marked")
    st.caption(
        say(
            "A click or a touch sets a point, a drag moves it or the zoomed picture. Keys: arrows move the "
            "point (Shift far), comma and full stop choose one, space sets one, Enter the next mark, + and - "
            "zoom, Delete removes, U undoes. Left and right are the deer's own: of one that faces you, its "
            "left is on your right."
        )
    )
    if heard.marked:
        where = verdict_key(found.row(0, named=True))
        ui.decide(
            source,
            lambda: kinds.MarksAntlers(where, tuple(map(kinds.Line.of, heard.marked["marks"]))),
            say("Marks are kept"),
        )
        st.rerun(scope="fragment")


def _year(source: Pages, row: dict[str, Any], said: pl.DataFrame) -> None:
    """What this deer's year comes to with all that was said."""
    years: pl.DataFrame = source.ask("deer_years", row["individual_id"])
    year = years.row(by_predicate=pl.col("year") == row["year"], named=True)
    if not year["judged"] and not year["marked_pictures"]:
        return
    st.markdown(
        f"**{ui.plain(year['season'])}**: {ui.plain(year['judged'] or say('no length yet'))}"
    )
    if year["age_conflict"]:
        st.warning(ui.plain(year["age_conflict"]), icon=":material/warning:")
    found = measured_in_words(said, row["individual_id"], row["year"])
    for note in found.notes:
        st.caption(ui.plain(note))
    if found.lengths.height:
        with st.expander(say("Every length")):
            st.dataframe(
                found.lengths,
                hide_index=True,
                column_config={
                    "line": say("Mark"),
                    "inches": st.column_config.NumberColumn(say("Inches"), format="%.1f"),
                    "low": st.column_config.NumberColumn(say("from"), format="%.1f"),
                    "high": st.column_config.NumberColumn(say("to"), format="%.1f"),
                    "said": say("People and pictures"),
                },
            )


def _age(source: Pages, row: dict[str, Any], own: pl.DataFrame) -> None:
    before = _last(own, kinds.SaysAge.kind, "age")
    key = f"age-{row['detection_id']}-{source.versions.n_decisions}"
    chosen = st.pills(
        say("How old it looks, in years"),
        kinds.AGES,
        default=before,
        format_func=lambda age: f"{age:g}+" if age == kinds.AGES[-1] else f"{age:g}",
        key=key,
        disabled=not ui.may_edit(),
    )
    if chosen is not None and chosen != before:
        where = verdict_key(row)
        ui.decide(source, lambda: kinds.SaysAge(where, chosen), say("The age is noted"))
        st.rerun(scope="fragment")


def _points(source: Pages, row: dict[str, Any], own: pl.DataFrame) -> None:
    left = _last(own, kinds.CountsPoints.kind, "left")
    right = _last(own, kinds.CountsPoints.kind, "right")
    typical = _last(own, kinds.CountsPoints.kind, "typical")
    with st.form(f"points-{row['detection_id']}-{source.versions.n_decisions}", border=False):
        columns = st.columns(3, gap="small")
        sides = [
            column.number_input(label, 0, 30, value, key=f"{name}-{row['detection_id']}")
            for column, name, label, value in zip(
                columns,
                ("left", "right"),
                (say("Points left"), say("Points right")),
                (left, right),
                strict=False,
            )
        ]
        kind = columns[2].selectbox(
            say("Typical?"),
            list(_TYPICAL),
            list(_TYPICAL).index(typical),
            format_func=languages.in_words(_TYPICAL),
        )
        if st.form_submit_button(say("Save points"), disabled=not ui.may_edit()):
            where = verdict_key(row)
            counted = (sides[0] or 0, sides[1] or 0, kind)
            ui.decide(
                source, lambda: kinds.CountsPoints(where, *counted), say("The points are noted")
            )
            st.rerun(scope="fragment")


def _others(said: pl.DataFrame) -> None:
    """Every word on this picture that counts, with who said it."""
    for row in said.filter(pl.col("author") != ui.author()).iter_rows(named=True):
        st.caption(f"{ui.plain(row['author'])}: {ui.plain(row['said'])}")


def _last(own: pl.DataFrame, kind: str, field: str) -> Any:
    """What this person said last; None: nothing."""
    found = own.filter(pl.col("kind") == kind)["payload"]
    return json.loads(found[-1]).get(field) if len(found) else None
