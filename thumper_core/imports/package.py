"""A Camtrap DP or Wildlife Insights package comes in: cameras, boxes, what people said, individuals.

Where it says where in a photo an animal is, its boxes become a run and are embedded, as results of a
detector are. Where it does not, it says what the boxes show that a detector found here, in photos in
which that is clear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.export.md_run import keep_images
from thumper_core.files import content_hash
from thumper_core.imports.camtrap_read import DESCRIPTOR, read_camtrap
from thumper_core.imports.individuals import RunIt
from thumper_core.imports.insights_read import DEPLOYMENTS, images_in, read_insights
from thumper_core.imports.known import Record, bring_known
from thumper_core.imports.package_cameras import take_deployments
from thumper_core.imports.package_media import images_of, otherwise_timed, photos_of
from thumper_core.imports.package_words import animals_of, where_shown, words_of
from thumper_core.imports.packages import Package, Tables
from thumper_core.imports.results import embed_told
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import RunSummary, Target
from thumper_core.store.came_in import ROOT, RUN, begin_import, note_parts
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

KIND: Final = "package"


@dataclass(frozen=True)
class PackageSummary:
    """What came. n_media: in the package; n_photos: of them photos here; n_boxes: in its run, None where it
    has none; new, known: labels of individuals; n_said: decisions on boxes; n_cameras: rows of
    `cameras.csv`; unmatched: media that are no photo here; unclear: photos in which it is not clear which
    box is meant; n_otherwise: photos that have another time here; n_unseen: photos of which
    it has no box, and does not say that they are empty: its run leaves them out; notes: see `Package`.
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
    n_unseen: int
    notes: tuple[str, ...]
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
    workspace: Workspace,
    path: Path,
    open_embedder: Callable[[], Embedder],
    run_it: RunIt,
    *,
    author: str,
) -> PackageSummary:
    """Bring a package in. Done again, only what is new comes; it can be taken back as a whole.

    open_embedder: asked once the package was read, where it has boxes; run_it: lets a detector look at
    the photos, where it has none. Photos that lie in the package's folder are added. Raises
    UsageError where it is none, ThumperError where none of its media is a photo here.
    """
    package, tables = read_package(path)
    if not package.media:
        raise ThumperError(f"There is no photo in {path}: nothing was brought in.")
    digest = content_hash("".join(tables.text(n) for n in tables.names()).encode())
    photos, unmatched = photos_of(workspace, package)
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
        photos, unmatched = photos_of(workspace, package)
    n_cameras = take_deployments(record, package, photos)
    n_boxes, n_unseen = None, 0
    if package.has_boxes:
        source_id, n_boxes, n_seen = _boxes(record, package, photos, digest)
        n_unseen = len(photos) - n_seen
        ran = embed_told(workspace, source_id, open_embedder())
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
        otherwise_timed(workspace, package, photos),
        n_unseen,
        package.notes,
        ran,
    )


def _boxes(
    record: Record, package: Package, photos: Mapping[str, str], digest: str
) -> tuple[str, int, int]:
    """Keep the package's boxes as a run to be embedded: the run, how many boxes, of how many photos."""
    images, meanings = images_of(package, photos)
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
    return kept.run_id, sum(len(one.detections) for one in images.values()), len(images)


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
    said += found.notes
    if found.n_unseen:
        said.append(
            f"Of {counted(found.n_unseen, 'photo')} it has no box and does not say that there is nothing: "
            "they are not in this run."
        )
    for names, what in (
        (found.unmatched, "No photo of this workspace"),
        (found.unclear, "Left out because it is not clear which animal is meant"),
    ):
        if names:
            more = ", ..." if len(names) > 5 else ""
            said.append(f"{what}: {len(names):,} ({', '.join(names[:5])}{more})")
    return said
