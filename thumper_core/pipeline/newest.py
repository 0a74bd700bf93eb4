"""Which run is meant where nobody names one: one rule, for every command and page.

It is the complete run that was worked on or shown last. `run` ends on one, and `identify` takes that one;
an identification, a rollback and the Process page show one, and then it is that one. A run without an
animal in it, of an experiment that found nothing, is passed over as long as another has some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from thumper_core.contracts import NOT_ANIMALS, ThumperError
from thumper_core.pipeline.photo_counts import Ask
from thumper_core.store.ledger import Ledger, RunRow
from thumper_core.workspace import Workspace

_ACTS: Final = """
select run_id, max(acted_at) from (
    select run_id, started_at as acted_at from runs
    union all select run_id, started_at from jobs where run_id is not null
    union all select target, set_at from pointers where kind = 'run'
) group by run_id
"""
_ANIMAL: Final = """
select 1 as one from all_detections d
semi join present p on p.photo_id = d.photo_id
where d.run_id = $1 and not list_contains($2, d.species) limit 1
"""


def newest_complete_run(workspace: Workspace, *, ask: Ask | None = None) -> RunRow:
    """The complete run that was worked on or shown last and holds an animal; where none does, the last.

    ask: another connection to the same workspace than its own. Raises ThumperError, naming the
    command, where no run is complete.

    >>> from thumper_core import Workspace, newest_complete_run
    >>> newest_complete_run(Workspace.open("ranch")).state
    'complete'
    """
    runs = workspace.ledger.runs()
    complete = [row for row in runs if row.state == "complete"]
    if not complete:
        imported = any(row.state == "imported" for row in runs)
        raise ThumperError(
            "No run is complete yet: imported detections have no embeddings. `thumper import results "
            "FILE` makes them; `thumper run --detector NAME` lets a detector look at the photos."
            if imported
            else "No run is complete yet. `thumper run` processes the pending photos."
        )
    latest = by_last_act(complete, _last_acts(workspace.ledger))
    if len(latest) == 1:  # nothing to choose between, and nothing to ask
        return latest[0]
    asked = ask or workspace.sql
    with_animals = (r for r in latest if asked(_ANIMAL, [r.run_id, list(NOT_ANIMALS)]).height)
    return next(with_animals, latest[0])


def _last_acts(ledger: Ledger) -> dict[str, str]:
    """When each run was begun, worked on or shown last: UTC, as the ledger writes it, which sorts."""
    with ledger.reading() as c:
        return {run_id: str(acted_at) for run_id, acted_at in c.execute(_ACTS)}


def by_last_act(runs: Sequence[RunRow], acted_at: Mapping[str, str]) -> list[RunRow]:
    """Runs, the one that was worked on or shown last first; of several at once the newer first."""
    return sorted(runs, key=lambda run: (acted_at[run.run_id], run.run_id), reverse=True)
