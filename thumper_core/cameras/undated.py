"""What is missing beside cameras' photos: times that can be believed, and rows that find no camera."""

from __future__ import annotations

from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.cameras.read import read_cameras
from thumper_core.workspace import Workspace

_UNTIMED: Final = """
select camera, count(*) as n, count(*) filter (where taken_at_source = 'file_mtime') as n_by_file
from photos where not is_time_evidence and width is not null group by camera order by camera
"""


def untimed_notes(workspace: Workspace) -> list[str]:
    """Sentences on readable photos whose time is not known to the minute, one a camera."""
    notes = []
    for camera, n, n_by_file in workspace.sql(_UNTIMED).iter_rows():
        photos = counted(n, f"photo of {camera} has", f"photos of {camera} have")
        note = f"{photos} no readable time to the minute: each counts as a visit of its own."
        if n_by_file:
            note += (
                " Where their files' dates are right: "
                f'thumper cameras clock "{camera}" --trust-file-dates'
            )
        notes.append(note)
    return notes


def unmatched_notes(workspace: Workspace) -> list[str]:
    """Sentences on names in `cameras.csv` that no camera has, so that nothing comes of their rows."""
    try:
        written = read_cameras(workspace.cameras_csv)["name"].unique().sort().to_list()
    except UsageError:
        return []  # what cannot be read is said elsewhere
    cameras = workspace.sql("select distinct camera from photos order by camera")[
        "camera"
    ].to_list()
    known = {camera_key(name) for name in cameras}
    missing = [name for name in written if camera_key(name) not in known]
    if not missing or not cameras:
        return []
    return [
        f"cameras.csv names {', '.join(missing)}, and no photo is of such a camera "
        f"(cameras: {', '.join(cameras)})."
    ]
