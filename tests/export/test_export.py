from __future__ import annotations

import csv
import io
import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests import workspaces
from tests.export.conftest import HOSTILE
from tests.workspaces import Deer, placed
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.export import camtrapr, coco, duckdb_file, secr, tables, xmp
from thumper_core.herd.abundance.occasions import capture_matrix
from thumper_core.questions import source
from thumper_core.questions.scope import Scope, scoped
from thumper_core.workspace import Workspace

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- COCO ----------------------------------------------------------------------------------------


def test_coco(herd: Workspace, tmp_path: Path) -> None:
    made = json.loads(coco.coco(herd, tmp_path / "c.json").read_text("utf-8"))
    images = {image["id"]: image for image in made["images"]}
    categories = {c["id"]: c["name"] for c in made["categories"]}
    assert sorted(categories.values()) == ["buck", "deer", "doe", "fawn", "person"]
    assert len(images) == herd.sql("select count(*) from photos where width > 0").item()
    assert len({a["id"] for a in made["annotations"]}) == len(made["annotations"]) == 13
    for annotation in made["annotations"]:
        image = images[annotation["image_id"]]
        x, y, w, h = annotation["bbox"]
        assert x >= 0 and y >= 0 and x + w <= image["width"] and y + h <= image["height"]
        assert annotation["area"] == pytest.approx(w * h, abs=0.01)
        assert categories[annotation["category_id"]]
    mine = [a for a in made["annotations"] if a["individual_id"] == "deer-001"]
    assert [categories[a["category_id"]] for a in mine] == ["buck"] * 4
    assert all(0 <= i["frame_num"] < i["seq_num_frames"] for i in made["images"])


# --- camtrapR ------------------------------------------------------------------------------------


def test_camtrapr(herd: Workspace, tmp_path: Path) -> None:
    folder = camtrapr.camtrapr(herd, tmp_path / "ct")
    record = rows_of((folder / "record_table.csv").read_text("utf-8"))
    assert set(record[0]) >= {
        "Station", "Species", "DateTimeOriginal", "Date", "Time", "delta.time.secs",
        "delta.time.mins", "delta.time.hours", "delta.time.days", "Directory", "FileName",
    }  # fmt: skip
    assert {r["Species"] for r in record} == {"white-tailed deer"}
    by_animal = rows_of((folder / "record_table_individual.csv").read_text("utf-8"))
    assert len([r for r in by_animal if r["Individual"] == "deer-001"]) == 4
    stations = rows_of((folder / "station_table.csv").read_text("utf-8"))
    assert stations[0]["Station"] == "Creek"
    assert (stations[0]["x"], stations[0]["y"]) == ("-98.2", "30.1")
    operation = rows_of((folder / "camera_operation.csv").read_text("utf-8"))
    days = [name for name in operation[0] if name != "Station"]
    assert days[0] == "2026-09-28" and len(days) == 7
    creek = next(r for r in operation if r["Station"] == "Creek")
    assert [creek[day] for day in days] == ["1"] * 7


def test_records_are_independent() -> None:
    start = datetime(2026, 10, 1, 6)
    minutes = [0, 10, 45, 120]  # gaps of 10, 35 and 75 minutes; independent after 30
    photos = pl.DataFrame(
        {
            "photo_id": [f"p{m}" for m in minutes],
            "camera": ["Creek"] * 4,
            "taken_at": [start + timedelta(minutes=m) for m in minutes],
            "file": [f"Creek/{m}.jpg" for m in minutes],
        }
    )
    animals = pl.DataFrame(
        {
            "photo_id": photos["photo_id"],
            "species": ["white-tailed deer"] * 4,
            "individual_id": ["D1", "D2", "D1", None],
        }
    )
    plain = camtrapr.records(photos, animals, 1800.0)
    assert plain["FileName"].to_list() == ["0.jpg", "45.jpg", "120.jpg"]
    assert plain["delta.time.secs"].to_list() == [0, 2100, 4500]
    assert plain["Directory"].to_list() == ["Creek"] * 3
    each = camtrapr.records(photos, animals, 1800.0, by_individual=True)
    assert each.select("Individual", "FileName", "delta.time.mins").rows() == [
        ("D1", "0.jpg", 0.0), ("D1", "45.jpg", 45.0), ("D2", "10.jpg", 0.0)
    ]  # fmt: skip


def test_operation_without_cameras() -> None:
    frame = pl.DataFrame(schema={"camera": pl.String, "begins": pl.Datetime, "ends": pl.Datetime})
    assert camtrapr.operation(frame).columns == ["Station"]


# --- secr ----------------------------------------------------------------------------------------


