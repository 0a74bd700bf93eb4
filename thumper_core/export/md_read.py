"""Results files of MegaDetector and SpeciesNet as people have them, read into one form.

Format: https://lila.science/megadetector-output-format, versions 1.x, with what tools and hands make
of it: no `info`, numbers as text, text as numbers, any Unicode encoding. SpeciesNet's own
`predictions` (https://github.com/google/cameratrapai) says one species for a whole photo.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import UsageError
from thumper_core.export.md_labels import is_animal_name, is_no_word

CATEGORIES: Final = {"1": "animal", "2": "person", "3": "vehicle"}
VIDEOS: Final = (".mp4", ".avi", ".mpeg", ".mpg", ".mov", ".mkv", ".flv", ".m4v", ".wmv", ".mts")
USUAL_CONF: Final = 0.2
"""What MegaDetector 5 and 6, and SpeciesNet with it, are used at; weaker boxes are mostly none."""
_OLD_CONF: Final = 0.8  # versions 2 to 4 were far surer of themselves
_REDWOOD_CONF: Final = 0.3
_WHOLE_PHOTO: Final = "-1"  # SpeciesNet's category of a whole photo's classification


@dataclass(frozen=True)
class MdDetection:
    """One box of one image; box_xywh: shares of the image, confidence in [0, 1]."""

    box_xywh: tuple[float, float, float, float]
    confidence: float
    label: str  # the best classification's name, else the detection category's


@dataclass(frozen=True)
class MdImage:
    """One image of a results file; failure: why it has no detections, None where it was read."""

    file: str
    detections: tuple[MdDetection, ...]  # by falling confidence
    failure: str | None = None


@dataclass(frozen=True)
class MdResults:
    """A results file as far as Thumper uses it.

    conf_min: confidence from which the detector's boxes are usually believed; videos: names of the
    entries that are none of `images`; descriptions: label -> taxonomy, where the file has it.
    """

    detector: str
    format_version: str
    images: tuple[MdImage, ...]
    conf_min: float = USUAL_CONF
    videos: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)


def read_results(path: Path) -> MdResults:
    """Read a results file.

    Raises UsageError, naming the image, where the file does not keep to the format.
    """
    try:
        data = json.loads(path.read_bytes())  # UTF-8, 16 or 32, with or without a mark
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not Unicode ({error.reason}): save it as UTF-8.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is not a MegaDetector results file: {error}.") from error


def parse(data: Any) -> MdResults:
    """The same from JSON values; ValueError, KeyError or TypeError where they are wrong."""
    if not isinstance(data, dict):
        raise ValueError("its outermost value is no object with `images`")
    if "images" not in data and isinstance(data.get("predictions"), list):
        return _species_net(data)
    info = _object(data, "info")
    version = str(info.get("format_version") or "1.0").strip()
    major = re.match(r"v?(\d+)", version)
    if major is None or int(major[1]) != 1:
        raise ValueError(f"format version {version} is not 1.x")
    names = _Names(
        _texts(_object(data, "detection_categories") or CATEGORIES),
        _texts(_object(data, "classification_categories")),
    )
    entries = data.get("images")
    if not isinstance(entries, list):
        raise ValueError("it has no list of `images`")
    images, videos = _split(entries, "file")
    described = _texts(_object(data, "classification_category_descriptions"))
    detector = str(info.get("detector") or "MegaDetector")
    return MdResults(
        detector,
        version,
        tuple(_image(entry, names) for entry in images),
        _conf_min(info, detector),
        videos,
        {names.classes[key]: text for key, text in described.items() if key in names.classes},
    )


def usual_conf(detector: str) -> float:
    """What a detector of this name is usually used at, as its authors advise; in [0, 1]."""
    name = detector.lower()
    if "redwood" in name:
        return _REDWOOD_CONF
    old = re.search(r"(?:megadetector|md)[\s_-]*v?[\s_]*([2-4])(?![\d])", name)
    return _OLD_CONF if old else USUAL_CONF


@dataclass(frozen=True)
class _Names:
    """What the numbers of a file stand for: detection categories and classifications."""

    categories: Mapping[str, str]
    classes: Mapping[str, str]

    def category(self, key: Any) -> str:
        return _named(self.categories, key, "detection_categories")

    def best(self, ranked: Any) -> str | None:
        """The best classification's name; None where there is none, or it is not about an animal."""
        if not ranked:
            return None
        best = max(ranked, key=lambda pair: float(pair[1]))
        name = _named(self.classes, best[0], "classification_categories")
        return None if is_no_word(name) else name


