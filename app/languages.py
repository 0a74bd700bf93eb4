"""Which language a browser reads: its own, or the one that was chosen in the menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from thumper_core import language, say

_CHOSEN: Final = "language"


def of_reader() -> str | None:
    """The locale of the browser that is answered now, as `language.known` gives it; None: of no browser."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    of_browser = language.known(st.context.locale) or language.ENGLISH
    chosen = st.session_state.get(_CHOSEN)
    # Of the browser's own language, its region stays: figures are written as there.
    return chosen if chosen and chosen != of_browser[:2] else of_browser


def choose() -> None:
    """A box in the menu: the language of this browser, kept in the address."""
    names = language.LANGUAGES
    st.selectbox(
        say("Language"),
        list(names),
        index=list(names).index((of_reader() or language.ENGLISH)[:2]),
        key=_CHOSEN,
        format_func=names.__getitem__,
        persist_state="session",
    )


def in_words(table: Mapping[Any, str]) -> Callable[[Any], str]:
    """How a control shows its values: by the table's words, in the reader's language."""
    return lambda key: say(table[key])


def wide(width_px: int) -> int:
    """A control's width for the words of other languages, which are longer than English ones."""
    return width_px if language.current() == language.ENGLISH else round(1.4 * width_px)


def in_english(make: Callable[[], Any]) -> Callable[[], Any]:
    """The same for files that programs and other people read: they are English, whoever downloads them."""

    @wraps(make)
    def made() -> Any:
        with language.speaking(language.ENGLISH):
            return make()

    return made


def dialog(title: str, **options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`st.dialog` with a title in the reader's language: the function is one dialog for all of them.

    title: a marked message; options: what else `st.dialog` takes.
    """

    def made(content: Callable[..., None]) -> Callable[..., None]:
        @wraps(content)
        def opened(*arguments: Any, **named: Any) -> None:
            st.dialog(say(title), **options)(content)(*arguments, **named)

        return opened

    return made


language.ask(of_reader)
