"""A clock that the strip contradicts is found by photos that agree on it, and named with what sets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from thumper_core.cameras.health import camera_findings
from thumper_core.cameras.printed import PHOTOS_MIN, find_printed
from thumper_core.cameras.set_clock import set_clock
from thumper_core.ingest.add import add_paths
from thumper_core.ingest.read import read_facts
from thumper_core.ingest.record import write_facts
from thumper_core.workspace import Workspace

START = datetime(2025, 10, 3, 6, 41, 27)
HOUR = timedelta(hours=1)
LATER = START + timedelta(days=40)
Told = Callable[[datetime], str]


def american(at: datetime) -> str:
    return f"{at.month}/{at.day}/{at.year}  {at:%I:%M %p}  NORTH FEEDER  41F"


def european(at: datetime) -> str:
    return f"{at:%d.%m.%Y  %H:%M:%S}  5C"


def camera(
    n: int = 12,
    off: timedelta = timedelta(),
    *,
    told: Told = american,
    first: datetime = START,
    step: timedelta = timedelta(hours=9),
    source: str = "exif",
    set_to: timedelta = timedelta(),
    sure: float = 0.97,
) -> pl.DataFrame:
    """Photos whose strips say `off` more than their files."""
    times = [first + k * step for k in range(n)]
    return pl.DataFrame(
        {
            "photo_id": [f"{first:%d}-{k:03}" for k in range(n)],
            "clock_at": times,
            "taken_at": [at + set_to for at in times],
            "taken_at_source": [source] * n,
            "is_time_evidence": [source != "file_mtime"] * n,
            "stamp": [told(at + off) for at in times],
            "stamp_confidence": [sure] * n,
        }
    )


def misread(photos: pl.DataFrame, every: int) -> pl.DataFrame:
    """Every so many strips were read with another hour."""
    stamp = [american(START + timedelta(days=40 + k)) if k % every == 0 else text
             for k, text in enumerate(photos["stamp"])]  # fmt: skip
    return photos.with_columns(pl.Series("stamp", stamp))


@pytest.mark.parametrize(
    ("photos", "hours"),
    [
        (camera(), []),
        (camera(off=timedelta(seconds=50)), []),  # what no minute shows
        (camera(off=-5 * HOUR), [-5]),
        (camera(off=-5 * HOUR, told=european), [-5]),
        (camera(off=13 * HOUR, source="filename"), [13]),
        (misread(camera(22, off=2 * HOUR), 11), [2]),
        (misread(camera(24, off=2 * HOUR), 3), []),  # they agree on nothing
        (misread(camera(24), 4), []),
        (camera(PHOTOS_MIN - 1, off=2 * HOUR), []),
        (camera(off=2 * HOUR, sure=0.4), []),
        (camera(off=2 * HOUR, source="stamp"), []),  # the strip is its time already
        (camera(off=2 * HOUR, source="file_mtime"), []),
        (camera(off=2 * HOUR, set_to=2 * HOUR), []),  # it is set
        (camera(off=2 * HOUR, set_to=3 * HOUR), [2]),
        (pl.concat([camera(off=-5 * HOUR), camera(off=-6 * HOUR, first=LATER)]), [-5, -6]),
        (pl.concat([camera(), camera(off=8 * HOUR, first=LATER)]), [8]),
        (camera(0), []),
        (camera(told=lambda at: f"{at.day}/{at.month}/{at.year} {at:%H:%M}", step=HOUR / 4), []),
    ],
)  # fmt: skip
def test_stretches_that_say_another_time(photos: pl.DataFrame, hours: list[int]) -> None:
    found = find_printed(photos.sample(fraction=1.0, shuffle=True, seed=1))
    assert [stretch.offset for stretch in found] == [hour * HOUR for hour in hours]
    assert all(stretch.n_photos <= stretch.n_read for stretch in found)
    ids = [photo_id for stretch in found for photo_id in stretch.photo_ids]
    assert len(ids) == len(set(ids))


def test_health_names_it_with_the_command_that_sets_it(
    tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    folder = tmp_path / "photos" / "North"
    folder.mkdir(parents=True)
    for k in range(8):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"{START + k * 9 * HOUR:%Y:%m:%d %H:%M:%S}"
        Image.new("RGB", (64, 48), (k, 2, 3)).save(folder / f"IMG_{k:04}.jpg", exif=exif)
    workspace = Workspace.create(tmp_path / "ranch")
    add_paths(workspace, [folder.parent])
    facts = [read_facts(bytes(path)) for path in sorted(folder.iterdir())]
    write_facts(
        workspace.lake,
        [
            one._replace(stamp=american(START + (9 * k - 5) * HOUR), stamp_confidence=0.9)
            for k, one in enumerate(facts)
            if one
        ],
    )
    [finding] = [one for one in camera_findings(workspace) if one.kind == "clock"]
    assert "In 8 of 8 photos" in finding.message
    assert "-05:00:00" in finding.message
    assert finding.fix is not None
    _, said = call("--workspace", str(workspace.root), "health")
    assert finding.fix.command("North") == "thumper cameras clock North --offset -05:00:00"
    assert "--offset -05:00:00" in " ".join(said.split())
    set_clock(workspace, "North", finding.fix)
    assert [one for one in camera_findings(workspace) if one.kind == "clock"] == []
    taken = workspace.sql("select min(taken_at) as at from photos")["at"].item()
    assert taken == START - 5 * HOUR
