from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fakes import FakeEmbedder
from tests.imports.conftest import CAMERAS
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Name, Reclass
from thumper_core.decisions.record import record
from thumper_core.export.camtrap_dp import Project, camtrap_dp
from thumper_core.herd.build import build_herd
from thumper_core.imports.package import import_package, read_package, told
from thumper_core.imports.package_media import photos_of
from thumper_core.imports.packages import Medium, Package
from thumper_core.imports.undo import undo_import
from thumper_core.store.came_in import imports
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Season = Callable[..., Workspace]
RunOf = Callable[[Workspace], Any]
OTHERWISE = ("classifiedBy", "classificationProbability", "classificationTimestamp")
"""Who classified, how sure and when: of an identification that is made anew, its own."""


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False)


def test_out_in_and_out_again_is_the_same(season: Season, tmp_path: Path, run_it: RunOf) -> None:
    first = season("ann", n=14)
    first.cameras_csv.write_text(CAMERAS)
    who = first.ledger.individual_ids()[0]
    record(first.ledger, Name(who, "Old Crooked"), "Ann")
    photo_id, *box = first.sql("select photo_id, x1, y1, x2, y2 from detections limit 1").row(0)
    record(first.ledger, Reclass(BoxKey(photo_id, tuple(box)), "elk"), "Ann")
    build_herd(first)
    camtrap_dp(first, tmp_path / "one", Project("Ranch"))

    second = season("bob", identified=False)
    found = import_package(second, tmp_path / "one", FakeEmbedder, run_it(second), author="Bob")
    assert (found.n_photos, found.unmatched, found.unclear, found.n_otherwise) == (14, (), (), 0)
    assert (found.n_said, found.n_cameras, found.run.n_left) == (1, 2, 0)
    build_herd(second)
    camtrap_dp(second, tmp_path / "two", Project("Ranch"))
    for name in ("deployments", "media", "individuals"):
        assert table(tmp_path / "two", name).equals(table(tmp_path / "one", name)), name
    one, two = (table(tmp_path / n, "observations").drop(OTHERWISE) for n in ("one", "two"))
    assert two.equals(one)
    said = second.sql("select author, made_at from decisions where kind = 'class'").row(0)
    assert said[0] == "Ann"

    n = len(second.ledger.decisions())
    again = import_package(second, tmp_path / "one", FakeEmbedder, run_it(second), author="Bob")
    assert (again.new, again.n_said, again.n_cameras, again.run.progress.done) == ((), 0, 0, 0)
    assert len(second.ledger.decisions()) == n
    undo_import(second, found.import_id, "Bob")
    assert second.sql("select name from individuals where name is not null").is_empty()
    assert second.sql("from cameras").is_empty()
    assert verify(second).is_sound


