"""The words of the project as types: table schemas, enumerations, error codes and frozen records.

Everything that crosses a seam between two stages is described here and nowhere else. A table is an
Arrow table (or a polars frame with the same columns); its schema is one of the constants below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

FloatArray = npt.NDArray[np.float32]
ImageArray = npt.NDArray[np.uint8]

WALL_CLOCK: Final = pa.timestamp("us")
"""Camera wall-clock time: microseconds, no zone."""
PATCH_SIDE: Final = 16
"""Side of the patch that is kept of each box, pixels."""


class Status(StrEnum):
    """What became of one photo in one run."""

    OK = "ok"
    PARTIAL = "partial"  # some pixels decoded; what they show was used
    ERROR = "error"


class ErrorCode(StrEnum):
    """Why a photo could not be read, in full or in part. The message beside it is for people."""

    EMPTY_FILE = "empty_file"
    TRUNCATED = "truncated"
    NOT_AN_IMAGE = "not_an_image"
    VIDEO = "video"  # a clip that gives no frame
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_PERMISSION = "no_permission"
    VANISHED = "vanished"
    UNSUPPORTED_FORMAT = "unsupported_format"
    DECODE_FAILED = "decode_failed"
    READ_FAILED = "read_failed"
    MODEL_FAILED = "model_failed"


class Sex(StrEnum):
    """Sex as the tables write it."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class AgeClass(StrEnum):
    """Age class as the tables write it."""

    ADULT = "adult"
    FAWN = "fawn"
    UNKNOWN = "unknown"


class Flank(StrEnum):
    """The side that an animal shows; its own left: the head is on the picture's left."""

    LEFT = "left"
    RIGHT = "right"
    FRONT = "front"
    REAR = "rear"
    UNKNOWN = "unknown"


class TimeSource(StrEnum):
    """Where a photo's time comes from."""

    EXIF = "exif"
    MAKER_NOTE = "maker_note"  # what a maker keeps in a place of its own
    CONTAINER = "container"  # of a clip; trail cameras write their own clock there, others UTC
    GPS = "gps"
    STAMP = "stamp"  # printed into the photo
    FILENAME = "filename"
    FILE_MTIME = "file_mtime"  # says when the file was copied, as often as not
    IMPLAUSIBLE = "implausible"  # as read, but no camera can have been right about it
    PERSON = "person"


class TimePrecision(StrEnum):
    """How exact a photo's time is. Of a day alone, the hour is midnight and means nothing."""

    SUBSECOND = "subsecond"
    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    UNKNOWN = "unknown"  # not to be believed at all


CLOCKS_SINCE: Final = datetime(2003, 1, 1)
"""No trail camera's clock was right about an earlier time: they begin at 2000 when they are reset."""

DEER: Final = "deer"
"""The species word that names none: in meanings and decisions it stands for the species of interest
(`Settings.species`), whatever that is. The views put that in its place (`views.sql`)."""
ANIMAL: Final = "animal"
"""The species word of an animal whose species nobody knows."""
PEOPLE: Final = ("person", "human")
"""Species words of people."""
VEHICLES: Final = ("vehicle",)
FIXTURE: Final = "fixture"
"""Species word of boxes that come back at one place, alike: a feeder leg, a stump, a hot lamp."""
NOT_ANIMALS: Final = (*PEOPLE, *VEHICLES, FIXTURE)

SEPARATION_MIN: Final = 1.5
"""How far pairs of pictures of one animal lie above those of two, in standard deviations of these;
below it animals are hardly told apart, see `identify.scale.calibrate`.
"""
"""Species words of detections that are no animals."""

PICTURE_SUFFIXES: Final = frozenset(
    [".jpg", ".jpeg", ".jpe", ".png", ".heic", ".heif", ".tif", ".tiff", ".webp", ".bmp"]
)
"""How files of pictures end, in lower case: what is taken for a photo by its name."""

# --- lake: tables inside shards ------------------------------------------------------------------

PHOTO_FACTS = pa.schema(
    [
        ("photo_id", pa.string()),
        ("width", pa.int32()),  # upright, pixels; null where the header could not be read
        ("height", pa.int32()),
        ("bytes", pa.int64()),
        ("format", pa.string()),  # JPEG, PNG, ...; null where unknown
        ("exif_taken_at", WALL_CLOCK),
        ("make", pa.string()),
        ("model", pa.string()),
        ("is_infrared", pa.bool_()),
        *((name, pa.float64()) for name in ("latitude", "longitude")),
        # shards written before these columns lack them, as they lack what became of them
        ("exif_source", pa.string()),  # a TimeSource: whence exif_taken_at is
        ("exif_precision", pa.string()),  # a TimePrecision
        ("sequence", pa.int32()),  # the frame's number within its burst, by the maker note
        ("read_at", WALL_CLOCK),  # when the bytes were read, UTC
        ("duration_s", pa.float64()),  # of a clip; null: a photo, or a clip that cannot be read
        *(("fps", pa.float64()), ("codec", pa.string())),  # of a clip, as FFmpeg calls it
        # what the camera wrote of itself: the name and number that it has in its menu, ...
        *((name, pa.string()) for name in ("said_camera", "said_number")),
        *((name, pa.float64()) for name in ("temperature_c", "battery_pct", "battery_v")),
        ("moon", pa.string()),  # phase, as `full moon`
        ("pressure_hpa", pa.float64()),
        # what its strip says, once it was read; null: not read, or nothing there
        ("stamp", pa.string()),  # the text, as read; empty: there is none
        ("stamp_camera", pa.string()),
        ("stamp_confidence", pa.float64()),  # of the reader, 0 to 1
    ]
)
"""Facts of a photo's bytes, known at `thumper add`; one row per `photo_id`."""

