"""What this person did last, as one step: one button takes it back, however many decisions it was."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_KEY = "last-step"


def remember(done: str, numbers: Sequence[int]) -> None:
    """Keep these decisions as the step that can be taken back; of none nothing is kept.

    done: what they were, as `3 groups joined`.
    """
    if numbers:
        st.session_state[_KEY] = (done, tuple(numbers))


def last() -> tuple[str, tuple[int, ...]] | None:
    """What the last step was, and its decisions."""
    found: tuple[str, tuple[int, ...]] | None = st.session_state.get(_KEY)
    return found


def forget() -> None:
    """The last step cannot be taken back any more: it was, or another page tells of it."""
    st.session_state.pop(_KEY, None)
