"""What a package of camera-trap data holds, in one form, whichever format it is of."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from thumper_core.contracts import AgeClass, Sex, UsageError

Row = Mapping[str, str]
_BYTES_MAX: Final = 2 << 30


@dataclass(frozen=True)
class Deployment:
    """A camera's stay at a place. begins, ends: wall clock of the camera."""

    name: str
    latitude: float | None = None
    longitude: float | None = None
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Medium:
    """A photo: its path or address there, and its time by the camera's clock. comment: why it failed;
    file_name: what the camera called it, "" where the path says so.
    """

    path: str
    deployment: str = ""
    taken_at: datetime | None = None
    comment: str = ""
    file_name: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.file_name or self.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Observation:
    """What one row says of a photo (`medium`), or of all of an event's.

    kind: `animal`, `human`, `vehicle`, `blank`, `unclassified` or another word; species in our words;
    label: the detector's own class, "" where none is given; box_xywh: shares of the photo; confidence:
    in [0, 1], None: nothing is said; by, at: who said it and when, where a person did.
    """

    media: tuple[str, ...]
    kind: str
    species: str = ""
    sex: Sex = Sex.UNKNOWN
    age_class: AgeClass = AgeClass.UNKNOWN
    label: str = ""
    individual: str = ""
    box_xywh: tuple[float, float, float, float] | None = None
    confidence: float | None = None
    is_human: bool = False
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class NamedAnimal:
    """What a package says of an individual beside its observations.

    is_listed: it has a list of its individuals, photo or no photo.
    """

    name: str = ""
    status: str = ""
    note: str = ""
    is_listed: bool = False


@dataclass(frozen=True)
class Package:
    """A package. title: its own; media, deployments, individuals: by their IDs there; notes: sentences on
    what of it could not be understood.
    """

    title: str
    deployments: Mapping[str, Deployment]
    media: Mapping[str, Medium]
    observations: tuple[Observation, ...]
    individuals: Mapping[str, NamedAnimal] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def has_boxes(self) -> bool:
        """Whether it says where in a photo something is."""
        return any(one.box_xywh is not None for one in self.observations)


class Tables:
    """The files of a package: a folder, a file in it, or a ZIP; photos are not looked at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path if path.is_dir() else path.parent
        self._zip: dict[str, bytes] | None = None
        if not path.exists():
            raise UsageError(f"There is no {path}. Name a package's folder or its ZIP file.")
        if path.is_file() and zipfile.is_zipfile(path):
            self._zip = _unzipped(path)
        elif path.is_file() and path.suffix.lower() not in (".json", ".csv"):
            raise UsageError(f"{path} is no package: name its folder, or its ZIP file.")

    @property
    def folder(self) -> Path | None:
        """The folder that photos may lie in; None of a ZIP."""
        return self._folder if self._zip is None else None

    def names(self) -> list[str]:
        """Names of its tables and descriptor."""
        if self._zip is not None:
            return sorted(self._zip)
        return sorted(p.name for p in self._folder.iterdir() if p.is_file())

    def text(self, name: str) -> str:
        """One file as text. Raises UsageError where it is not there or no text."""
        try:
            data = self._zip[name] if self._zip is not None else (self._folder / name).read_bytes()
            return data.decode("utf-8-sig")
        except (KeyError, FileNotFoundError) as error:
            raise UsageError(f"{self.path} lacks {name}.") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{name} of {self.path} is not UTF-8: save it so.") from error
        except OSError as error:
            raise UsageError(f"Cannot read {name} of {self.path}: {error.strerror}.") from error

    def rows(self, name: str, needs: tuple[str, ...]) -> list[Row]:
        """One table, every value text without blanks round it. UsageError: a column of `needs` lacks."""
        reader = csv.DictReader(io.StringIO(self.text(name)))
        columns = [(column or "").strip() for column in reader.fieldnames or ()]
        missing = [column for column in needs if column not in columns]
        if missing:
            raise UsageError(
                f"{name} of {self.path} has no column {', '.join(missing)}; it has "
                f"{', '.join(columns) or 'none'}."
            )
        reader.fieldnames = columns
        try:
            return [
                {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
                for row in reader
            ]
        except csv.Error as error:
            raise UsageError(f"{name} of {self.path} is no CSV: {error}.") from error


def _unzipped(path: Path) -> dict[str, bytes]:
    """The tables at the top of a ZIP, or in its one folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if i.filename.endswith((".csv", ".json"))]
            if sum(info.file_size for info in infos) > _BYTES_MAX:
                raise UsageError(f"The tables of {path} would grow beyond all measure.")
            return {Path(info.filename).name: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UsageError(f"{path} is a damaged ZIP file: {error}.") from error


def moment_of(text: str, where: str) -> datetime | None:
    """The wall clock of an ISO time, whatever its zone; None of an empty one. Raises UsageError."""
    if not text or text.upper() in ("NA", "NULL"):
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-")).replace(tzinfo=None)
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is no time.") from error


def number_of(text: str, where: str) -> float | None:
    """A number; None of an empty one. Raises UsageError."""
    if not text or text.upper() in ("NA", "NULL"):
        return None
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is no number.") from error
