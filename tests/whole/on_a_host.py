"""Work on a run with fake models, as a process of a made-up host, until nothing is pending.

Arguments: workspace, host, log file. A claim is stale after half a second here, not two minutes.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fakes import FakeDetector, FakeEmbedder
from thumper_core.pipeline.run import run
from thumper_core.store import jobs, liveness
from thumper_core.store.claims import LostClaimError
from thumper_core.workspace import Workspace

STALE_S = 0.5


def main(workspace_dir: str, host: str, log_file: str) -> None:
    """Fork a worker, and another one whenever it was killed; its number is in a file beside the log.

    Imports take longer than the work does, so they are done once.
    """
    pid_file = Path(f"{log_file}.{host}")
    while True:
        worker = os.fork()
        if worker == 0:
            work(workspace_dir, host, log_file)
            os._exit(0)
        pid_file.write_text(str(worker))
        if os.waitpid(worker, 0)[1] == 0:
            pid_file.write_text("done")
            return


def work(workspace_dir: str, host: str, log_file: str) -> None:
    """Take turns with the other host until the run is complete."""
    liveness.home = lambda: host
    jobs.STALE_AFTER = timedelta(seconds=STALE_S)
    jobs.BEAT_S = STALE_S / 8
    workspace = Workspace.open(workspace_dir)
    settings = workspace.settings.replace(
        "engine", batch_size=2, shard_photos=4, shard_seconds=0.1, queue_photos=6
    )
    with open(log_file, "a", buffering=1) as log:
        while True:
            try:
                models = FakeDetector(delay_s=0.05), FakeEmbedder()
                summary = run(workspace, *models, settings=settings)
            except jobs.RunBusyError:
                time.sleep(0.1)
                continue
            except LostClaimError as error:
                log.write(f"{host} lost: {error}\n")
                continue
            log.write(f"{host} did {summary.progress.done}\n")
            if summary.n_left == 0:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
