from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import UsageError
from thumper_core.imports.timelapse_read import read_timelapse, read_timelapse_csv

BOX = "0.1, 0.2, 0.3, 0.4"


def ddb(
    path: Path,
    files: list[dict[str, Any]],
    detections: list[tuple[Any, ...]] | None = None,
    *,
    is_old: bool = False,
) -> Path:
    """A database as Timelapse keeps it. detections: photo, category, conf, box, class, its confidence."""
    fields = sorted({name for row in files for name in row} - {"File", "RelativePath"})
    with closing(sqlite3.connect(path)) as c:
        extra = "".join(f", {name} text default ''" for name in fields)
        c.execute(
            "create table DataTable (Id integer primary key, File text, RelativePath text, DateTime "
            f"text, DeleteFlag text{extra})"
        )
        for number, row in enumerate(files, 1):
            names = ["Id", *row]
            marks = ",".join("?" * len(names))
            c.execute(
                f"insert into DataTable ({','.join(names)}) values ({marks})",
                (number, *row.values()),
            )
        c.execute("create table ImageSetTable (Id integer primary key, RootFolder text)")
        c.execute("insert into ImageSetTable values (1, 'Season')")
        c.execute(
            "create table TemplateTable (Id integer primary key, Type text, DataLabel text, "
            "DefaultValue text)"
        )
        c.execute("insert into TemplateTable values (1, 'FixedChoice', 'Species', 'Cow')")
        if detections is not None:
            recognitions(c, detections, is_old)
        c.commit()
    return path


def recognitions(c: sqlite3.Connection, detections: list[tuple[Any, ...]], is_old: bool) -> None:
    c.execute(
        "create table Info (infoID integer primary key, detector text, typical_detection_threshold real)"
    )
    c.execute("insert into Info values (1, 'md_v5a.0.0.pt', 0.2)")
    c.execute("create table DetectionCategories (category text primary key, label text)")
    c.executemany(
        "insert into DetectionCategories values (?,?)",
        [("0", "Empty"), ("1", "animal"), ("2", "person")],
    )
    c.execute("create table ClassificationCategories (classification text, label text)")
    c.executemany(
        "insert into ClassificationCategories values (?,?)", [("7", "deer"), ("8", "blank")]
    )
    own = "" if is_old else ", classification text, classification_conf real"
    c.execute(
        "create table Detections (detectionID integer primary key, category text, conf real, bbox "
        f"text{own}, Id integer)"
    )
    if is_old:
        c.execute(
            "create table Classifications (classificationID integer primary key, category text, conf "
            "real, detectionID integer)"
        )
    for number, (photo, category, conf, box, label, sure) in enumerate(detections, 1):
        words = () if is_old else (label, sure)
        marks = ",".join("?" * (5 + len(words)))
        c.execute(
            f"insert into Detections values ({marks})", (number, category, conf, box, *words, photo)
        )
        if is_old and label is not None:
            for category_, conf_ in ((label, sure), ("8", sure / 2)):
                c.execute(
                    "insert into Classifications (category, conf, detectionID) values (?,?,?)",
                    (category_, conf_, number),
                )


FILES = [
    {"File": "a.JPG", "RelativePath": r"North\cam1", "Species": "Deer", "Sex": "Male"},
    {"File": "b.JPG", "RelativePath": r"North\cam1", "Species": "Cow"},  # the field's default
    {"File": "c.mp4", "RelativePath": "", "Species": ""},
    {"File": "d.JPG", "RelativePath": "", "Species": "Fox"},
]
FOUND = [
    (1, "1", 0.5, "0, 0, 0.5, 0.5", "8", 0.9),
    (1, "1", 0.9, BOX, "7", 0.8),
    (2, "0", 0.0, "", None, None),
    (3, "1", 0.9, BOX, None, None),
]