def test_secr_by_hand() -> None:
    """Two deer, two cameras, three days, worked out on paper.

    Cameras at 30 N 98 W and 30.01 N 97.99 W; their middle is 30.005 N 97.995 W. One degree is
    6371008.8 * pi / 180 = 111195.08 m; 0.005 degrees north are 555.98 m, and east, times
    cos 30.005 = 0.865982, 481.46 m.
    """
    day = datetime(2026, 10, 1)
    sightings = pl.DataFrame(
        [
            ("D2", "North feeder", day + timedelta(hours=5), "female"),
            ("D1", "North feeder", day + timedelta(hours=6), "male"),
            ("D1", "North feeder", day + timedelta(hours=20), "male"),  # the same day: once
            ("D1", "Creek", day + timedelta(days=2, hours=23, minutes=59), "male"),
        ],
        schema=["individual_id", "deployment", "started_at", "sex"],
        orient="row",
    )
    places = pl.DataFrame(
        {
            "deployment": ["Creek", "North feeder"],
            "latitude": [30.0, 30.01],
            "longitude": [-98.0, -97.99],
            "begins": [day + timedelta(days=1), day],
            "ends": [day + timedelta(days=3), day + timedelta(days=1, hours=-1)],
        }
    )
    captures = capture_matrix(sightings, 1.0)
    names = secr.word_names(places["deployment"])
    lines = secr.capture_lines(sightings, captures, names)
    assert lines == [
        ("1", "D1", "1", "North_feeder", "M"),
        ("1", "D1", "3", "Creek", "M"),
        ("1", "D2", "1", "North_feeder", "F"),
    ]
    assert secr.traps(places, captures, names, lines).splitlines() == [
        "# Detector X Y / usage of each occasion; 0 0 is latitude 30.005000, longitude -97.995000",
        "Creek -481.5 -556.0 / 0 1 1",
        "North_feeder 481.5 556.0 / 1 0 0",
    ]


def test_secr_files_agree_with_the_herd(herd: Workspace, tmp_path: Path) -> None:
    folder = secr.secr(herd, tmp_path / "secr")
    captured = [
        line.split() for line in (folder / "captures.txt").read_text("utf-8").splitlines()[1:]
    ]
    trapped = [line.split() for line in (folder / "traps.txt").read_text("utf-8").splitlines()[1:]]
    usage = {row[0]: row[4:] for row in trapped}
    seen = herd.sql(
        "select individual_id, count(*) from sightings group by all order by all"
    ).rows()
    assert {r[1] for r in captured} == {row[0] for row in seen}
    for _, _, occasion, detector, _ in captured:
        assert usage[detector][int(occasion) - 1] == "1"
    assert len({len(u) for u in usage.values()}) == 1


def test_secr_hides_where_it_is(herd: Workspace, tmp_path: Path) -> None:
    folder = secr.secr(scoped(herd, Scope(hide_coordinates=True)), tmp_path / "secr")
    text = (folder / "traps.txt").read_text("utf-8")
    assert "30.1" not in text and "98." not in text
    assert len(text.splitlines()) == 4


