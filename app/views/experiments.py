"""Settings that were tried, side by side: keep one, try others, compare two, use one."""

from __future__ import annotations

from typing import Any

import polars as pl
import progress
import streamlit as st
import ui
from cached import Pages

from thumper_core import UsageError, cut_again, say
from thumper_core.questions import experiments, trials
from thumper_core.questions.tuning import Tuning
from thumper_core.work import launches
from thumper_core.work.cost import new_run_told

_NUMBERS = {
    "threshold": "%.3f",
    "conf_min": "%.2f",
    "burst_gap_s": "%.0f",
    "animals": "%.0f",
    "animals_low": "%.0f",
    "animals_high": "%.0f",
}
_HIDDEN = ("fingerprint", "detector", "bursts")


def keep_button(source: Pages, found: Tuning, threshold: float) -> None:
    """A button that keeps the threshold under the slider, with what it gives, as an experiment."""
    if not st.button(
        say("Keep as an experiment"),
        key="keep-experiment",
        icon=":material/bookmark_add:",
        disabled=not ui.may_edit(),
        help=say(
            "Writes this threshold and what it gives into the table below. Nothing else changes."
        ),
    ):
        return
    settings = source.workspace.settings
    choice = trials.Choice(
        found.run_id,
        threshold,
        settings.identify.class_conf_min,
        settings.ingest.burst_gap_s,
    )
    figures = trials.figures_of(cut_again(found.found, found.frame, threshold))
    ui.act(
        lambda: trials.keep(source.workspace, choice, figures, author=ui.author()),
        say("Kept as an experiment"),
    )
    st.rerun()


def show(source: Pages) -> None:
    """The experiments that are kept, and the form that tries others."""
    with st.container(border=True, key="experiments"):
        st.subheader(say("Experiments"), anchor=False)
        progress.show(compact=True)
        rows = experiments.table(source.workspace)
        if rows.is_empty():
            st.caption(
                say(
                    "Settings side by side: keep the threshold above, or try others here. Nothing that is "
                    "shown changes until you use one."
                )
            )
        else:
            _table(source, rows)
        with st.expander(say("Try other settings"), icon=":material/science:"):
            _form(source)


def _table(source: Pages, rows: pl.DataFrame) -> None:
    names = {
        "experiment_id": say("No."),
        "note": say("Note"),
        "run_id": say("Run"),
        "made_at": say("When"),
        "author": say("Who"),
    }
    names = names | experiments.SETTINGS | experiments.FIGURES
    order = [
        "experiment_id", "note", *experiments.SETTINGS, *experiments.FIGURES, "run_id", "made_at", "author",
    ]  # fmt: skip
    st.caption(say("Choose one to use its settings, or two to compare them."))
    formats: dict[str, Any] = {
        name: st.column_config.NumberColumn(names[name], format=text)
        for name, text in _NUMBERS.items()
    } | {
        name: st.column_config.NumberColumn(names[name], format="percent")
        for name in experiments.SHARES
    }
    formats["made_at"] = st.column_config.DatetimeColumn(say("When"), format="D MMM, HH:mm")
    chosen = st.dataframe(
        rows.drop(_HIDDEN),
        hide_index=True,
        key="experiment-table",
        column_order=[name for name in order if name not in _HIDDEN],
        column_config={name: formats.get(name, text) for name, text in names.items()},
        on_select="rerun",
        selection_mode="multi-row",
        height=min(360, 40 + 36 * rows.height),
    ).selection.rows  # type: ignore[attr-defined]
    kept = {row.experiment_id: row for row in source.workspace.ledger.experiments()}
    picked = [kept[rows["experiment_id"][at]] for at in chosen if at < rows.height]
    if len(picked) == 1:
        _use(source, picked[0])
    elif len(picked) == 2:
        _compare(source, *sorted(picked))
    elif len(picked) > 2:
        st.caption(say("Two can be compared at a time."))


