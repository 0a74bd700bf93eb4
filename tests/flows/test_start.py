"""A season in one call: every step done and told, again only what is new, stopped and gone on."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from thumper_core.contracts import (
    DEER,
    AgeClass,
    ClassMeaning,
    Sex,
    ThumperError,
    UsageError,
)
from thumper_core.flows.start import Step, start
from thumper_core.pipeline.launch import Models
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace

MEANINGS = {
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
}


@pytest.fixture
def models() -> Models:
    return Models(FakeDetector(), FakeEmbedder(), MEANINGS)


def test_every_step_is_done_and_told_and_again_only_what_is_new(
    tmp_path: Path, models: Models
) -> None:
    make_photos(tmp_path / "photos", 6)
    told: list[tuple[str, int, int]] = []
    settings = Settings().replace("identify", threshold=0.5)
    found = start(
        tmp_path / "season",
        tmp_path / "photos",
        settings=settings,
        models=models,
        formats=("html", "csv"),
        on_progress=lambda *step: told.append(step),
    )
    assert list(dict.fromkeys(step for step, _, _ in told)) == list(get_args(Step))
    assert told[-1] == ("report", 2, 2)
    assert ("run", 6, 6) in told
    assert (found.added.n_new, found.run.n_left, found.is_stopped) == (6, 0, False)
    assert found.run.progress.failed == 1
    assert found.herd is not None
    assert found.herd.summary.cut.threshold == 0.5
    assert [path.exists() for path in found.reports] == [True, True]
    opened = Workspace.open(tmp_path / "season")
    assert opened.settings == settings
    assert opened.ledger.promoted("herd") == found.herd.herd_id

    same = start(tmp_path / "season", tmp_path / "photos", models=models)
    assert (same.herd, same.is_stopped) == (None, False)
    assert same.herd_id == found.herd_id == found.herd.herd_id
    assert [herd.herd_id for herd in opened.ledger.herds()] == [found.herd.herd_id]

    make_photos(tmp_path / "more", 2)
    (tmp_path / "more" / "cam0" / "IMG_0000.jpg").unlink()  # one is another photo's twin
    again = start(tmp_path / "season", [tmp_path / "photos", str(tmp_path / "more")], models=models)
    assert (again.added.n_new, again.added.n_unchanged) == (1, 6)
    assert again.run.run_id == found.run.run_id
    assert again.workspace.settings == settings
    assert again.herd is not None
    assert again.herd.herd_id != found.herd.herd_id


def test_one_that_is_stopped_goes_on(tmp_path: Path, models: Models) -> None:
    make_photos(tmp_path / "photos", 6, broken=False)
    stop = threading.Event()
    stop.set()
    found = start(tmp_path / "season", tmp_path / "photos", models=models, stop=stop)
    assert found.is_stopped
    assert found.run.n_left > 0
    assert found.reports == ()
    assert Workspace.open(tmp_path / "season").ledger.promoted("herd") is None
    again = start(tmp_path / "season", tmp_path / "photos", models=models)
    assert not again.is_stopped
    assert again.run.run_id == found.run.run_id


def test_without_deer_nothing_is_recorded_and_it_says_why(tmp_path: Path, models: Models) -> None:
    make_photos(tmp_path / "photos", 6)
    animals = replace(models, meanings=dict.fromkeys(("doe", "buck"), ClassMeaning("animal")))
    found = start(tmp_path / "season", tmp_path / "photos", models=animals)
    assert found.no_deer is not None and not found.is_stopped
    assert (found.herd, found.reports, found.no_deer.reason) == (None, (), "not_named")
    elk = found.workspace.settings.about("elk", animals_are_deer=True)
    again = start(tmp_path / "season", tmp_path / "photos", models=animals, settings=elk)
    assert (again.no_deer, again.workspace.settings.species) == (None, "elk")
    assert again.herd is not None


def test_without_photos_there_is_nothing_to_start(tmp_path: Path, models: Models) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ThumperError, match=r"There is no photo in .*empty"):
        start(tmp_path / "season", tmp_path / "empty", models=models)
    with pytest.raises(UsageError):
        start(tmp_path / "season", tmp_path / "nowhere", models=models)
    assert Workspace.open(tmp_path / "season").ledger.runs() == []
