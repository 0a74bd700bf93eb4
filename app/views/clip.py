"""A clip to play with its boxes moving along, and the frame of it whose boxes are corrected."""

from __future__ import annotations

import polars as pl
import streamlit as st
from cached import Pages

from thumper_core import moving, say, theme


def show(source: Pages, photo_id: str, rows: pl.DataFrame) -> int | None:
    """Play the clip and ask for a frame: milliseconds after its start; None where none can be shown.

    rows: its detections.
    """
    placed = [
        moving.Placed(
            row["frame_ms"],
            (row["x1"], row["y1"], row["x2"], row["y2"]),
            moving.TrackLabel(
                row["label"] or row["called"],
                theme.CATEGORY_COLOUR.get(row["category"], theme.NEUTRAL),
            ),
            row["track"],
        )
        for row in rows.to_dicts()
    ]
    with st.spinner(say("Preparing the clip")):
        video = moving.playable(source.workspace, photo_id, placed)
    if video is None:
        st.info(say("This clip cannot be played: its file is away, or damaged."))
        return None
    st.video(video, format="video/mp4", autoplay=True, muted=True, loop=True)
    times = list(source.ask("clip_frames", photo_id))
    if not times:
        st.caption(say("No run has looked at this clip yet."))
        return None
    if len(times) == 1:
        return times[0]
    key = _key(photo_id)
    if st.session_state.get(key) not in times:
        best = rows.sort("confidence", descending=True, maintain_order=True)
        st.session_state[key] = best["frame_ms"][0] if best.height else times[0]
    return int(
        st.select_slider(
            say("Frame whose boxes are corrected"),
            times,
            key=key,
            format_func=said,
            help=say("The frames that were looked at. The arrow keys go from one to the next."),
        )
    )


def also(source: Pages, photo_id: str, frame_ms: int) -> list[list[float]]:
    """Boxes of the frame that were found and are not among the detections."""
    return [list(box) for _, box in source.ask("clip_frames", photo_id)[frame_ms]]


def at(photo_id: str, frame_ms: int, name: str) -> None:
    """A button that says when in the clip a box is, and shows that frame."""
    st.button(
        say("at {time}", time=said(frame_ms)),
        key=f"frame-of-{name}",
        type="tertiary",
        help=say("Show this frame."),
        on_click=st.session_state.__setitem__,
        args=(_key(photo_id), frame_ms),
    )


def said(frame_ms: int) -> str:
    """When in the clip a frame is."""
    return f"{frame_ms / 1000:.1f} s"


def _key(photo_id: str) -> str:
    return f"frame-{photo_id}"
