"""Small pieces that several pages share: safe text, pictures in rows, errors, who is there."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from cached import Pages, workspace

from thumper_core import Effect, access, disk, display_path, language, naming, say, theme
from thumper_core import decide as record_decision
from thumper_core.decisions.kinds import Decision
from thumper_core.questions import words

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(`[^`]+`)")


def readable(text: object) -> str:
    r"""Text that a page can hold: bytes of a file's name that are not UTF-8 are shown as `\xNN`."""
    return display_path(os.fsencode(str(text)))


def plain(text: object) -> str:
    """Text as Markdown shows it literally, whatever a person typed: no markup, icon or formula."""
    # A word joiner after the colon keeps `:name:` from becoming an emoji or an icon.
    return _MARKUP.sub(r"\\\1", readable(text)).replace("\\:", "\\:\u2060").replace("\n", " ")


def prose(text: object) -> str:
    """A sentence as Markdown shows it literally, but for what stands between backticks: that is code."""
    parts = _CODE.split(str(text).replace("\n", " "))
    return "".join(part if at % 2 else plain(part) for at, part in enumerate(parts))


def root() -> Path:
    """The folder of the workspace that this browser looks at."""
    folder: Path = st.session_state["root"]
    return folder


def pages() -> Pages:
    """The questions to the open workspace, as of this run of the page."""
    return Pages(workspace(root()))


def user() -> access.User:
    """Who is there: the one who logged in, else the account that serves the pages."""
    found = st.session_state.get("user")
    return found if isinstance(found, access.User) else access.User(_account(), "editor")


def author() -> str:
    """The name under which decisions are written."""
    return str(st.session_state.get("author") or user().name)[:80]


def may_edit() -> bool:
    """Whether this person may change anything; a page shows its controls disabled otherwise."""
    return user().may_edit


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


@contextmanager
def said(what: str = "") -> Iterator[None]:
    """Show an error that is for people as a message in place; `what` went wrong then."""
    try:
        yield
    except Exception as error:
        told = disk.told(error, root())
        if told is None:
            raise
        st.error(readable(f"{what}: {told}" if what else told), icon=":material/error:")


def act(action: Callable[[], object], done: str = "") -> bool:
    """Do something that changes the workspace; True, and a note, where it worked."""
    if not may_edit():
        st.error(say("You may look, but not change anything: ask for the role `editor`."))
        return False
    try:
        action()
    except Exception as error:
        told = disk.told(error, root())
        if told is None:
            raise
        st.session_state["flash"] = ("error", readable(told))
        return False
    if done:
        st.session_state["flash"] = ("ok", done)
    return True


def decide(
    source: Pages,
    make: Callable[[], Decision | Sequence[Decision]],
    done: str = "",
    *,
    as_one: bool = False,
) -> tuple[int, ...]:
    """Record what this person says; the herd follows behind the page. Its numbers, where it worked.

    done: a note that is shown then; make: called only where this person may edit; what it refuses is
    shown as any error; as_one: all or nothing, as one step to take back.
    """
    numbers: list[int] = []

    def write() -> None:
        record_decision(
            source.workspace,
            make(),
            author(),
            effect=Effect.BEHIND,
            recorded=numbers.append,
            as_one=as_one,
        )

    act(write, done)
    return tuple(numbers)


def flash() -> None:
    """Show what the last action said, once."""
    level, text = st.session_state.pop("flash", ("", ""))
    if level == "error":
        st.error(text, icon=":material/error:")
    elif level:
        st.toast(text, icon=":material/check_circle:")


def mode() -> theme.Mode:
    """Light or dark, as the browser shows the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(figure: go.Figure, key: str, **options: Any) -> Any:
    """A figure in the page's mode."""
    return chart_as_is(themed(figure), key, **options)


def themed(figure: go.Figure) -> go.Figure:
    """The figure in the page's mode."""
    return figure.update_layout(
        template=theme.template(mode()),
        separators=language.separators(),
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.NEUTRAL, "activecolor": theme.GOOD},
    )


def chart_as_is(figure: go.Figure, key: str, **options: Any) -> Any:
    """A figure that is in the page's mode already; it is not changed."""
    config = {"displaylogo": False, "displayModeBar": options.pop("bar", False)}
    config["scrollZoom"] = options.pop("scroll_zoom", False)
    return st.plotly_chart(figure, theme=None, key=key, config=config, **options)


def header(title: str, lead: str = "") -> None:
    """The top of a page: its title, one quiet line, and what the last action said."""
    st.title(title, anchor=False)
    if lead:
        st.caption(lead)
    flash()


def nothing_yet(title: str, text: str, page: str | None = None, label: str = "") -> None:
    """The state of a page that has nothing to show, with the next step."""
    with st.container(border=True, key="nothing-yet", horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, anchor=False)
        st.markdown(text)
        if page:
            st.page_link(page_of(page), label=label, icon=":material/arrow_forward:")
        st.space("small")


def page_of(name: str) -> Any:
    """A page by its name."""
    return st.session_state["pages"][name]


def wait_for(key: str, ready: Future[Any], text: str) -> None:
    """Say that something is being computed, and show the page again when it is there."""

    @st.fragment(run_every=1.0, key=f"wait-{key}")
    def look() -> None:
        if ready.done():
            st.rerun()
        with st.container(key="waiting"):
            st.caption(f":material/hourglass_top: {text}")

    look()


def pager(key: str, total: int, per_page: int) -> int:
    """Previous and next; returns the offset of the page shown."""
    last = max(0, (total - 1) // per_page)
    if last == 0:
        return 0
    at = min(int(st.session_state.get(key, 0)), last)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        back = st.button(
            say("Previous"), key=f"{key}-back", disabled=at == 0, icon=":material/chevron_left:"
        )
        on = st.button(
            say("Next"),
            key=f"{key}-on",
            disabled=at >= last,
            icon=":material/chevron_right:",
            icon_position="right",
        )
        where = st.empty()
    if back or on:
        st.session_state[key] = at + (1 if on else -1)
        st.rerun()
    first = at * per_page
    where.caption(
        say(
            "{first:,} to {last:,} of {total:,}",
            first=first + 1,
            last=min(first + per_page, total),
            total=total,
        )
    )
    return first


def duration(seconds: float) -> str:
    """A time span in words: `40 seconds`, `3 minutes`, `1.5 hours`."""
    if seconds < 90:
        return words.counted(max(1, round(seconds)), "second")
    if seconds < 5400:
        return words.counted(round(seconds / 60), "minute")
    return say("{hours:.1f} hours", hours=seconds / 3600)


def category_badge(category: str) -> None:
    """Buck, doe, fawn as a small coloured word."""
    colour = {"buck": "blue", "doe": "orange", "fawn": "green"}.get(category, "gray")
    st.badge(language.capital(words.kind(category)), color=colour)  # type: ignore[arg-type]


def theme_choice(place: Any, last: str | None) -> str:
    """A box in `place` to choose the theme that names come from; last: the one that was used last."""
    keys = naming.theme_keys()
    usual = naming.theme_or(last)
    return str(
        place.selectbox(
            say("Theme"),
            keys,
            key="theme",
            index=keys.index(usual) if usual in keys else keys.index(naming.USUAL_THEME),
            format_func=lambda k: naming.load_theme(k).title,
            persist_state="session",
        )
    )


def option_names(values: Sequence[str | None], anything: str) -> Callable[[str | None], str]:
    """How a select box shows its values; None means `anything`."""
    return lambda value: anything if value is None else value
