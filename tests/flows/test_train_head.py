"""Heads of a workspace's own: from what people said, used at once, on photos and cameras unseen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from tests.heads.heads import head, open_to_heads
from tests.learning.reviewed import name_all
from tests.workspaces import Deer, build
from thumper_core.contracts import ThumperError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Reclass
from thumper_core.decisions.record import record
from thumper_core.flows.train_head import train_heads
from thumper_core.heads.shelf import keep_head
from thumper_core.learning.cards import cards
from thumper_core.workspace import Workspace


def ranch_of(folder: Path, n: int) -> Workspace:
    """A workspace of `n` animals seen twice, all "deer" to the detector."""
    return open_to_heads(
        build(folder, [Deer("deer", 2)] * n, identified=False, drawn=False, n_blank=0)
    )


def say(workspace: Workspace, share: float) -> dict[str, str]:
    """People name the sex of a share of the detections: it is the sign of the vector's first number."""
    frame = workspace.sql(
        "select d.detection_id, photo_id, x1, y1, x2, y2, e.vector from detections d "
        "join embeddings e using (detection_id) order by d.detection_id"
    )
    truth = {
        row["detection_id"]: "male" if row["vector"][0] > 0 else "female"
        for row in frame.iter_rows(named=True)
    }
    for row in frame.head(int(frame.height * share)).iter_rows(named=True):
        key = BoxKey(row["photo_id"], (row["x1"], row["y1"], row["x2"], row["y2"]))
        sex = truth[row["detection_id"]]
        record(workspace.ledger, Reclass(key, "white-tailed deer", sex, "adult"), "Kim")
    return truth


def test_a_refit_is_used_at_once_without_a_run_made_anew(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path, 150)
    truth = say(ranch, 0.8)
    shards = sorted(ranch.lake.root.rglob("*.parquet"))
    before = {path: path.stat().st_mtime_ns for path in shards}
    done = train_heads(ranch)
    assert [f.head.kind for f in done.fitted] == ["sex"]
    assert "other animals" in done.missing["species"]
    fitted = done.fitted[0]
    assert fitted.file is not None and Path(fitted.file).parent == ranch.root / "heads"
    assert fitted.trial.is_better and fitted.trial.before == 0.5  # there was none: guessing
    assert fitted.together.auc > 0.8 and len(fitted.by_camera) == 3
    ranch.settings = ranch.settings.model_copy(update={"sex_chance_min": 0.6})
    rest = ranch.sql(
        "select detection_id, sex, sex_source, source from detections where source = 'model'"
    )
    assert rest.height == len(truth) - int(len(truth) * 0.8)
    said = rest.filter(rest["sex"] != "unknown")
    assert said.height > rest.height / 3
    assert said["sex_source"].unique().to_list() == [fitted.head.source]
    right = [truth[i] == sex for i, sex in said.select("detection_id", "sex").iter_rows()]
    assert np.mean(right) > 0.8
    assert {path: path.stat().st_mtime_ns for path in shards} == before
    again = train_heads(ranch, ["sex"]).fitted[0]
    assert (again.head.source, again.file) == (fitted.head.source, None)
    assert again.trial.before == again.trial.after  # of nothing new nothing is learned


def test_nonsense_is_refused_and_the_head_in_use_stays(tmp_path: Path) -> None:
    ranch = name_all(ranch_of(tmp_path, 60), nonsense=True)
    done = train_heads(ranch, ["sex"]).fitted[0]
    assert (done.trial.is_better, done.file, done.trial.before) == (False, None, 0.5)
    assert "There is still none in use" in done.trial.said
    assert not (ranch.root / "heads").exists()
    good = head("sex", [1.0] + [0.0] * 63)
    kept = keep_head(ranch.root, good)
    beside = train_heads(ranch, ["sex"]).fitted[0].trial
    assert not beside.is_better and kept.read_text() == good.to_json()
    assert [len(card["trials"]) for card in cards(ranch.root, "heads")] == [1, 1]


def test_an_earlier_head_of_ones_own_is_asked_about_cameras_that_it_did_not_see(
    tmp_path: Path,
) -> None:
    ranch = ranch_of(tmp_path, 150)
    say(ranch, 0.5)
    first = train_heads(ranch, ["sex"]).fitted[0]
    say(ranch, 1.0)
    second = train_heads(ranch, ["sex"]).fitted[0].trial
    assert second.n_held_out > first.trial.n_held_out
    # it was fitted on half of these rows: by heart it would be all but perfect
    assert 0.5 < second.before < 0.999


def test_too_few_corrections_are_said(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path, 4)
    with pytest.raises(ThumperError, match="needs 30 males and 30 females"):
        train_heads(ranch)
    assert not (ranch.root / "heads").exists()


def test_why_there_is_no_head_says_nothing_twice(tmp_path: Path) -> None:
    with pytest.raises(ThumperError) as told:
        train_heads(Workspace.create(tmp_path))
    said = str(told.value)
    assert "30 males" in said and "30 deer" in said
    assert said.count("Correct more classes") == 1


def test_vectors_whose_weights_are_not_known_make_no_head(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path, 150)
    say(ranch, 1.0)
    with ranch.ledger.transaction() as c:
        c.execute("update runs set config = '{}'")
    with pytest.raises(ThumperError, match="not known by their hash"):
        train_heads(ranch, ["sex"])


def test_a_photo_that_was_tried_again_is_read_once(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path, 150)
    say(ranch, 0.9)
    kind = f"runs/{ranch.ledger.runs()[0].run_id}"
    tables = {
        name: ranch.lake.read(kind, name) for name in ("outcomes", "detections", "embeddings")
    }
    photo = tables["outcomes"]["photo_id"][0].as_py()
    again = {
        name: table.filter(
            pc.starts_with(table["photo_id" if name != "embeddings" else "detection_id"], photo)
        )
        for name, table in tables.items()
    }
    train_heads(ranch, ["sex"])
    n = ranch.sql("select count(*) from detections").item()
    ranch.lake.write_shard(kind, ranch.lake.next_shard_name(kind), again)
    assert ranch.sql("select count(*) from detections").item() == n
    assert ranch.sql("select count(*) from readings").item() == n
