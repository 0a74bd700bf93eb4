"""A folder for each animal that somebody knows becomes individuals with names, decisions and a note.

The folder's name is the animal's. Its pictures are photos like others, in the run that is shown; or, where
they are cut-outs (`cropped`), each is one box, in a run of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from thumper_core.contracts import (
    DEER,
    PICTURE_SUFFIXES,
    Boxes,
    ClassMeaning,
    Status,
    ThumperError,
    UsageError,
)
from thumper_core.counting import counted
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.names import clean_name, name_key
from thumper_core.files import content_hash
from thumper_core.imports.known import KnownAnimal, Record, bring_known
from thumper_core.ingest.add import Progress, add_paths
from thumper_core.ingest.scan import is_inside
from thumper_core.pipeline.reuse import KnownPhoto
from thumper_core.pipeline.run import RunSummary, Target
from thumper_core.pipeline.told import ToldDetector
from thumper_core.store.came_in import ROOT, RUN, begin_import, imports, note_parts, parts_of
from thumper_core.workspace import Workspace

KIND: Final = "individuals"
_CUT_OUTS: Final = "cut-outs"
_RIVAL: Final = 0.5
"""A second animal in a photo, this large beside the first, makes it unclear which one is meant."""
MEANINGS: Final = {DEER: ClassMeaning(DEER)}

RunIt = Callable[[ToldDetector | None, Target], RunSummary]
"""Runs the pipeline: with this detector, or with the one that is usual (None)."""


@dataclass(frozen=True)
class KnownFolders:
    """What a folder of known individuals became.

    new, known: names of individuals that are new, and that the workspace had; n_photos: with a box
    of the animal; several, none: paths of photos in which more than one animal may be meant, and
    in which none was found; twice: photos in the folders of several animals, by all their paths;
    absent: names of animals that did not come in, for no picture is left that shows them; left: files that
    lie in no animal's folder.
    """

    import_id: int
    new: tuple[str, ...]
    known: tuple[str, ...]
    n_photos: int
    several: tuple[str, ...]
    none: tuple[str, ...]
    twice: tuple[str, ...]
    absent: tuple[str, ...]
    left: tuple[str, ...]
    run_id: str


def import_individuals(
    workspace: Workspace,
    folder: Path,
    run_it: RunIt,
    *,
    author: str,
    cropped: bool = False,
    on_progress: Progress | None = None,
) -> KnownFolders:
    """Make an individual of each folder in `folder`, from the photos below it.

    run_it: processes photos, see `RunIt`. Done again, only what is new comes in. An animal that has
    the name here already is that one. Raises UsageError where the folder holds no folders with
    photos, where a name cannot be one, or where cut-outs would come to other photos.
    """
    names, left = _folders(folder)
    real = Path(os.path.realpath(folder))
    if cropped:
        _require_own(workspace, real)
    before = workspace.ledger.roots()
    is_new_root = not any(is_inside(os.fsencode(real.as_posix()), os.fsencode(r)) for r in before)
    digest = content_hash(f"{KIND} {real} {cropped}".encode())
    row = begin_import(workspace.ledger, KIND, str(real), digest, author)
    if is_new_root and real.as_posix() not in before:
        # No camera stands in a folder of an animal.
        workspace.ledger.add_root(real.as_posix(), camera_level=0)
        note_parts(workspace.ledger, row.import_id, ROOT, [(real.as_posix(), real.as_posix())])
    add_paths(workspace, [folder], on_progress=on_progress)
    paths, twice = _photos_of(workspace, real, names)
    if cropped:
        detector = ToldDetector("cut-outs (imported)", _CUT_OUTS, (DEER,), 0.0)
        answers = _whole_pictures(workspace, list(paths))
        ran = run_it(detector, Target(answers=answers))
        note_parts(workspace.ledger, row.import_id, RUN, [(ran.run_id, ran.run_id)])
    else:
        ran = run_it(None, Target())
    if ran.is_stopped or (ran.n_left and not cropped):
        raise ThumperError("Stopped with photos left; the same command goes on.")
    boxes, several, none = _boxes(workspace, ran.run_id, list(paths))
    animals = [
        KnownAnimal(
            name,
            tuple(boxes[p] for p, (of, _) in paths.items() if of == name and p in boxes),
            f"folder {directory.name} of {real}",
            name=name,
        )
        for name, directory in names.items()
    ]
    record = Record(workspace, row, author)
    brought = bring_known(record, animals, source=f"{KIND} {digest[:12]}")
    return KnownFolders(
        row.import_id,
        brought.new,
        brought.known,
        len(boxes),
        tuple(paths[p][1] for p in several),
        tuple(paths[p][1] for p in none),
        tuple(twice),
        tuple(name for name in names if name not in (*brought.new, *brought.known)),
        tuple(left),
        ran.run_id,
    )


def _folders(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Name -> folder of each animal, and files that are in none."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder. Name the one that holds a folder for each animal."
        )
    names: dict[str, Path] = {}
    keys: dict[str, str] = {}
    left, wrong = [], []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if not path.is_dir():
            left.append(path.name)
            continue
        try:
            name = clean_name(path.name)
        except UsageError as error:
            wrong.append(f"{path.name}: {error}")
            continue
        if name_key(name) in keys:
            raise UsageError(
                f"The folders {keys[name_key(name)]} and {path.name} have the same name for a reader. "
                "Rename one, or put their photos together."
            )
        keys[name_key(name)] = path.name
        names[name] = path
    if wrong:
        raise UsageError("A folder's name is its animal's name. " + " ".join(wrong[:5]))
    if not names:
        raise UsageError(
            f"There are no folders in {folder}. It has to hold a folder for each animal, named for it."
        )
    return names, left


def _photos_of(
    workspace: Workspace, real: Path, names: Mapping[str, Path]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Photo -> (animal, path) of every photo in one animal's folder; of those in several all paths."""
    by_folder = {directory.name: name for name, directory in names.items()}
    found: dict[str, dict[str, str]] = {}
    for root, path, photo_id in workspace.ledger.files_there():
        whole = Path(root) / path
        if not whole.is_relative_to(real) or whole.suffix.lower() not in PICTURE_SUFFIXES:
            continue
        parts = whole.relative_to(real).parts
        name = by_folder.get(parts[0]) if len(parts) > 1 else None
        if name is None:
            continue
        found.setdefault(photo_id, {}).setdefault(name, "/".join(parts))
    if not found:
        raise UsageError(f"There are no photos in the folders of {real}.")
    one = {p: next(iter(of.items())) for p, of in found.items() if len(of) == 1}
    return one, sorted(" and ".join(sorted(of.values())) for of in found.values() if len(of) > 1)