@pytest.mark.parametrize("place", ["the camera", "another word"])
def test_media_of_a_platform_are_known_by_the_files_own_name_and_time(
    season: Season, tmp_path: Path, run_it: RunOf, place: str
) -> None:
    """Its addresses say nothing, and it keeps times in UTC: two hours earlier."""
    first = season("ann", n=6)
    first.cameras_csv.write_text(CAMERAS)
    folder = tmp_path / "dp"
    camtrap_dp(first, folder, Project("Ranch"))
    media, said = table(folder, "media"), table(folder, "observations")
    at = pl.col("timestamp").str.slice(0, 19).str.to_datetime() - pl.duration(hours=2)
    address = pl.format("https://platform.example/assets/{}/file", pl.int_range(pl.len()))
    own = {"mediaID": "m" + pl.col("mediaID"), "filePath": address}
    media = media.with_columns(fileName=pl.col("filePath").str.split("/").list.last())
    media.with_columns(**own, timestamp=at.dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(
        folder / "media.csv"
    )
    said.with_columns(mediaID="m" + pl.col("mediaID")).write_csv(folder / "observations.csv")
    if place != "the camera":
        places = table(folder, "deployments").with_columns(locationName=pl.lit("Somewhere"))
        places.write_csv(folder / "deployments.csv")
    second = season("bob", n=6, identified=False)
    found = import_package(second, folder, FakeEmbedder, run_it(second), author="Bob")
    assert (found.n_photos, found.unmatched) == (6, ())
    files = dict(second.sql("select photo_id, path from photos").iter_rows())
    package, _ = read_package(folder)
    for medium, photo_id in photos_of(second, package)[0].items():
        assert medium == f"m{photo_id}" and files[photo_id].endswith(package.media[medium].name)


def test_one_photo_of_the_same_name_hours_away_is_chance(season: Season) -> None:
    workspace = season("ann", n=2, identified=False)
    rows = workspace.sql("select photo_id, path, clock_at from photos order by path")
    photo_id, path, at = rows.row(0)
    name = path.rsplit("/", 1)[-1]

    def media(n_others: int, hours: int) -> dict[str, Medium]:
        others = {
            f"o{n}": Medium(f"https://x/{n}", "D", at, "", f"{n}.jpg") for n in range(n_others)
        }
        asked = Medium("https://x/a", "D", at - timedelta(hours=hours), "", name)
        return {"a": asked, **others}

    def found(n_others: int, hours: int) -> dict[str, str]:
        return photos_of(workspace, Package("P", {}, media(n_others, hours), (), {}))[0]

    assert found(30, 2) == {} and found(5, 2) == found(30, 0) == {"a": photo_id}


def insights(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A Wildlife Insights package with one deployment."""
    folder.mkdir()
    place = {"project_id": "7", "deployment_id": "D1", "placename": "Creek", "longitude": "-98.2"}
    place |= {"latitude": "30.1", "start_date": "2024-01-01 00:00:00", "end_date": ""}
    for name, listed in (("deployments", [place]), ("images", rows)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(listed[0]))
            writer.writeheader()
            writer.writerows(listed)
    return folder


def image(filename: str, **changes: str) -> dict[str, str]:
    row = {
        "project_id": "7", "deployment_id": "D1", "image_id": filename, "filename": filename,
        "location": f"gs://bucket/{filename}", "is_blank": "0", "identified_by": "Ann",
        "class": "Mammalia", "order": "Cetartiodactyla", "family": "Cervidae", "genus": "Odocoileus",
        "species": "virginianus", "common_name": "White-tailed Deer",
        "timestamp": "2024-01-01 10:00:00", "age": "Adult", "sex": "Male", "individual_id": "",
        "individual_animal_notes": "", "bounding_boxes": "", "number_of_objects": "",
    }  # fmt: skip
    return row | changes


@pytest.mark.slow
def test_wildlife_insights_says_whose_the_boxes_are(
    season: Season, tmp_path: Path, run_it: RunOf
) -> None:
    workspace = season("ann")
    counts = workspace.sql(
        "select p.path, count(d.detection_id) as n from photos p left join detections d using (photo_id) "
        "group by p.path order by n, p.path"
    )
    alone = [path for path, n in counts.iter_rows() if n == 1]
    several = next(path for path, n in counts.iter_rows() if n > 1)
    rows = [
        image(Path(alone[0]).name, individual_id="B12", individual_animal_notes="torn ear"),
        image(Path(alone[1]).name, individual_id="B12"),
        image(Path(several).name, individual_id="B13"),
        image("elsewhere.jpg"),
    ]
    path = insights(tmp_path / "wi", rows)
    found = import_package(workspace, path, FakeEmbedder, run_it(workspace), author="Zoe")
    assert (found.n_photos, found.unmatched, found.n_boxes) == (3, ("elsewhere.jpg",), None)
    assert (found.new, len(found.unclear), found.n_said) == (("B12",), 1, 2)
    assert len(told(found)) == 4
    build_herd(workspace)
    (row,) = workspace.sql(
        "select name, n_detections, notes, sex from individuals where name is not null"
    ).rows()
    assert row == ("B12", 2, "torn ear", "male")
    assert set(workspace.sql("select author from decisions where kind = 'class'")["author"]) == {
        "Ann"
    }


def test_boxes_of_wildlife_insights_are_embedded(
    season: Season, tmp_path: Path, run_it: RunOf
) -> None:
    workspace = season("ann", n=6, identified=False)
    names = [
        Path(path).name for path in workspace.sql("select path from photos order by 1")["path"]
    ]

    def boxes(*corners: float) -> str:
        return json.dumps(
            [{"xmin": x, "ymin": 0.1, "xmax": x + 0.3, "ymax": 0.6, "score": 0.9} for x in corners]
        )

    rows = [
        image(names[0], individual_id="B12", bounding_boxes=boxes(0.1), number_of_objects="1"),
        image(names[1], bounding_boxes=boxes(0.1, 0.6), number_of_objects="2"),  # two bucks
        image(names[2], individual_id="B13", bounding_boxes=boxes(0.1, 0.6)),
        image(names[3], sex="Male", bounding_boxes=boxes(0.1, 0.6), number_of_objects="1"),
        image(names[3], sex="Female", bounding_boxes=boxes(0.1, 0.6), number_of_objects="1"),
        image(names[4], identified_by="Computer vision", sex="", bounding_boxes=boxes(0.1)),
        image(names[5], bounding_boxes="[[0.1,0.2,0.3,0.4]]"),
    ]
    path = insights(tmp_path / "wi", rows)
    found = import_package(workspace, path, FakeEmbedder, run_it(workspace), author="Zoe")
    assert (found.n_boxes, found.run.progress.done, found.run.n_left) == (8, 5, 0)
    assert found.n_said == 5  # one and two and two; of the fourth photo nobody says which is which
    assert (found.new, len(found.unclear)) == (("B12",), 1)
    assert "bounding_boxes of 1 photo" in " ".join(told(found))
    assert "Of 1 photo it has no box" in " ".join(told(found))
    build_herd(workspace)
    seen = workspace.sql("select sex, count(*) from detections group by sex order by sex").rows()
    assert seen == [("male", 5), ("unknown", 3)]


@pytest.mark.slow
def test_a_package_in_a_zip_with_its_photos_beside(
    season: Season, tmp_path: Path, run_it: RunOf
) -> None:
    first = season("ann", n=4)
    first.cameras_csv.write_text(CAMERAS)
    camtrap_dp(first, tmp_path / "one", Project("Ranch"))
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        for file in (tmp_path / "one").iterdir():
            archive.write(file, f"package/{file.name}")
    assert len(read_package(tmp_path / "one.zip")[0].media) == 4

    for path in (tmp_path / "photos").rglob("*.jpg"):
        place = tmp_path / "one" / path.relative_to(tmp_path / "photos")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(path.read_bytes())
    second = Workspace.create(tmp_path / "bob")
    found = import_package(second, tmp_path / "one", FakeEmbedder, run_it(second), author="Bob")
    assert (found.n_photos, found.unmatched) == (4, ())
    undo_import(second, found.import_id, "Bob")
    assert second.ledger.roots() == []


def broken(folder: Path, what: str) -> Path:
    """A Camtrap DP folder with one thing wrong."""
    folder.mkdir()
    names = ("deployments", "media", "observations")
    resources = [{"name": name, "path": f"{name}.csv"} for name in names]
    texts = {
        "deployments": "deploymentID,latitude\nD1,30.1\n",
        "media": "mediaID,deploymentID,timestamp,filePath\nm1,D1,2024-01-01T10:00:00Z,a.jpg\n",
        "observations": "observationID,observationType,mediaID,bboxX,bboxY,bboxWidth,bboxHeight\n"
        "o1,animal,m1,0.1,0.1,0.2,0.2\n",
    }
    if what == "no table":
        resources.pop()
    elif what == "remote":
        resources[1]["path"] = "https://example.org/media.csv"
    elif what == "time":
        texts["media"] = texts["media"].replace("2024-01-01T10:00:00Z", "yesterday")
    elif what == "box":
        texts["observations"] = texts["observations"].replace("0.2,0.2", "2,0.2")
    elif what == "column":
        texts["media"] = texts["media"].replace("mediaID", "id")
    elif what == "empty":
        texts["media"] = texts["media"].split("\n")[0] + "\n"
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    descriptor = "no json" if what == "descriptor" else json.dumps({"resources": resources})
    (folder / "datapackage.json").write_text(descriptor)
    return folder


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("descriptor", "no Camtrap DP descriptor"),
        ("no table", "names no observations"),
        ("remote", "Download or unpack"),
        ("time", "'yesterday' is no time"),
        ("box", "no part of a photo"),
        ("column", "has no column mediaID"),
        ("empty", "no photo in"),
        ("none of ours", "thumper add"),
    ],
)
def test_a_package_that_will_not_do_leaves_nothing(
    season: Season, tmp_path: Path, run_it: RunOf, what: str, says: str
) -> None:
    workspace = season("ann", n=2, identified=False)
    path = broken(tmp_path / "dp", what)
    with pytest.raises(ThumperError, match=says):
        import_package(workspace, path, FakeEmbedder, run_it(workspace), author="Ann")
    assert imports(workspace.ledger) == []
    assert workspace.ledger.runs() == []


def test_what_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "a.jpg").write_bytes(b"x")
    for name in ("absent", "photos", "a.jpg"):
        with pytest.raises(UsageError):
            read_package(tmp_path / name)
