"""What a threshold does to the shown herd: named deer, what changes, and what comes first on either side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.generated import Size, build
from thumper_core.questions import browse, tuning
from thumper_core.questions.tuning import Owners, Tuning
from thumper_core.questions.would_change import preview, steps, worth_trying
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tuning, Owners]:
    workspace = build(tmp_path_factory.mktemp("would"), Size(photos=120, animals=6, cameras=3))
    found = tuning.prepare(workspace, None)
    return workspace, found, tuning.owners(found, browse.labels(workspace))


def used(built: tuple[Workspace, Tuning, Owners]) -> float:
    herd = built[0].ledger.promoted_herd()
    assert herd is not None
    assert herd.threshold is not None
    return herd.threshold


def test_every_step_of_the_slider_makes_another_number_of_groups(
    built: tuple[Workspace, Tuning, Owners],
) -> None:
    _, found, _ = built
    tried = worth_trying(found)
    groups = [int(found.labels(one).max()) + 1 for one in tried]
    assert tried == sorted(tried)
    assert groups == sorted(set(groups))
    assert used(built) in worth_trying(found, used(built), None)


def test_what_comes_first_on_either_side(built: tuple[Workspace, Tuning, Owners]) -> None:
    _, found, owners = built
    here = used(built)
    tried = worth_trying(found, here)
    lower, higher = steps(found, here, tried, owners)
    assert lower is not None
    assert higher is not None
    assert lower.threshold < here < higher.threshold
    assert {c.kind for c in lower.changes} == {"merge"}
    assert {c.kind for c in higher.changes} == {"split"}
    between = [one for one in tried if lower.threshold < one < here]
    merges = [c for one in between for c in tuning.changes(found, found.labels(one), owners)]
    assert "merge" not in {c.kind for c in merges}
    assert steps(found, here, [here], owners) == (None, None)


def test_changes_are_the_surest_first(built: tuple[Workspace, Tuning, Owners]) -> None:
    _, found, owners = built
    strict = tuning.changes(found, found.labels(worth_trying(found)[-1]), owners)
    lax = tuning.changes(found, found.labels(worth_trying(found)[0]), owners)
    assert strict
    assert lax
    for changes in (strict, lax):
        sure = [round(change.sureness, 3) for change in changes]
        assert sure == sorted(sure, reverse=True)
        assert all(change.p is not None and 0 <= change.p <= 1 for change in changes)
    # one deer that falls apart is sooner one than several that flow together
    assert np.mean([c.p for c in strict if c.kind == "split"]) > np.mean(
        [c.p for c in lax if c.kind == "merge"]
    )


def test_named_deer_are_told_of(built: tuple[Workspace, Tuning, Owners], tmp_path: Path) -> None:
    from tests.workspaces import copied
    from thumper_core.decisions.kinds import Name
    from thumper_core.decisions.record import record

    workspace = copied(built[0], tmp_path)
    record(workspace.ledger, Name("deer-001", "Moose"), "me")
    (row,) = preview(workspace, built[1], used(built))
    assert (row["name"], row["outcome"], row["parts"]) == ("Moose", "kept", 0)
    (row,) = preview(workspace, built[1], worth_trying(built[1])[-1])
    assert row["n_after"] < row["n_before"]
