"""Run the pipeline with fake models in a process of its own, for a test to kill.

Arguments: workspace, log file. Every photo that is decoded is a line in the log.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fakes import FakeDetector, FakeEmbedder
from thumper_core.pipeline import decode
from thumper_core.pipeline.run import run
from thumper_core.workspace import Workspace


def main(workspace_dir: str, log_file: str) -> None:
    read = decode.read_photo
    log = open(log_file, "a", buffering=1)  # noqa: SIM115 - open until the process is killed

    def logged(task: decode.PhotoTask) -> bytes:
        log.write(task.photo_id + "\n")
        return read(task)

    decode.read_photo = logged
    workspace = Workspace.open(workspace_dir)
    settings = workspace.settings.replace(
        "engine", batch_size=4, shard_photos=8, shard_seconds=0.2, queue_photos=12
    )
    run(workspace, FakeDetector(delay_s=0.03), FakeEmbedder(), settings=settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
