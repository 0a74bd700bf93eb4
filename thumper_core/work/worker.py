"""The process behind a launch: `python -m thumper_core.work.worker WORKSPACE LAUNCH_ID`.

Kinds and their arguments (JSON values):
- `demo`: `directory`, and any of DemoPlan's fields;
- `start`: `photos`, and `camera_level`, `species`, `detector`, `embedder` (null: the settings');
- `add`: `paths`;
- `process`: `clear_mode` of `flows.reprocess`, `detector, embedder` (null: the settings'), `paths` to
  add first, `turbo`, `retry_failed`;
- `identify`: `threshold` (number, "auto" or null), `method`, `run_id`;
- `learn`: `only` (null: all that there is enough for), `steps` (null: the usual).

A `command` is no work of this module: it is the command line itself, which keeps its record with
`own_record`.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from thumper_core import disk
from thumper_core.contracts import ThumperError
from thumper_core.store import liveness
from thumper_core.work import launches
from thumper_core.work.launches import Launch
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.flows.start import Step

_WRITE_EVERY_S = 0.5
Say = Callable[..., None]  # (step, done=0, total=0)


class Recorder:
    """Keeps the launch's record up to date, at most twice a second and at least every `BEAT_S`."""

    def __init__(self, root: Path, launch: Launch) -> None:
        self._root = root
        self._written = 0.0
        self._one_writes = threading.RLock()
        self._ended = threading.Event()
        self.launch = launch

    def say(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note the step and how far it is; work goes on where that cannot be written."""
        is_new = step != self.launch.step
        now = time.monotonic()
        if is_new or now - self._written >= _WRITE_EVERY_S:
            self._written = now
            with suppress(OSError):
                self._write(step=step, done=done, total=total)
        else:
            with self._one_writes:
                self.launch = replace(self.launch, done=done, total=total)

    def begin(self) -> None:
        """Note that this process does the work, and from here on that it still does.

        Raises OSError where the disk refuses.
        """
        started = psutil.Process().create_time()
        self._write(state="running", pid=os.getpid(), pid_started=started, home=liveness.home())
        threading.Thread(target=self._beat, name="record", daemon=True).start()

    def end(self, state: str, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Note how the work ended; where not even that can be written, its absence says so."""
        with suppress(OSError):
            self._write(state=state, message=message, result=result or {})

    def _write(self, **values: Any) -> None:
        """Change fields and write the record; one that has ended beats no more."""
        with self._one_writes:
            self.launch = replace(self.launch, **values)
            if not self.launch.is_alive:
                self._ended.set()
            launches.write(self._root, self.launch)

    def _beat(self) -> None:
        while not self._ended.wait(launches.BEAT_S):
            with self._one_writes, suppress(OSError):  # no room for a moment: the next beat tells
                if not self._ended.is_set():
                    self._write()


def own_record() -> Recorder | None:
    """The record of a command that was started with `--detach`, in its own process; else None."""
    path = os.environ.pop(launches.ENVIRONMENT, None)
    if path is None:
        return None
    root = Path(path).parents[1]
    recorder = Recorder(root, launches.read(root, Path(path).stem))
    recorder.begin()
    recorder.say(shlex.join(["thumper", *recorder.launch.arguments["line"]]))
    return recorder


def work(root: Path, launch_id: str, stop: threading.Event) -> int:
    """Do a launch's work and record how it ended; returns an exit code."""
    recorder = Recorder(root, launches.read(root, launch_id))
    recorder.begin()
    arguments = recorder.launch.arguments
    try:
        result = _WORK[recorder.launch.kind](root, arguments, recorder.say, stop)
    except BaseException as error:
        told = disk.told(error, root)
        if told is None:
            recorder.end("failed", f"{type(error).__name__}: {error}")
            raise
        recorder.end("stopped" if stop.is_set() else "failed", str(told))
        return 0 if stop.is_set() else 3
    stopped = stop.is_set() and result.pop("is_stopped", False)
    recorder.end("stopped" if stopped else "done", result=result)
    return 0


def _demo(root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event) -> dict[str, Any]:
    from thumper_demo import DemoPlan
    from thumper_demo.chain import run_demo

    plan = {key: value for key, value in arguments.items() if key != "directory"}
    result = run_demo(root / arguments["directory"], DemoPlan(**plan), say, stop)
    return {"herd_id": result.herd.herd_id, "report": str(result.report)}


_STEPS = {
    "add": "Reading the photos",
    "models": "Loading the models",
    "run": "Detecting and embedding",
    "identify": "Telling the deer apart",
    "report": "Writing the report",
}


_COUNTED = ("add", "run")
"""Steps that count photos; percent and reports beside them would read as photos that begin again."""


def _start(
    root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event
) -> dict[str, Any]:
    from thumper_core.flows.start import start
    from thumper_core.pipeline.effort import give_way

    give_way()
    workspace = Workspace.create(root)
    given = workspace.settings.replace("ingest", camera_level=arguments.get("camera_level"))
    given = given.replace("detect", detector=arguments.get("detector"))
    given = given.replace("embed", embedder=arguments.get("embedder"))
    given = given.about(arguments.get("species"))

    def told(step: Step, done: int, total: int) -> None:
        say(_STEPS[step], *((done, total) if step in _COUNTED else (0, 0)))

    found = start(
        root,
        arguments["photos"],
        settings=given,
        on_progress=told,
        stop=stop,
    )
    if found.no_deer is not None and not found.reports:
        raise ThumperError(found.no_deer.sentence)
    return {
        "run_id": found.run.run_id,
        "is_stopped": found.is_stopped,
        "herd_id": found.herd_id,
        "n_left": found.run.n_left,
        "n_failed": found.run.progress.failed,
        "report": str(found.reports[0]) if found.reports else None,
    }


def _add(root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event) -> dict[str, Any]:
    from thumper_core.ingest.add import add_paths

    workspace = Workspace.create(root)
    paths = [Path(path) for path in arguments["paths"]]
    say("Looking through the folders")
    summary = add_paths(workspace, paths, on_progress=lambda done, n: say(_STEPS["add"], done, n))
    return {"n_new": summary.n_new, "n_files": summary.n_files, "n_missing": summary.n_missing}


def _process(
    root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event
) -> dict[str, Any]:
    from thumper_core.flows.reprocess import reprocess, require_promoted
    from thumper_core.pipeline.effort import give_way, with_effort
    from thumper_core.pipeline.launch import open_models

    if arguments.get("paths"):
        _add(root, arguments, say, stop)
    workspace = Workspace.open(root)
    clear_mode = arguments.get("clear_mode", "none")
    settings = workspace.settings.replace("detect", detector=arguments.get("detector"))
    settings = settings.replace("embed", embedder=arguments.get("embedder"))
    models = None
    if clear_mode == "identities":
        give_way()
    else:
        say(_STEPS["models"])
        models = open_models(workspace, settings)
        settings = with_effort(
            settings,
            models.detector,
            turbo=bool(arguments.get("turbo")),
            tuned=models.tuned,
        )
    result = reprocess(
        workspace,
        models,
        clear_mode=clear_mode,
        settings=settings,
        retry_failed=bool(arguments.get("retry_failed")),
        on_progress=lambda p: say("Detecting and embedding", p.done, p.total),
        say=say,
        stop=stop,
    )
    require_promoted(result)
    return {
        "run_id": result.run_id,
        "is_stopped": result.is_stopped,
        "herd_id": result.herd.herd_id if result.herd else None,
        "n_left": result.run.n_left if result.run else 0,
        "n_failed": result.run.progress.failed if result.run else 0,
    }


def _identify(
    root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event
) -> dict[str, Any]:
    from thumper_core.herd.build import build_herd
    from thumper_core.questions.no_deer import why_no_deer

    workspace = Workspace.open(root)
    wanted = {key: arguments.get(key) for key in ("threshold", "method")}
    settings = workspace.settings.replace("identify", **wanted)
    no_deer = why_no_deer(
        workspace,
        run_id=arguments.get("run_id"),
        conf_min=settings.identify.class_conf_min,
    )
    if no_deer is not None:
        raise ThumperError(no_deer.sentence)
    say("Telling the deer apart")
    herd = build_herd(workspace, run_id=arguments.get("run_id"), settings=settings)
    return {"herd_id": herd.herd_id, "run_id": herd.run_id}


def _learn(
    root: Path, arguments: dict[str, Any], say: Say, stop: threading.Event
) -> dict[str, Any]:
    from thumper_core.flows.learn import learn
    from thumper_core.pipeline.effort import give_way
    from thumper_core.vision.centernet.fit import Plan

    give_way()
    steps = arguments.get("steps")
    learnt = learn(
        Workspace.open(root),
        only=arguments.get("only"),
        plan=Plan(steps=steps) if steps else None,
        say=say,
        stop=stop,
    )
    return learnt.as_dict() | {"sentences": learnt.sentences}


_WORK = {
    "demo": _demo,
    "start": _start,
    "add": _add,
    "process": _process,
    "identify": _identify,
    "learn": _learn,
}


def main() -> None:
    """Work until done; SIGTERM or SIGINT stops after what is under way."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sys.exit(work(Path(sys.argv[1]), sys.argv[2], stop))


if __name__ == "__main__":
    main()
