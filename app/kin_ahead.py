"""Which small groups probably belong to which deer, found beside the page."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import streamlit as st
from background import in_background
from cached import Pages

from thumper_core import ThumperError
from thumper_core.questions.splinters import Splinter, splinters

_KEY = "kin"


@dataclass(frozen=True)
class Kin:
    """Proposals by the deer that they are made for, the likeliest first.

    wait: what is computed still; those of before stand meanwhile, so that nothing jumps.
    """

    of: dict[str, list[Splinter]]
    wait: Future[Any] | None = None

    def under(self, listed: Sequence[str]) -> dict[str, list[Splinter]]:
        """What stands under which of these: groups that are listed themselves, as their deer is."""
        there = {*listed}
        found = {
            deer: [one for one in part if one.who in there]
            for deer, part in self.of.items()
            if deer in there
        }
        return {deer: part for deer, part in found.items() if part}


def kin(source: Pages) -> Kin:
    """The proposals as far as they are known now; they are looked for only where deer are told apart."""
    if not source.ask("totals").size.is_telling:
        return Kin({})
    ready = source.identification(as_shown=True)
    if not ready.done():
        return _before(source, ready)
    try:
        tuning = ready.result()
    except ThumperError:
        return Kin({})  # Review and Tune say what is the matter
    herd = source.workspace.ledger.herd(source.versions.herd_id or "")
    threshold = herd.threshold if herd else None
    found: Future[tuple[Splinter, ...]] = source.keep(
        ("splinters",),
        lambda: in_background(
            lambda: splinters(source.workspace, tuning, threshold, source.ask("labels"))
        ),
    )
    if not found.done():
        return _before(source, found)
    try:
        proposed = found.result()
    except ThumperError:
        return Kin({})
    st.session_state[_KEY] = (str(source.workspace.root), proposed)
    return Kin(_by_deer(proposed))


def _before(source: Pages, wait: Future[Any]) -> Kin:
    """Those that were known before, as far as both groups are there still."""
    root, proposed = st.session_state.get(_KEY, ("", ()))
    if root != str(source.workspace.root):
        return Kin({}, wait)
    there = set(source.ask("cards")["individual_id"])
    left = [one for one in proposed if {one.who, one.deer} <= there]
    return Kin(_by_deer(left), wait)


def answered(who: tuple[str, ...]) -> None:
    """What was said of these groups: they are not shown again while the proposals are found anew."""
    root, proposed = st.session_state.get(_KEY, ("", ()))
    st.session_state[_KEY] = (root, tuple(one for one in proposed if one.who not in who))


def _by_deer(proposed: tuple[Splinter, ...] | list[Splinter]) -> dict[str, list[Splinter]]:
    found: dict[str, list[Splinter]] = {}
    for one in proposed:
        found.setdefault(one.deer, []).append(one)
    return found
