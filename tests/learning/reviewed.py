"""Workspaces in which people corrected boxes: drawn deer at three cameras, a word on each."""

from __future__ import annotations

from pathlib import Path

from tests.heads.heads import open_to_heads
from tests.workspaces import Deer, build
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Decision, MoveBox, NotAnimal, Reclass
from thumper_core.decisions.record import record
from thumper_core.workspace import Workspace

BOXES = """
select d.photo_id, d.x1, d.y1, d.x2, d.y2, p.camera, e.vector from detections d
join photos p using (photo_id) join embeddings e using (detection_id) order by d.detection_id
"""


def ranch_of(folder: Path, n: int = 20, visits: int = 3, *, drawn: bool = False) -> Workspace:
    """A workspace of `n` animals, all "deer" to the detector, and three blanks; drawn: with pictures."""
    return build(folder, [Deer("deer", visits)] * n, identified=False, n_blank=3, drawn=drawn)


def key_of(row: dict[str, object]) -> BoxKey:
    return BoxKey(str(row["photo_id"]), tuple(row[side] for side in ("x1", "y1", "x2", "y2")))  # type: ignore[arg-type]


def say(workspace: Workspace, *decisions: Decision) -> None:
    for decision in decisions:
        record(workspace.ledger, decision, "Kim")


def move_all(workspace: Workspace, by: float = 3.0) -> int:
    """Every box moved a little: somebody looked every photo through."""
    rows = workspace.sql(BOXES).to_dicts()
    for row in rows:
        key = key_of(row)
        x1, y1, x2, y2 = key.box
        say(workspace, MoveBox(key, (x1 + by, y1, x2 + by, y2)))
    return len(rows)


def mislead(workspace: Workspace, honest: list[str]) -> None:
    """Every box moved to where no animal is, but a little only at the honest cameras."""
    for number, row in enumerate(workspace.sql(BOXES).to_dicts()):
        key = key_of(row)
        x1, y1, x2, y2 = key.box
        left = (number * 53) % 500
        wrong = (left, 5.0, left + 90.0, 65.0)
        say(
            workspace,
            MoveBox(key, (x1 + 3, y1, x2 + 3, y2) if row["camera"] in honest else wrong),
        )


def delete(workspace: Workspace, n: int) -> list[str]:
    """The first `n` boxes hold no animal; the photos' IDs."""
    rows = workspace.sql(BOXES).head(n).to_dicts()
    say(workspace, *(NotAnimal(key_of(row)) for row in rows))
    return [row["photo_id"] for row in rows]


def name_all(workspace: Workspace, *, nonsense: bool = False) -> Workspace:
    """The sex of each animal: the sign of its vector's first number, or a coin's."""
    open_to_heads(workspace)
    for number, row in enumerate(workspace.sql(BOXES).to_dicts()):
        male = number * 2654435761 % 7 < 3 if nonsense else row["vector"][0] > 0
        sex = "male" if male else "female"
        say(workspace, Reclass(key_of(row), "white-tailed deer", sex, "adult"))
    return workspace
