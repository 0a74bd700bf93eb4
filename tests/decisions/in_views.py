"""Detections after decisions, in the views that the product reads."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow as pa

from thumper_core.contracts import DETECTIONS, OUTCOMES, AgeClass, ClassMeaning, Sex
from thumper_core.decisions.table import FRAME_SCHEMA
from thumper_core.deer import OurDeer
from thumper_core.store.chain import append
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.store.meanings import set_meanings
from thumper_core.views.session import connect_light

DEER = "white-tailed deer"
MEANINGS = {
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "mature": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
}
NOW = "2026-11-29 06:00:00.000000+00:00"
_STORED = pl.from_arrow(DETECTIONS.empty_table()).schema  # type: ignore[union-attr]
SCHEMA = pl.Schema({name: kind for name, kind in _STORED.items() if name not in ("patch", "track")})
"""Of stored detections, but for what they look like: no view of detections shows that; and of photos."""
NEW = ["species", "sex", "age_class", "source"]
SAID_BY = ["p_deer", "p_male", "is_deer", "species_source", "species_confidence"]
SAID_BY += ["sex_source", "sex_confidence", "flank", "flank_source", "flank_confidence"]
REPEATED = ["repeated", "repeated_first", "repeated_last", "repeated_place"]
PHOTOS = ("p1", "p2", "p3")


def detections(*rows: tuple) -> pl.DataFrame:
    """(run, photo, ordinal, box, class) -> a frame."""
    full = [
        (run, f"{photo}-{ordinal}", photo, ordinal, *box, 0.9, name, 10.0, None)
        for run, photo, ordinal, box, name in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def in_clip(*rows: tuple) -> pl.DataFrame:
    """(run, ordinal, frame_ms, box) of a doe in the clip p1 -> a frame."""
    found = detections(*((run, "p1", ordinal, box, "doe") for run, ordinal, _, box in rows))
    return found.with_columns(pl.Series("frame_ms", [ms for _, _, ms, _ in rows], pl.Int32))


def said(*rows: tuple) -> pl.DataFrame:
    """(kind, photo, box, words, undone) -> a decisions frame, numbered from 1."""
    full = []
    for number, (kind, photo, box, words, undone) in enumerate(rows, start=1):
        payload = json.dumps({"photo_id": photo, "box": list(box), **words})
        full.append((number, kind, f"{photo}@", payload, "kim", None, undone))
    return pl.DataFrame(full, schema=FRAME_SCHEMA, orient="row")


def effective(frame: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The view `all_detections` of a workspace with these rows, by run, photo and ordinal.

    Every run has looked at every photo of PHOTOS.
    """
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite")
        ledger.create()
        lake = Lake(Path(folder) / "lake", ledger)
        set_meanings(ledger, "fake", MEANINGS)
        for run in sorted({"r1", *frame["run_id"]}):
            outcomes = [
                {"run_id": run, "photo_id": photo, "status": "ok", "n_detections": 0}
                for photo in PHOTOS
            ]
            own = frame.filter(pl.col("run_id") == run).to_dicts()
            tables = {
                "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
                "detections": pa.Table.from_pylist(own, schema=DETECTIONS),
            }
            lake.write_shard(f"runs/{run}", "000000", tables)
        with ledger.transaction() as c:
            c.executemany(
                "insert into runs values (?, 'f', 'complete', 'fake', 'fake', '{}', ?, null)",
                [(run, NOW) for run in sorted({"r1", *frame["run_id"]})],
            )
            for kind, subject, payload in decisions.select("kind", "subject", "payload").rows():
                append(c, kind, subject, json.loads(payload), "kim")
            for number in decisions.filter("undone")["decision_id"]:
                append(c, "undo", "", {"decision_id": number}, "kim")
        db = connect_light(lake, ledger, OurDeer())
        rows = db.sql("select * from all_detections order by run_id, photo_id, ordinal")
        found = pl.DataFrame(rows.to_arrow_table())
        db.close()
    return found


def words(species: str = DEER, sex: str = "male", age: str = "adult") -> dict[str, str]:
    return {"species": species, "sex": sex, "age_class": age}


BOX = (10.0, 10.0, 110.0, 110.0)
NEAR = (20.0, 10.0, 120.0, 110.0)  # IoU 0.818 with BOX
FAR = (70.0, 10.0, 170.0, 110.0)  # IoU 0.25 with BOX
ONE = detections(("r1", "p1", 0, BOX, "doe"))