def test_secr_needs_individuals_and_coordinates(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    with pytest.raises(ThumperError, match="thumper identify"):
        secr.secr(build([], identified=False), tmp_path / "a")
    with pytest.raises(ThumperError, match=r"cameras\.csv"):
        secr.secr(workspaces.build(tmp_path / "b", [Deer("doe", 2)], drawn=False), tmp_path / "c")


def test_word_names_stay_apart() -> None:
    names = secr.word_names(["a b", "a-b", "", "غزال", "a b 2"])
    assert len(set(names.values())) == 5
    assert all(name.isascii() and " " not in name and name for name in names.values())


# --- XMP -----------------------------------------------------------------------------------------


def tags_of(text: str) -> dict[str, list[str]]:
    root = ElementTree.fromstring(text)
    (about,) = root.iter(f"{RDF}Description")
    return {e.tag.split("}")[1]: [li.text or "" for li in e.iter(f"{RDF}li")] for e in about}


def test_xmp(herd: Workspace, tmp_path: Path) -> None:
    out = xmp.xmp(herd, tmp_path / "xmp")
    photos = herd.root.parent / "photos"
    assert not list(photos.rglob("*.xmp"))
    photo = herd.sql(
        "select path from photos join assignments on split_part(detection_id, '-', 1) = photo_id "
        "where individual_id = 'deer-001' limit 1"
    ).item()
    found = tags_of((out / f"{photo}.xmp").read_text("utf-8"))
    assert found == {
        "TagsList": ["Species/white-tailed deer/buck", "Individual/Old Crooked"],
        "hierarchicalSubject": ["Species|white-tailed deer|buck", "Individual|Old Crooked"],
        "subject": ["white-tailed deer", "buck", "Old Crooked"],
    }
    assert len(list(out.rglob("*.xmp"))) == 13


@pytest.mark.parametrize("name", HOSTILE)
def test_xmp_of_any_name_is_xml(name: str) -> None:
    found = tags_of(xmp.sidecar([("Individual", name)]))
    assert len(found["TagsList"]) == 1
    assert found["TagsList"][0].count("/") == 1
    assert found["hierarchicalSubject"][0].count("|") == (1 + name.count("|")) - name.count("|")


def test_xmp_never_among_the_photos_nor_outside(hostile: Workspace, tmp_path: Path) -> None:
    out = xmp.xmp(hostile, tmp_path / "a" / "xmp")
    assert {p.name for p in tmp_path.iterdir()} == {"a"}
    assert {p.name for p in (tmp_path / "a").iterdir()} == {"xmp"}
    hostile_root = hostile.root.parent / "photos"
    hostile.ledger.add_root(str(hostile_root))
    for inside in (hostile_root, hostile_root / "x" / "y"):
        with pytest.raises(UsageError, match="among the photos"):
            xmp.xmp(hostile, inside)
    assert len(list(out.rglob("*.xmp"))) == len(HOSTILE)


@pytest.mark.parametrize(
    ("name", "written"),
    [("../../x", "__/__/x"), ("/abs/x", "abs/x"), ("a/./b", "a/b"), ("", "_"), ("..", "__")],
)
def test_xmp_paths_stay_inside(name: str, written: str) -> None:
    assert xmp.inside(name) == written


# --- tables and snapshot -------------------------------------------------------------------------


def test_csv_and_xlsx_hold_the_same(herd: Workspace, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder = tables.csv(herd, tmp_path / "csv")
    book = openpyxl.load_workbook(tables.xlsx(herd, tmp_path / "herd.xlsx"))
    assert set(book.sheetnames) == {"herd", "sightings", "detections", "photos", "cameras"}
    for name in book.sheetnames:
        plain = rows_of((folder / f"{name}.csv").read_text("utf-8"))
        sheet = [[cell.value for cell in row] for row in book[name].iter_rows()]
        assert sheet[0] == list(plain[0])
        assert len(sheet) - 1 == len(plain)
        for row, values in zip(plain, sheet[1:], strict=True):
            texts = [v for v in values if isinstance(v, str)]
            assert all(text in row.values() for text in texts)
    assert book["herd"]["A2"].value == "deer-001"
    assert isinstance(book["sightings"]["G2"].value, datetime)


def test_no_cell_starts_a_formula(hostile: Workspace, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder = tables.csv(hostile, tmp_path / "csv")
    for path in folder.glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for value in row:
                    number = value.replace(".", "", 1).lstrip("-").isdigit()
                    assert number or not value.lstrip(" ").startswith(FORMULA), value
    book = openpyxl.load_workbook(tables.xlsx(hostile, tmp_path / "x.xlsx"))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not isinstance(cell.value, str) or not cell.value.startswith(FORMULA)
    names = [cell.value for cell in book["herd"]["B"]]
    assert "🦌 Bambi" in names and "'=cmd|' /C calc'!A0" in names and "bell" in names


def test_a_sheet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    with pytest.raises(ThumperError, match="--from"):
        tables.workbook({"photos": pl.DataFrame({"a": [1, 2, 3]})})


def test_duckdb_snapshot(herd: Workspace, tmp_path: Path) -> None:
    path = duckdb_file.duckdb_file(herd, tmp_path / "it's.duckdb")
    duckdb_file.duckdb_file(herd, path)  # a second time replaces it
    with duckdb.connect(str(path), read_only=True) as db:
        names = {row[0] for row in db.execute("select table_name from duckdb_tables()").fetchall()}
        assert names == set(duckdb_file.VIEWS) - {"embeddings"}
        counted = db.execute("select count(*) from sightings").fetchone()
    assert counted == herd.sql("select count(*) from sightings").row(0)
    assert [p.name for p in tmp_path.iterdir()] == ["it's.duckdb"]


def test_undecodable_names(build: Callable[..., Workspace], tmp_path: Path) -> None:
    workspace = placed(build([Deer("doe", 1)], drawn=False))
    name = b"Creek/caf\xe9.jpg"
    rows = workspace.ledger.files_under(str(tmp_path / "photos"))
    deer = next(r for r in rows if r.photo_id.endswith("0" * 8))
    workspace.ledger.mark_missing(deer.root, [deer.path_bytes])
    workspace.ledger.upsert_files([deer._replace(path="Creek/caf\\xe9.jpg", path_bytes=name)])
    out = xmp.xmp(workspace, tmp_path / "xmp")
    assert (out / os.fsdecode(name + b".xmp")).is_file()
    xmp.xmp(workspace, out)  # known by its manifest, so it may be replaced
    assert "caf\\xe9.jpg" in (tables.csv(workspace, tmp_path / "c") / "photos.csv").read_text(
        "utf-8"
    )


def test_several_roots_keep_names_apart() -> None:
    labels = source.root_labels(["/a/DCIM", "/b/DCIM", "/c"])
    assert labels == {"/a/DCIM": "DCIM", "/b/DCIM": "DCIM-2", "/c": "c"}
    assert source.root_labels(["/a"]) == {"/a": ""}
