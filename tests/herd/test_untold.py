"""Pictures that show nobody who could be told found no deer, and are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.herd.test_build import add_events, add_run
from tests.workspaces import copied
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Move, Undo
from thumper_core.herd.build import build_herd
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.grow import grow_herd
from thumper_core.herd.lessons import load_lessons, save_lessons
from thumper_core.herd.untold import untold_profiles
from thumper_core.identify.meet.chances import NEW_START, START, Model
from thumper_core.identify.meet.fitness import Fitness
from thumper_core.identify.meet.gallery import Yardstick
from thumper_core.identify.meet.learn import Lessons
from thumper_core.identify.meet.measured import NAMES
from thumper_core.questions.herd_size import herd_size
from thumper_core.workspace import Workspace

POOR = 5  # the deer whose boxes are tiny
MEMBERS = (
    "select d.detection_id, a.individual_id from assignments a join detections d using (detection_id) "
    "where d.x2 - d.x1 < 50 order by all"
)


def lessons() -> Lessons:
    """Boxes of less than about 90 pixels tell nothing."""
    slopes = np.where(np.array(NAMES) == "size", 10.0, 0.0)
    line = Fitness(np.zeros(len(NAMES)), np.ones(len(NAMES)), slopes, 5.0, 1.0)
    return Lessons(line, Model(Yardstick(np.zeros(4), np.ones(4)), START, NEW_START))


def boxes(workspace: Workspace, first: int, last: int) -> list[dict[str, Any]]:
    """Of events `first`..`last`, without the poor deer; of those after the tenth it alone, tiny."""
    found = []
    for box in add_events(workspace, first, last):
        if first >= 10 and box["deer"] == POOR:
            found.append(box | {"x2": box["x1"] + 30, "y2": box["y1"] + 30})
        elif first < 10 and box["deer"] != POOR:
            found.append(box)
    return found


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A herd of five deer, which taught what a crop is fit for."""
    made = Workspace.create(tmp_path_factory.mktemp("five") / "ranch")
    add_run(made, boxes(made, 0, 10), seed=1)
    first = build_herd(made)
    assert first.summary.counts.n_individuals == 5
    save_lessons(made, first.herd_id, lessons())
    return made


@pytest.fixture
def workspace(five: Workspace, tmp_path: Path) -> Workspace:
    return copied(five, tmp_path)


def add_poor(workspace: Workspace, first: int, last: int) -> str:
    return add_run(workspace, boxes(workspace, first, last), seed=1)


def who(workspace: Workspace) -> set[str | None]:
    return set(workspace.sql(MEMBERS)["individual_id"])


def test_a_herd_made_anew_counts_them_and_founds_nobody(workspace: Workspace) -> None:
    add_poor(workspace, 10, 19)
    counts = build_herd(workspace).summary.counts
    assert who(workspace) == {None}
    assert (counts.n_individuals, counts.n_untold) == (5, 3)
    assert len(workspace.ledger.individual_ids()) == 5
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    assert herd_size(herd.summary, 5).sentence.endswith(
        " In 3 more visits the pictures are too poor to say which deer it is."
    )
    assert "more visit" not in herd_size(herd.summary, 5, is_part=True).sentence


def test_without_lessons_every_picture_may_show_who_it_is(workspace: Workspace) -> None:
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    (workspace.cache_dir / "spaces" / f"{herd.herd_id}.lessons.json").unlink()
    add_poor(workspace, 10, 19)
    assert build_herd(workspace).summary.counts.n_individuals == 6


def test_a_deer_that_was_known_stays_one(workspace: Workspace) -> None:
    add_poor(workspace, 10, 19)
    build_herd(workspace, carry_over=False, promote=False)
    assert None not in who(workspace)  # what is shown is as it was
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    (workspace.cache_dir / "spaces" / f"{herd.herd_id}.lessons.json").unlink()
    known = build_herd(workspace)
    save_lessons(workspace, known.herd_id, lessons())
    before = who(workspace)
    again = build_herd(workspace)
    assert again.summary.counts.n_untold == 0
    assert who(workspace) == before != {None}
    # Without IDs carried over nobody was known.
    assert build_herd(workspace, carry_over=False).summary.counts.n_untold == 3


def test_a_herd_that_grows_founds_nobody_of_them_either(workspace: Workspace) -> None:
    run_id = add_poor(workspace, 10, 12)
    grown = grow_herd(workspace, run_id, workspace.settings)
    assert grown.is_done and grown.applied is not None
    assert who(workspace) == {None}
    assert grown.applied.summary.counts.n_untold == 1
    assert load_lessons(workspace, grown.applied.herd_id) is not None


def test_who_a_person_says_it_is_counts_and_taken_back_leaves_no_trace(
    workspace: Workspace,
) -> None:
    add_poor(workspace, 10, 19)
    build_herd(workspace)
    before = workspace.sql(MEMBERS)
    row = workspace.sql(
        "select photo_id, x1, y1, x2, y2 from detections where x2 - x1 < 50 order by all limit 1"
    ).row(0)
    new = Move(BoxKey(row[0], row[1:]), None)
    number = decide(workspace, new, "Kim", effect=Effect.WHOLE).numbers[0]
    (found,) = who(workspace) - {None}
    assert found not in before["individual_id"].to_list()
    decide(workspace, Undo(number), "Kim", effect=Effect.WHOLE)
    assert workspace.sql(MEMBERS).equals(before)


@pytest.mark.parametrize("taught", [None, Lessons(None, lessons().model)])
def test_nothing_taught_leaves_nobody_out(taught: Lessons | None, workspace: Workspace) -> None:
    nothing = pl.DataFrame()
    assert untold_profiles(taught, nothing, nothing, nothing, nothing) == frozenset()