@pytest.mark.parametrize("is_old", [False, True])
def test_boxes_and_what_people_filled_in(tmp_path: Path, is_old: bool) -> None:
    told = read_timelapse(ddb(tmp_path / "t.ddb", FILES, FOUND, is_old=is_old))
    assert told.results is not None
    first, second = told.results.images  # the fourth was never looked at
    assert (first.file, second.file) == ("Season/North/cam1/a.JPG", "Season/North/cam1/b.JPG")
    assert [(d.label, d.confidence, d.box_xywh) for d in first.detections] == [
        ("deer", 0.9, (0.1, 0.2, 0.3, 0.4)), ("animal", 0.5, (0, 0, 0.5, 0.5)),
    ]  # fmt: skip
    assert second.detections == ()
    assert told.results.videos == ("Season/c.mp4",)
    assert (told.results.detector, told.results.conf_min) == ("md_v5a.0.0.pt", 0.2)
    assert {name: [(o.species, str(o.sex)) for o in said] for name, said in told.said.items()} == {
        "Season/North/cam1/a.JPG": [("deer", "male")],
        "Season/d.JPG": [("fox", "unknown")],
    }
    bare = read_timelapse(tmp_path / "t.ddb", rooted=False)
    assert [*bare.said] == ["North/cam1/a.JPG", "d.JPG"]


def test_filling_in_more_makes_no_other_boxes(tmp_path: Path) -> None:
    before = read_timelapse(ddb(tmp_path / "a.ddb", FILES, FOUND))
    more = [*FILES[:3], FILES[3] | {"Species": "Coyote"}]
    after = read_timelapse(ddb(tmp_path / "b.ddb", more, FOUND))
    assert before.digest == after.digest != ""
    assert before.said != after.said
    other = read_timelapse(ddb(tmp_path / "c.ddb", FILES, FOUND[:2]))
    assert other.digest != before.digest


def test_without_recognitions_there_are_words_alone(tmp_path: Path) -> None:
    told = read_timelapse(ddb(tmp_path / "t.ddb", FILES))
    assert (told.results, told.digest, len(told.said)) == (None, "", 2)
    empty = read_timelapse(ddb(tmp_path / "e.ddb", FILES, []))
    assert empty.results is None


def test_a_csv_says_the_same_but_for_defaults(tmp_path: Path) -> None:
    path = tmp_path / "ImageData.csv"
    path.write_text(
        "RootFolder,File,RelativePath,DateTime,DeleteFlag,Species,Sex\n"
        "Season,a.JPG,North\\cam1,2024-01-01 10:00:00,false,Deer,Male\n"
        "Season,b.JPG,,2024-01-01 10:00:01,false,,\n"
    )
    told = read_timelapse_csv(path)
    assert told.results is None
    assert [*told.said] == ["Season/North/cam1/a.JPG"]
    assert [*read_timelapse_csv(path, rooted=False).said] == ["North/cam1/a.JPG"]


def test_a_csv_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ImageData.csv"
    text = "File;RelativePath;Species;Größe\na.JPG;cam1;Deer;1,5\n"
    path.write_bytes(text.encode("cp1252"))
    assert [*read_timelapse_csv(path).said] == ["cam1/a.JPG"]


@pytest.mark.parametrize(
    ("box", "conf", "says"),
    [
        ("0.1, 0.2, 0.3", 0.9, r"a\.JPG'.*is no box"),
        ("0.1, 0.2, 300, 400", 0.9, "no part of a photo"),
        (BOX, 90, "not between 0 and 1"),
        (BOX, "sure", "is damaged"),
        (BOX, None, "is damaged"),
    ],
)
def test_a_box_that_is_none_is_named(tmp_path: Path, box: str, conf: Any, says: str) -> None:
    path = ddb(tmp_path / "t.ddb", FILES, [(1, "1", conf, box, None, None)])
    with pytest.raises(UsageError, match=says):
        read_timelapse(path)


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.ddb")) as c:
        c.execute("create table other (a)")
        c.commit()
    with pytest.raises(UsageError, match="no DataTable"):
        read_timelapse(tmp_path / "t.ddb")
    with closing(sqlite3.connect(tmp_path / "t.ddb")) as c:
        c.execute("create table DataTable (Id integer primary key, File text)")
        c.execute("insert into DataTable values (1, 'a.jpg')")
        c.commit()
    with pytest.raises(UsageError, match="it lacks 'RelativePath'"):
        read_timelapse(tmp_path / "t.ddb")
    (tmp_path / "cut.ddb").write_bytes((tmp_path / "t.ddb").read_bytes()[:700])
    with pytest.raises(UsageError, match="no database of Timelapse"):
        read_timelapse(tmp_path / "cut.ddb")
