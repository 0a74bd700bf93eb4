"""A verdict takes the place of an earlier one of the same person on the same two boxes: who looks again may
correct it.

Between different people, and between different pairs, nothing is replaced: what cannot all be true there
is a contradiction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import VERDICTS

Pair = frozenset[str]


@dataclass(frozen=True)
class Verdicts:
    """The verdicts that stand.

    latest: of each pair of boxes (`BoxKey` as text) the decision ID of the newest verdict; times: of
    each person's newest, how often in a row the same was said; looks: how often something was; turned:
    those before which something else was said; replaced: IDs of the others.
    """

    latest: dict[Pair, int]
    times: dict[int, int]
    looks: dict[int, int]
    turned: frozenset[int]
    replaced: frozenset[int]

    def what_stands(self, payload: dict[str, Any], decision_id: int) -> dict[str, Any]:
        """Of a verdict's payload what no later verdict replaced: the pairs that were left together in
        passing yield one by one, each to a verdict on just these two.
        """
        told = {**payload}
        if decision_id in self.replaced:
            told = {name: value for name, value in told.items() if name not in ("a", "b")}
        if "kept" in told:
            told["kept"] = [pair for pair in told["kept"] if self._is_kept(pair, decision_id)]
        return told

    def _is_kept(self, kept: Any, decision_id: int) -> bool:
        pair = pair_of(kept)
        return pair is None or self.latest.get(pair, decision_id) <= decision_id


def standing_verdicts(decisions: pl.DataFrame) -> Verdicts:
    """decisions: `decision_id, kind, payload, author, made_at, undone`; undone ones and payloads that
    cannot be read are passed over.
    """
    latest: dict[tuple[Pair, str], tuple[int, str]] = {}
    newest: dict[Pair, int] = {}
    times: dict[int, int] = {}
    looks: dict[int, int] = {}
    turned: set[int] = set()
    replaced: set[int] = set()
    verdicts = decisions.filter(pl.col("kind").is_in(list(VERDICTS)))
    for row in verdicts.sort("made_at", "decision_id").iter_rows(named=True):
        pair = None if row.get("undone") else pair_of(_read(row["payload"]))
        if pair is None:
            continue
        said_by = (pair, row.get("author") or "")
        number, before = int(row["decision_id"]), latest.get(said_by)
        times[number] = looks[number] = 1
        if before is not None:
            earlier, kind = before
            replaced.add(earlier)
            looks[number] += looks.pop(earlier)
            said = times.pop(earlier)
            if kind == row["kind"]:
                times[number] += said
            if kind != row["kind"] or earlier in turned:
                turned.add(number)
        latest[said_by] = (number, row["kind"])
        newest[pair] = number
    return Verdicts(
        newest,
        times,
        looks,
        frozenset(turned - replaced),
        frozenset(replaced),
    )


def pair_of(payload: Any) -> Pair | None:
    """The two boxes that `{"a": ..., "b": ...}` names; None: it does not name two."""
    try:
        pair = frozenset(str(BoxKey.of(payload[side])) for side in "ab")
    except (UsageError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return pair if len(pair) == 2 else None


def _read(payload: str) -> Any:
    try:
        return json.loads(payload)
    except json.JSONDecodeError:
        return None
