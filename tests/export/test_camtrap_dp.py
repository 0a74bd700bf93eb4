from __future__ import annotations

import csv
import json
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import workspaces
from tests.export.rules import SCHEMAS
from tests.workspaces import Deer, placed
from thumper_core.contracts import AgeClass, Sex, ThumperError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal, Reclass, Undo
from thumper_core.decisions.record import record
from thumper_core.export import camtrap_tables
from thumper_core.export.camtrap_dp import Project, camtrap_dp, package
from thumper_core.questions.scope import Scope, scoped
from thumper_core.workspace import Workspace
from thumper_core.zones import zone

PROJECT = Project(
    "Our Ranch!", created=datetime(2026, 11, 25, 14, tzinfo=UTC), timezone=zone("-06:00")
)


def validate(folder: Path) -> list[str]:
    """What frictionless has against the package, its three tables held to the rules of 1.0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, of its own dependencies
        frictionless = pytest.importorskip("frictionless", reason="pip install frictionless")
        descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
        for resource in descriptor["resources"]:
            if resource["name"] in SCHEMAS:
                resource["schema"] = {**SCHEMAS[resource["name"]], "missingValues": [""]}
        descriptor.pop("profile")  # a URL: the rules are checked below
        package = frictionless.Package.from_descriptor(descriptor, basepath=str(folder))
        report = package.validate()
    return [str(error) for error in report.flatten(["title", "rowNumber", "fieldName", "note"])]


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_package_is_valid(herd: Workspace, tmp_path: Path) -> None:
    folder = camtrap_dp(herd, tmp_path / "dp", PROJECT)
    assert validate(folder) == []
    for name, schema in SCHEMAS.items():
        header = (folder / f"{name}.csv").read_text("utf-8").split("\n")[0].split(",")
        assert header == [field["name"] for field in schema["fields"]]


def test_a_broken_package_is_not(herd: Workspace, tmp_path: Path) -> None:
    folder = camtrap_dp(herd, tmp_path / "dp", PROJECT)
    path = folder / "observations.csv"
    path.write_text(path.read_text("utf-8").replace(",media,animal,", ",media,deer,", 1), "utf-8")
    assert any("observationType" in error for error in validate(folder))


def test_descriptor(herd: Workspace) -> None:
    made = json.loads(package(herd, PROJECT)["datapackage.json"])
    core = {r["name"]: r for r in made["resources"]}
    for name in ("deployments", "media", "observations"):
        url = f"https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.1/{name}-table-schema.json"
        assert core[name]["schema"] == url
        assert core[name]["profile"] == "tabular-data-resource"
    assert core["individuals"]["schema"]["primaryKey"] == "individualID"
    assert made["name"] == "our-ranch"
    assert made["created"] == "2026-11-25T14:00:00Z"
    assert made["project"]["individualAnimals"] is True
    assert made["project"]["observationLevel"] == ["media", "event"]
    assert made["temporal"] == {"start": "2026-09-28", "end": "2026-10-04"}
    assert made["spatial"]["bbox"] == [-98.21, 30.1, -98.19, 30.11]
    assert [t["scientificName"] for t in made["taxonomic"]] == [
        "Homo sapiens", "Odocoileus virginianus"
    ]  # fmt: skip


def test_reading_it_again_gives_the_same_counts(herd: Workspace, tmp_path: Path) -> None:
    folder = camtrap_dp(herd, tmp_path / "dp", PROJECT)
    rows = read(folder, "observations")
    events = Counter(r["individualID"] for r in rows if r["observationLevel"] == "event")
    boxes = Counter(r["individualID"] for r in rows if r["observationLevel"] == "media")
    seen = herd.sql(
        "select individual_id, n_events, n_detections from individuals where n_events > 0"
    )
    for individual_id, n_events, n_detections in seen.iter_rows():
        assert events[individual_id] == n_events
        assert boxes[individual_id] == n_detections
    assert set(events) - {""} == set(seen["individual_id"])
    listed = {r["individualID"]: r for r in read(folder, "individuals")}
    assert listed["deer-001"]["individualName"] == "Old Crooked"
    assert listed["deer-001"]["events"] == "4"
    assert listed["deer-006"]["individualName"] == "Ghost"
    assert listed["deer-006"]["events"] == "0"


def test_what_an_observation_says(herd: Workspace, tmp_path: Path) -> None:
    folder = camtrap_dp(herd, tmp_path / "dp", PROJECT)
    rows = read(folder, "observations")
    buck = next(
        r for r in rows if r["individualID"] == "deer-001" and r["observationLevel"] == "media"
    )
    photo = next(r for r in read(folder, "media") if r["mediaID"] == buck["mediaID"])
    assert (buck["sex"], buck["lifeStage"], buck["count"]) == ("male", "adult", "1")
    assert buck["classificationProbability"] == "0.9"
    assert buck["classifiedBy"] == workspaces.DETECTOR
    assert photo["timestamp"].endswith("-06:00")
    fawn = next(r for r in rows if r["individualID"] == "deer-003")
    assert (fawn["lifeStage"], fawn["sex"]) == ("juvenile", "")
    kinds = Counter(r["observationType"] for r in rows if r["observationLevel"] == "media")
    # Three blanks and the photo read in part that shows nothing; one file that could not be read.
    assert kinds == {"animal": 11, "human": 2, "blank": 4, "unclassified": 1}
    people = {r["mediaID"] for r in rows if r["observationType"] == "human"} - {""}
    assert {r["filePublic"] for r in read(folder, "media") if r["mediaID"] in people} == {"false"}


def test_what_people_said_names_them(build: Callable[..., Workspace], tmp_path: Path) -> None:
    workspace = placed(build([Deer("buck", 2), Deer("deer", 1)], drawn=False))
    boxes = workspace.sql("select * from detections order by detection_id").to_dicts()

    def of(row: dict[str, Any], n: float = 0.0) -> BoxKey:
        return BoxKey(row["photo_id"], (row["x1"] + n, row["y1"], row["x2"], row["y2"]))

    ledger = workspace.ledger
    record(ledger, Reclass(of(boxes[0]), "coyote", Sex.UNKNOWN, AgeClass.UNKNOWN), "ann")
    record(
        ledger, Reclass(of(boxes[0], 2), "white-tailed deer", Sex.FEMALE, AgeClass.ADULT), "=bob"
    )
    taken_back = Reclass(of(boxes[1]), "coyote", Sex.UNKNOWN, AgeClass.UNKNOWN)
    record(ledger, Undo(record(ledger, taken_back, "cid")), "cid")
    drawn = BoxKey(boxes[1]["photo_id"], (1.0, 1.0, 41.0, 31.0))
    record(ledger, MissedAnimal(drawn, "coyote", Sex.UNKNOWN, AgeClass.UNKNOWN), "dan")
    folder = camtrap_dp(workspace, tmp_path / "dp", PROJECT)
    assert validate(folder) == []
    rows = read(folder, "observations")
    media = {r["observationID"]: r for r in rows if r["observationLevel"] == "media"}
    said = media[boxes[0]["detection_id"]]
    assert (said["classificationMethod"], said["classifiedBy"]) == ("human", "'=bob")
    assert (said["sex"], said["classificationProbability"]) == ("female", "")
    last = max(d.made_at for d in ledger.decisions() if d.author == "=bob")
    assert said["classificationTimestamp"][:19] == last.astimezone(UTC).isoformat()[:19]
    kept = media[boxes[1]["detection_id"]]
    assert (kept["classificationMethod"], kept["classifiedBy"]) == ("machine", workspaces.DETECTOR)
    coyote = next(r for r in media.values() if r["scientificName"] == "Canis latrans")
    assert (coyote["classificationMethod"], coyote["classifiedBy"]) == ("human", "dan")
    event = next(
        r for r in rows
        if r["observationLevel"] == "event" and r["scientificName"] == "Canis latrans"
    )  # fmt: skip
    assert (event["classificationMethod"], event["classifiedBy"]) == ("human", "dan")
    known = next(r for r in rows if r["observationLevel"] == "event" and r["individualID"])
    assert known["classificationMethod"] == "machine"


@pytest.mark.parametrize("hide", [True, False])
def test_hidden_coordinates_are_coarse_and_people_absent(
    herd: Workspace, tmp_path: Path, hide: bool
) -> None:
    scope = Scope(hide_coordinates=hide, hide_people=hide)
    folder = camtrap_dp(scoped(herd, scope), tmp_path / "dp", PROJECT)
    assert validate(folder) == []
    creek, feeder, _ = read(folder, "deployments")
    text = "".join(path.read_text("utf-8") for path in folder.iterdir())
    assert ("30.11" in text) is not hide
    assert (
        "human" in (folder / "observations.csv").read_text("utf-8").split("\n", 1)[1]
    ) is not hide
    assert feeder["latitude"] == ("30.1" if hide else "30.11")
    assert creek["coordinateUncertainty"] == ("7900" if hide else "")
    precision = json.loads((folder / "datapackage.json").read_text()).get("coordinatePrecision")
    assert precision == (0.1 if hide else None)


def test_hostile_names_and_paths(hostile: Workspace, tmp_path: Path) -> None:
    folder = camtrap_dp(hostile, tmp_path / "dp", PROJECT)
    assert validate(folder) == []
    for name in ("deployments", "media", "observations", "individuals"):
        for row in read(folder, name):
            for column, value in row.items():
                numeric = column in ("latitude", "longitude")
                assert numeric or not value.startswith(("=", "+", "-", "@", "\t")), (column, value)
    names = {r["individualName"] for r in read(folder, "individuals")}
    assert {"🦌 Bambi", "'+1+1", "\u202eغزال"} <= names


def test_no_coordinates_no_package(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("buck", 2)], drawn=False)
    with pytest.raises(ThumperError, match=r"Creek, North feeder, Old oak.*cameras\.csv"):
        package(workspace, PROJECT)


def test_no_photo_no_package(tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="thumper add"):
        package(Workspace.create(tmp_path / "new"), PROJECT)


def test_a_camera_that_moved_is_two_deployments(build: Callable[..., Workspace]) -> None:
    workspace = placed(build([Deer("buck", 6)], cameras=("Creek",), drawn=False))
    workspace.cameras_csv.write_text(
        "name,latitude,longitude,from,to\nCreek,30.1,-98.2,,2026-10-02\n"
        "Creek,30.3,-98.4,2026-10-03,\n"
    )
    text = package(workspace, PROJECT)["deployments.csv"]
    rows = list(csv.DictReader(text.splitlines()))
    assert [(r["deploymentID"], r["latitude"]) for r in rows] == [
        ("Creek 2026-10-03", "30.3"), ("Creek first", "30.1")
    ]  # fmt: skip
    assert rows[1]["deploymentEnd"].startswith("2026-10-03T00:00:00")


def test_a_file_without_a_time_is_no_stay_of_its_own(build: Callable[..., Workspace]) -> None:
    failures = [("Creek/zero.jpg", "error", "empty_file")]
    workspace = build([Deer("buck", 3)], cameras=("Creek",), failures=failures, drawn=False)
    untimed = workspace.sql("select path from photos where taken_at_source = 'file_mtime'")
    assert untimed["path"].to_list() == ["Creek/zero.jpg"]
    workspace.cameras_csv.write_text(
        "name,latitude,longitude,from,to\nCreek,30.1,-98.2,2026-08-01,2026-12-31\n"
    )
    files = package(workspace, PROJECT)
    (row,) = csv.DictReader(files["deployments.csv"].splitlines())
    assert (row["deploymentID"], row["latitude"]) == ("Creek", "30.1")
    assert row["deploymentStart"].startswith("2026-08-01")
    assert row["timestampIssues"] == "true"
    media = list(csv.DictReader(files["media.csv"].splitlines()))
    assert {r["deploymentID"] for r in media} == {"Creek"}


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("Creek/a.jpg", "Creek/a.jpg"),
        ("../../etc/x", "%2E%2E/%2E%2E/etc/x"),
        ("a..b/c.jpg", "a%2E%2Eb/c.jpg"),
        ("/abs.jpg", "abs.jpg"),
        (".hidden/a.jpg", "%2Ehidden/a.jpg"),
        ("~me/a.jpg", "%7Eme/a.jpg"),
    ],
)
def test_file_path(path: str, written: str) -> None:
    assert camtrap_tables.file_path(path) == written


@pytest.mark.parametrize(
    ("name", "offset"), [("UTC", "+00:00"), ("+0530", "+05:30"), ("America/Chicago", "-06:00")]
)
def test_zone(name: str, offset: str) -> None:
    from thumper_core.zones import stamped

    at: Any = datetime(2026, 1, 15, 6, 41)
    assert stamped(at, zone(name)) == f"2026-01-15T06:41:00{offset}"


@pytest.mark.parametrize("name", ["Ranch/Time", "", "+99:99", "../etc"])
def test_no_such_zone(name: str) -> None:
    with pytest.raises(ThumperError, match="timezone"):
        zone(name)
