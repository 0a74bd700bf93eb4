"""A Camtrap DP or Wildlife Insights package comes in: cameras, boxes, what people said, individuals.

Where it says where in a photo an animal is, its boxes become a run and are embedded, as results of a
detector are. Where it does not, it says what the boxes show that a detector found here, in photos in
which that is clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.cameras.table import save_cameras, written_cameras
from thumper_core.contracts import ClassMeaning, ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.decisions.names import name_key
from thumper_core.export.md_match import match_names
from thumper_core.export.md_read import MdDetection, MdImage
from thumper_core.export.md_run import keep_images, known_files
from thumper_core.files import content_hash
from thumper_core.imports.camtrap_read import DESCRIPTOR, read_camtrap
from thumper_core.imports.individuals import RunIt
from thumper_core.imports.insights_read import DEPLOYMENTS, images_in, read_insights
from thumper_core.imports.known import Record, bring_known
from thumper_core.imports.package_words import animals_of, where_shown, words_of
from thumper_core.imports.packages import Deployment, Package, Tables
from thumper_core.imports.results import embed_told
from thumper_core.imports.undo import place_text
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import RunSummary, Target
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.imports import CAMERA, ROOT, RUN, begin_import, note_parts
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

KIND: Final = "package"
_SAME_PLACE: Final = 1e-5  # degrees, about a metre
_BARE_CONF: Final = 1.0  # of a box of which only a person spoke


@dataclass(frozen=True)
class PackageSummary:
    """What came. n_media: in the package; n_photos: of them photos here; n_boxes: in its run, None where it
    has none; new, known: labels of individuals; n_said: decisions on boxes; n_cameras: rows of
    `cameras.csv`; unmatched: media that are no photo here; unclear: photos in which it is not clear which
    box is meant; n_otherwise: photos that have another time here.
    """

    import_id: int
    title: str
    n_media: int
    n_photos: int
    n_boxes: int | None
    new: tuple[str, ...]
    known: tuple[str, ...]
    n_said: int
    n_cameras: int
    unmatched: tuple[str, ...]
    unclear: tuple[str, ...]
    n_otherwise: int
    run: RunSummary


def read_package(path: Path) -> tuple[Package, Tables]:
    """The package in a folder or ZIP file. Raises UsageError where it is of no known format."""
    tables = Tables(path)
    names = tables.names()
    if DESCRIPTOR in names:
        return read_camtrap(tables), tables
    if DEPLOYMENTS in names and images_in(names):
        return read_insights(tables), tables
    raise UsageError(
        f"{path} is no package that is known here: a Camtrap DP package has a {DESCRIPTOR}, a Wildlife "
        f"Insights one {DEPLOYMENTS} and images.csv."
    )


def import_package(
    workspace: Workspace, path: Path, embedder: Embedder, run_it: RunIt, *, author: str
) -> PackageSummary:
    """Bring a package in. Done again, only what is new comes; it can be taken back as a whole.

    run_it: lets a detector look at the photos, where the package has no boxes. Photos that lie in the
    package's folder are added. Raises UsageError where it is none, ThumperError where none of its
    media is a photo here.
    """
    package, tables = read_package(path)
    if not package.media:
        raise ThumperError(f"There is no photo in {path}: nothing was brought in.")
    digest = content_hash("".join(tables.text(n) for n in tables.names()).encode())
    photos, unmatched = _photos(workspace, package)
    folder = tables.folder
    inside = folder is not None and any(
        (folder / medium.path).is_file() for medium in package.media.values() if medium.path
    )
    if not photos and not inside:
        first = next(iter(package.media.values())).path
        raise ThumperError(
            f"None of the {len(package.media):,} photos of {path} is a photo of this workspace (the first "
            f"is {first!r}). Add them first: `thumper add PATH`."
        )
    row = begin_import(workspace.ledger, KIND, str(path), digest, author)
    record = Record(workspace, row, author)
    if inside and folder is not None and len(photos) < len(package.media):
        before = set(workspace.ledger.roots())
        add_paths(workspace, [folder])
        roots = [(root, root) for root in workspace.ledger.roots() if root not in before]
        note_parts(workspace.ledger, row.import_id, ROOT, roots)
        photos, unmatched = _photos(workspace, package)
    n_cameras = _cameras(record, package, photos)
    n_boxes = None
    if package.has_boxes:
        source_id, n_boxes = _boxes(record, package, photos, digest)
        ran = embed_told(workspace, source_id, embedder)
    else:
        ran = run_it(None, Target())
    if package.has_boxes:
        note_parts(workspace.ledger, row.import_id, RUN, [(ran.run_id, ran.run_id)])
    if ran.is_stopped:
        raise ThumperError("Stopped with photos left; the same command goes on.")
    shown, unclear = where_shown(workspace, ran.run_id, package, photos)
    n_said = record.say(words_of(shown, author))
    brought = bring_known(record, animals_of(package, shown), source=f"{KIND} {digest[:12]}")
    return PackageSummary(
        row.import_id,
        package.title,
        len(package.media),
        len(photos),
        n_boxes,
        brought.new,
        brought.known,
        n_said,
        n_cameras,
        tuple(unmatched),
        tuple(unclear),
        _otherwise(workspace, package, photos),
        ran,
    )


def _photos(workspace: Workspace, package: Package) -> tuple[dict[str, str], list[str]]:
    """Medium -> photo; paths of media that are none, or could be several.

    By the photo's own ID, by folders and name, and then by name and second.
    """
    here = {photo_id for _, _, photo_id in workspace.ledger.files_there()}
    found = {medium: medium for medium in package.media if medium in here}
    open_media = {key: medium for key, medium in package.media.items() if key not in found}
    keys = list(open_media)
    names = match_names(known_files(workspace), [open_media[key].path for key in keys])
    taken = {*found.values()}
    for photo_id, place in names.photos.items():
        if photo_id not in taken:
            found[keys[place]] = photo_id
    left = [key for key in keys if key not in found]
    if left:
        found |= _by_second(workspace, package, left, {*found.values()})
    return found, [package.media[key].path for key in keys if key not in found]


def _by_second(
    workspace: Workspace, package: Package, media: list[str], taken: set[str]
) -> dict[str, str]:
    """Of media the photos with the same file name and second, where that is one."""
    rows = workspace.sql("select photo_id, path, clock_at from photos where clock_at is not null")
    known: dict[tuple[str, datetime], list[str]] = {}
    for photo_id, path, at in rows.iter_rows():
        if photo_id not in taken:
            key = (name_key(path.rsplit("/", 1)[-1]), at.replace(microsecond=0))
            known.setdefault(key, []).append(photo_id)
    found = {}
    wanted: Counter[tuple[str, datetime]] = Counter()
    of: dict[str, tuple[str, datetime]] = {}
    for key in media:
        medium = package.media[key]
        if medium.taken_at is not None:
            name = name_key(medium.path.replace("\\", "/").rsplit("/", 1)[-1])
            of[key] = (name, medium.taken_at.replace(microsecond=0))
            wanted[of[key]] += 1
    for key, name_and_time in of.items():
        photos = known.get(name_and_time, [])
        if len(photos) == 1 and wanted[name_and_time] == 1:
            found[key] = photos[0]
    return found


def _boxes(
    record: Record, package: Package, photos: Mapping[str, str], digest: str
) -> tuple[str, int]:
    """Keep the package's boxes as a run that is to be embedded: the run, and how many they are."""
    images, meanings = _images(package, photos)
    detector = f"{package.title} (imported)"
    kept = keep_images(
        record.workspace,
        detector=detector,
        config={"source": KIND, "blake2b": digest, "detector": package.title},
        meanings=meanings,
        images=images,
        conf_min=None,
        usual_conf=0.0,
    )
    note_parts(record.workspace.ledger, record.row.import_id, RUN, [(kept.run_id, kept.run_id)])
    return kept.run_id, sum(len(image.detections) for image in images.values())


