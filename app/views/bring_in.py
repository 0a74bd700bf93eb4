"""Work that was done elsewhere, brought in with a click, and taken back with another."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import UsageError, came_in, expanded, mark, say
from thumper_core.work import launches

_WHAT: Final = {
    mark("Detections, a file of results"): ("import", "results"),
    mark("A folder for each known animal"): ("import", "individuals"),
    mark("A package"): ("import", "package"),
    mark("Another workspace"): ("merge",),
}


def show(source: Pages | None) -> None:
    """The panel, below the photos; nothing where there is no workspace yet."""
    if source is None:
        return
    busy = progress.working() or not ui.may_edit()
    with st.expander(say("Bring in work that was done elsewhere"), icon=":material/move_to_inbox:"):
        with st.form("bring-in", border=False):
            what = st.selectbox(
                say("What it is"), list(_WHAT), format_func=say, key="bring-in-what"
            )
            text = st.text_input(say("File or folder on this machine"), key="bring-in-path")
            if st.form_submit_button(say("Bring in"), icon=":material/download:", disabled=busy):
                ui.act(lambda: _start(source, [*_WHAT[what], _path(text)]), say("Started"))
                st.rerun()
        st.caption(
            say(
                "Detections of MegaDetector, SpeciesNet, Timelapse or AddaxAI; packages of Camtrap DP or "
                "Wildlife Insights; a workspace's folder or a bundle. Nothing comes twice. Then "
                "identify again."
            )
        )
        for row in came_in.imports(source.workspace.ledger):
            if row.undone_at is not None:
                continue
            left, right = st.columns([3, 2], vertical_alignment="center")
            left.markdown(
                say(
                    "**{kind}** from {name}, {made_at}, by {author}",
                    kind=row.kind.capitalize(),
                    name=ui.plain(Path(row.source).name),
                    made_at=row.made_at,
                    author=ui.plain(row.author),
                )
            )
            words = ["import", "undo", str(row.import_id)]
            if right.button(say("Take back"), key=f"take-back-{row.import_id}", disabled=busy):
                ui.act(lambda words=words: _start(source, words), say("Started"))
                st.rerun()


def _path(text: str) -> str:
    path = expanded(text.strip())
    if not text.strip() or not path.is_absolute() or not path.exists():
        raise UsageError("Write the whole path of a file or folder on this machine.")
    return str(path)


def _start(source: Pages, words: list[str]) -> None:
    line = [*words, "--by", ui.author()]
    launches.start(source.workspace.root, "command", {"line": line})
