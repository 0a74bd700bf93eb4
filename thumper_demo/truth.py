"""The truth beside the photos: which animal is where, which photos there are, and who is in the
herd.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from .compose import Seen
from .plan import Photo, Script
from .stumps import FIXTURES
from .traits import Deer

SPECIES = {
    "doe": "white-tailed deer",
    "buck": "white-tailed deer",
    "fawn": "white-tailed deer",
    "coyote": "coyote",
    "cow": "cattle",
    "raccoon": "raccoon",
    "turkey": "wild turkey",
    "person": "human",
    "utv": "vehicle",
}
CLASSES = ("doe", "fawn", "buck", "coyote", "cow", "raccoon", "turkey", "person", "utv")

TRUTH_SCHEMA = pa.schema(
    [
        ("path", pa.string()),  # POSIX, relative to photos/
        ("photo_sha256", pa.string()),  # hex, of the file's bytes
        ("individual", pa.string()),  # null but for deer
        ("species", pa.string()),
        ("sex", pa.string()),
        ("age_class", pa.string()),
        ("class", pa.string()),  # the detector's class
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("x2", pa.float32()),
        ("y2", pa.float32()),
        ("visible_fraction", pa.float32()),
        ("camera", pa.string()),
        ("taken_at", pa.timestamp("ms")),
        ("burst", pa.int32()),
        ("event", pa.int32()),
        (
            "flank",
            pa.string(),
        ),  # left or right, the deer's own side that is seen; null but for deer
        ("antlers", pa.string()),  # velvet, hard or shed; null but for bucks
    ]
)
YEARS_SCHEMA = pa.schema(
    [
        ("year", pa.int32()),  # of the summer
        ("individual", pa.string()),
        ("class", pa.string()),
        ("sex", pa.string()),  # of fawns too
        ("age_years", pa.int32()),  # in that summer, 0 for a fawn
        ("birth_year", pa.int32()),
        ("origin", pa.string()),  # founder, born or immigrant
        ("mother", pa.string()),
        ("died_on", pa.date32()),  # null for one that sees the next summer
        ("points", pa.int32()),  # 0 without antlers
        ("spread_m", pa.float32()),  # from the middle of the head to the side, of either beam
        ("beam_m", pa.float32()),
        ("rubbed_on", pa.date32()),  # velvet off
        ("cast_on", pa.date32()),  # antlers off
    ]
)
FIXTURES_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("photo_sha256", pa.string()),
        ("camera", pa.string()),
        ("kind", pa.string()),  # stump or lamp
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("x2", pa.float32()),
        ("y2", pa.float32()),
        ("visible_fraction", pa.float32()),
    ]
)
PHOTOS_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("photo_sha256", pa.string()),
        ("camera", pa.string()),
        ("taken_at", pa.timestamp("ms")),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("is_infrared", pa.bool_()),
        ("n_animals", pa.int32()),
        ("burst", pa.int32()),
        ("event", pa.int32()),
        ("fault", pa.string()),  # null for a whole photo
    ]
)
DEER_SCHEMA = pa.schema(
    [
        ("individual", pa.string()),
        ("class", pa.string()),
        ("sex", pa.string()),
        ("age_class", pa.string()),
        ("points", pa.int32()),  # antler points, 0 without antlers
        ("mother", pa.string()),
        ("coat", pa.string()),
    ]
)


class Taken(NamedTuple):
    """A photo that was written: its place in the script, its hash, and who can be seen in it."""

    photo: int
    sha256: str
    seen: list[Seen]


class FaultyFile(NamedTuple):
    """A file that is not a whole photo: path relative to photos/, camera, what is wrong with it,
    its hash.
    """

    path: str
    camera: str
    fault: str
    sha256: str


def _whole_ms(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def _animals(item: Taken) -> list[Seen]:
    return [seen for seen in item.seen if seen.subject.kind not in FIXTURES]


def fixture_rows(script: Script, taken: list[Taken]) -> list[dict[str, Any]]:
    """One dict per visible stump and lamp, in the order of the photos."""
    return [
        {
            "path": script.photos[item.photo].path,
            "photo_sha256": item.sha256,
            "camera": script.sites[script.photos[item.photo].site].name,
            "kind": seen.subject.kind,
            **dict(zip(("x1", "y1", "x2", "y2"), seen.box, strict=True)),
            "visible_fraction": seen.visible_fraction,
        }
        for item in taken
        for seen in item.seen
        if seen.subject.kind in FIXTURES
    ]


def animal_rows(script: Script, taken: list[Taken]) -> list[dict[str, Any]]:
    """One dict per visible animal, in the order of the photos."""
    herds = [{deer.name: deer for deer in part.herd} for part in script.chapters]
    rows = []
    for item in taken:
        photo = script.photos[item.photo]
        herd = herds[photo.chapter]
        for seen in _animals(item):
            kind = seen.subject.kind
            deer = herd.get(seen.subject.individual)
            rows.append(
                {
                    "path": photo.path,
                    "photo_sha256": item.sha256,
                    "individual": deer.name if deer else None,
                    "species": SPECIES[kind],
                    "sex": deer.sex if deer else "unknown",
                    "age_class": deer.age_class if deer else "unknown",
                    "class": kind,
                    **dict(zip(("x1", "y1", "x2", "y2"), seen.box, strict=True)),
                    "visible_fraction": seen.visible_fraction,
                    "camera": script.sites[photo.site].name,
                    "taken_at": _whole_ms(photo.taken_at),
                    "burst": photo.burst,
                    "event": photo.event,
                    "flank": ("right" if seen.subject.facing > 0 else "left") if deer else None,
                    "antlers": deer.antler_state(photo.taken_at) if deer else None,
                }
            )
    return rows


def photo_rows(
    script: Script, taken: list[Taken], faulty: list[FaultyFile]
) -> list[dict[str, Any]]:
    """One dict per file, blanks and broken files too: what a false alarm is can only be said
    knowing the blanks.
    """
    rows: list[dict[str, Any]] = [_photo_row(script, script.photos[t.photo], t) for t in taken]
    for file in faulty:
        row: dict[str, Any] = dict.fromkeys(PHOTOS_SCHEMA.names)
        row.update(
            path=file.path,
            camera=file.camera,
            fault=file.fault,
            photo_sha256=file.sha256,
            n_animals=0,
        )
        rows.append(row)
    return rows


def _photo_row(script: Script, photo: Photo, item: Taken) -> dict[str, Any]:
    site = script.sites[photo.site]
    return {
        "path": photo.path,
        "photo_sha256": item.sha256,
        "camera": site.name,
        "taken_at": _whole_ms(photo.taken_at),
        "width": site.width,
        "height": site.height,
        "is_infrared": photo.light == "night",
        "n_animals": len(_animals(item)),
        "burst": photo.burst,
        "event": photo.event,
        "fault": None,
    }


def _deer_row(deer: Deer) -> dict[str, Any]:
    return {
        "individual": deer.name,
        "class": deer.kind,
        "sex": deer.sex,
        "age_class": deer.age_class,
        "points": deer.antlers.points if deer.antlers else 0,
        "mother": deer.mother,
        "coat": deer.coat.pattern,
    }


def year_rows(script: Script) -> list[dict[str, Any]]:
    """One dict per deer and year in which it lived; none where the plan has one year."""
    return [
        {
            "year": life.year,
            "individual": life.deer.name,
            "class": life.deer.kind,
            "sex": life.sex,
            "age_years": life.age,
            "birth_year": life.birth_year,
            "origin": life.origin,
            "mother": life.mother,
            "died_on": _day(life.died_at),
            "points": life.deer.antlers.points if life.deer.antlers else 0,
            "spread_m": life.deer.antlers.spread_m if life.deer.antlers else None,
            "beam_m": life.deer.antlers.beam_m if life.deer.antlers else None,
            "rubbed_on": _day(life.deer.rubbed_at),
            "cast_on": _day(life.deer.cast_at),
        }
        for life in script.lives
    ]


def _day(when: datetime | None) -> date | None:
    return when.date() if when else None


def write_truth(out_dir: Path, script: Script, taken: list[Taken], faulty: list[FaultyFile]) -> int:
    """Write truth.parquet, truth_photos.parquet and truth_deer.parquet, with stumps
    truth_fixtures.parquet, and of several years truth_years.parquet; returns the number of animals in photos.
    """
    rows = animal_rows(script, taken)
    pq.write_table(pa.Table.from_pylist(rows, TRUTH_SCHEMA), out_dir / "truth.parquet")
    photos = pa.Table.from_pylist(photo_rows(script, taken, faulty), PHOTOS_SCHEMA)
    pq.write_table(photos, out_dir / "truth_photos.parquet")
    deer = [_deer_row(d) for d in sorted(script.herd, key=lambda d: d.name)]
    pq.write_table(pa.Table.from_pylist(deer, DEER_SCHEMA), out_dir / "truth_deer.parquet")
    if script.plan.n_stumps:
        fixtures = pa.Table.from_pylist(fixture_rows(script, taken), FIXTURES_SCHEMA)
        pq.write_table(fixtures, out_dir / "truth_fixtures.parquet")
    if script.lives:
        lived = pa.Table.from_pylist(year_rows(script), YEARS_SCHEMA)
        pq.write_table(lived, out_dir / "truth_years.parquet")
    return len(rows)
