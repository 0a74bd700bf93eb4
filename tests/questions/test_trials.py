"""Other settings, tried and kept: what is measured is what an identification with them says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated import Size, build
from thumper_core.contracts import UsageError
from thumper_core.herd.build import build_herd, sweep_run
from thumper_core.questions import experiments, trials
from thumper_core.questions.trials import Choice, NoBoxesSoWeak
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("tried"), Size(photos=60, animals=4, cameras=3))


def test_it_says_what_the_herd_says(ranch: Workspace) -> None:
    wanted = trials.choices(ranch)
    ((choice, figures),) = trials.measure(ranch, wanted)
    herd = ranch.ledger.promoted_herd()
    assert herd is not None
    summary = herd.summary
    assert choice.threshold == herd.threshold
    assert figures["groups"] == summary.counts.n_profiles
    assert figures["assignment_rate"] == summary.counts.assignment_rate
    assert figures["animals"] == pytest.approx(summary.trust.estimated_animals)
    assert figures["precision"] == pytest.approx(1 - (summary.trust.false_merge or 0))
    assert figures["stability"] == pytest.approx(summary.trust.stability)
    assert set(figures) == set(experiments.FIGURES)


def test_each_combination_with_its_own_settings(ranch: Workspace) -> None:
    wanted = trials.choices(ranch, thresholds=[0.01, 0.99], conf_mins=[0.4, 0.9])
    tried = dict(trials.measure(ranch, wanted))
    assert list(tried) == wanted
    choice, figures = list(tried.items())[-1]
    settings = trials.settings_of(ranch.settings, choice)
    alone = sweep_run(ranch, run_id=choice.run_id, settings=settings)
    assert figures["groups"] == alone.tables.profiles.height
    assert figures["pictures"] == alone.tables.assignments.height
    assert len({figures["pictures"] for figures in tried.values()}) == 2


def test_a_shorter_gap_makes_more_bursts_and_leaves_the_settings_alone(ranch: Workspace) -> None:
    before = ranch.settings
    ((_, figures),) = trials.measure(ranch, trials.choices(ranch, burst_gaps_s=[0.0]))
    as_it_is = ranch.sql("select count(*) as n from tracklets")["n"][0]
    assert figures["bursts"] > as_it_is
    assert ranch.settings == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"thresholds": [1.5]}, "chance from 0 to 1"),
        ({"conf_mins": [-1.0]}, "class_conf_min"),
        ({"burst_gaps_s": [-1.0]}, "burst_gap_s"),
        ({"run_ids": ["r0099-none"]}, "no complete run r0099-none"),
    ],
)
def test_what_cannot_be_tried_is_said(ranch: Workspace, given: dict[str, list], words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=words):
        trials.choices(ranch, **given)


def test_boxes_that_no_run_kept_need_a_new_one(
    ranch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "weakest_stored", lambda run: 0.25)
    assert trials.choices(ranch, conf_mins=[0.25])
    with pytest.raises(NoBoxesSoWeak, match=r"--conf 0\.1") as refused:
        trials.choices(ranch, conf_mins=[0.1])
    assert refused.value.run_id == ranch.ledger.runs()[0].run_id


@pytest.mark.parametrize(
    ("config", "weakest"),
    [({"detect": {"conf_min": 0.25}}, 0.25), ({}, 0.0), ({"detect": None}, 0.0)],
)
def test_the_weakest_box_that_a_run_kept(
    ranch: Workspace, config: dict[str, object], weakest: float
) -> None:
    run = ranch.ledger.runs()[0]._replace(config=config)
    assert trials.weakest_stored(run) == weakest


@pytest.mark.parametrize(
    ("text", "auto", "found"),
    [
        ("", False, []),
        ("0.3", False, [0.3]),
        (" 0.3, 1 ,", False, [0.3, 1.0]),
        ("auto,0.5", True, [None, 0.5]),
    ],
)
def test_numbers_with_commas(text: str, auto: bool, found: list[float | None]) -> None:
    assert trials.numbers("Thresholds", text, auto=auto) == found
    with pytest.raises(UsageError, match="Thresholds takes numbers"):
        trials.numbers("Thresholds", "many")


def test_what_is_kept_is_used_and_nothing_is_lost(tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2, days=4))
    choice = Choice(workspace.ledger.runs()[0].run_id, 0.75, 0.5, 30.0)
    figures = dict.fromkeys(experiments.FIGURES)
    first, second = (
        trials.keep(workspace, choice, figures, author="Ann", note="why") for _ in range(2)
    )
    assert (first, second) == (1, 2)
    rows = workspace.ledger.experiments()
    assert rows[0].fingerprint == rows[1].fingerprint
    assert trials.choice_of(rows[0]) == choice
    with pytest.raises(UsageError, match="no experiment 3"):
        trials.kept(workspace, 3)
    trials.use(workspace, trials.kept(workspace, 1))
    again = Settings.load(workspace.settings_file)
    assert (again.identify.threshold, again.identify.class_conf_min) == (0.75, 0.5)
    assert again.ingest.burst_gap_s == 30.0
    herd = build_herd(Workspace.open(workspace.root))
    assert herd.summary.cut.threshold == 0.75
    assert len(workspace.ledger.experiments()) == 2
