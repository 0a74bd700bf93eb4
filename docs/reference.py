"""Write docs/reference.md from the command line, the views and the settings themselves.

`python docs/reference.py` writes the page; a test checks that the committed one is up to date.
"""

from __future__ import annotations

import enum
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from typer.main import get_command

from thumper_core.cli import app
from thumper_core.deer import OurDeer
from thumper_core.settings import Settings
from thumper_core.stage import Stage
from thumper_core.workspace import Workspace

PAGE: Final = Path(__file__).with_name("reference.md")

VIEWS: Final = {
    "photos": "One row per photo (content, not file: two copies are one photo).",
    "bursts": "Frames of one trigger: same camera, gaps of at most `ingest.burst_gap_s`.",
    "fixtures": "Places where the same came back over days: left out, unless an animal rests there.",
    "events": "Independent visits: same camera, gaps of at most `ingest.event_gap_s`.",
    "outcomes": "What became of each photo in the shown run, good or bad.",
    "detections": "One row per box of the shown run, after what people decided.",
    "embeddings": "One row per embedded detection of the shown run.",
    "tracklets": "One animal's detections within one burst, in the shown herd.",
    "assignments": "Which deer each detection belongs to, in the shown herd.",
    "profiles": "Groups of tracklets held to be one animal, in the shown herd.",
    "individuals": "Deer that keep their ID from herd to herd, and people's words on them.",
    "labels": "What each deer is called in every list.",
    "sightings": "One row per individual and event of the shown herd.",
    "decisions": "What people said, in order; nothing is ever deleted.",
    "runs": "All results of one configuration over the photos.",
    "jobs": "Processes that worked on runs.",
    "herds": "Every identification that was recorded.",
    "cameras": "`cameras.csv` as it was read.",
}
COLUMNS: Final = {
    "photo_id": "hash of the file's bytes",
    "path": "POSIX, relative to `root`; bytes that are no text as `\\xNN`",
    "path_bytes": "the path as the file system has it",
    "root": "the folder that was added",
    "camera": "the camera's name",
    "taken_at": "camera's wall clock, with its offset from `cameras.csv`",
    "taken_at_source": "`exif`, `maker_note`, `container`, `gps`, `stamp`, `filename`, `file_mtime`, "
    "`implausible`, `person`",
    "taken_at_precision": "`subsecond`, `second`, `minute`, `day` or `unknown`",
    "duration_s": "of a clip; null: a photo, or a clip that cannot be read",
    "fps": "of a clip, frames a second",
    "codec": "of a clip, as FFmpeg calls it",
    "n_frames": "of a clip, that were looked at; null: a photo",
    "clip": "every box of a clip, by frame and track (JSON); null: a photo",
    "frame_ms": "of a clip: the frame that the box lies in, milliseconds after its start",
    "track": "of a clip: boxes of one number are one animal",
    "picture_id": "the picture that the box lies in: the photo, or one frame of a clip",
    "said_camera": "the name that the camera wrote into the file",
    "said_number": "the number that it wrote or printed: of its menu, or its maker's",
    "temperature_c": "what the camera measured, degrees Celsius",
    "battery_pct": "what the camera said of its battery, 0 to 100",
    "battery_v": "the same in volts",
    "moon": "the moon's phase, by the camera",
    "pressure_hpa": "what the camera measured",
    "stamp": "text printed into the photo; empty: none; null: not read",
    "stamp_camera": "the camera's name in it",
    "stamp_confidence": "of the reader, 0 to 1; halved where neighbours corrected it",
    "is_time_evidence": "to the minute or better, and believed",
    "sequence": "the frame's number in its burst, from the maker note",
    "first_file": "the row is for file names with numbers from here on; empty: for all",
    "last_file": "to here",
    "file_dates": "whether the dates of the camera's files are when its photos were taken",
    "file_number": "by which the camera counts its files: 41 of `IMG_0041.JPG`",
    "clock_at": "the same before the offset of the clock in `cameras.csv`: what its `from` and `to` mean",
    "read_at": "when its bytes were read first (or again after a loss), UTC; empty for early photos",
    "width": "upright photo, pixels",
    "height": "upright photo, pixels",
    "bytes": "size of the file",
    "format": "`JPEG`, `PNG`, ...",
    "make": "of the camera, from EXIF",
    "model": "of the camera, from EXIF",
    "is_infrared": "taken without colour, at night",
    "latitude": "degrees, from `cameras.csv`, else EXIF",
    "longitude": "degrees, from `cameras.csv`, else EXIF",
    "burst_id": "`b` and the first photo's ID",
    "event_id": "`e` and the first photo's ID",
    "started_at": "time of the first; of runs and jobs, in UTC",
    "ended_at": "time of the last",
    "n_photos": "",
    "n_bursts": "",
    "n_detections": "",
    "n_events": "visits",
    "run_id": "",
    "herd_id": "",
    "status": "of a photo `ok`, `partial` or `error`; of an individual, what people said",
    "error_code": "why it could not be read, for scripts",
    "error_message": "the same, for people",
    "processed_at": "UTC",
    "detection_id": "photo ID, `-`, ordinal",
    "ordinal": "0, 1, ... by falling confidence",
    "x1": "box, pixels of the upright photo",
    "y1": "",
    "x2": "",
    "y2": "",
    "confidence": "0 to 1",
    "class": "the model's own name",
    "sharpness": "variance of the crop's Laplacian",
    "species": "effective, after decisions; a `deer` without a species is the one of interest",
    "sex": "`male`, `female`, `unknown`; effective",
    "age_class": "`adult`, `fawn`, `unknown`; effective",
    "source": "`model` or `human`",
    "p_deer": "chance that it is a deer, by the run's head; null where none was asked",
    "p_male": "chance that it is a male, by the run's head; null where none was asked",
    "species_source": "who says the species: `detector`, `human`, `setting`, `head NAME@HASH`; null: nobody",
    "sex_source": "who says the sex, in the same words",
    "species_confidence": "of whoever says the species, 0 to 1; null for a setting",
    "sex_confidence": "of whoever says the sex, 0 to 1",
    "flank": "`left`, `right`: the deer's own side that is seen; a person may say `front`, `rear`; `unknown`",
    "flank_source": "who says the flank: `human`, `head NAME@HASH`; null: nobody",
    "flank_confidence": "of whoever says the flank, 0 to 1",
    "is_deer": "of the species of interest (`species` in `thumper.toml`)",
    "repeated": "photos in which the same was at the same place: a fixture; null: none",
    "repeated_first": "the first of them",
    "repeated_last": "the last of them",
    "repeated_place": "the place, as `fixtures` has it",
    "place_id": "its earliest detection",
    "n_days": "days, counted from the first sight on",
    "share": "of the camera's photos by that light from the first to the last",
    "first_at": "of the first photo",
    "last_at": "of the last photo",
    "said": "`fixture`, `resting_place`; null: nobody said anything",
    "embedder": "its name",
    "detector": "its name",
    "vector": "unit length; the dot product of two is their similarity",
    "tracklet_id": "",
    "profile_id": "",
    "individual_id": "",
    "best_detection_id": "its best picture",
    "watched": "whether it is on the hit list, or one that was merged into it is",
    "status_on": "since when an individual's status holds, or the day on which it was taken; null: not said",
    "status_by": "who took it; null: not said",
    "merged_into": "for an individual in no profile of the shown herd: whom it went into",
    "stability": "share of the profile found again when bursts are drawn anew; null: unknown",
    "p_same": "chance that the tracklet and the rest of its profile are one animal; null: unknown",
    "first_seen": "",
    "last_seen": "",
    "name": "that a person gave; of a camera, its name",
    "label": "the name, else the ID",
    "theme": "of the names",
    "notes": "",
    "decision_id": "",
    "kind": "",
    "subject": "what the decision is about",
    "payload": "JSON",
    "author": "",
    "made_at": "UTC",
    "undone": "taken back by a later decision",
    "fingerprint": "hash of weights, preprocessing and settings",
    "state": "",
    "config": "JSON",
    "finished_at": "UTC; null: not finished",
    "job_id": "",
    "pid": "",
    "host": "",
    "heartbeat_at": "UTC; a job that is still is dead",
    "progress": "JSON",
    "message": "",
    "method": "`average`, `greedy` or `hdbscan`",
    "threshold": "chance that was cut at",
    "summary": "JSON: counts, calibration, sweep",
    "created_at": "UTC",
    "clock_offset_s": "added to the camera's clock, seconds",
    "from": "the row holds from here on",
    "to": "and before this moment",
}
_TYPES: Final = {
    "VARCHAR": "text",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "yes/no",
    "TIMESTAMP": "time",
    "TIMESTAMP WITH TIME ZONE": "time",
    "BLOB": "bytes",
    "FLOAT[]": "numbers",
}


