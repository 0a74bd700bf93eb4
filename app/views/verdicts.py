"""What the last identification split and merged, what contradicts itself, and every decision."""

from __future__ import annotations

import json

import keys
import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import HerdSummary, say
from thumper_core.decisions import kinds
from thumper_core.questions import contradicted, review_queue, words
from thumper_core.questions.steps import last_step
from views import compared_pictures, dialogs

LOOKED_AT = 5
"""Chosen decisions whose pictures are shown below the table."""


def changes(source: Pages) -> None:
    """What the last identification did to the deer of the herd before, and what contradicts."""
    herd = source.workspace.ledger.herd(source.versions.herd_id or "")
    summary = herd.summary if herd else HerdSummary()
    for told in contradicted.verdicts_set_aside(source.workspace, summary):
        st.error(ui.plain(told), icon=":material/error:")
    labels = dict(source.ask("cards").select("individual_id", "label").iter_rows())
    splits, merges = summary.changes.splits, summary.changes.merges
    if not splits and not merges:
        st.success(
            say("The last identification split no deer and merged none."),
            icon=":material/check_circle:",
        )
    for merge in merges:
        kept = merge.individual_id
        others = [p.individual_id for p in merge.parts if p.individual_id != kept]
        names = ", ".join(ui.plain(labels.get(who, who)) for who in others)
        with st.container(border=True):
            st.markdown(
                say(
                    ":material/merge: **{deer}** took in {names}",
                    deer=ui.plain(labels.get(kept, kept)),
                    names=names,
                )
            )
            _link(kept, say("Look, and split if they differ"))
    profiles = dict(
        source.workspace.sql("select profile_id, individual_id from profiles").iter_rows()
    )
    for split in splits:
        parts = [profiles.get(p.profile_id) for p in split.parts]
        rest = [who for who in parts if who and who != split.individual_id]
        with st.container(border=True):
            who = split.individual_id
            st.markdown(
                say(
                    ":material/call_split: **{deer}** fell into {n} deer: {parts}",
                    deer=ui.plain(labels.get(who, who)),
                    n=len(split.parts),
                    parts=", ".join(ui.plain(labels.get(w, w)) for w in rest),
                )
            )
            known = [w for w in rest if w in labels]
            if (
                who in labels
                and known
                and st.button(
                    say("Compare"), key=f"split-{who}-{known[0]}", icon=":material/compare:"
                )
            ):
                dialogs.merge(source, who, known[0])


def _link(who: str, label: str) -> None:
    st.page_link(
        ui.page_of("herd"), label=label, icon=":material/arrow_forward:", query_params={"deer": who}
    )


def decided(source: Pages) -> None:
    """Every standing decision, newest first; a chosen one can be taken back."""
    rows: pl.DataFrame = review_queue.decisions_in_force(source.workspace, 200)
    if rows.is_empty():
        st.caption(say("No decision has been made yet."))
        return
    pictures: pl.DataFrame = source.ask("compared", tuple(rows["decision_id"]))
    pairs = told_apart(pictures)
    table = rows.with_columns(
        pl.Series("what", [kinds.label(kind) for kind in rows["kind"]], pl.String),
        pl.Series(
            "about",
            [
                kinds.about(k, json.loads(p)) or pairs.get(n, "")
                for n, k, p in rows.select("decision_id", "kind", "payload").iter_rows()
            ],
            pl.String,
        ),
    )
    state = st.dataframe(
        table.select("decision_id", "what", "about", "author", "made_at"),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="decision-table",
        height=420,
        column_config={
            "decision_id": say("No."),
            "what": say("Decision"),
            "about": say("About"),
            "author": say("By"),
            "made_at": st.column_config.DatetimeColumn(
                say("When (UTC)"), format="D MMM YYYY, HH:mm"
            ),
        },
    )
    chosen = [int(table["decision_id"][row]) for row in state.selection.rows]
    for number in chosen[:LOOKED_AT]:
        compared_pictures.show(source, pictures.filter(pl.col("decision_id") == number))
    if st.button(
        say("Take {n} back", n=len(chosen)) if chosen else say("Take back"),
        icon=":material/undo:",
        disabled=not chosen or not ui.may_edit(),
        key="undo-chosen",
    ):
        last_first = sorted(chosen, reverse=True)
        dialogs.at_once(
            source, lambda: [kinds.Undo(number) for number in last_first], say("Taken back")
        )


def told_apart(pictures: pl.DataFrame) -> dict[int, str]:
    """Camera and time of both pictures of each verdict, of rows of `compared.compared`."""
    told: dict[int, list[str]] = {}
    for row in pictures.to_dicts():
        when = words.when(row["taken_at"], row["taken_at_precision"])
        told.setdefault(row["decision_id"], []).append(f"{row['camera']}, {when}")
    return {number: " and ".join(both) for number, both in told.items()}


def undo_button(decision_id: int) -> bool:
    """The button beside a decision that takes this one back; whether it was pressed now."""
    return st.button(
        say("Undo"),
        key=f"undo-{decision_id}",
        icon=":material/undo:",
        type="tertiary",
        disabled=not ui.may_edit(),
        help=say("Takes decision {decision_id} back.", decision_id=decision_id),
    )


def undo_last(source: Pages, *, by_key: bool = True) -> bool:
    """A button that takes back what this person decided last, all of it where that was many at once;
    True where that was done now. by_key: whether its letter does it too; not where names are typed.
    """
    step = last_step(source.workspace, ui.author())
    several = say(" ({n:,})", n=len(step.numbers)) if step and len(step.numbers) > 1 else ""
    if not st.button(
        say("Undo{several}", several=several),
        icon=":material/undo:",
        shortcut=keys.UNDO if by_key else None,
        key="undo-last",
        help=say("Takes back what you decided last: {told}.", told=step.told) if step else None,
        disabled=step is None or not ui.may_edit(),
    ):
        return False
    return step is not None and bool(
        ui.decide(source, lambda: step.undo, say("Taken back: {told}", told=step.told), as_one=True)
    )
