"""Image sets of Timelapse: the database (`.ddb`) that it works in, and the CSV that it exports.

Format: https://github.com/saulgreenberg/Timelapse, `Constant.cs` and `RecognitionDatabases.cs`. A database
holds the boxes of the recognition file that was loaded into it, and what people filled in; a CSV only that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import UsageError
from thumper_core.export.md_labels import is_no_word
from thumper_core.export.md_read import VIDEOS, MdDetection, MdImage, MdResults, usual_conf
from thumper_core.files import content_hash
from thumper_core.imports.packages import Observation
from thumper_core.imports.timelapse_fields import animals_said
from thumper_core.imports.told_files import ToldFile, observation, table_of

CSV_COLUMNS: Final = ("File", "RelativePath")
"""What every CSV of Timelapse has."""
_OWN_FIELDS: Final = (
    "Id", "RootFolder", "File", "RelativePath", "Folder", "DateTime", "Date", "Time", "UtcOffset",
    "ImageQuality", "DeleteFlag", "MarkForDeletion",
)  # fmt: skip
_NOTHING: Final = "0"  # the category of a photo that was looked at and shows nothing
_DETECTIONS: Final = """
select d.Id, d.bbox, d.conf, d.category, {classes} from Detections d {joined} order by d.detectionID
"""


def read_timelapse(path: Path, *, rooted: bool = True) -> ToldFile:
    """An image set. rooted: its names begin with the folder that it calls its root.

    Raises UsageError where the file is no database of Timelapse.
    """
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as c:
            c.row_factory = sqlite3.Row
            tables = {row[0] for row in c.execute("select name from sqlite_master")}
            if "DataTable" not in tables:
                raise UsageError(f"{path} is no database of Timelapse: it has no DataTable.")
            files = [dict(row) for row in c.execute("select * from DataTable order by Id")]
            root = _root(c) if rooted and "ImageSetTable" in tables else ""
            defaults = _defaults(c) if "TemplateTable" in tables else {}
            results = None
            if "Detections" in tables:
                results = _results(c, tables, {f["Id"]: _name(f, root) for f in files}, path)
            said = _said(files, root, defaults)
    except sqlite3.Error as error:
        raise UsageError(f"{path} is no database of Timelapse: {error}.") from error
    except KeyError as error:
        raise UsageError(f"{path} is no database of Timelapse: it lacks {error}.") from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path} is damaged, or no database of Timelapse: {error}.") from error
    # People go on filling in fields: that makes no other boxes.
    boxes = content_hash(repr((results.detector, results.images)).encode()) if results else ""
    return ToldFile(f"Timelapse, {path.stem}", boxes, results, said, root)


def read_timelapse_csv(path: Path, *, rooted: bool = True) -> ToldFile:
    """What people filled in, from a CSV that has `CSV_COLUMNS`."""
    rows = [row for _, row in table_of(path).rows]
    root = rows[0].get("RootFolder", "") if rows and rooted else ""
    return ToldFile(f"Timelapse, {path.stem}", "", None, _said(rows, root, {}), root)


def _name(row: Mapping[str, Any], root: str) -> str:
    parts = (root, str(row["RelativePath"] or ""), str(row["File"] or ""))
    return "/".join(part.replace("\\", "/").strip("/") for part in parts if part)


def _root(c: sqlite3.Connection) -> str:
    """The name of the folder that the set lies in, as far as it is kept."""
    row = c.execute("select * from ImageSetTable").fetchone()
    return str(row["RootFolder"] or "") if row is not None and "RootFolder" in row.keys() else ""  # noqa: SIM118


def _defaults(c: sqlite3.Connection) -> dict[str, str]:
    """What each field holds where nobody filled it in."""
    rows = c.execute("select DataLabel, DefaultValue from TemplateTable")
    return {str(label): str(value or "") for label, value in rows}


def _said(
    rows: Iterable[Mapping[str, Any]], root: str, defaults: Mapping[str, str]
) -> dict[str, tuple[Observation, ...]]:
    said = {}
    for row in rows:
        filled = {
            name: str(value)
            for name, value in row.items()
            if name not in _OWN_FIELDS and value is not None and str(value) != defaults.get(name)
        }
        name = _name(row, root)
        found = [observation(name, meaning) for meaning in animals_said(filled)]
        kept = tuple(one for one in found if one is not None)
        if kept and len(kept) == len(found):
            said[name] = kept
    return said


def _results(
    c: sqlite3.Connection, tables: set[str], names: Mapping[int, str], path: Path
) -> MdResults | None:
    """The boxes; None where no recognition file was loaded."""
    categories = _labels(c, "DetectionCategories", "category")
    classes = {}
    if "ClassificationCategories" in tables:
        classes = _labels(c, "ClassificationCategories", "classification")
    found: dict[int, list[MdDetection]] = {}
    for photo, place, conf, category, said in _detections(c, tables):
        boxes = found.setdefault(photo, [])
        if str(category) == _NOTHING or not str(place or "").strip():
            continue
        label = classes.get(str(said), "")
        if not label or is_no_word(label):
            label = categories.get(str(category), str(category))
        where = f"{path}, {names.get(photo, photo)!r}"
        if not 0 <= float(conf) <= 1:
            raise UsageError(f"{where}: a confidence of {conf} is not between 0 and 1.")
        boxes.append(MdDetection(_box(str(place), where), float(conf), label))
    if not found:
        return None
    there = {photo: names[photo] for photo in found if photo in names}
    info = c.execute("select * from Info").fetchone() if "Info" in tables else None
    facts = dict(info) if info is not None else {}
    detector = str(facts.get("detector") or "MegaDetector")
    images = tuple(
        MdImage(name, tuple(sorted(found[photo], key=lambda d: -d.confidence)))
        for photo, name in there.items()
        if not name.lower().endswith(VIDEOS)
    )
    videos = tuple(name for name in there.values() if name.lower().endswith(VIDEOS))
    usual = facts.get("typical_detection_threshold")
    conf_min = (
        float(usual) if usual is not None and 0 <= float(usual) <= 1 else usual_conf(detector)
    )
    return MdResults(detector, "1.0", images, conf_min, videos)


def _detections(c: sqlite3.Connection, tables: set[str]) -> Sequence[tuple[Any, ...]]:
    """Photo, box, confidence, category and best class of each box, of an older database too."""
    columns = {row["name"] for row in c.execute("pragma table_info(Detections)")}
    if "classification" in columns:
        asked = _DETECTIONS.format(classes="d.classification", joined="")
    elif "Classifications" in tables:
        best = (
            "(select k.category from Classifications k where k.detectionID = d.detectionID "
            "order by k.conf desc limit 1)"
        )
        asked = _DETECTIONS.format(classes=best, joined="")
    else:
        asked = _DETECTIONS.format(classes="null", joined="")
    return [tuple(row) for row in c.execute(asked)]


def _labels(c: sqlite3.Connection, table: str, key: str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in c.execute(f"select {key}, label from {table}")}


def _box(text: str, where: str) -> tuple[float, float, float, float]:
    """x, y, width and height as shares of the photo, from `0.1, 0.2, 0.3, 0.4`."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is no box.") from error
    if not (w >= 0 and h >= 0 and max(abs(x), abs(y), w, h) <= 2):
        raise UsageError(f"{where}: {text!r} is no part of a photo.")
    return x, y, w, h
