"""Which photos here a package's media are, and what it says of where in them something is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from thumper_core.contracts import ClassMeaning
from thumper_core.decisions.names import name_key
from thumper_core.export.md_match import match_names
from thumper_core.export.md_read import MdDetection, MdImage
from thumper_core.export.md_run import known_files
from thumper_core.imports.packages import Package
from thumper_core.workspace import Workspace

_BARE_CONF: Final = 1.0  # of a box of which only a person spoke
_ZONE_STEP: Final = timedelta(minutes=15)
_ZONES_APART: Final = timedelta(hours=14)
_USUAL: Final = 0.1
"""Share of a deployment's open media that an offset between its clock and the photos' explains."""


def photos_of(workspace: Workspace, package: Package) -> tuple[dict[str, str], list[str]]:
    """Medium -> photo; paths of media that are none, or could be several.

    By the photo's own ID, by folders and name, by the camera's folder and the file's own name (a
    platform names a medium by an address that says neither), and then by name and second.
    """
    here = {photo_id for _, _, photo_id in workspace.ledger.files_there()}
    found = {medium: medium for medium in package.media if medium in here}
    _by_name(workspace, found, {key: one.path for key, one in package.media.items()})
    _by_name(workspace, found, {key: _at_camera(package, key) for key in package.media})
    left = [key for key in package.media if key not in found]
    if left:
        found |= _by_second(workspace, package, left, {*found.values()})
    return found, [one.path for key, one in package.media.items() if key not in found]


def _at_camera(package: Package, key: str) -> str:
    """A medium's camera and own file name, as a path; "" where either is not known."""
    medium = package.media[key]
    place = package.deployments.get(medium.deployment)
    return f"{place.name}/{medium.file_name}" if place and medium.file_name else ""


def _by_name(workspace: Workspace, found: dict[str, str], names: Mapping[str, str]) -> None:
    """Add to `found` the media whose name is that of one photo which no medium is yet."""
    keys = [key for key, name in names.items() if key not in found and name]
    if not keys:
        return
    taken = {*found.values()}
    files = [one for one in known_files(workspace) if one.photo_id not in taken]
    for photo_id, place in match_names(files, [names[key] for key in keys]).photos.items():
        found[keys[place]] = photo_id


def _by_second(
    workspace: Workspace, package: Package, media: list[str], taken: set[str]
) -> dict[str, str]:
    """Of media the photos with the same file name and second, where that is one.

    Platforms keep times in UTC: seconds as far apart as zones are will do where that explains a good part
    of what is left of a deployment; cameras give the same names again, so that one alone is chance.
    """
    rows = workspace.sql("select photo_id, path, clock_at from photos where clock_at is not null")
    known: dict[str, list[tuple[datetime, str]]] = {}
    for photo_id, path, at in rows.iter_rows():
        if photo_id not in taken:
            name = name_key(path.rsplit("/", 1)[-1])
            known.setdefault(name, []).append((at.replace(microsecond=0), photo_id))
    apart: dict[
        str, dict[timedelta, list[str]]
    ] = {}  # of each medium its photos by what lies between
    explained: Counter[tuple[str, timedelta]] = Counter()
    n_left: Counter[str] = Counter()
    for key in media:
        medium = package.media[key]
        n_left[medium.deployment] += 1
        if medium.taken_at is None:
            continue
        said = medium.taken_at.replace(microsecond=0)
        by_offset = apart.setdefault(key, {})
        for at, photo in known.get(name_key(medium.name), []):
            if _is_zone(at - said):
                by_offset.setdefault(at - said, []).append(photo)
        explained.update((medium.deployment, offset) for offset in by_offset)
    fits: dict[str, str] = {}
    for key, by_offset in apart.items():
        whose = package.media[key].deployment
        usual = [
            offset
            for offset in by_offset
            if not offset or explained[whose, offset] >= _USUAL * n_left[whose]
        ]
        best = min(
            usual, key=lambda offset: (bool(offset), -explained[whose, offset]), default=None
        )
        if best is not None and len(by_offset[best]) == 1:
            fits[key] = by_offset[best][0]
    claims = Counter(fits.values())
    return {key: photo for key, photo in fits.items() if claims[photo] == 1}


def _is_zone(apart: timedelta) -> bool:
    """Whether two clocks can be this far apart by their zones alone."""
    return abs(apart) <= _ZONES_APART and apart % _ZONE_STEP == timedelta(0)


def otherwise_timed(workspace: Workspace, package: Package, photos: Mapping[str, str]) -> int:
    """How many photos were taken at another second than the package says."""
    rows = workspace.sql("select photo_id, taken_at, is_time_evidence from photos")
    here = {photo_id: (at, is_time) for photo_id, at, is_time in rows.iter_rows()}
    n = 0
    for key, photo_id in photos.items():
        said, (at, is_time) = package.media[key].taken_at, here.get(photo_id, (None, False))
        n += (
            said is not None and at is not None and is_time and abs((at - said).total_seconds()) > 1
        )
    return n


def images_of(
    package: Package, photos: Mapping[str, str]
) -> tuple[dict[str, MdImage], dict[str, ClassMeaning]]:
    """Each photo that was looked at with its boxes, and what their labels stand for."""
    boxes: dict[str, list[MdDetection]] = {}
    looked: set[str] = set()
    failed: set[str] = set()
    meanings: dict[str, ClassMeaning] = {}
    for one in package.observations:
        for medium in one.media:
            if medium not in photos:
                continue
            if one.box_xywh is None:
                looked |= {medium} if one.kind == "blank" else set()
                failed |= {medium} if one.kind == "unclassified" else set()
                continue
            meaning = ClassMeaning(one.species, one.sex, one.age_class)
            label = one.label or _label_of(meaning)
            if not one.is_human or not one.label:
                meanings.setdefault(label, meaning)
            before = boxes.setdefault(medium, [])
            bare = before[-1].confidence if before else _BARE_CONF
            sure = bare if one.confidence is None else one.confidence
            before.append(MdDetection(one.box_xywh, sure, label))
    images = {}
    for medium in [*boxes, *sorted(looked - boxes.keys()), *sorted(failed - boxes.keys() - looked)]:
        said = package.media[medium]
        failure = None
        if medium not in boxes and medium not in looked:
            failure = said.comment or "not looked at yet"
        images[photos[medium]] = MdImage(said.path, tuple(boxes.get(medium, ())), failure)
    for found in boxes.values():
        for detection in found:  # of labels that only people's words stand beside
            meanings.setdefault(detection.label, ClassMeaning("animal"))
    return images, meanings


def _label_of(meaning: ClassMeaning) -> str:
    """A class name that says what it stands for."""
    words = (meaning.species, str(meaning.sex), str(meaning.age_class))
    return " ".join(word for word in words if word not in ("", "unknown")) or "animal"
