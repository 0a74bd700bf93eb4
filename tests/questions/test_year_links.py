"""Proposals between years: who is proposed, what an answer does, and when nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.ranch_years import CAMERAS, Lived, built
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.kept_space import load_known
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.questions import year_links as asked
from thumper_core.questions.seasons import histories
from thumper_core.questions.year_links import keys_of, year_links
from thumper_core.workspace import Workspace

SCALE = Scale(0.1, 0.4, 0.02, 0.0, 0.02, 0.015)
DEER = [
    Lived({2023: ("buck", 6), 2024: ("buck", 6)}, looks=0.54),  # alike, and no more one group
    Lived({2023: ("doe", 5), 2024: ("doe", 5)}, CAMERAS[1], 18),
    Lived({2023: ("doe", 5)}, hour=12),
    Lived({2024: ("fawn", 4)}, hour=20),
]


@pytest.fixture
def ranch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A herd that was calibrated, as more photos would let it be."""

    def known(workspace: Workspace, herd_id: str):  # type: ignore[no-untyped-def]
        stored = load_known(workspace, herd_id)
        return stored and replace(stored, scale=SCALE)

    monkeypatch.setattr(asked, "load_known", known)
    return built(tmp_path, DEER)


def test_a_deer_that_broke_is_proposed_and_joined(ranch: Workspace) -> None:
    told = histories(ranch)
    assert told["individual_id"].n_unique() == 5
    (one,) = year_links(ranch, told)
    males = told.filter((pl.col("sex") == "male") & (pl.col("n_visits") > 0))
    assert dict(males.select("individual_id", "year").iter_rows()) == {
        one.later: 2024,
        one.earlier: 2023,
    }
    assert (one.season, one.season_before) == ("2024/25", "2023/24")
    assert one.sentence == (
        f"{one.later} of 2024/25 is probably {one.earlier}, seen last in 2023/24 ({one.chance})."
    )
    assert 0.5 <= one.p <= 1
    assert len(one.left) == len(one.right) == 6
    done = decide(ranch, one.same(keys_of(ranch, (one,))), "Kim", effect=Effect.WHOLE)
    after = histories(ranch)
    assert after["individual_id"].n_unique() == 4
    assert year_links(ranch, after) == ()
    buck = after.filter(pl.col("sex") == "male")
    assert buck["standing"].to_list()[:2] == ["first", "still"]
    assert done.numbers == (1,)


def test_two_deer_are_not_proposed_again(ranch: Workspace) -> None:
    told = histories(ranch)
    (one,) = year_links(ranch, told)
    decide(ranch, one.different(keys_of(ranch, (one,))), "Kim")
    assert year_links(ranch, histories(ranch)) == ()


def test_without_a_scale_or_a_herd_nothing_is_proposed(tmp_path: Path) -> None:
    ranch = built(tmp_path, DEER[:2])  # too few photos to calibrate on
    assert year_links(ranch, histories(ranch)) == ()
    empty = Workspace.create(tmp_path / "empty")
    assert year_links(empty, histories(empty)) == ()
