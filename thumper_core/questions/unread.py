"""The photos of a run that could not be read, named."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import Final, NamedTuple

from thumper_core.pipeline.photo_counts import Ask
from thumper_core.workspace import Workspace

NAMED_MAX: Final = 3
"""Photos that are named; of more only the number is told."""
_UNREAD: Final = """
select o.photo_id from all_outcomes o semi join present p on p.photo_id = o.photo_id
where o.run_id = $1 and (o.status = 'error' or $2 and o.error_code is not null) order by o.photo_id
"""


class Unread(NamedTuple):
    """How many there are, and the first of them by the folder and the name of their files."""

    n: int
    names: str


def unread_photos(
    workspace: Workspace, run_id: str, *, in_part: bool = False, ask: Ask | None = None
) -> Unread:
    """Photos that are there and could not be read in a run; in_part: those read in part, too."""
    ids = (ask or workspace.sql)(_UNREAD, [run_id, in_part])["photo_id"].to_list()
    paths = workspace.ledger.paths_of(ids[:NAMED_MAX])
    names = sorted("/".join(PurePath(os.fsdecode(path[0])).parts[-2:]) for path in paths.values())
    more = ", ..." if len(ids) > NAMED_MAX else ""
    shown = ", ".join(name.encode("utf-8", "backslashreplace").decode() for name in names)
    return Unread(len(ids), shown + more)
