"""What stands over the points of the map: names, the pictures of a few in sight, the one pointed at."""

from __future__ import annotations

import base64
from typing import Any

import components
import streamlit as st
from cached import Pages

from thumper_core import crops, say
from thumper_core.questions import browse, words

NEAR = 48  # pictures at once
CROP_PX = 260
NEAR_PX = 72
_HOVER, _NEAR = "map-hover", "map-near"


@st.fragment
def near(source: Pages, chart: str, names: list[dict[str, Any]]) -> None:
    """Names over the map, and the pictures of the few points in sight; only this part runs for them."""

    def asked() -> None:
        st.session_state["in-sight"] = st.session_state[_NEAR].near

    ids = st.session_state.pop("in-sight", None)
    wanted = tuple(one for one in ids or () if isinstance(one, str))[:NEAR]
    components.mount(
        "near",
        _NEAR,
        {"chart": chart, "names": names, "most": NEAR, "pictures": _pictures(source, wanted)},
        on_near_change=asked,
    )


def _pictures(source: Pages, ids: tuple[str, ...]) -> dict[str, str]:
    """Small crops of detections as data URLs: kept by the browser, so asked for once."""
    if not ids:
        return {}
    rows = browse.detections(source.workspace, ids)
    wanted = [(crops.Crop.from_row(row), NEAR_PX) for row in rows.to_dicts()]
    made = crops.crops(source.workspace, wanted)
    return {
        detection_id: "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        for detection_id, jpeg in zip(rows["detection_id"], made, strict=True)
    }


@st.fragment
def hover(source: Pages, chart: str) -> None:
    """Show the picture of the point under the pointer; only this part runs for it, not the map."""

    def asked() -> None:
        st.session_state["hovered"] = st.session_state[_HOVER].asked

    card = _card(source, st.session_state.pop("hovered", None))
    components.mount("hover", _HOVER, {"chart": chart, "card": card}, on_asked_change=asked)


def _card(source: Pages, detection_id: object) -> dict[str, str] | None:
    """What the browser shows of a point: kept there, so asked for once and not cached here."""
    if not isinstance(detection_id, str):
        return None
    rows = browse.detections(source.workspace, (detection_id,))
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    jpeg = crops.cached_crop(source.workspace, crops.Crop.from_row(row), CROP_PX)
    return {
        "id": detection_id,
        "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
        "title": row["label"] or say(words.UNGROUPED),
        "text": f"{words.when(row['taken_at'], row['taken_at_precision'])} · {row['camera']}",
    }
