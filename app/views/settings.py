"""Settings of the workspace: checked, and kept in its `thumper.toml` and `cameras.csv`."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
import ui
from cached import Pages, models

from thumper_core import (
    DEER_NAMES,
    Settings,
    Stage,
    camera_table,
    mark,
    naming,
    save_cameras,
    say,
    weights,
)
from thumper_core.questions.mailboxes import listed_mailboxes
from views import setting_field

_STAGES = {
    "ingest": mark("Photos"),
    "seasons": mark("Deer years"),
    "clock": mark("Clocks"),
    "detect": mark("Detection"),
    "clips": mark("Clips"),
    "embed": mark("Embedding"),
    "identify": mark("Identification"),
    "engine": mark("Machine"),
    "ops": mark("Schedule and checks"),
}
_FIRST = (
    ("detect.detector", "identify.threshold"),
    ("ingest.burst_gap_s", "ingest.event_gap_s"),
    ("seasons.starts_month", "seasons.starts_day"),
)
"""What people change, side by side; all others are for experts."""
_COLUMNS = (("ingest", "embed", "engine"), ("detect", "clips", "identify"), ("ops", "clock"))
"""Stages side by side, so that the columns are about as long as each other."""
_FILE_ONLY = {"notify_command", "notify_webhook"}
"""What this machine runs or calls is for users who can write its files, not for a page."""


def page() -> None:
    """Show the page."""
    ui.header(say("Settings"))
    if not (ui.root() / "ledger.sqlite").is_file():
        ui.nothing_yet(
            say("No settings yet"), say("There is no workspace yet."), "overview", say("Start here")
        )
        return
    source = ui.pages()
    st.caption(say("Kept in `{settings_file}`", settings_file=source.workspace.settings_file))
    tabs = st.tabs(
        [say("General"), say("Cameras"), say("Models"), say("Themes")],
        key="settings-tabs",
        on_change="rerun",
    )
    for tab, show in zip(tabs, (_stages, _cameras, _models, _themes), strict=True):
        if tab.open:
            with tab:
                show(source)


def _stages(source: Pages) -> None:
    settings: Settings = source.workspace.settings
    cameras = source.ask("effort")["camera"].to_list()
    with st.form("settings"):
        species, places = _deer(settings, cameras)
        values: dict[str, dict[str, Any]] = {name: {} for name in _STAGES}
        for column, names in zip(st.columns(3, gap="medium"), _FIRST, strict=True):
            with column:
                for name in names:
                    _set(settings, name, values)
        with st.expander(say("All others, for experts"), icon=":material/tune:"):
            for column, stages in zip(st.columns(3, gap="medium"), _COLUMNS, strict=True):
                with column:
                    for stage in stages:
                        _all_others(settings, stage, values)
        if st.form_submit_button(
            say("Save"), type="primary", icon=":material/save:", disabled=not ui.may_edit()
        ):

            def write() -> None:
                changed = settings.about(species, places)
                for name, fields in values.items():
                    changed = changed.replace(name, **fields)
                changed.save(source.workspace.settings_file)

            ui.act(write, say("Saved"))
            st.rerun()


def _all_others(settings: Settings, name: str, values: dict[str, dict[str, Any]]) -> None:
    """What a stage has besides what people change."""
    st.subheader(say(_STAGES[name]), anchor=False)
    first = {one for names in _FIRST for one in names}
    stage: Stage = getattr(settings, name)
    for key in type(stage).model_fields:
        if key not in _FILE_ONLY and f"{name}.{key}" not in first:
            _set(settings, f"{name}.{key}", values)


def _set(settings: Settings, name: str, values: dict[str, dict[str, Any]]) -> None:
    """Ask for one setting, `stage.key`, and keep the answer."""
    stage, _, key = name.partition(".")
    kept: Stage = getattr(settings, stage)
    values[stage][key] = setting_field.field(
        name, key, type(kept).model_fields[key], getattr(kept, key)
    )


def _deer(settings: Settings, cameras: list[str]) -> tuple[str, bool | list[str]]:
    """Which deer it is about, and where every animal is one of them."""
    about = type(settings.deer).model_fields
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    names = list(dict.fromkeys([settings.species, *DEER_NAMES]))
    species = left.selectbox(
        say("Species of interest"),
        names,
        key="species",
        accept_new_options=True,
        help=say(about["species"].description),
    )
    before = settings.animals_are_deer
    ways = {
        "no": say("By what the detector says"),
        "all": say("Every animal is one"),
        "some": say("At cameras"),
    }
    now = "some" if isinstance(before, tuple) and before else "all" if before else "no"
    way = middle.selectbox(
        say("Which animals are deer"),
        list(ways),
        index=list(ways).index(now),
        key="animals-are-deer",
        format_func=ways.__getitem__,
        help=say(about["animals_are_deer"].description),
    )
    chosen = list(before) if isinstance(before, tuple) else []
    there = right.multiselect(
        say("Cameras where every animal is one"),
        list(dict.fromkeys([*chosen, *cameras])),
        default=chosen,
        key="deer-cameras",
    )
    return str(species), there if way == "some" else way == "all"


def _cameras(source: Pages) -> None:
    st.caption(
        say(
            "Where cameras stand and how wrong their clocks are (seconds to add). Photos are never "
            "changed: times are corrected when they are read."
        )
    )
    table: pl.DataFrame = camera_table(source.workspace)
    edited = st.data_editor(
        table,
        hide_index=True,
        num_rows="dynamic",
        key=f"cameras-{source.versions.files[1]}",
        column_config={
            "name": st.column_config.TextColumn(say("Camera"), required=True),
            "latitude": st.column_config.NumberColumn(
                say("Latitude"), format="%.6f", min_value=-90, max_value=90
            ),
            "longitude": st.column_config.NumberColumn(
                say("Longitude"), format="%.6f", min_value=-180, max_value=180
            ),
            "clock_offset_s": st.column_config.NumberColumn(say("Clock offset (s)")),
            "from": st.column_config.DatetimeColumn(say("From")),
            "to": st.column_config.DatetimeColumn(say("To")),
            "files": st.column_config.TextColumn(
                say("Files"), help=say("Only file names with these numbers, such as 100-250.")
            ),
            "file_dates": st.column_config.CheckboxColumn(
                say("File dates"),
                help=say("The dates of its files are when the photos were taken."),
            ),
        },
    )
    if st.button(
        say("Save cameras"), type="primary", icon=":material/save:", disabled=not ui.may_edit()
    ):
        ui.act(lambda: save_cameras(source.workspace, pl.DataFrame(edited)), say("Cameras saved"))
        st.rerun()
    with ui.said():
        _mailboxes(source)


def _mailboxes(source: Pages) -> None:
    """Where cellular cameras send to, and what came of it; named on the command line alone."""
    found = listed_mailboxes(source.workspace)
    if not found:
        return
    st.subheader(say("Mailboxes"), anchor=False)
    st.caption(
        say(
            "`thumper mail` names and fetches them, `thumper watch` asks them by itself; "
            "`thumper mail list --refused` says why attachments were not saved."
        )
    )
    columns = [
        say("Mailbox"),
        say("User"),
        say("Server"),
        say("Pictures"),
        say("Refused"),
        say("Trusted here"),
    ]
    rows = [(b.name, b.user, b.host, b.pictures, len(b.refused), b.is_trusted) for b in found]
    st.dataframe(pl.DataFrame(rows, schema=columns, orient="row"), hide_index=True)


def _models(source: Pages) -> None:
    rows = [
        {
            say("Model"): spec.name,
            say("Kind"): spec.kind,
            say("Weights"): say("its parts'") if spec.parts else weights.verify(spec),
            say("Licence"): spec.licence,
            say("Notes"): spec.notes,
        }
        for spec in models(str(source.workspace.root / "registry.toml"))
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height=min(600, 45 + 35 * len(rows)))
    st.caption(
        say(
            "`thumper models pull NAME` downloads weights; `thumper models add FILE --name NAME` "
            "makes your own known."
        )
    )


def _themes(source: Pages) -> None:
    key = st.selectbox(
        say("Theme"), naming.theme_keys(), format_func=lambda k: naming.load_theme(k).title
    )
    theme = naming.load_theme(key)
    st.caption(theme.description)
    lists = {
        say("Bucks"): theme.male,
        say("Does"): theme.female,
        say("Fawns"): theme.fawn,
        say("Unknown"): theme.unknown,
    }
    for column, (title, names) in zip(st.columns(4), lists.items(), strict=True):
        column.markdown(f"**{title}** ({len(names)})")
        column.caption(", ".join(ui.plain(name) for name in names[:40]))
