"""What a threshold does to the shown herd: named deer, what changes, and what comes first on either side."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.generated import Size, build
from thumper_core import figures
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


@pytest.mark.parametrize(
    ("also", "kept"),
    [
        ((), [0.00012, 0.5, 0.9]),
        ((0.00014, None), [0.00014, 0.5, 0.9]),
        ((0.00013, 0.00014), [0.00013, 0.5, 0.9]),  # the first goes before
        ((0.7,), [0.00012, 0.5, 0.7, 0.9]),
    ],
)
def test_no_two_thresholds_are_shown_alike(
    also: tuple[float | None, ...], kept: list[float]
) -> None:
    sweep = pl.DataFrame(
        {"threshold": [0.00012, 0.00014, 0.5, 0.9, float("nan")], "profiles": [1, 2, 3, 4, 5]}
    )
    found: Any = SimpleNamespace(found=SimpleNamespace(thresholds=SimpleNamespace(sweep=sweep)))
    tried = worth_trying(found, *also, text=figures.chance_text)
    assert tried == kept
    assert len({figures.chance_text(one) for one in tried}) == len(tried)


def test_all_changes_are_told(built: tuple[Workspace, Tuning, Owners]) -> None:
    _, found, _ = built
    big = np.flatnonzero(found.sizes >= tuning.PART_MIN)
    own = np.full(len(found.sizes), -1, np.int32)
    labels = np.arange(len(found.sizes), dtype=np.int32) + len(found.sizes)
    # a chain: every group holds parts of two deer, and every deer but the ends is in two groups
    own[big] = (np.arange(len(big)) + 1) // 2
    labels[big] = np.arange(len(big)) // 2
    herd = Owners(tuple(f"deer-{n:03}" for n in range(len(big))), own)
    kinds = [change.kind for change in tuning.changes(found, labels, herd)]
    assert len(big) > 31
    assert (kinds.count("merge"), kinds.count("split")) == (len(big) // 2, (len(big) - 1) // 2)


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