def _use(source: Pages, row: Any) -> None:
    if not st.button(
        say("Use the settings of experiment {experiment_id}", experiment_id=row.experiment_id),
        icon=":material/check:",
        key="use-experiment",
        disabled=not ui.may_edit() or progress.working(),
        help=say(
            "Makes them the workspace's settings and identifies the herd with them. Names and verdicts "
            "are kept, and the herd before can be rolled back to."
        ),
    ):
        return

    def use() -> None:
        launches.refuse_if_busy(source.workspace.root)  # before anything is written
        settings = trials.use(source.workspace, row).identify
        given = {"threshold": settings.threshold, "method": settings.method, "run_id": row.run_id}
        launches.start(source.workspace.root, "identify", given)

    if ui.act(use, say("The herd is being identified with these settings")):
        st.switch_page(ui.page_of("process"))
    st.rerun()


def _compare(source: Pages, first: Any, second: Any) -> None:
    both = experiments.compared(first, second)
    names = [say("No. {experiment_id}", experiment_id=row.experiment_id) for row in (first, second)]
    differing = both.filter(pl.col("differs"))
    if differing.is_empty():
        st.caption(say("These two are the same in everything."))
        return
    st.dataframe(
        differing.select(
            pl.col("what").alias("What differs"),
            pl.col("first").alias(names[0]),
            pl.col("second").alias(names[1]),
        ),
        hide_index=True,
        width="content",
    )


def _form(source: Pages) -> None:
    """Settings to try: every combination becomes an experiment, in the background."""
    workspace = source.workspace
    settings = workspace.settings
    runs = {run.run_id: run for run in workspace.ledger.runs() if run.state == "complete"}
    shown = source.versions.run_id
    with st.form("try-settings", border=False):
        top = st.columns(3)
        thresholds = top[0].text_input(
            say("Thresholds"),
            "auto",
            key="try-threshold",
            help=say("From 0 to 1, or auto; commas between."),
        )
        conf = top[1].text_input(
            say("Weakest boxes"),
            f"{settings.identify.class_conf_min:g}",
            key="try-conf",
            help=say(
                "Least confidence of a detection that is grouped, from 0 to 1; commas between."
            ),
        )
        gaps = top[2].text_input(
            say("Burst gaps, seconds"),
            f"{settings.ingest.burst_gap_s:g}",
            key="try-gap",
            help=say("Longest gap between two photos of one burst; commas between."),
        )
        chosen = st.multiselect(
            say("Models"),
            list(runs),
            [shown] if shown in runs else None,
            format_func=lambda name: f"{runs[name].embedder}, {runs[name].detector} ({name})",
            key="try-runs",
            help=say(
                "Runs that are complete. Other models need a run of their own: Process makes it."
            ),
        )
        note = st.text_input(say("Note"), key="try-note", max_chars=80, placeholder=say("What for"))
        told = st.form_submit_button(
            say("Try them"),
            icon=":material/play_arrow:",
            disabled=progress.working() or not ui.may_edit(),
        )
    if told:
        texts = {"--threshold": thresholds, "--conf": conf, "--burst-gap": gaps}
        ui.act(lambda: _start(source, chosen, texts, note), say("Trying these settings"))
        st.rerun()
    st.caption(
        say(
            "A weaker box than a run kept, or another model, needs a new run; what it costs is said then."
        )
    )


def _start(source: Pages, runs: list[str], texts: dict[str, str], note: str) -> None:
    """Look whether it can be tried, then let the command do it. Raises UsageError, with what it needs."""
    try:
        trials.choices(
            source.workspace,
            thresholds=trials.numbers(say("Thresholds"), texts["--threshold"], auto=True),
            conf_mins=trials.numbers(say("Weakest boxes"), texts["--conf"]),  # type: ignore[arg-type]
            burst_gaps_s=trials.numbers(say("Burst gaps"), texts["--burst-gap"]),  # type: ignore[arg-type]
            run_ids=runs,
        )
    except trials.NoBoxesSoWeak as error:
        raise UsageError(new_run_told(source.workspace, weak=error)) from None
    given = [word for option, text in texts.items() if text.strip() for word in (option, text)]
    line = ["sweep", "--keep", note or "tried", *given, "--by", ui.author()]
    launches.start(
        source.workspace.root,
        "command",
        {"line": [*line, *(["--run", ",".join(runs)] if runs else [])]},
    )
