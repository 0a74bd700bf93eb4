"""Which heads there are, and which of them a run's vectors are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.heads.heads import SHA256, head
from tests.workspaces import EMBEDDER
from thumper_core.contracts import ThumperError
from thumper_core.deer import DEER_NAMES
from thumper_core.heads.head import load_head
from thumper_core.heads.shelf import head_files, keep_head, matching, shelf
from thumper_core.questions.status import workspace_status
from thumper_core.upkeep.health import health
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

CONFIG = {"embedder": {"weights_sha256": SHA256}}
DEER = "white-tailed deer"


def test_what_ships_is_for_the_weights_that_ship_with_its_embedder(tmp_path: Path) -> None:
    shipped = head_files(tmp_path)
    assert shipped
    for path in shipped:
        read = load_head(path)
        assert path.name == f"{read.embedder}-{read.kind}.head.json"
        assert read.weights_sha256 == load_registry().get(read.embedder).sha256
        assert read.species in DEER_NAMES and read.about["licence"]


def test_a_workspaces_own_comes_first_and_replaces_its_last(tmp_path: Path) -> None:
    keep_head(tmp_path, head("sex", [1.0]))
    own = head("sex", [2.0])
    path = keep_head(tmp_path, own)
    assert head_files(tmp_path)[0] == path and len(list(path.parent.iterdir())) == 1
    both = [load_head(path), head("sex", [3.0]), head("species", [4.0])]
    found = matching(both, EMBEDDER, CONFIG, DEER)
    assert {k: h.coefficients.tolist() for k, h in found.items()} == {"sex": [2], "species": [4]}


@pytest.mark.parametrize(
    ("embedder", "config", "species"),
    [("another", CONFIG, DEER), (EMBEDDER, {}, DEER), (EMBEDDER, CONFIG, "elk"),
     (EMBEDDER, {"embedder": {"weights_sha256": "0"}}, DEER)],
)  # fmt: skip
def test_no_head_for_other_vectors_or_deer(embedder: str, config: dict, species: str) -> None:
    assert matching([head("sex", [1.0])], embedder, config, species) == {}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "heads").write_text("a file")
    with pytest.raises(ThumperError, match=r"Cannot write .*Nothing was changed"):
        keep_head(tmp_path, head("sex", [1.0]))


def test_a_damaged_head_answers_nothing_and_is_named_while_the_next_one_answers(
    tmp_path: Path,
) -> None:
    known = len(shelf(tmp_path).heads)
    path = keep_head(tmp_path, head("sex", [1.0]))
    assert (len(shelf(tmp_path).heads), shelf(tmp_path).damaged) == (known + 1, ())
    path.write_text("{")
    (said,) = shelf(tmp_path).damaged
    assert len(shelf(tmp_path).heads) == known and path.name in said and "Delete it" in said
    ranch = Workspace.create(tmp_path / "ranch")
    keep_head(ranch.root, head("sex", [1.0])).write_text("{")
    assert ranch.sql("select * from detections").is_empty()
    (remark,) = workspace_status(ranch)["remarks"]
    assert "is not a head" in remark and remark in health(ranch)["learned"]
