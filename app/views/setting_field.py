"""The control of one setting, by what kind of value it has."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from thumper_core import mark, say

_LABELS = {
    "gpu_decode": mark("Decode on the GPU"),
    "starts_month": mark("Deer years begin in month"),
    "starts_day": mark("On day"),
}


def field(key: str, name: str, info: FieldInfo, value: Any) -> Any:
    """Ask for one setting and return the answer; settings check themselves when they are saved.

    key: of the control, `stage.name`; value: as it is now.
    """
    label = _label(name)
    kind = info.annotation
    if kind is bool:
        return st.toggle(label, value=value, key=key, help=say(info.description or ""))
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(
            label, options, index=options.index(value), key=key, help=say(info.description or "")
        )
    if isinstance(value, int) and kind is int:
        return int(
            st.number_input(label, value=value, step=1, key=key, help=say(info.description or ""))
        )
    if kind is float:
        return float(
            st.number_input(
                label, value=float(value), key=key, help=say(info.description or ""), format="%g"
            )
        )
    text = st.text_input(label, value=str(value), key=key, help=say(info.description or "")).strip()
    return _number_or_text(text)


def _label(name: str) -> str:
    """`burst_gap_s` as `Burst gap (s)`, `conf_min` as `Confidence, at least`."""
    if name in _LABELS:
        return say(_LABELS[name])
    units = {"s": "s", "mps": "m/s", "gib": "GiB"}
    words, bound = name.split("_"), ""
    unit = f" ({units[words.pop()]})" if words[-1] in units else ""
    for word, text in (("min", say(", at least")), ("max", say(", at most"))):
        if word in words:
            words.remove(word)
            bound = text
    spelled = {"conf": "confidence", "iou": "overlap", "nms": "merged"}
    return " ".join(spelled.get(word, word) for word in words).capitalize() + bound + unit


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