def page() -> str:
    """The whole reference as Markdown."""
    parts = ["# Reference", "", _INTRODUCTION, "", "## Commands", "", _COMMANDS, ""]
    parts += commands()
    parts += ["## Views", "", _VIEWS, ""]
    parts += views()
    parts += ["## Settings", "", _SETTINGS, ""]
    parts += settings()
    return "\n".join(parts).rstrip() + "\n"


def commands() -> Iterator[str]:
    """A section for each command."""
    for name, command in leaves(get_command(app), ("thumper",)):
        yield from (f"### `{' '.join(name)}`", "", _plain(command.help or ""), "")
        rows = [
            (_left(parameter), _plain(parameter.help or ""), _default(parameter))
            for parameter in command.params
            if not parameter.hidden and "--help" not in parameter.opts
        ]
        if rows:
            yield from _table(("argument or option", "", "default"), rows)


def leaves(command: Any, name: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(words, command) of everything that can be called, groups left out."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, one in below.items():
        yield from leaves(one, (*name, word))


def views() -> Iterator[str]:
    """A section for each view, with the columns that it has."""
    with tempfile.TemporaryDirectory() as folder:
        db = Workspace.create(folder).query()
        for view, text in VIEWS.items():
            described = db.execute(f"describe {view}").fetchall()
            yield from (f"### `{view}`", "", text, "")
            rows = [
                (f"`{row[0]}`", _TYPES.get(row[1], row[1]), COLUMNS[row[0]]) for row in described
            ]
            yield from _table(("column", "", ""), rows)
        db.close()


def settings() -> Iterator[str]:
    """What stands before the stages of the settings, then a section for each stage."""
    yield from ("### Before the sections", "", _plain(OurDeer.__doc__ or ""), "")
    yield from _keys(OurDeer)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Stage):
            stage = type(field.default)
            yield from (f"### `[{name}]`", "", _plain(stage.__doc__ or ""), "")
            yield from _keys(stage)