OUTCOMES = pa.schema(
    [
        ("run_id", pa.string()),
        ("photo_id", pa.string()),
        ("status", pa.string()),
        ("error_code", pa.string()),
        ("error_message", pa.string()),
        ("n_detections", pa.int32()),
        ("processed_at", pa.timestamp("us", tz="UTC")),
        ("n_frames", pa.int32()),  # of a clip, that were looked at; null: a photo
        ("clip", pa.string()),  # JSON: every box of a clip, see `pipeline.clip`; null: a photo
    ]
)
"""One row per photo and run, good or bad."""

DETECTIONS = pa.schema(
    [
        ("run_id", pa.string()),
        ("detection_id", pa.string()),
        ("photo_id", pa.string()),
        ("ordinal", pa.int32()),
        *((side, pa.float32()) for side in ("x1", "y1", "x2", "y2")),  # pixels of the upright photo
        ("confidence", pa.float32()),
        ("class", pa.string()),  # the model's own name, never mapped here
        ("sharpness", pa.float32()),  # variance of the crop's Laplacian, grey levels squared
        # what the box shows, small: (PATCH_SIDE, PATCH_SIDE) uint8 grey levels, row by row; null where
        # no pixels were cut, and absent in shards written before this column
        ("patch", pa.binary()),
        # of a clip; null in photos, absent in shards written before these columns
        (
            "frame_ms",
            pa.int32(),
        ),  # the frame that the box lies in, milliseconds after the clip's start
        ("track", pa.int32()),  # boxes of one number are one animal all along the clip
    ]
)
"""One row per box; ordered by falling confidence within a photo (`ordinal` 0, 1, ...)."""

EMBEDDINGS = pa.schema(
    [
        ("run_id", pa.string()),
        ("detection_id", pa.string()),
        ("embedder", pa.string()),
        ("vector", pa.list_(pa.float32())),  # (D,), L2-normalised
    ]
)
"""One row per embedded detection and embedder."""

TRACKLETS = pa.schema(
    [
        *((name, pa.string()) for name in ("herd_id", "tracklet_id", "burst_id", "event_id")),
        ("camera", pa.string()),
        ("started_at", WALL_CLOCK),
        ("n_detections", pa.int32()),
        ("sex", pa.string()),
        ("age_class", pa.string()),
        ("best_detection_id", pa.string()),
    ]
)

ASSIGNMENTS = pa.schema(
    [
        *((name, pa.string()) for name in ("herd_id", "detection_id", "tracklet_id")),
        *((name, pa.string()) for name in ("profile_id", "individual_id")),
        ("p_same", pa.float32()),  # calibrated: the tracklet belongs here; null: unknown
    ]
)

PROFILES = pa.schema(
    [
        *((name, pa.string()) for name in ("herd_id", "profile_id", "individual_id")),
        *((name, pa.string()) for name in ("sex", "age_class")),
        ("n_detections", pa.int32()),
        ("n_events", pa.int32()),
        ("first_seen", WALL_CLOCK),
        ("last_seen", WALL_CLOCK),
        ("best_detection_id", pa.string()),
        ("stability", pa.float32()),  # share found again when bursts are drawn anew; null: unknown
    ]
)

SHARD_TABLES: Final[Mapping[str, Mapping[str, pa.Schema]]] = {
    "photos": {"photos": PHOTO_FACTS},
    "runs": {"outcomes": OUTCOMES, "detections": DETECTIONS, "embeddings": EMBEDDINGS},
    "herds": {"tracklets": TRACKLETS, "assignments": ASSIGNMENTS, "profiles": PROFILES},
}
"""The folders of the lake, and the tables of a shard in each: name -> schema."""


# --- records -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Boxes:
    """The detections of one photo.

    xyxy: (N, 4) float32, pixels of the image the detector was given until the engine maps them to
    the upright photo; confidence: (N,) float32 in [0, 1], falling; class_id: (N,) int64, an index
    into the detector's `class_names`.
    """

    xyxy: FloatArray
    confidence: FloatArray
    class_id: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.confidence)

    @classmethod
    def empty(cls) -> Boxes:
        """No detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class ClassMeaning:
    """What one class name of one detector stands for."""

    species: str
    sex: Sex = Sex.UNKNOWN
    age_class: AgeClass = AgeClass.UNKNOWN


class ThumperError(Exception):
    """Something a person can mend; the message names the next step. Exit code 3."""


class UsageError(ThumperError):
    """The command or call was wrong. Exit code 2."""


def kind_of(species: str) -> str:
    """`animal`, `human`, `vehicle` or `fixture`."""
    if species == FIXTURE:
        return FIXTURE
    if species in PEOPLE:
        return "human"
    return "vehicle" if species in VEHICLES else "animal"
