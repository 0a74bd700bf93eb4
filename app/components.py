"""Parts of the pages that Streamlit does not have: a script and a style each, in `parts/`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from thumper_core import language, say

_FOLDER = Path(__file__).resolve().parent / "parts"
_TOLD = (_FOLDER / "told.js").read_text("utf-8")


def mount(
    name: str, key: str, data: dict[str, Any], *events: str, shared: str = "", **options: Any
) -> Any:
    """Show the part `name` with JSON data; returns its triggers, an attribute for each of `events`.

    A trigger is None but in the one run that it caused. shared: a script and a style that go before
    those of the part; options: what else Streamlit takes, such as `on_<event>_change` to be told
    before that run.
    """
    both = [_files(one) for one in (shared, name) if one]
    script, style = ("\n".join(texts) for texts in zip(*both, strict=True))
    script = f"{_TOLD}\n{script}"
    # Registering the same definition again is cheap, and a restarted runtime knows none.
    part = st.components.v2.component(f"thumper_{name}", js=script, css=style)
    if language.current() != language.ENGLISH:
        told = {text: say(text) for text in _messages(script)}
        data = data | {"told": told, "locale": language.current().replace("_", "-")}
    return part(key=key, data=data, **{f"on_{e}_change": _nothing for e in events} | options)


def _nothing() -> None:
    """Streamlit hands on only those triggers that have a callback."""


@lru_cache(maxsize=8)
def _messages(script: str) -> tuple[str, ...]:
    """The texts of a script, as `docs/languages.py` collects them."""
    return tuple(dict.fromkeys(re.findall(r'\btold\("([^"]+)"', script)))


@lru_cache(maxsize=8)
def _files(name: str) -> tuple[str, str]:
    return tuple((_FOLDER / f"{name}.{kind}").read_text("utf-8") for kind in ("js", "css"))  # type: ignore[return-value]
