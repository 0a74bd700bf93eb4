"""A person gives a camera's photos a time: rows of cameras.csv, taken back by a command."""

from __future__ import annotations

import os
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from thumper_core import cli
from thumper_core.cameras.clock_rows import with_offset
from thumper_core.cameras.finding import ClockFix, offset_text
from thumper_core.cameras.health import camera_findings
from thumper_core.cameras.set_clock import clock_by_photo, set_clock, trust_file_dates
from thumper_core.cameras.table import COLUMNS, camera_table, save_cameras
from thumper_core.contracts import UsageError
from thumper_core.ingest.add import add_paths
from thumper_core.store.cameras.read import read_camera_file, read_cameras
from thumper_core.workspace import Workspace

T0 = datetime(2024, 11, 1, 6)
RESET = datetime(2000, 1, 1, 0, 1)


def photo(path: Path, seed: int, at: datetime | None = None) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    exif = Image.Exif()
    if at is not None:
        exif.get_ifd(0x8769)[36867] = f"{at:%Y:%m:%d %H:%M:%S}"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((64, 48)).save(path, "JPEG", exif=exif)


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    """North, whose clock was reset for eight photos, and Feeder, whose photos have no time."""
    photos = tmp_path / "photos"
    times = [T0 + timedelta(hours=7 * k) for k in range(12)]
    times += [RESET + timedelta(hours=7 * k) for k in range(8)]
    times += [T0 + timedelta(days=20, hours=7 * k) for k in range(12)]
    for number, at in enumerate(times, 1):
        photo(photos / "North" / f"IMG_{number:04d}.JPG", number, at)
    for number in range(3):
        path = photos / "Feeder" / f"F{number}.JPG"
        photo(path, 100 + number)
        moment = datetime(2024, 10, 1 + number, 12).timestamp()
        os.utime(path, (moment, moment))
    workspace = Workspace.create(tmp_path / "workspace")
    add_paths(workspace, [photos])
    return workspace


def taken(workspace: Workspace, camera: str = "North") -> list[datetime]:
    rows = workspace.sql("select taken_at from photos where camera = ? order by path", [camera])
    return rows["taken_at"].to_list()


def run(workspace: Workspace, command: str) -> Any:
    """A command as it was printed, run."""
    words = shlex.split(command)
    assert words[0] == "thumper"
    return CliRunner().invoke(cli.app, ["--workspace", str(workspace.root), *words[1:]])


def test_the_correction_that_is_offered_mends_the_clock_and_can_be_taken_back(
    ranch: Workspace,
) -> None:
    ranch.cameras_csv.write_text("name,latitude,longitude,note\nnorth,30.5,-97.5,by the oak\n")
    before = taken(ranch)
    [finding] = camera_findings(ranch)
    assert (finding.camera, finding.kind) == ("North", "clock")
    assert "IMG_0013.JPG" in finding.message and "IMG_0020.JPG" in finding.message
    assert finding.fix is not None
    shown = run(ranch, "thumper health")
    command = finding.fix.command("North").removeprefix("thumper ")
    assert f"thumper -w {ranch.root} {command}" in shown.output
    done = run(ranch, finding.fix.command("North"))
    assert done.exit_code == 0 and "8 photos of North are moved" in done.output
    assert camera_findings(ranch) == []
    now = taken(ranch)
    assert now == sorted(now) and now[:12] == before[:12] and now[20:] == before[20:]
    facts = ranch.sql("select bool_and(is_time_evidence), min(latitude) from photos "
                      "where camera = 'North'").row(0)  # fmt: skip
    assert facts == (True, 30.5)
    assert "by the oak" in ranch.cameras_csv.read_text()
    undo = next(line for line in done.output.splitlines() if line.startswith("To take it back: "))
    for command in undo.removeprefix("To take it back: ").split("; "):
        assert run(ranch, command).exit_code == 0
    assert taken(ranch) == before
    assert len(camera_findings(ranch)) == 1


def test_photos_at_the_same_clock_time_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    """The clock fell back by three days: what it said before it says again."""
    times = [T0 + timedelta(hours=7 * k) for k in range(20)]
    times += [times[-1] - timedelta(days=3) + timedelta(hours=7 * k) for k in range(20)]
    for number, at in enumerate(times, 1):
        photo(tmp_path / "photos" / "North" / f"IMG_{number:04d}.JPG", number, at)
    workspace = Workspace.create(tmp_path / "workspace")
    add_paths(workspace, [tmp_path / "photos"])
    [finding] = camera_findings(workspace)
    assert finding.fix is not None and finding.fix.files == "21-40"
    set_clock(workspace, "North", finding.fix)
    now = taken(workspace)
    assert now == sorted(now) and now[:20] == times[:20]
    assert camera_findings(workspace) == []
    assert camera_table(workspace).filter(files="21-40").height == 1
    save_cameras(workspace, camera_table(workspace))  # as the page Settings does
    assert taken(workspace) == now
    set_clock(workspace, "North", ClockFix(0.0, finding.fix.begins, finding.fix.ends, "21-40"))
    assert taken(workspace) == times


def test_one_photo_whose_time_is_known(ranch: Workspace) -> None:
    path = ranch.root.parent / "photos" / "North" / "IMG_0001.JPG"
    said = clock_by_photo(ranch, "north", path, T0 + timedelta(hours=12), ClockFix(0.0))
    assert "+12:00:00" in said[0]
    assert taken(ranch)[0] == T0 + timedelta(hours=12)
    clock_by_photo(ranch, "North", Path("North/IMG_0001.JPG"), T0, ClockFix(0.0))
    assert taken(ranch)[0] == T0