def _keys(model: type[BaseModel]) -> Iterator[str]:
    rows = [
        (f"`{key}`", _kind(one.annotation), f"`{_toml(one.default)}`", one.description or "")
        for key, one in model.model_fields.items()
    ]
    yield from _table(("key", "", "default", ""), rows)


def _left(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        return f"`{name.replace('[', '').replace(']', '')}`"
    flags = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"`{flags}`" if parameter.is_flag else f"`{flags} {_metavar(parameter)}`"


def _metavar(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    annotation = parameter.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "|".join(str(member.value) for member in annotation)
    if get_origin(annotation) is Literal:
        return "|".join(str(value) for value in get_args(annotation))
    return {
        "str": "TEXT",
        "int": "N",
        "float": "X",
        "Path": "PATH",
        "datetime": "DATE",
        "list": "TEXT",
    }.get(getattr(annotation, "__name__", ""), "VALUE")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or value is False or callable(value):
        return ""
    return f"`{'yes' if value is True else getattr(value, 'value', value)}`"


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if get_args(annotation):
        return " or ".join(_kind(part) for part in get_args(annotation))
    return {"str": "text", "int": "integer", "float": "number", "bool": "yes/no"}.get(
        getattr(annotation, "__name__", ""), str(annotation)
    )


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _plain(text: str) -> str:
    """Help text as one paragraph, without the marks of the terminal."""
    return re.sub(r"\[/?(bold|dim|green|yellow|red)[^\]]*\]", "", " ".join(text.split()))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, tuple("---" for _ in head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


_INTRODUCTION = """\
Written by `python docs/reference.py` from the program itself: commands, views, settings. Do not
edit this page."""
_COMMANDS = """\
Before every command may stand `--workspace DIR` (`-w`): the workspace, else `$THUMPER_WORKSPACE`,
else `data`. `--json` prints what a script would read. Exit codes: 0 done, 1 finished with failures
that are recorded, 2 wrong use, 3 refused or failed."""
_VIEWS = """\
`Workspace.sql` asks them; names and columns stay. They show the promoted run and herd;
`all_outcomes`, `all_detections`, `all_embeddings`, `all_tracklets`, `all_assignments` and
`all_profiles` have the same columns and every run and herd. Photo times are the cameras' wall
clock, without a zone."""
_SETTINGS = """\
They live in `thumper.toml` of the workspace, a section for each stage; what is not written there
has its default. An environment variable `THUMPER_<SECTION>__<KEY>` goes before the file, an option
of a command before both."""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
