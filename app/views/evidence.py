"""What is shown of a pair of pictures only where somebody asks: every visit of both, and what matches."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import streamlit as st
from cached import Pages
from streamlit import runtime

from thumper_core import crops, matches, say
from thumper_core.questions import words

VISITS_SHOWN: Final = 16
VISIT_PX: Final = 260
Pair = tuple[str, str]


def address(jpeg: bytes, place: str) -> str:
    """Where the browser gets a picture; it is kept until another takes its place."""
    return runtime.get_instance().media_file_mgr.add(jpeg, "image/jpeg", f"review-{place}")


def moment(row: dict[str, Any]) -> str:
    """When and where a picture was taken, and which side it shows."""
    at = words.when(row["taken_at"], row["taken_at_precision"])
    return f"{at} · {row['camera']}{_seen(row)}"


def when(row: dict[str, Any]) -> str:
    """The same without the place."""
    return f"{words.when(row['taken_at'], row['taken_at_precision'])}{_seen(row)}"


def _seen(row: dict[str, Any]) -> str:
    light = say(" · infrared") if row["is_infrared"] else ""
    side = "" if row["flank"] == "unknown" else f" · {words.flank_words(row['flank'])}"
    return f"{light}{side}"


def matched(source: Pages, name: str, pair: Pair | None) -> dict[str, Any] | None:
    """What matches in the two pictures, drawn once for each pair that is asked for."""
    if pair is None:
        return None
    made = st.session_state.get("matches")
    if made is None or made[0] != name:
        made = (name, matches.show_matches(source.workspace, *pair))
        st.session_state["matches"] = made
    found = made[1]
    picture = None if found.jpeg is None else address(found.jpeg, "matches")
    return {"id": name, "picture": picture, "text": found.text}


def visits(source: Pages, name: str, pair: Pair | None) -> dict[str, Any] | None:
    """One picture of every visit of the deer on both sides; name: of the pair, in the browser."""
    if pair is None:
        return None
    rows = source.ask("detections", pair)
    who = rows.select("individual_id", "label").unique(maintain_order=True).drop_nulls()
    sides = [
        _visits_of(source, which, individual_id, label)
        for which, (individual_id, label) in enumerate(who.iter_rows())
    ]
    return {"id": name, "sides": sides}


def beside(
    source: Pages, name: str, detection_ids: tuple[str, ...], individual_id: str, label: str
) -> dict[str, Any]:
    """The pictures of one visit, and one of every visit of a known deer."""
    rows = source.ask("detections", detection_ids[:VISITS_SHOWN])
    mine = _side(source, 0, rows, len(detection_ids))
    mine["title"] = say(
        "This visit: {pictures}", pictures=words.counted(len(detection_ids), "picture")
    )
    return {"id": name, "sides": [mine, _visits_of(source, 1, individual_id, label)]}


def _visits_of(source: Pages, which: int, individual_id: str, label: str) -> dict[str, Any]:
    members: pl.DataFrame = source.ask("members", individual_id)
    best = (
        members.sort("confidence", descending=True)
        .unique("event_id", keep="first", maintain_order=True)
        .sort("taken_at")
    )
    step = max(1, -(-best.height // VISITS_SHOWN))
    side = _side(source, which, best.gather_every(step), best.height)
    return {"title": f"{label}: {words.counted(best.height, 'visit')}", **side}


def _side(source: Pages, which: int, rows: pl.DataFrame, n_all: int) -> dict[str, Any]:
    """Pictures with a line each, and how many there are besides."""
    wanted = [(crops.Crop.from_row(row), VISIT_PX) for row in rows.to_dicts()]
    jpegs = crops.crops(source.workspace, wanted)
    more = n_all - rows.height
    return {
        "more": say("{pictures} not shown", pictures=words.counted(more, "more picture"))
        if more
        else "",
        "pictures": [
            {"picture": address(jpeg, f"visits-{which}-{number}"), "text": moment(row)}
            for number, (row, jpeg) in enumerate(zip(rows.to_dicts(), jpegs, strict=True))
        ],
    }
