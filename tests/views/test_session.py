"""A connection that is brought up to date by parts shows what a new one shows, whatever changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.generated import Size, build
from tests.workspaces import copied
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Name, NotAnimal
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.settings import Settings
from thumper_core.store.jobs import beat, start_job
from thumper_core.workspace import Workspace

VIEWS = ("photos", "present", "cameras", "outcomes", "detections", "assignments", "sightings",
         "individuals", "profiles", "decisions", "runs", "jobs", "herds", "events")  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("first"), Size(photos=60, animals=3, cameras=2, days=4))


@pytest.fixture
def workspace(first: Workspace, tmp_path: Path) -> Workspace:
    return copied(first, tmp_path)


def names_an_animal(workspace: Workspace) -> None:
    record(workspace.ledger, Name("deer-001", "Bambi", "disney", expected=None), "me")


def says_that_a_box_is_empty(workspace: Workspace) -> None:
    row = workspace.sql("select d.* from sightings join detections d on detection_id = "
                        "best_detection_id limit 1").row(0, named=True)  # fmt: skip
    key = BoxKey(row["photo_id"], (row["x1"], row["y1"], row["x2"], row["y2"]))
    record(workspace.ledger, NotAnimal(key), "me")


def loses_a_photo(workspace: Workspace) -> None:
    row = workspace.sql("select p.root, p.path_bytes from photos p join detections "
                        "using (photo_id) limit 1").row(0)  # fmt: skip
    workspace.ledger.mark_missing(row[0], [row[1]])


def moves_a_clock(workspace: Workspace) -> None:
    text = workspace.cameras_csv.read_text()
    workspace.cameras_csv.write_text(text.replace(",0,,", ",90000,,"))


def identifies_again(workspace: Workspace) -> None:
    build_herd(workspace, settings=Settings().replace("identify", threshold=0.9))


def shows_another_run(workspace: Workspace) -> None:
    run = workspace.ledger.create_run("other", "demo", "e", {})
    workspace.ledger.promote({"run": run.run_id}, "test")


def works(workspace: Workspace) -> None:
    beat(workspace.ledger, start_job(workspace.ledger, None, "run"), {"done": 3})


@pytest.mark.parametrize(
    "change",
    [
        names_an_animal,
        says_that_a_box_is_empty,
        loses_a_photo,
        moves_a_clock,
        identifies_again,
        shows_another_run,
        works,
    ],
)
def test_after_any_change_every_view_is_that_of_a_new_connection(
    workspace: Workspace, change: Callable[[Workspace], None]
) -> None:
    before = _everything(workspace)
    change(workspace)
    after, fresh = _everything(workspace), _everything(Workspace.open(workspace.root))
    own = workspace.query()
    for view in VIEWS:
        assert after[view].equals(fresh[view]), view
        assert after[view].height == own.execute(f'select count(*) from "{view}"').fetchone()[0]  # type: ignore[index]
    assert any(not before[view].equals(after[view]) for view in VIEWS)


def test_a_heartbeat_copies_nothing_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.sql("select 1")
    loaded: list[str] = []
    session = workspace._session
    assert session is not None
    load = session._load

    def noted(part: str, *arguments: object) -> bool:
        changed = load(part, *arguments)  # type: ignore[arg-type]
        loaded.extend([part] * changed)
        return changed

    monkeypatch.setattr(session, "_load", noted)
    works(workspace)
    workspace.sql("select 1")
    assert loaded == ["jobs"]


def test_the_kept_view_of_photos_is_taken_while_it_holds_and_mended_when_damaged(
    workspace: Workspace,
) -> None:
    asked = "select * from photos order by photo_id"
    whole = workspace.sql(asked)
    (kept,) = workspace.cache_dir.glob("photos-*.parquet")
    inode = kept.stat().st_ino
    assert Workspace.open(workspace.root).sql(asked).equals(whole)
    assert kept.stat().st_ino == inode
    kept.write_bytes(b"no parquet")
    assert Workspace.open(workspace.root).sql(asked).equals(whole)
    assert kept.stat().st_size > 100
    loses_a_photo(workspace)
    assert Workspace.open(workspace.root).sql(asked).height == whole.height - 1
    (renewed,) = workspace.cache_dir.glob("photos-*.parquet")
    assert renewed != kept


def test_another_burst_gap_is_another_view_of_photos(workspace: Workspace) -> None:
    assert workspace.sql("select count(*) from bursts").item() == 20
    other = Workspace.open(workspace.root)
    other.settings = other.settings.replace("ingest", burst_gap_s=1.0)
    assert other.sql("select count(*) from bursts").item() == 60
    first = other.sql("select min(taken_at) from photos").item()
    assert isinstance(first, datetime) and first - datetime(2026, 8, 3) < timedelta(days=4)


def _everything(workspace: Workspace) -> dict[str, pl.DataFrame]:
    return {view: workspace.sql(f'select * from "{view}" order by all') for view in VIEWS}
