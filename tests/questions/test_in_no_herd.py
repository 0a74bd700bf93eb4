"""Photos that no identification has looked at: told by year, and no deer is missing in such a year."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.workspaces import copied
from thumper_core.questions.in_no_herd import n_in_no_herd, photos_in_no_herd, waiting_words
from thumper_core.questions.seasons import histories
from thumper_core.questions.status import workspace_status
from thumper_core.questions.years_of_herd import sentences, years_of_herd
from thumper_core.workspace import Workspace


def test_a_whole_herd_waits_for_nothing(years_ranch: Workspace, tmp_path: Path) -> None:
    assert photos_in_no_herd(years_ranch) == {}
    assert all(year.n_waiting == 0 for year in years_of_herd(years_ranch))
    assert workspace_status(years_ranch)["in_no_herd"] is None
    assert photos_in_no_herd(Workspace.create(tmp_path / "empty")) == {}


def test_what_stands_before_a_camera_waits_for_nothing(years_ranch: Workspace) -> None:
    """A light connection takes it for deer; the whole workspace knows better."""
    assert n_in_no_herd(years_ranch, lambda *_: pl.DataFrame({"n": [4]})) == 0


def test_processed_photos_of_no_herd_are_told_by_year(
    years_ranch: Workspace, tmp_path: Path
) -> None:
    herd = copied(years_ranch, tmp_path)
    told = histories(years_ranch)
    assert "missing" in told.filter(pl.col("year") == 2025)["standing"].to_list()
    taken_from = years_ranch.sql(
        "select distinct d.photo_id, p.taken_at from detections d join photos p using (photo_id) "
        "where p.taken_at >= '2025-05-01'"
    )
    n = forget(herd, years_ranch, taken_from["photo_id"].to_list())
    herd = Workspace.open(herd.root)
    herd.settings = years_ranch.settings
    assert photos_in_no_herd(herd) == {2025: n}
    told = histories(herd)
    assert "missing" not in told.filter(pl.col("year") == 2025)["standing"].to_list()
    years = years_of_herd(herd, told)
    assert [year.n_waiting for year in years] == [0, 0, n]
    said = " ".join(sentences(years, told))
    assert waiting_words(n, "2025/26") in said
    assert "Missing in 2025/26" not in said and "too seldom" not in said
    state = workspace_status(herd)["in_no_herd"]
    assert state == {"photos": n, "sentence": waiting_words(n)}
    assert f"{n} photos with deer wait for an identification" in state["sentence"]


def forget(herd: Workspace, other: Workspace, photos: list[str]) -> int:
    """Take photos out of the herd's tables, as if they had been processed after it was made.

    other: the same herd, to ask which they are."""
    boxes = herd.sql(
        "select detection_id from detections where list_contains(?, photo_id)", [photos]
    )
    folder = herd.root / "lake" / "herds"
    for path in folder.rglob("assignments.parquet"):
        frame = pl.read_parquet(path)
        frame.filter(~pl.col("detection_id").is_in(boxes["detection_id"].implode())).write_parquet(
            path
        )
    return len(set(photos))
