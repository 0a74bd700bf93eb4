"""What was learned of how one animal differs from visit to visit: small files of a workspace.

A file is safetensors, its card JSON in the header: what it learned from, how it did beside what was in
use, and whose vectors it is of. Nothing here is overwritten, so that a herd that was made with an earlier
one can be made again: `identify.metric` takes the first digits of its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import content_hash, write_whole
from thumper_core.identify.space.visit_spread import VisitSpread
from thumper_core.settings import AUTO, Settings
from thumper_core.workspace import Workspace

FOLDER: Final = "reid"
SUFFIX: Final = ".visits.safetensors"
FORMAT: Final = "thumper-visits-1"
HASH_DIGITS: Final = 8
OFF: Final = "off"
HERE: Final = "herd"
"""Of a card's `tried_on`: the deer of this workspace; an album says nothing of them."""


@dataclass(frozen=True)
class Learned:
    """spread: what was learned, with its name; card: `embedder`, `weights_sha256`, `made_at` (ISO, UTC),
    `tried_on` and what else is said of it.
    """

    spread: VisitSpread
    card: Mapping[str, Any]
    path: Path

    @property
    def digits(self) -> str:
        """By which the settings name it."""
        return self.path.name.removesuffix(SUFFIX)


def name_of(learned: Learned | None) -> str:
    """What a herd is told to be made with; empty: nothing that was learned."""
    return learned.digits if learned else ""


def keep_learned(root: Path, spread: VisitSpread, card: Mapping[str, Any]) -> Learned:
    """Write what was learned to a workspace, beside what was there; root: its folder."""
    from safetensors.numpy import save

    told = {**card, "format": FORMAT, "freedom": spread.freedom}
    data = save({"axes": spread.axes}, {"card": json.dumps(told, sort_keys=True)})
    path = root / FOLDER / f"{content_hash(data)[:HASH_DIGITS]}{SUFFIX}"
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, data, durable=True)
    except OSError as error:
        raise ThumperError(
            f"Cannot write {path}: {error.strerror or error}. Nothing was changed."
        ) from error
    return load_learned(path)


def learned_files(root: Path) -> list[Path]:
    """The files of a workspace folder that say what was learned, by name."""
    return sorted((root / FOLDER).glob(f"*{SUFFIX}"))


def load_learned(path: Path) -> Learned:
    """Read a file. ThumperError, naming the file, where it is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as stored:
            card = json.loads((stored.metadata() or {})["card"])
            axes = np.asarray(stored.get_tensor("axes"), np.float32)
        if card["format"] != FORMAT or axes.ndim != 2 or not np.isfinite(axes).all():
            raise ValueError("another format, or its numbers are none")
        names = [card[key] for key in ("embedder", "weights_sha256", "made_at")]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("its card does not say whose vectors it is of")
        source = f"what was learned of visits ({path.name.removesuffix(SUFFIX)})"
        return Learned(VisitSpread(axes, int(card["freedom"]), source), card, path)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ThumperError(
            f"{path} is nothing that was learned here, or is damaged ({error}). Delete it, and learn "
            "again with `thumper train reid`."
        ) from error


def learned_of(
    root: Path, embedder: str, weights_sha256: str | None, wanted: str = AUTO
) -> Learned | None:
    """What is in use for an embedder's vectors: the newest that was learned of them, or the wanted one.

    wanted: as `identify.metric` says it; what was tried on another herd's animals alone has to be wanted
    by name. None where it is off, or nothing was learned of just these
    weights. UsageError where no file, or one of other vectors, has the wanted name.
    """
    if wanted == OFF:
        return None
    found = [load_learned(path) for path in learned_files(root)]
    mine = [
        one
        for one in found
        if (one.card["embedder"], one.card["weights_sha256"]) == (embedder, weights_sha256)
    ]
    if wanted == AUTO:
        mine = [one for one in mine if one.card.get("tried_on") == HERE]
        return max(mine, key=lambda one: (one.card["made_at"], one.digits), default=None)
    for one in mine:
        if one.digits == wanted:
            return one
    names = ", ".join(one.digits for one in mine) or "none"
    raise UsageError(
        f"identify.metric is {wanted!r}, and nothing that was learned of {embedder} here has that name "
        f"(there are: {names}). Say one of them, {AUTO!r} or {OFF!r}."
    )


def learned_for(workspace: Workspace, run_id: str, settings: Settings) -> Learned | None:
    """What the settings count into an identification of a run's deer."""
    run = workspace.ledger.run(run_id)
    sha256 = run.config.get("embedder", {}).get("weights_sha256")
    return learned_of(workspace.root, run.embedder, sha256, settings.identify.metric)
