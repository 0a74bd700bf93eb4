"""Back to the herd that was shown before."""

from __future__ import annotations

from thumper_core.contracts import ThumperError
from thumper_core.workspace import Workspace


def roll_back(workspace: Workspace) -> tuple[str, str]:
    """Show the herd that was shown before the present one, with its run; returns both IDs.

    Herds that answers of one sitting made one after the other count as one: back is to the herd that
    they were given on. One whose tables are lost is passed over. Raises ThumperError where there is
    no earlier herd.

    >>> from thumper_core import Workspace, identify_herd, roll_back
    >>> ranch = Workspace.open("ranch")
    >>> before = ranch.ledger.promoted("herd")
    >>> later = identify_herd(ranch)
    >>> herd_id, run_id = roll_back(ranch)
    >>> herd_id == before
    True
    """
    shown = workspace.ledger.promotions("herd")
    kept = {row.run_id for row in workspace.ledger.runs() if row.state != "discarded"}
    herds = {
        h.herd_id: h
        for h in workspace.ledger.herds()
        if h.run_id in kept and workspace.lake.shards(f"herds/{h.herd_id}")
    }
    now = herds.get(shown[-1]) if shown else None
    sitting = now.summary.answered_on if now else ""
    earlier = [
        herds[i]
        for i in shown
        if i != shown[-1]
        and i in herds
        and not (sitting and herds[i].summary.answered_on == sitting)
    ]
    herd = earlier[-1] if earlier else None
    if herd is None:
        raise ThumperError("There is no earlier herd to go back to.")
    targets = {"run": herd.run_id, "herd": herd.herd_id}
    workspace.ledger.promote(targets, f"rolled back from {shown[-1]}")
    return herd.herd_id, herd.run_id
