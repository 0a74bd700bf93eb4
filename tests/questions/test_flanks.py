"""From which sides the deer are seen: counts, words, and where they are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import Deer, build
from thumper_core.contracts import Flank
from thumper_core.decisions.kinds import ShowsFlank
from thumper_core.decisions.record import record
from thumper_core.questions.flanks import FlankCounts, flank_counts, sides_seen
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.status import workspace_status
from thumper_core.report.pages.content import content
from thumper_core.workspace import Workspace


def say(workspace: Workspace, who: str, *flanks: Flank) -> None:
    rows = workspace.sql(
        "select d.* from detections d join assignments using (detection_id) "
        "where individual_id = ? order by detection_id",
        [who],
    )
    for row, flank in zip(rows.iter_rows(named=True), flanks, strict=False):
        record(workspace.ledger, ShowsFlank(verdict_key(row), flank), "Kim")


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return build(tmp_path, [Deer("doe", 4), Deer("doe", 3), Deer("buck", 2), Deer("buck", 1)])


def test_every_deer_is_counted_once_by_what_its_pictures_show(
    ranch: Workspace,
    call,  # type: ignore[no-untyped-def]
) -> None:
    who = ranch.ledger.individual_ids()
    assert flank_counts(ranch) == FlankCounts(0, 0, 0, len(who))
    say(ranch, who[0], Flank.LEFT, Flank.RIGHT)
    say(ranch, who[1], Flank.LEFT, Flank.LEFT, Flank.REAR)
    say(ranch, who[2], Flank.RIGHT, Flank.FRONT)
    counts = FlankCounts(1, 1, 1, len(who) - 3)
    assert flank_counts(ranch) == counts
    assert sides_seen(ranch) == {
        who[0]: "seen from both sides",
        who[1]: "seen from the left only",
        who[2]: "seen from the right only",
    }
    assert workspace_status(ranch)["herd"]["flanks"]["sentence"] == counts.sentence
    assert counts.sentence in call("-w", ranch.root, "status")[1]
    assert counts.sentence in content(ranch, pictures=0).summary


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (FlankCounts(0, 0, 0, 9), ""),
        (FlankCounts(1, 2, 0, 0), "1 group seen from both sides, 2 from the left only, "
         "0 from the right only."),
        (
            FlankCounts(12, 5, 3, 1),
            "12 groups seen from both sides, 5 from the left only, 3 from the right only, 1 from neither "
            "for sure. A deer known by one side only may be counted a second time by the other.",
        ),
    ],
)  # fmt: skip
def test_the_sentence(counts: FlankCounts, said: str) -> None:
    assert counts.sentence == said


def test_an_empty_herd_has_no_sides(tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path)
    assert flank_counts(empty) == FlankCounts(0, 0, 0, 0) and sides_seen(empty) == {}
