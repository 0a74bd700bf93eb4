"""What contradicts itself is told by the places and times that a person knows."""

from __future__ import annotations

from thumper_core.decisions.contradictions import Against, Contradiction
from thumper_core.herd.notes import kept, verdicts_set_aside
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.constraints import ConstraintReport
from thumper_core.questions import contradicted, words
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.workspace import Workspace


def test_bursts_are_called_by_camera_and_time(six_deer: Workspace) -> None:
    first, last = six_deer.sql(
        "select a.tracklet_id, p.camera, min(p.taken_at) as began from assignments a "
        "join detections using (detection_id) join photos p using (photo_id) "
        "group by all order by began limit 2"
    ).iter_rows()
    found = Contradiction(
        Against.SAME_PHOTO, (first[0], "lost", last[0]), (4, 7), None, (7,), "merge"
    )
    report = ConstraintReport(Constraints.none(3), [found], [], [])
    summary = HerdSummary(contradictions=kept(report))
    x, y = (f"{camera}, {words.moment(at)}" for _, camera, at in (first, last))
    assert contradicted.verdicts_set_aside(six_deer, summary) == [
        f"{x} = lost = {y}, but {x} and {y} are in one photo. Decision 7 (merge), the latest of the chain, "
        "is set aside; undo whichever is wrong"
    ]
    assert first[0] in verdicts_set_aside(summary)[0]


def test_nothing_is_asked_where_nothing_collides(six_deer: Workspace) -> None:
    assert contradicted.verdicts_set_aside(six_deer, HerdSummary()) == []
