"""From photos to a herd: what is so, the one thing to start, the log, and the details below."""

from __future__ import annotations

import empty_herd
import helps
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.work import launches, sensible
from views import adding, learning, reprocess, runs, work_log


def page() -> None:
    """Show the page."""
    ui.header(
        say("Process"), say("From photos to a herd. The work goes on when this page is closed.")
    )
    if not (ui.root() / "ledger.sqlite").is_file():
        progress.show()
        adding.show(None)
        return
    source = ui.pages()
    is_working = progress.working()
    if not source.ask("totals").n_deer and not is_working:
        empty_herd.show(source, link=False)
    if is_working:
        progress.show()
    else:
        _now(source)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        work_log.show(source)
    with right:
        adding.show(source)
    with st.expander(say("Other models, or everything again"), icon=":material/tune:"):
        reprocess.show(source)
    learning.show(source)
    with st.expander(say("Runs and herds, and going back"), icon=":material/history:"):
        runs.show(source)


def _now(source: Pages) -> None:
    """What is so, what stands in the way, and the button that does what is advised."""
    advices = source.ask("advice")
    workspace = source.workspace
    now: sensible.Now = source.keep(("now",), lambda: sensible.sensible(workspace, advices))
    with st.container(border=True, key="now"):
        row = st.container(horizontal=True, vertical_alignment="center")
        text, button = row.container(width="stretch", gap="xsmall"), row.container(width="content")
        text.markdown(say("Nothing is running. **{sentence}**", sentence=ui.plain(now.sentence)))
        if now.seconds:
            text.markdown(
                say("About {duration}.", duration=ui.duration(now.seconds)), help=helps.of("cost")
            )
        for told in sensible.in_the_way(workspace, now):
            st.warning(ui.prose(told), icon=":material/block:")
        if now.kind and button.button(
            now.label,
            key="do-it",
            type="primary" if now.seconds else "secondary",
            icon=":material/play_arrow:" if now.seconds else ":material/refresh:",
            disabled=not ui.may_edit(),
            help=say("What is advised now. Other things to do are below."),
        ):
            ui.act(lambda: launches.start(workspace.root, now.kind, now.arguments), say("Started"))
            st.rerun()
        for advice in advices[1:]:
            st.caption(say("After that: {reason}", reason=ui.plain(advice.reason)))
