"""What came of each attempt to learn: a card each, in `learned/` of the workspace, kept or refused.

A card is JSON that anybody can read: what was learned from, what was kept back, the figures of both
models, what the training started from. The weights that were taken lie beside it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from thumper_core.disk import refusal
from thumper_core.files import write_whole

FOLDER: Final = "learned"


def cards(root: Path, what: str) -> list[dict[str, Any]]:
    """The cards of one kind of model, the oldest first; one that cannot be read counts as none.

    root: the workspace's folder; what: `detector`, `heads`.
    """
    found = []
    for path in sorted((root / FOLDER).glob(f"{what}-*.json")):
        try:
            found.append(dict(json.loads(path.read_text("utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return found


def last_learned(root: Path, what: str) -> int:
    """The youngest correction that the last attempt knew; 0 where there was none, or no card says."""
    known = [card.get("last_correction") for card in cards(root, what)]
    return max((number for number in known if isinstance(number, int)), default=0)


def n_cards(root: Path) -> int:
    """How many attempts there were, of all kinds."""
    return sum(1 for _ in (root / FOLDER).glob("*.json"))


def next_number(root: Path, what: str) -> int:
    """The number of the next attempt, from 1; none is used twice, whatever was deleted meanwhile."""
    taken = [path.stem.rpartition("-")[2] for path in (root / FOLDER).glob(f"{what}-*.json")]
    return max((int(number) for number in taken if number.isdigit()), default=0) + 1


def keep_card(root: Path, what: str, card: dict[str, Any]) -> Path:
    """Write the card of an attempt; where it is. Raises ThumperError where the disk refuses."""
    path = root / FOLDER / f"{what}-{next_number(root, what):04d}.json"
    dated = {"what": what, "made_at": datetime.now(UTC).isoformat(" ", "seconds"), **card}
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(dated, indent=1, ensure_ascii=False) + "\n", durable=True)
    except OSError as error:
        raise refusal(error, path, f"Cannot write {path}: {error.strerror or error}.") from error
    return path
