"""`--species`: one setting, kept, that says what the animals are where nobody else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.questions.test_no_deer import NAMES_DEER, NAMES_NONE, found
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows.species import keep_species
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.questions.reasons import Why
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace


def test_who_names_the_species_to_a_detector_without_any_names_the_animals(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["animal", "animal", "person"], NAMES_NONE)
    said = keep_species(workspace, "Mule deer")
    assert said == (
        'The species of interest is mule deer, and every "animal" counts as one '
        "(`animals_are_deer`): kept in thumper.toml."
    )
    kept = Settings.load(workspace.settings_file)
    assert (kept.species, kept.animals_are_deer) == ("mule deer", True)
    assert why_no_deer(workspace) is None
    again = Workspace.open(workspace.root)
    assert again.sql("select count(*) from detections where is_deer").item() == 2


def test_at_a_camera(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["animal", "animal", "person"], NAMES_NONE)
    assert "at Creek" in keep_species(workspace, "mule deer", ["creek"])
    keep_species(workspace, "mule deer", ["Old oak"])
    assert workspace.settings.animals_are_deer == ("Creek", "Old oak")
    keep_species(workspace, "mule deer")
    assert workspace.settings.animals_are_deer is True
    keep_species(workspace, "mule deer", ["Creek"])  # it is everywhere already
    assert workspace.settings.animals_are_deer is True
    with pytest.raises(UsageError, match="Nowhere"):
        keep_species(workspace, "mule deer", ["Nowhere"])


def test_a_detector_that_names_deer_leaves_nothing_open(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["animal", "elk"], NAMES_DEER)
    keep_species(workspace, "elk")
    assert (workspace.settings.species, workspace.settings.animals_are_deer) == ("elk", False)
    assert why_no_deer(workspace) is None
    keep_species(workspace, "moose")
    why = why_no_deer(workspace)
    assert why is not None
    assert why.reason is Why.OTHERS


def test_the_detector_to_come_is_asked_where_none_looked_yet(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    with pytest.raises(ThumperError, match="No run is complete"):
        keep_species(workspace, "elk")
    keep_species(workspace, "elk", (), NAMES_NONE.values())
    assert workspace.settings.animals_are_deer is True
