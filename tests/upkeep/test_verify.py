"""Damage is found, named and costs only what it hit."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import tables_of
from tests.herds import SETTINGS, models
from tests.store.older import as_schema_1
from thumper_core.contracts import ThumperError
from thumper_core.herd.build import build_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import count_pending, run
from thumper_core.store.lake import CHECKSUMS, pq
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace


@pytest.fixture
def workspace(three_deer: Workspace) -> Workspace:
    return three_deer


def flip(path: Path, seed: int) -> None:
    """Flip one bit somewhere in a file."""
    data = bytearray(path.read_bytes())
    at = random.Random(seed).randrange(len(data))
    data[at] ^= 1 << seed % 8
    path.write_bytes(bytes(data))


def test_a_sound_workspace_has_no_damage(workspace: Workspace) -> None:
    seen: list[tuple[int, int]] = []
    result = verify(workspace, on_progress=lambda done, n: seen.append((done, n)))
    assert result.is_sound and result.n_pending == 0
    assert result.n_shards == 5 and result.n_rows > 18
    assert seen[-1] == (5, 5)


def test_an_empty_workspace_is_sound(tmp_path: Path) -> None:
    result = verify(Workspace.create(tmp_path))
    assert (result.is_sound, result.n_shards, result.n_pending) == (True, 0, 0)


@pytest.mark.parametrize("table", ["outcomes", "detections", "embeddings"])
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_any_flipped_bit_of_a_run_costs_its_shard_only_and_is_mended_by_running(
    workspace: Workspace, table: str, seed: int
) -> None:
    run_id = workspace.ledger.promoted("run")
    assert run_id is not None
    before = tables_of(workspace, run_id)
    shard = workspace.lake.shards(f"runs/{run_id}")[1]
    flip(shard / f"{table}.parquet", seed)
    found = verify(workspace)
    assert [damage.what for damage in found.damages] == [str(shard)]
    assert f"{table}.parquet" in found.damages[0].detail
    assert found.damages[0].place is not None and found.damages[0].place.is_dir()
    assert found.n_pending == count_pending(workspace, run_id) == 8
    again = run(workspace, models().detector, models().embedder, settings=SETTINGS)
    assert (again.progress.total, again.n_left) == (8, 0)
    assert tables_of(workspace, run_id) == before
    assert verify(workspace).is_sound


def test_a_shard_from_before_a_column_came_is_sound(workspace: Workspace) -> None:
    shard = workspace.lake.shards(f"herds/{workspace.ledger.promoted('herd')}")[0]
    profiles = pq.read_table(shard / "profiles.parquet", partitioning=None)
    pq.write_table(profiles.drop_columns(["stability"]), shard / "profiles.parquet")
    (shard / CHECKSUMS).unlink()  # as an older version wrote it
    workspace = as_schema_1(workspace)
    assert verify(workspace).is_sound
    pq.write_table(profiles.select(["sex"]), shard / "profiles.parquet")
    workspace = as_schema_1(workspace)
    assert "profiles.parquet: no column" in verify(workspace).damages[0].detail


def test_without_repair_nothing_is_moved(workspace: Workspace) -> None:
    shard = workspace.lake.shards("photos")[0]
    flip(shard / "photos.parquet", 3)
    assert not verify(workspace, repair=False).is_sound
    assert shard.is_dir()


def lose(shard: Path) -> None:
    shutil.rmtree(shard)


@pytest.mark.parametrize("damage", [lambda shard: flip(shard / "photos.parquet", 1), lose])
def test_lost_photo_facts_are_read_again_from_the_photos(
    workspace: Workspace, damage: Callable[[Path], None]
) -> None:
    everything = "select * exclude (path_bytes, read_at) from photos order by photo_id"
    before = workspace.sql(everything).rows()
    damage(workspace.lake.shards("photos")[0])
    found = verify(workspace)
    assert "were read again from the photos" in found.damages[1].next_step
    assert workspace.sql(everything).rows() == before
    assert verify(workspace).is_sound


def test_facts_of_photos_that_are_away_are_read_by_the_next_add(
    workspace: Workspace, tmp_path: Path
) -> None:
    everything = "select * exclude (path_bytes, read_at) from photos order by photo_id"
    before = workspace.sql(everything).rows()
    photos, away = tmp_path / "photos", tmp_path / "unplugged"
    lose(workspace.lake.shards("photos")[0])
    photos.rename(away)
    damage = verify(workspace).damages[1]
    assert "18 photos have lost" in damage.detail
    assert f'thumper add "{photos}"' in damage.next_step
    assert workspace.sql("select count(width) from photos").item() == 0
    away.rename(photos)
    add_paths(workspace, [photos])
    assert workspace.sql(everything).rows() == before
    assert verify(workspace).is_sound


def test_a_damaged_herd_is_named_with_the_way_back(workspace: Workspace) -> None:
    herd_id = workspace.ledger.promoted("herd")
    flip(workspace.lake.shards(f"herds/{herd_id}")[0] / "profiles.parquet", 2)
    found = verify(workspace)
    assert "thumper identify" in found.damages[0].next_step
    assert [d.what for d in verify(workspace).damages] == [f"ledger, herds '{herd_id}'"]


@pytest.mark.parametrize("is_shown", [True, False])
def test_after_what_it_names_for_a_lost_herd_everything_is_sound(
    workspace: Workspace, is_shown: bool
) -> None:
    if not is_shown:
        build_herd(workspace)
    herd_id = workspace.ledger.herds()[0].herd_id
    flip(workspace.lake.shards(f"herds/{herd_id}")[0] / "profiles.parquet", 2)
    found = verify(workspace)
    assert not found.is_sound and "`thumper identify`" in found.damages[0].next_step
    if is_shown:
        build_herd(workspace)  # what `thumper identify` does
    assert verify(workspace).damages == ()


@pytest.mark.parametrize(
    ("change", "names", "why"),
    [
        ("update runs set config = '{'", "runs 'r", "JSON"),
        ("update runs set state = 'lost'", "runs 'r", "'lost'"),
        ("update herds set run_id = 'r9'", "herds 'h", "'r9' is not there"),
        ("update files set photo_id = 'zz'", "files 'cam", "'zz' is none"),
        ("update files set size = -1", "files 'cam", "negative"),
        ("update jobs set heartbeat_at = 'noon'", "jobs 1", "'noon' is not a time"),
        ("update pointers set target = 'r9' where kind = 'run'", "pointers 1", "run 'r9'"),
        ("update individuals set created_at = ''", "individuals 'deer-", "not a time"),
    ],
)  # fmt: skip
def test_a_damaged_row_is_named(workspace: Workspace, change: str, names: str, why: str) -> None:
    with workspace.ledger.transaction() as c:
        c.execute(change)
    damage = verify(workspace, repair=False).damages[0]
    assert names in damage.what and why in damage.detail


def test_a_broken_ledger_file_is_reported_not_raised(workspace: Workspace) -> None:
    from thumper_core.upkeep.verify_ledger import ledger_damage

    with workspace.ledger.transaction() as c:
        c.execute("pragma user_version=1")
    for suffix in ("-wal", "-shm"):
        workspace.ledger.path.with_name(f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    data = bytearray(workspace.ledger.path.read_bytes())
    data[4096:8192] = bytes(4096)
    workspace.ledger.path.write_bytes(bytes(data))
    _, damages = ledger_damage(workspace.ledger, workspace.lake)
    assert damages and "thumper restore" in damages[0].next_step


def test_a_query_that_meets_damage_says_what_to_do(workspace: Workspace) -> None:
    run_id = workspace.ledger.promoted("run")
    path = workspace.lake.shards(f"runs/{run_id}")[0] / "detections.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ThumperError, match="thumper verify"):
        Workspace.open(workspace.root).sql("select count(x1), sum(x1) from detections")


def shard_of_the_run(workspace: Workspace) -> Path:
    return workspace.lake.shards(f"runs/{workspace.ledger.promoted('run')}")[1]


def gone(workspace: Workspace) -> Path:
    lose(shard := shard_of_the_run(workspace))
    return shard


def changed(workspace: Workspace) -> Path:
    flip(shard_of_the_run(workspace) / "detections.parquet", 5)
    return shard_of_the_run(workspace)


def replaced_by_another(workspace: Workspace) -> Path:
    shard = shard_of_the_run(workspace)
    lose(shard)
    shutil.copytree(shard.with_name("000000"), shard)
    return shard


def with_a_table_gone(workspace: Workspace) -> Path:
    (shard := shard_of_the_run(workspace)).joinpath("embeddings.parquet").unlink()
    return shard


def entered_wrongly(workspace: Workspace) -> Path:
    with workspace.ledger.transaction() as c:
        c.execute("update shards set tables = replace(tables, '\"blake2b', '') where name='000001'")
        c.execute("update shards set tables = '{' where name = '000001'")
    return shard_of_the_run(workspace)


@pytest.mark.parametrize(
    "damage", [gone, changed, replaced_by_another, with_a_table_gone, entered_wrongly]
)
def test_whatever_happens_to_a_run_shard_is_named_and_mended_by_running(
    workspace: Workspace, damage: Callable[[Workspace], Path]
) -> None:
    run_id = workspace.ledger.promoted("run") or ""
    before = tables_of(workspace, run_id)
    shard = damage(workspace)
    found = verify(workspace)
    assert [d.what for d in found.damages] == [str(shard)]
    assert "thumper run" in found.damages[0].next_step
    assert found.n_pending == count_pending(workspace, run_id) == 8
    run(workspace, models().detector, models().embedder, settings=SETTINGS)
    assert tables_of(workspace, run_id) == before
    assert verify(workspace).is_sound


def copied(workspace: Workspace) -> Path:
    shard = shard_of_the_run(workspace)
    return Path(shutil.copytree(shard, shard.with_name("000009")))


def copied_by_a_desktop(workspace: Workspace) -> Path:
    shard = shard_of_the_run(workspace)
    return Path(shutil.copytree(shard, shard.with_name("000001 (copy)")))


def copied_with_its_run(workspace: Workspace) -> Path:
    folder = shard_of_the_run(workspace).parent
    return Path(shutil.copytree(folder, folder.with_name(f"{folder.name} copy")))


def copied_facts(workspace: Workspace) -> Path:
    shard = workspace.lake.shards("photos")[0]
    return Path(shutil.copytree(shard, shard.with_name("000007")))


def copied_into_another_run(workspace: Workspace) -> Path:
    other = workspace.ledger.create_run("1" * 16, "d", "e", {})
    return Path(
        shutil.copytree(
            shard_of_the_run(workspace), workspace.lake.root / f"runs/{other.run_id}/000000"
        )
    )


COUNTS = """select (select count(*) from all_outcomes), (select count(*) from all_detections),
    (select count(*) from all_embeddings), (select count(*) from photos),
    (select count(*) from sightings), (select count(*) from all_assignments)"""


@pytest.mark.parametrize(
    "copy",
    [copied, copied_by_a_desktop, copied_with_its_run, copied_facts, copied_into_another_run],
)
def test_a_copy_is_never_counted_and_is_named_and_moved_aside(
    workspace: Workspace, copy: Callable[[Workspace], Path]
) -> None:
    before = workspace.sql(COUNTS).rows()
    folder = copy(workspace)
    assert Workspace.open(workspace.root).sql(COUNTS).rows() == before
    assert workspace.lake.known_photo_ids() == set(workspace.sql("from photos")["photo_id"])
    named = verify(workspace, repair=False)
    assert [d.what for d in named.damages] == [str(folder)] and folder.is_dir()
    found = verify(workspace)
    assert [d.what for d in found.damages] == [str(folder)] and not folder.exists()
    assert workspace.sql(COUNTS).rows() == before
    assert verify(workspace).is_sound


def test_what_other_programs_leave_in_the_lake_is_no_shard_and_no_damage(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = workspace.sql(COUNTS).rows()
    lake = workspace.lake.root
    run_dir = shard_of_the_run(workspace).parent
    left: list[Path] = []
    for folder in (
        lake,
        lake / "photos",
        lake / "runs",
        lake / "herds",
        run_dir,
        run_dir / "000001",
    ):
        (folder / "@eaDir" / "000000@SynoEAStream").mkdir(parents=True)
        (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
        (folder / "._outcomes.parquet").write_bytes(b"\0\5\26\7")
        left += [folder / n for n in ("@eaDir", ".DS_Store", "Thumbs.db", "._outcomes.parquet")]
    again = Workspace.open(workspace.root)
    one = next(path for path in (tmp_path / "photos").rglob("*") if path.is_file())
    extra = one.with_stem("late")
    extra.write_bytes(one.read_bytes() + b"late")
    assert add_paths(again, [tmp_path / "photos"]).n_new == 1
    extra.unlink()
    add_paths(again, [tmp_path / "photos"])
    assert again.sql(COUNTS).rows() == before
    found = verify(again)
    assert found.is_sound
    assert set(found.foreign) == {str(path) for path in left}
    assert all(path.exists() for path in left)


def test_a_workspace_from_before_the_register_opens_with_all_it_had(workspace: Workspace) -> None:
    before = workspace.sql(COUNTS).rows()
    copied(workspace)  # which the old version counted
    older = as_schema_1(workspace)
    assert older.sql(COUNTS).rows() == before
    assert [d.what[-6:] for d in verify(older).damages] == ["000009"]
    lose(shard_of_the_run(older))
    assert "it held 8 photos" in verify(older).damages[0].detail
