"""Answers that others or the photos contradict, told by where and when the pictures were taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from thumper_core.herd import notes
from thumper_core.questions import words

if TYPE_CHECKING:
    from thumper_core.store.herd_summary import HerdSummary
    from thumper_core.workspace import Workspace

_BURSTS: Final = """
select a.tracklet_id, arg_min(p.camera, p.taken_at), min(p.taken_at),
    arg_min(p.taken_at_precision, p.taken_at)
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where list_contains(?, a.tracklet_id) group by a.tracklet_id
"""


def verdicts_set_aside(workspace: Workspace, summary: HerdSummary) -> list[str]:
    """A sentence for each contradiction of a herd by which a verdict was left out."""
    chains = (entry["chain"] for entry in summary.contradictions or ())
    return notes.verdicts_set_aside(summary, called(workspace, {one for c in chains for one in c}))


def called(workspace: Workspace, tracklets: Iterable[str]) -> dict[str, str]:
    """What a person calls tracklets of the shown herd: `Creek, 3 Nov 2025, 06:41`, by their IDs."""
    asked = sorted(set(tracklets))
    if not asked:
        return {}
    rows = workspace.sql(_BURSTS, [asked]).iter_rows()
    return {name: f"{camera}, {words.when(at, precision)}" for name, camera, at, precision in rows}
