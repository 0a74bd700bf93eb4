"""What every command shares: the workspace it works on, how it prints and how it ends."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from enum import Enum, IntEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from thumper_core.children import open_python
from thumper_core.commands.columns import arranged
from thumper_core.contracts import ThumperError
from thumper_core.trust import UntrustedError, remember
from thumper_core.workspace import Workspace, chosen_folder

if TYPE_CHECKING:
    from thumper_core.pipeline.launch import Models
    from thumper_core.questions.reasons import NoDeer
    from thumper_core.settings import Settings
    from thumper_core.vision.registry import Registry

_Answer = TypeVar("_Answer")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_KNOWN = ("building", "complete")  # states of a run that can be gone on with
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]
TrustOption = Annotated[
    bool,
    typer.Option("--trust", help="Trust these models' weights, on this machine, from now on."),
]
SpeciesOption = Annotated[
    str | None,
    typer.Option(
        help="The species of interest, kept in the workspace's settings: it is what a detector's "
        "deer, buck and doe stand for. With a detector that says only animal, every animal is one."
    ),
]
RetryFailedOption = Annotated[
    bool, typer.Option("--retry-failed", help="Try photos again that failed before.")
]
DetachOption = Annotated[
    bool, typer.Option("--detach", help="Work on in the background and return at once.")
]


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    WITH_FAILURES = 1  # finished; photos failed and are recorded, or there are no deer
    WRONG_USE = 2
    REFUSED = 3


class State:
    """The global options of one call."""

    workspace: Path | None = None
    is_stopped = False  # a request to stop came; see `stop_on_interrupt`
    is_chain = False  # the next command follows by itself; see `say_next`


def open_workspace() -> Workspace:
    """The workspace that `--workspace`, the environment or the default names."""
    return Workspace.open(State.workspace)


def may_ask() -> bool:
    """Whether a person sits here who can answer."""
    return sys.stdin.isatty() and err.is_terminal


def asking(work: Callable[[], _Answer]) -> _Answer:
    """The answer of `work`; where it needs a person's trust, and one sits here, ask and go on.

    Raises UntrustedError where no person can be asked, or one says no.
    """
    while True:
        try:
            return work()
        except UntrustedError as error:
            if not may_ask():
                raise
            err.print(str(error), markup=False)
            if not typer.confirm("Trust it, on this machine, from now on?", err=True):
                raise
            remember(error.subject)


def load_models(workspace: Workspace, settings: Settings, *, trust: bool = False) -> Models:
    """`open_models` with a word on what is going on, asking where the user must trust them first.

    A detector that nobody named is said, with the reason for it.
    """
    from thumper_core.pipeline.choice import choose_detector
    from thumper_core.pipeline.launch import open_models
    from thumper_core.settings import AUTO

    if settings.detect.detector == AUTO:
        choice = choose_detector(workspace, settings)
        err.print(choice.sentence, markup=False)
        settings = settings.replace("detect", detector=choice.detector)

    def load() -> Models:
        with err.status("Loading the models"):
            return open_models(workspace, settings, trust=trust)

    models = asking(load)
    if models.room is not None and models.room.note:
        err.print(f"[yellow]Note:[/yellow] {escape(models.room.note)}")
    return models


def known_models() -> Registry:
    """The models known by name: Thumper's, the user's, and those of the chosen workspace."""
    from thumper_core.vision.registry import load_registry

    return load_registry(chosen_folder(State.workspace) / "registry.toml")


def run_words(workspace: Workspace) -> str:
    """The `run` that goes on with the shown one: it names models that are not the workspace's."""
    try:
        shown = workspace.ledger.promoted("run")
        runs = [r for r in workspace.ledger.runs() if r.state in _KNOWN and not r.is_told]
    except ThumperError:  # a damaged ledger, of which `verify` speaks
        return "run"
    run = next((r for r in runs if r.run_id == shown), runs[-1] if runs else None)
    settings = workspace.settings
    models = {"--detector": settings.detect.detector, "--embedder": settings.embed.embedder}
    made_with = [run.detector, run.embedder] if run else list(models.values())
    words = ["run"]
    for (option, usual), name in zip(models.items(), made_with, strict=True):
        words += [option, name] if name != usual else []
    return shlex.join(words)


def say_if_resting(workspace: Workspace) -> None:
    """Say that work will begin only when it may go on, where it is paused."""
    from thumper_core.pipeline.pause import is_paused

    if is_paused(workspace.root):
        err.print("Work in this workspace rests. In another terminal: thumper go-on")


def say_next(words: str) -> None:
    """Print the command that comes next, with the workspace as it was named for this one.

    Within a chain of commands nothing is printed: it follows by itself.
    """
    if not State.is_chain:
        _print_next(words)


def _print_next(words: str) -> None:
    out.print(f"Next: {in_words(words)}", markup=False)


def in_words(words: str) -> str:
    """A whole command, with the workspace as it was named for this one."""
    named = f"-w {shlex.quote(str(State.workspace))} " if State.workspace is not None else ""
    return f"thumper {named}{words}"


def say_no_deer(found: NoDeer) -> None:
    """Print why there are no deer, and the command that goes on: a report follows where none does."""
    out.print(found.sentence, markup=False)
    if not (State.is_chain and found.is_final):
        _print_next(found.command)


def print_json(value: Any) -> None:
    """Write JSON to standard output, dates as ISO text."""
    print(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; numbers stand to the right, and no heading is cut (`commands.columns`)."""
    cells = [[_cell(value) for value in row] for row in rows]
    numbers = [
        bool(rows) and all(isinstance(row[i], int | float | None) for row in rows)
        for i in range(len(columns))
    ]
    for n, part in enumerate(arranged(columns, cells, numbers, out.width)):
        grid = Table(header_style="dim", box=None)
        grid.title, grid.title_justify, grid.title_style = "" if n else title, "left", "bold"
        for column in part:
            grid.add_column(
                escape(column.heading),
                justify="right" if numbers[column.index] else "left",
                overflow="fold",
                width=column.width,
            )
        for row in cells:
            grid.add_row(*[escape(row[column.index]) for column in part])
        out.print(grid)


@contextmanager
def progress_bar(description: str) -> Iterator[Any]:
    """A bar on standard error: call the yielded function with (done, total, note)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(description, total=None, note="")

        def advance(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield advance


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a termination request sets; a second Ctrl-C ends at once."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        State.is_stopped = True
        err.print("Stopping after what is under way; the same command goes on later.")

    previous = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def serve(words: Sequence[str], environment: Mapping[str, str], what: str) -> None:
    """Run a server until it ends. Ctrl-C reaches it by itself, and a request to end is passed on.

    words: what Python is started with, see `open_python`; environment: added to this process's own.
    Raises ThumperError, naming `what` served, where it ended for another reason.
    """
    process = open_python(words, environment)
    previous = signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    code = None
    try:
        while code is None:
            with suppress(KeyboardInterrupt):  # the server had it too and is ending
                code = process.wait()
    finally:
        signal.signal(signal.SIGTERM, previous)
    if code not in (0, -signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGTERM):
        raise ThumperError(f"{what} ended with code {code}; see above.")


def duration(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"not JSON: {type(value).__name__}")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
