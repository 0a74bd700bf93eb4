"""Reprocess with fake models in a process of its own, killed from the inside at one stage.

Arguments: workspace, stage, which time the stage is reached. Stages: decode, detect, embed, write,
rename, commit, promote, rollback, none.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.herds import SETTINGS, GreyDetector, PatternEmbedder, models
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd import roll_back
from thumper_core.pipeline import decode
from thumper_core.store import lake as lake_module
from thumper_core.store.ledger import Ledger
from thumper_core.workspace import Workspace


def main(workspace_dir: str, stage: str, nth: str) -> None:
    left = int(nth)

    def dying(step: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = step(*args, **kwargs)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return wrapped

    if stage == "decode":
        decode.read_photo = dying(decode.read_photo)
    elif stage == "detect":
        GreyDetector.detect = dying(GreyDetector.detect)  # type: ignore[method-assign]
    elif stage == "embed":
        PatternEmbedder.embed = dying(PatternEmbedder.embed)  # type: ignore[method-assign]
    elif stage == "write":
        lake_module.pq.write_table = dying(lake_module.pq.write_table, after=True)
    elif stage == "rename":
        lake_module.rename = dying(lake_module.rename)
    elif stage == "commit":
        Ledger.transaction = dying(Ledger.transaction)  # type: ignore[method-assign]
    elif stage == "promote":
        Ledger.add_herd = dying(Ledger.add_herd)  # type: ignore[method-assign]
    elif stage == "rollback":
        Ledger.promote = dying(Ledger.promote)  # type: ignore[method-assign]
    workspace = Workspace.open(workspace_dir)
    if stage == "rollback":
        roll_back.roll_back(workspace)
        return
    reprocess(workspace, models(), clear_mode="all", settings=SETTINGS)


if __name__ == "__main__":
    main(*sys.argv[1:])
