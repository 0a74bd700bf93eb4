"""The workbench. `thumper app` runs it; pages show what `thumper_core` computes."""

from __future__ import annotations

import logging
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import components
import languages
import login
import streamlit as st
import tour
import ui
from cached import Pages, workspace
from page_list import PAGES

from thumper_core import ThumperError, chosen_folder, disk, say

HERE = Path(__file__).resolve().parent
DEMO = "demo"


def show(name: str) -> None:
    """Show a page; its module is imported when it is opened."""
    import_module(f"views.{name}").page()


def base_root() -> Path:
    """The folder that the pages were started for."""
    arguments = sys.argv[1:]
    if "--workspace" in arguments[:-1]:
        return Path(arguments[arguments.index("--workspace") + 1]).resolve()
    return chosen_folder().resolve()


def choose_root(base: Path) -> Path:
    """The workspace to show: the base folder, or the demo inside it while there is no other."""
    has_own = (base / "ledger.sqlite").is_file()
    has_demo = (base / DEMO / "ledger.sqlite").is_file()
    if has_own and has_demo:
        # The choice travels in the address, so a reload or a second tab keeps it.
        with st.sidebar:
            shown = st.segmented_control(
                say("Herd"),
                ["own", DEMO],
                default="own",
                required=True,
                bind="query-params",
                key="herd-of",
                format_func=lambda v: say("My photos") if v == "own" else say("Demo"),
                persist_state="session",
            )
        return base / DEMO if shown == DEMO else base
    return base / DEMO if has_demo else base


def new_visits(root: Path) -> int:
    """How many visits wait for somebody to look at them."""
    if not (root / "ledger.sqlite").is_file():
        return 0
    try:
        waiting: int = Pages(workspace(root)).ask("waiting")
    except ThumperError:
        return 0  # the page itself says what is wrong
    return waiting


def main() -> None:
    """Set the page up, then show the one that was chosen."""
    st.set_page_config(page_title="Thumper", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.logo(str(HERE / "logo.svg"), icon_image=str(HERE / "icon.svg"), size="large")
    st.html(HERE / "style.html")
    with st.container(key="mend"):
        components.mount("mend", "mended", {})
    base = base_root()
    if not login.let_in(base):
        return
    views = {
        name: st.Page(
            partial(show, name),
            title=say(title),
            icon=f":material/{icon}:",
            url_path=name,
            default=name == "overview",
        )
        for name, title, icon in PAGES
    }
    st.session_state["pages"] = views
    root = choose_root(base)
    # What is new comes first; where nothing is, its place is beside Review.
    usual = ("overview", "herd", "photos", "review")
    first = ("new", *usual) if new_visits(root) else (*usual, "new")
    chosen = st.navigation(
        {
            "": [views[name] for name in first],
            say("Seasons"): [
                views[name] for name in ("years", "survey", "habits") if name in views
            ],
            say("Identification"): [views[name] for name in ("process", "tune", "clusters")],
            say("Workspace"): [views[name] for name in ("reports", "settings", "health", "help")],
        }
    )
    st.session_state["base"] = base
    st.session_state["root"] = root
    with st.sidebar:
        st.text_input(
            say("Your name"),
            value=ui.user().name,
            key="author",
            max_chars=80,
            help=say("Every decision is kept with the name of who made it."),
            disabled="user" in st.session_state,
            persist_state="session",
        )
        languages.choose()
        if root == base / DEMO:
            tour.offer()
        login.way_out()
    try:
        if root == base / DEMO:
            tour.show(chosen.url_path or "overview")
        chosen.run()
    except Exception as error:
        told = disk.told(error, ui.root())
        if told is not None:
            st.error(str(told), icon=":material/error:")
            return
        logging.getLogger("thumper.app").exception("page %s", chosen.url_path)
        st.error(
            say(
                "Something went wrong on this page, and nothing was changed. Reload it; the terminal "
                "that serves the pages says more."
            ),
            icon=":material/error:",
        )


main()