def _named(names: Mapping[str, str], key: Any, where: str) -> str:
    name = names.get(_key(key))
    if name is None:
        known = ", ".join(f"{k} is {v}" for k, v in list(names.items())[:5]) or "it is empty"
        raise ValueError(
            f"category {key!r} is not in the file's `{where}` ({known}): add it there, or write the "
            "file again with the program that made it"
        )
    return name


def _key(key: Any) -> str:
    return str(int(key) if isinstance(key, float) and key.is_integer() else key).strip()


def _texts(values: Mapping[Any, Any]) -> dict[str, str]:
    return {_key(key): str(value).strip() for key, value in values.items()}


def _object(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object of the file, empty where it is left out."""
    value = data.get(key)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"`{key}` is no object")
    return value or {}


def _conf_min(info: Mapping[str, Any], detector: str) -> float:
    """The threshold that the file itself advises, else the detector's usual one."""
    said = (info.get("detector_metadata") or {}).get("typical_detection_threshold")
    if said is None:
        return usual_conf(detector)
    value = float(said)
    if not 0 <= value <= 1:
        raise ValueError(f"typical_detection_threshold {said} is not between 0 and 1")
    return value


def _split(entries: list[Any], key: str) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """(entries of photos, names of videos)."""
    images, videos = [], []
    for entry in entries:
        file = entry[key]
        if not isinstance(file, str) or not file.strip():
            raise ValueError("an image has no file name")
        if "frame_rate" in entry or file.lower().endswith(VIDEOS):
            videos.append(file)
        else:
            images.append(entry)
    return images, tuple(videos)


def _image(image: Mapping[str, Any], names: _Names) -> MdImage:
    boxes = image.get("detections")
    failure = image.get("failure")
    if boxes is None:
        return MdImage(image["file"], (), str(failure or "no detections given"))

    def read(box: Mapping[str, Any]) -> MdDetection:
        label = names.best(box.get("classifications")) or names.category(box["category"])
        return MdDetection(*_place(box), label)

    found = _boxes(image["file"], boxes, read)
    return MdImage(image["file"], found, str(failure) if failure else None)


def _species_net(data: Mapping[str, Any]) -> MdResults:
    """SpeciesNet's own format. Its species is said of the whole photo: every animal in it has it."""
    images, videos = _split(data["predictions"], "filepath")
    versions = {str(image["model_version"]) for image in images if image.get("model_version")}
    name = " ".join(["SpeciesNet", *sorted(versions)])
    parsed = tuple(_prediction(image) for image in images)
    return MdResults(name, "1.0", parsed, USUAL_CONF, videos)


def _prediction(image: Mapping[str, Any]) -> MdImage:
    boxes, file = image.get("detections"), image["filepath"]
    failures = image.get("failures") or []
    if boxes is None or "DETECTOR" in failures:
        reason = ", ".join(map(str, failures)) or "no detections given"
        return MdImage(file, (), f"SpeciesNet failed: {reason}")
    species = image.get("prediction")

    def read(box: Mapping[str, Any]) -> MdDetection:
        own = str(box.get("label") or _named(CATEGORIES, box["category"], "categories"))
        said = (box.get("processed_classification") or {}).get("class") or species
        told = str(said) if said and not is_no_word(str(said)) else own
        both_animals = is_animal_name(told) and is_animal_name(own)
        return MdDetection(*_place(box), told if both_animals else own)

    kept = [box for box in boxes if _key(box.get("category")) != _WHOLE_PHOTO]
    return MdImage(file, _boxes(file, kept, read))


def _boxes(file: str, boxes: Any, read: Any) -> tuple[MdDetection, ...]:
    try:
        found = [read(box) for box in boxes]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        said = f"a box lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"image {file!r}: {said}") from error
    return tuple(sorted(found, key=lambda d: -d.confidence))


def _place(box: Mapping[str, Any]) -> tuple[tuple[float, float, float, float], float]:
    x, y, w, h = (float(value) for value in box["bbox"])
    confidence = float(box["conf"])
    if not all(math.isfinite(v) for v in (x, y, w, h)) or w < 0 or h < 0:
        raise ValueError(f"bbox {box['bbox']} is no box")
    if not 0 <= confidence <= 1:
        raise ValueError(f"conf {confidence} is not between 0 and 1")
    return (x, y, w, h), confidence
