"""What is computed in a process of its own is what the function gives here, or its message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated import Size, build
from thumper_core.contracts import ThumperError
from thumper_core.questions import tuning
from thumper_core.work import own_process
from thumper_core.workspace import Workspace


def test_the_dendrogram_of_a_child_is_the_one_computed_here(tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=60, animals=3, cameras=2, days=4))
    here, there = (
        tuning.prepare(workspace, None),
        own_process.compute("tuning", workspace.root, None),
    )
    assert there.run_id == here.run_id
    assert there.frame.equals(here.frame)
    for threshold in (0.2, 0.5, 0.9):
        assert there.labels(threshold).tolist() == here.labels(threshold).tolist()
        assert tuning.counts(there, there.labels(threshold)) == tuning.counts(
            here, here.labels(threshold)
        )


def test_what_a_person_can_mend_is_said_in_the_same_words(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    with pytest.raises(ThumperError) as here:
        tuning.prepare(workspace, None)
    with pytest.raises(ThumperError) as there:
        own_process.compute("tuning", tmp_path, None)
    assert str(there.value) == str(here.value)


def test_a_child_that_dies_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="ended before it was done"):
        own_process.compute("no such work", tmp_path, None)
