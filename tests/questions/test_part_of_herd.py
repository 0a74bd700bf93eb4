"""Stretches of days of a herd: who was seen, how many there were, effort, and where nothing can be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.ranch_years import DEER, built
from tests.workspaces import calibrated, copied, restate
from thumper_core.contracts import UsageError
from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.herd.summary import CalibrationFigures, HerdSummary
from thumper_core.questions.part_of_herd import Parts, periods_of_herd, untold
from thumper_core.questions.seasons import days_of_cameras, histories
from thumper_core.workspace import Workspace

FIRST, SECOND = (date(2023, 9, 1), date(2023, 9, 4)), (date(2023, 9, 5), date(2023, 9, 20))


@pytest.fixture
def ranch(years_ranch: Workspace) -> Workspace:
    """Read only."""
    return years_ranch


def test_two_periods_of_a_season_stand_beside_each_other(ranch: Workspace) -> None:
    told, days = histories(ranch), days_of_cameras(ranch)
    early, late = periods_of_herd(ranch, told, days, (FIRST, SECOND))
    assert (early.label, late.label) == ("from 1 to 4 Sep 2023", "from 5 to 20 Sep 2023")
    assert (early.camera_days, late.camera_days) == (8, 5)  # the silence after it does not count
    assert early.n_visits + late.n_visits == 26
    assert (early.n_deer, early.bucks, early.does, early.fawns) == (5, 1, 3, 1)
    assert early.visits_per_100_days == pytest.approx(100 * early.n_visits / 8)
    assert isinstance(early.deer, Estimate)
    assert early.deer.low <= 5 <= early.deer.high
    nothing = Parts(ranch, told, days).between("before", date(2020, 1, 1), date(2020, 1, 2))
    assert (nothing.n_deer, nothing.camera_days, nothing.visits_per_100_days) == (0, 0, None)
    assert isinstance(nothing.deer, Refused)


def test_a_deer_counts_as_what_it_was_then(ranch: Workspace) -> None:
    told, days = histories(ranch), days_of_cameras(ranch)
    later = (date(2024, 9, 1), date(2024, 9, 20))
    then, after = periods_of_herd(ranch, told, days, (FIRST, later))
    assert (then.fawns, after.fawns) == (1, 0)
    assert after.does == 4  # the fawn of the year before is one of them


def test_a_period_ends_on_its_first_day_or_later(ranch: Workspace) -> None:
    with pytest.raises(UsageError, match="before it begins"):
        periods_of_herd(ranch, histories(ranch), days_of_cameras(ranch), [FIRST[::-1]])


def test_where_deer_are_hardly_told_apart_ratios_are_of_visits(
    ranch: Workspace, tmp_path: Path
) -> None:
    herd = restate(
        copied(ranch, tmp_path),
        lambda said: replace(
            calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
        ),
    )
    parts = Parts(herd, histories(herd), days_of_cameras(herd))
    assert untold(parts.size) == parts.untold
    assert parts.untold.startswith("These pictures hardly tell one deer from another")
    one = parts.between("2023", date(2023, 9, 1), date(2023, 9, 20))
    assert not one.is_told_apart
    assert isinstance(one.deer, Refused) and one.deer.reason == parts.untold
    assert "visits" in one.bucks_per_doe.method


def test_without_a_number_of_errors_there_is_no_number_of_deer(
    ranch: Workspace, tmp_path: Path
) -> None:
    herd = restate(copied(ranch, tmp_path), calibrated_alone)
    one = Parts(herd, histories(herd), days_of_cameras(herd)).between("all", *FIRST)
    assert isinstance(one.deer, Refused)
    assert one.deer.reason == "How many of the groups are wrong has not been estimated."


def calibrated_alone(summary: HerdSummary) -> HerdSummary:
    """Without how many deer the groups are."""
    return replace(summary, trust=replace(summary.trust, estimated_animals=None))


def test_photos_that_do_not_say_what_is_alike_are_named_so(tmp_path: Path) -> None:
    herd = built(tmp_path, DEER[:2])
    parts = Parts(herd, histories(herd), days_of_cameras(herd))
    assert parts.untold.startswith("These photos do not say how much alike")