def _require_own(workspace: Workspace, real: Path) -> None:
    """Cut-outs are compared with each other alone: refuse where other photos are."""
    ledger = workspace.ledger
    mine = [row.import_id for row in imports(ledger) if row.kind == KIND and not row.undone_at]
    cut_outs = {root for number in mine for root in parts_of(ledger, number, ROOT).values()}
    others = {r for r in ledger.roots() if not Path(r).is_relative_to(real)} - cut_outs
    if others:
        raise UsageError(
            "Cut-outs make a run of their own, in which no other photo is. Import them into a workspace "
            f"of their own: thumper -w DIR import individuals {real} --cropped"
        )


def _whole_pictures(workspace: Workspace, photo_ids: Sequence[str]) -> dict[str, KnownPhoto]:
    """One box for each photo: all of it."""
    sizes = workspace.sql(
        "select photo_id, width, height from photos where width > 0 and height > 0 "
        "and list_contains(?, photo_id)",
        [list(photo_ids)],
    )
    one = np.ones(1, np.float32)
    return {
        photo_id: KnownPhoto(
            Status.OK,
            None,
            None,
            Boxes(np.array([[0, 0, width, height]], np.float32), one, np.zeros(1, np.int64)),
        )
        for photo_id, width, height in sizes.iter_rows()
    }


def _boxes(
    workspace: Workspace, run_id: str, photo_ids: Sequence[str]
) -> tuple[dict[str, BoxKey], list[str], list[str]]:
    """The box of the animal in each photo; photos with several that may be meant, and with none."""
    rows = workspace.sql(
        "select photo_id, x1, y1, x2, y2, frame_ms, (x2 - x1) * (y2 - y1) as area from all_detections "
        "where run_id = ? and list_contains(?, photo_id) and (is_deer or species = 'animal') "
        "order by photo_id, area desc",
        [run_id, list(photo_ids)],
    )
    found: dict[str, list[tuple[BoxKey, float]]] = {}
    for row in rows.to_dicts():
        found.setdefault(row["photo_id"], []).append((BoxKey.of_row(row), row["area"]))
    several = [p for p, them in found.items() if len(them) > 1 and them[1][1] > _RIVAL * them[0][1]]
    unclear = {*several}
    boxes = {p: them[0][0] for p, them in found.items() if p not in unclear}
    return boxes, several, [p for p in photo_ids if p not in found]


def told(found: KnownFolders) -> list[str]:
    """What a folder became, in sentences."""
    said = [
        f"{counted(len(found.new), 'new individual')}, {len(found.known):,} known before, from "
        f"{counted(found.n_photos, 'photo')}."
    ]
    for paths, what in (
        (found.several, "Left out because more than one animal may be meant"),
        (found.none, "Left out because no animal was found (cut-outs: `--cropped`)"),
        (found.twice, "Left out because the same picture is in the folders of several animals"),
        (found.left, "Left out because they are in no animal's folder"),
    ):
        if paths:
            more = ", ..." if len(paths) > 5 else ""
            said.append(f"{what}: {len(paths):,} ({', '.join(paths[:5])}{more})")
    if found.absent:
        said.append(
            f"No individual was made of {counted(len(found.absent), 'folder')}, for no picture is left that "
            f"shows the animal: {', '.join(found.absent)}. Put one that shows it alone into its folder, and "
            "import again."
        )
    return said
