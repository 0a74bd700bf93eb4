"""What takes gigabytes and a minute is computed in a process of its own, which gives both back.

A server that shows pages stays small and keeps answering meanwhile.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from thumper_core.children import run_python
from thumper_core.contracts import ThumperError
from thumper_core.workspace import Workspace

WORK: Final[Mapping[str, tuple[str, str]]] = {
    "tuning": ("thumper_core.questions.tuning", "prepare"),
    "layout": ("thumper_core.questions.deer_map", "layout_of_run"),
}
"""What can be asked for: module and function of a workspace and a run's ID. Only the child imports
them, which takes longer than all that a page does.
"""


def compute(what: str, root: Path, run_id: str | None, **options: Any) -> Any:
    """The answer of one of `WORK` on the workspace in `root`, computed in a child process.

    options: what else it takes, JSON values.
    Raises ThumperError where the function does, and where the child ended without an answer.
    """
    child = run_python(
        [
            "-m",
            __name__,
            what,
            str(root.resolve()),
            run_id or "",
            str(os.getpid()),
            json.dumps(options),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    if child.returncode != 0:
        raise ThumperError(
            f"The work ended before it was done (code {child.returncode}); where memory ran out, "
            "end other programs and reload the page."
        )
    # Only ever what our own child wrote into our own pipe.
    is_answer, value = pickle.loads(child.stdout)
    if not is_answer:
        raise ThumperError(value)
    return value


def main() -> None:
    """The child: its answer, or what a ThumperError says, goes to standard output alone."""
    what, root, run_id, parent, options = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print where they like
        module, function = WORK[what]
        try:
            work = getattr(import_module(module), function)
            found = True, work(Workspace.open(root), run_id or None, **json.loads(options))
        except ThumperError as error:
            found = False, str(error)
        pickle.dump(found, answer, protocol=pickle.HIGHEST_PROTOCOL)


def _end_with(parent: int) -> None:
    """End with the parent process, which waits for the answer."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    main()
