"""Where people and vehicles are in the photos of a workspace, so that pictures that leave it can hide them.

People's boxes are those of the shown run and those that a person drew, after what people said of them. Number
plates are not looked for: a vehicle is hidden whole.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from thumper_core.boxes.iou import boxes_of
from thumper_core.contracts import PEOPLE, VEHICLES, FloatArray, ThumperError
from thumper_core.questions.scope import Scope, ScopedWorkspace, scoped
from thumper_core.store.meanings import meanings_of

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

SAID: Final = (
    "People are blurred, and vehicles as a whole, for number plates are not looked for by themselves. Whom "
    "the detector did not find is not blurred: look the pictures over."
)
NO_VEHICLES: Final = (
    "The detector of the shown run does not look for vehicles: those are not blurred."
)
_BOXES: Final = """
select photo_id, x1, y1, x2, y2 from detections where list_contains($1, species) order by photo_id, x1
"""
_LOOKED_AT: Final = """
select p.photo_id, p.root, p.path_bytes, p.duration_s is not null as is_clip
from photos p semi join outcomes o on o.photo_id = p.photo_id and o.status in ('ok', 'partial')
"""
_NONE: Final = np.zeros((0, 4), np.float32)


@dataclass(frozen=True)
class Blur:
    """boxes: by photo, (N, 4) xyxy, pixels of the upright photo; looked_at: file -> photo, of all that the
    run looked at, clips left out: between the frames that it looked at anybody can be.
    """

    boxes: Mapping[str, FloatArray]
    looked_at: Mapping[bytes, str]
    has_vehicles: bool

    def on(self, file: bytes) -> FloatArray | None:
        """What must not be recognised in a photo, by its absolute path; None: it is not known, so that the
        photo must not be shown.
        """
        photo_id = self.looked_at.get(file)
        return None if photo_id is None else self.boxes.get(photo_id, _NONE)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is hidden and what is not, for people."""
        return (SAID,) if self.has_vehicles else (SAID, NO_VEHICLES)


def blur_of(workspace: Workspace) -> Blur:
    """What must be blurred in a workspace's pictures.

    Raises ThumperError where no run is shown, or its detector does not look for people.
    """
    run_id = workspace.ledger.promoted("run")
    if run_id is None:
        raise ThumperError(
            "No run is shown, so no people were looked for in these photos: `thumper run` does that."
        )
    run = workspace.ledger.run(run_id)
    known = {meaning.species for meaning in meanings_of(workspace.ledger, run.detector).values()}
    if not known & set(PEOPLE):
        raise ThumperError(
            f"Run {run_id} was made with {run.detector}, which does not look for people, so they cannot be "
            "blurred. `thumper reprocess --clear-mode all --detector whitetail` looks for them; without "
            "blurring the pictures show people as they are."
        )
    found = workspace.sql(_BOXES, [[*PEOPLE, *VEHICLES]])
    boxes = {
        str(key[0]): boxes_of(part)
        for key, part in found.partition_by("photo_id", as_dict=True).items()
    }
    looked_at = {
        os.fsencode(root) + b"/" + path: photo_id
        for photo_id, root, path, is_clip in workspace.sql(_LOOKED_AT).iter_rows()
        if not is_clip
    }
    return Blur(boxes, looked_at, bool(known & set(VEHICLES)))


def blurring(workspace: Workspace) -> tuple[Workspace, tuple[str, ...]]:
    """The workspace, its pictures blurred, and what that hides, in sentences. Raises as `blur_of`."""
    scope = workspace.scope if isinstance(workspace, ScopedWorkspace) else Scope()
    narrowed = scoped(workspace, replace(scope, blur_people=True))
    blur = blur_in(narrowed)
    return narrowed, blur.sentences if blur else ()


def blur_in(workspace: Workspace) -> Blur | None:
    """What the workspace's scope wants blurred; None where it shows everything. Raises as `blur_of`."""
    if not isinstance(workspace, ScopedWorkspace) or not workspace.scope.blur_people:
        return None
    if workspace.blur is None:
        workspace.blur = blur_of(workspace)
    return workspace.blur
