"""Is everything well: photos by state, failures, disk, the machine and its models, readiness."""

from __future__ import annotations

import shutil

import polars as pl
import progress
import streamlit as st
import ui
from cached import machine

from thumper_core.herd.history import herd_history
from thumper_core.herd.readiness import readiness
from thumper_core.report import words

_MARKS = {
    "ok": ":green[:material/check_circle:]", "note": ":orange[:material/info:]",
    "missing": ":red[:material/error:]",
}  # fmt: skip


def page() -> None:
    """Show the page."""
    ui.header("Health", "Whether the work, the disk and this machine are well.")
    root = ui.root()
    if (root / "ledger.sqlite").is_file():
        source = ui.pages()
        totals = source.ask("totals")
        done = totals.n_photos - totals.n_pending
        free = shutil.disk_usage(root).free / 1e9
        columns = st.columns(5, gap="small")
        for column, (name, value) in zip(
            columns,
            (
                ("Photos", f"{totals.n_photos:,}"), ("Processed", f"{done:,}"),
                ("Waiting", f"{totals.n_pending:,}"), ("Not readable", f"{totals.n_failed:,}"),
                ("Disk left", f"{free:,.0f} GB"),
            ),
            strict=True,
        ):  # fmt: skip
            column.metric(name, value, border=True)
        progress.show()
        left, right = st.columns([3, 2], gap="medium")
        with left, st.container(border=True, height="stretch"):
            st.subheader("Cameras", anchor=False)
            effort: pl.DataFrame = source.ask("effort")
            st.dataframe(
                effort.select("camera", "n_photos", "n_failed", "n_days", "last_at"),
                hide_index=True,
                column_config={
                    "camera": "Camera", "n_photos": "Photos", "n_failed": "Not readable",
                    "n_days": "Days with photos",
                    "last_at": st.column_config.DatetimeColumn("Last photo", format="D MMM YYYY, HH:mm"),
                },
            )  # fmt: skip
        with right, st.container(border=True, height="stretch"):
            st.subheader("Failures by reason", anchor=False)
            reasons: pl.DataFrame = source.ask("reasons")
            for row in reasons.to_dicts():
                st.markdown(f"**{words.reason(row['error_code'])}**: {row['n_photos']:,}")
                st.caption(ui.plain(row["message"] or ""))
            if reasons.is_empty():
                st.caption("None.")
            st.subheader("Ready for names", anchor=False)
            for one in readiness(herd_history(source.workspace.ledger.herds())).criteria:
                st.markdown(f"{_MARKS['ok' if one.met else 'note']} {one.title}: {one.shown}")
    with st.container(border=True):
        st.subheader("This machine", anchor=False)
        with st.skeleton(height=160):
            findings = machine(str(root))
        for finding in findings:
            advice = f"  \n{ui.plain(finding.advice)}" if finding.advice else ""
            st.markdown(f"{_MARKS[finding.level]} **{ui.plain(finding.subject)}**: "
                        f"{ui.plain(finding.detail)}{advice}")  # fmt: skip