def _images(
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
            label = one.label or label_of(meaning)
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
            failure = said.comment or "nobody has looked at it"
        images[photos[medium]] = MdImage(said.path, tuple(boxes.get(medium, ())), failure)
    for found in boxes.values():
        for detection in found:  # of labels that only people's words stand beside
            meanings.setdefault(detection.label, ClassMeaning("animal"))
    return images, meanings


def label_of(meaning: ClassMeaning) -> str:
    """A class name that says what it stands for."""
    words = (meaning.species, str(meaning.sex), str(meaning.age_class))
    return " ".join(word for word in words if word not in ("", "unknown")) or "animal"


def _cameras(record: Record, package: Package, photos: Mapping[str, str]) -> int:
    """Write down where cameras stand that have no row yet; how many rows."""
    workspace = record.workspace
    rows = workspace.sql(
        "select photo_id, camera, taken_at, latitude, longitude, is_time_evidence from photos"
    )
    here = {row[0]: row[1:] for row in rows.iter_rows()}
    of: dict[str, list[tuple[str, datetime | None, float | None, float | None]]] = {}
    for key, photo_id in photos.items():
        if photo_id in here:
            camera, at, lat, lon, is_time = here[photo_id]
            stay = package.media[key].deployment
            of.setdefault(stay, []).append((camera, at if is_time else None, lat, lon))
    table = written_cameras(workspace)
    written = {
        camera_key(row["name"])
        for row in table.iter_rows(named=True)
        if row["latitude"] is not None or row["from"] is not None
    }
    new = []
    for stay, seen in of.items():
        deployment = package.deployments.get(stay)
        camera = Counter(name for name, *_ in seen).most_common(1)[0][0]
        if deployment is None or deployment.latitude is None or camera_key(camera) in written:
            continue
        row = _camera_row(camera, deployment, seen)
        new += [row] if row else []
    if not new:
        return 0
    added = pl.DataFrame(new, schema={n: table.schema[n] for n in new[0]})
    keys = {camera_key(name) for name in added["name"]}
    is_bare = [camera_key(name) not in keys for name in table["name"]]
    kept = table.filter(pl.Series(is_bare, dtype=pl.Boolean))
    save_cameras(workspace, pl.concat([kept, added], how="diagonal_relaxed"))
    parts = [(camera_key(r["name"]), place_text(r["latitude"], r["longitude"])) for r in new]
    note_parts(workspace.ledger, record.row.import_id, CAMERA, parts)
    return len(new)


def _camera_row(
    camera: str,
    deployment: Deployment,
    seen: list[tuple[str, datetime | None, float | None, float | None]],
) -> dict[str, object] | None:
    """A row of `cameras.csv`; None where the photos themselves say it all.

    The stay's bounds are written where they lie outside of the photos.
    """
    times = [at for _, at, _, _ in seen if at is not None]
    first = min(times).replace(microsecond=0) if times else None
    last = max(times).replace(microsecond=0) if times else None
    begins, ends = deployment.begins, deployment.ends
    begins = begins if begins and first and begins < first else None
    ends = ends if ends and last and ends > last else None
    latitude, longitude = deployment.latitude, deployment.longitude
    is_known = all(
        lat is not None
        and lon is not None
        and abs(lat - (latitude or 0)) < _SAME_PLACE
        and abs(lon - (longitude or 0)) < _SAME_PLACE
        for _, _, lat, lon in seen
    )
    if is_known and begins is None and ends is None:
        return None
    return {
        "name": camera, "latitude": latitude, "longitude": longitude, "clock_offset_s": 0.0,
        "from": begins, "to": ends,
    }  # fmt: skip


def _otherwise(workspace: Workspace, package: Package, photos: Mapping[str, str]) -> int:
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


def told(found: PackageSummary) -> list[str]:
    """What came, in sentences."""
    said = [
        f"{found.title}: {found.n_photos:,} of its {counted(found.n_media, 'photo')} are here"
        + (
            f", with {counted(found.n_boxes, 'box', 'boxes')}."
            if found.n_boxes is not None
            else "."
        )
    ]
    said.append(
        f"{counted(len(found.new), 'new individual')}, {len(found.known):,} known before; "
        f"{counted(found.n_said, 'decision')} on boxes; {counted(found.n_cameras, 'row')} of cameras.csv."
    )
    if found.n_otherwise:
        said.append(
            f"{counted(found.n_otherwise, 'photo has', 'photos have')} another time here than in the "
            "package; the photos' own time stays."
        )
    for names, what in (
        (found.unmatched, "No photo of this workspace"),
        (found.unclear, "Left out because it is not clear which animal is meant"),
    ):
        if names:
            more = ", ..." if len(names) > 5 else ""
            said.append(f"{what}: {len(names):,} ({', '.join(names[:5])}{more})")
    return said