def test_file_dates_that_are_real(ranch: Workspace) -> None:
    asked = "select taken_at_source, taken_at_precision, is_time_evidence from photos where camera = 'Feeder'"
    assert set(ranch.sql(asked).rows()) == {("file_mtime", "unknown", False)}
    moved = set_clock(ranch, "Feeder", ClockFix(3600.0))
    assert "--trust-file-dates" in moved[1]
    said = trust_file_dates(ranch, "feeder")
    assert said[0].startswith("3 photos of Feeder")
    assert set(ranch.sql(asked).rows()) == {("file_mtime", "second", True)}
    assert taken(ranch, "Feeder")[0] == datetime(2024, 10, 1, 13)
    trust_file_dates(ranch, "Feeder", trust=False)
    assert set(ranch.sql(asked).rows()) == {("file_mtime", "unknown", False)}
    assert "No photo of North" in trust_file_dates(ranch, "North")[0]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("thumper cameras clock Barn --offset +1:00", "Cameras: Feeder, North"),
        ("thumper cameras clock North", "Say one of"),
        ("thumper cameras clock North --offset +1:00 --trust-file-dates", "Say one of"),
        ("thumper cameras clock North --offset 1h", "--offset"),
        ("thumper cameras clock North --offset +1:00 --files 9-3", "--files"),
        ("thumper cameras clock North --offset +1:00 --from 2024-11-02 --to 2024-11-01", "ends"),
        ("thumper cameras clock North --offset +1:00 --from 2020-01-01 --to 2020-02-01", "no photo"),
        ("thumper cameras clock North --photo x.JPG", "belong together"),
        ("thumper cameras clock North --photo x.JPG --taken-at '2024-11-03 06:41'", "thumper add"),
        ("thumper cameras clock North --photo Feeder/F0.JPG --taken-at '2024-11-03 06:41'",
         "photo of Feeder"),
        ("thumper cameras clock North --trust-file-dates --from 2024-11-02", "all photos"),
    ],
)  # fmt: skip
def test_wrong_use(ranch: Workspace, command: str, says: str) -> None:
    result = run(ranch, command)
    assert isinstance(result.exception, UsageError) and says in str(result.exception)
    assert not ranch.cameras_csv.exists()


def row(offset_s: float, begins: datetime | None, ends: datetime | None, **more: Any) -> Any:
    values = {"name": "N", "clock_offset_s": offset_s, "from": begins, "to": ends}
    return dict.fromkeys(COLUMNS) | values | more


D = [datetime(2024, 1, day) for day in range(1, 10)]


@pytest.mark.parametrize(
    ("rows", "begins", "ends", "expected"),
    [
        ([], None, None, [(60, None, None)]),
        ([], D[1], D[2], [(0, None, D[1]), (60, D[1], D[2]), (0, D[2], None)]),
        ([row(0, None, None)], None, None, [(60, None, None)]),
        ([row(0, None, None)], D[1], None, [(0, None, D[1]), (60, D[1], None)]),
        ([row(5, D[0], D[4])], D[1], D[2], [(5, D[0], D[1]), (60, D[1], D[2]), (5, D[2], D[4])]),
        ([row(5, D[0], D[2])], D[1], D[3], [(5, D[0], D[1]), (60, D[1], D[2]), (60, D[2], D[3])]),
        ([row(60, None, D[1]), row(0, D[1], None)], D[1], None, [(60, None, None)]),
        ([row(1, D[0], D[1]), row(2, D[3], D[4])], None, None,
         [(60, None, D[0]), (60, D[0], D[1]), (60, D[1], D[3]), (60, D[3], D[4]), (60, D[4], None)]),
        ([row(60, None, D[1]), row(60, D[1], D[2]), row(60, D[2], None)], D[1], D[2],
         [(60, None, None)]),
    ],
)  # fmt: skip
def test_with_offset(rows: Any, begins: Any, ends: Any, expected: list[Any]) -> None:
    found = with_offset(rows, "N", 60, begins, ends)
    assert _merged([(r["clock_offset_s"], r["from"], r["to"]) for r in found]) == _merged(expected)


def _merged(spans: list[Any]) -> list[Any]:
    done: list[Any] = []
    for span in spans:
        if done and done[-1][0] == span[0] and done[-1][2] == span[1]:
            done[-1] = (span[0], done[-1][1], span[2])
        else:
            done.append(span)
    return done


def test_columns_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text("name,files,file_dates\nN,,yes\nN,100-250,\nN,251-300,\n")
    rows = read_camera_file(path).rows.select("first_file", "last_file", "file_dates").rows()
    assert rows == [(None, None, True), (100, 250, None), (251, 300, None)]
    for text, says in (
        ("name,files\nN,9-3\n", "file numbers"),
        ("name,file_dates\nN,perhaps\n", "neither yes nor no"),
        ("name,files\nN,1-9\nN,9-12\n", "line 3"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=says):
            read_cameras(path)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "+00:00:00"), (43200, "+12:00:00"), (-3661, "-01:01:01"), (784511940, "+217919:59:00")],
)
def test_offset_text(seconds: float, text: str) -> None:
    assert offset_text(seconds) == text
