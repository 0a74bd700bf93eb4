"""What everybody sees: the promoted run and herd, and who is in no profile of it any more."""

from __future__ import annotations

import polars as pl

from thumper_core.store.ledger import Ledger


def merged(ledger: Ledger, herd_id: str | None) -> pl.DataFrame:
    """`individual_id, merged_into` of the individuals that are in no profile of a herd."""
    herd = ledger.herd(herd_id) if herd_id else None
    departed = herd.summary.changes.departed if herd else {}
    return pl.DataFrame(
        [(who, facts.merged_into) for who, facts in departed.items()],
        schema={"individual_id": pl.String, "merged_into": pl.String},
        orient="row",
    )


def shown_run_and_herd(ledger: Ledger) -> tuple[str | None, str | None]:
    """The promoted run and herd; before a first promotion, the newest run there is."""
    run_id = ledger.promoted("run")
    if run_id is None:
        runs = [r.run_id for r in ledger.runs() if r.state != "discarded"]
        run_id = runs[-1] if runs else None
    return run_id, ledger.promoted("herd")
