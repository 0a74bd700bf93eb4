"""What the views show of heads: where they are asked, from which chance on, and who said it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.heads.heads import head, mean_vector, open_to_heads
from tests.workspaces import Deer, build
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Reclass
from thumper_core.decisions.record import record
from thumper_core.heads.shelf import keep_head
from thumper_core.workspace import Workspace

DEER = [Deer("animal", 3), Deer("deer", 3), Deer("buck", 2), Deer("fawn", 1), Deer("person", 1)]
SHOWN = 'select "class", species, sex, is_deer, species_source, sex_source, species_confidence, '
SHOWN += "sex_confidence, p_deer, p_male from detections order by detection_id"


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return open_to_heads(build(tmp_path, DEER, identified=False, drawn=False))


def shown(workspace: Workspace, cls: str) -> pl.DataFrame:
    return workspace.sql(SHOWN).filter(pl.col("class") == cls)


def one(frame: pl.DataFrame, column: str) -> object:
    values = frame[column].unique().to_list()
    assert len(values) == 1, values
    return values[0]


def test_without_heads_nothing_changes_and_the_detector_is_named(ranch: Workspace) -> None:
    for cls, species, sex, said in [
        ("animal", "animal", "unknown", None),
        ("deer", "white-tailed deer", "unknown", "detector"),
        ("buck", "white-tailed deer", "male", "detector"),
        ("person", "person", "unknown", "detector"),
    ]:
        rows = shown(ranch, cls)
        assert (one(rows, "species"), one(rows, "sex")) == (species, sex)
        assert one(rows, "species_source") == said
        assert one(rows, "sex_source") == ("detector" if sex == "male" else None)
        assert rows["p_deer"].null_count() == rows.height


def test_heads_speak_where_the_detector_does_not(ranch: Workspace) -> None:
    animal, deer = (mean_vector(ranch, cls) for cls in ("animal", "deer"))
    species = head("species", 8 * animal)
    sex = head("sex", 8 * animal - 8 * deer)
    keep_head(ranch.root, species)
    keep_head(ranch.root, sex)
    rows = shown(ranch, "animal")
    assert one(rows, "species") == "white-tailed deer" and one(rows, "is_deer") is True
    assert one(rows, "species_source") == species.source
    assert one(rows, "sex") == "male" and one(rows, "sex_source") == sex.source
    assert (rows["species_confidence"] == rows["p_deer"]).all()
    assert (rows["sex_confidence"] == rows["p_male"]).all() and (rows["p_male"] > 0.95).all()
    rows = shown(ranch, "deer")
    assert one(rows, "sex") == "female" and one(rows, "species_source") == "detector"
    np.testing.assert_allclose(rows["sex_confidence"], 1 - rows["p_male"], rtol=1e-5)
    assert one(shown(ranch, "buck"), "sex_source") == "detector"
    assert one(shown(ranch, "fawn"), "sex") == "unknown"  # antlers say nothing of a fawn
    assert one(shown(ranch, "person"), "sex") == "unknown"


def test_a_deer_that_the_head_doubts_more_than_the_detector_is_sure_is_another_animal(
    ranch: Workspace,
) -> None:
    deer = mean_vector(ranch, "deer")
    sure = head("species", -8 * deer)
    keep_head(ranch.root, sure)
    rows = shown(ranch, "deer")
    assert one(rows, "species") == "other animal" and one(rows, "is_deer") is False
    assert one(rows, "species_source") == sure.source
    np.testing.assert_allclose(rows["species_confidence"], 1 - rows["p_deer"], rtol=1e-5)
    assert one(shown(ranch, "buck"), "is_deer") is True  # its detector knows more than the head
    ranch.settings = ranch.settings.model_copy(update={"animals_are_deer": True})
    assert one(shown(ranch, "deer"), "is_deer") is True
    ranch.settings = ranch.settings.model_copy(update={"animals_are_deer": False})
    keep_head(ranch.root, head("species", -0.5 * deer))
    rows = shown(ranch, "deer")
    assert one(rows, "is_deer") is True  # not sure enough
    assert ((rows["p_deer"] > 0.1) & (rows["p_deer"] < 0.5)).all()


def test_a_weak_deer_needs_less_doubt(tmp_path: Path) -> None:
    weak = open_to_heads(build(tmp_path, [Deer("deer", 3, confidence=0.3)], identified=False))
    deer = mean_vector(weak, "deer")
    keep_head(weak.root, head("species", 0.5 * deer))
    rows = shown(weak, "deer")
    assert (rows["p_deer"] < 0.7).all() and one(rows, "is_deer") is False
    keep_head(weak.root, head("species", 8 * deer))
    assert one(shown(weak, "deer"), "is_deer") is True


def test_below_the_chance_the_answer_is_unknown(ranch: Workspace) -> None:
    animal = mean_vector(ranch, "animal")
    keep_head(ranch.root, head("species", 1.2 * animal))
    keep_head(ranch.root, head("sex", 1.2 * animal))
    rows = shown(ranch, "animal")
    assert one(rows, "species") == "animal" and one(rows, "species_source") is None
    ranch.settings = ranch.settings.model_copy(
        update={"species_chance_min": 0.6, "sex_chance_min": 0.7}
    )
    rows = shown(ranch, "animal")
    assert one(rows, "species") == "white-tailed deer" and one(rows, "sex") == "male"


@pytest.mark.parametrize(
    "fields", [{"embedder": "another"}, {"weights_sha256": "b" * 64}, {"species": "elk"}]
)
def test_a_head_of_another_embedder_or_deer_is_not_asked(
    ranch: Workspace, fields: dict[str, str]
) -> None:
    keep_head(ranch.root, head("species", 8 * mean_vector(ranch, "animal"), **fields))
    assert one(shown(ranch, "animal"), "species") == "animal"


def test_a_person_comes_before_heads(ranch: Workspace) -> None:
    animal = mean_vector(ranch, "animal")
    for kind in ("species", "sex"):
        keep_head(ranch.root, head(kind, 8 * animal))
    box = ranch.sql(
        "select photo_id, x1, y1, x2, y2 from detections where \"class\" = 'animal' limit 1"
    ).row(0)
    key = BoxKey(box[0], box[1:])
    record(ranch.ledger, Reclass(key, "white-tailed deer", "unknown", "adult"), "Kim")
    rows = shown(ranch, "animal").filter(pl.col("species_source") == "human")
    assert rows.height == 1
    assert rows.row(0, named=True)["sex"] == "unknown" and rows["sex_source"].to_list() == [None]


def test_a_cache_that_cannot_be_written_costs_only_time(
    ranch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_head(ranch.root, head("species", 8 * mean_vector(ranch, "animal")))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("thumper_core.heads.readings.write_whole", full)
    assert one(shown(ranch, "animal"), "species") == "white-tailed deer"
    assert not list((ranch.root / "cache").rglob("readings/*/*.parquet"))


def test_a_question_imports_no_library_for_nothing(ranch: Workspace) -> None:
    program = (
        "import sys; from thumper_core import Workspace; "
        f"Workspace.open({str(ranch.root)!r}).sql('select count(*) from detections'); "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
