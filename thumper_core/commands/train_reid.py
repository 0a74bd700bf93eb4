"""`train reid`: what one deer looks like on other visits, learned from what people said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thumper_core.commands.common import (
    JsonOption,
    open_workspace,
    out,
    print_json,
    progress_bar,
)
from thumper_core.contracts import UsageError

DECISIONS = "decisions"


def train_reid(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="decisions|DIR",
            help="What people said of this herd, or a folder with a folder of photos per individual.",
        ),
    ] = DECISIONS,
    sighting: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="With a folder: what of a photo's name its sighting has in common, as '^([0-9]+)_'.",
        ),
    ] = None,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune",
            help="Tune the embedder's last layers instead: minutes to an hour on two cores.",
        ),
    ] = False,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --tune: rounds at most, default 20; it stops when it gets no better.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Learn how one deer differs from visit to visit, in seconds, and use it where deer are found better.

    It is tried on visits that it did not learn from, beside what is in use. Nothing is processed again:
    `thumper identify` makes the herd with it; the setting `identify.metric` switches it off. With --tune
    the embedder itself learns, tried on animals that it did not see; a tuning that was stopped goes on
    when the same command is given again.
    """
    from dataclasses import asdict

    from thumper_core.flows.train_reid import train_reid as train

    album = None if source == DECISIONS else Path(source)
    if album is None and sighting is not None:
        raise UsageError("--sighting is for `--from DIR`.")
    if tune:
        _tune(album, sighting, rounds, json)
        return
    if rounds is not None:
        raise UsageError("--rounds is for `--tune`.")
    with progress_bar("Learning") as advance:

        def say(what: str, done: int, total: int) -> None:
            advance(done, total, what)

        done = train(open_workspace(), album, sighting=sighting, on_progress=say)
    if json:
        print_json(
            {
                "learned_from": asdict(done.evidence),
                "seconds": round(done.seconds, 1),
                "trial": done.trial.as_dict(),
                "file": str(done.learned.path) if done.learned else None,
                "metric": done.learned.digits if done.learned else None,
                "is_used": done.is_used,
            }
        )
        return
    out.print(f"Learned from {done.evidence.said}, in {done.seconds:.0f} s.")
    out.print(done.said, markup=False)
    if done.learned and done.is_used:
        out.print(f"{done.learned.path}: `thumper identify` makes the herd with it.", markup=False)


def _tune(album: Path | None, sighting: str | None, rounds: int | None, json: bool) -> None:
    from dataclasses import asdict

    from thumper_core.flows.tune_reid import ROUNDS, tune_reid

    with progress_bar("Tuning") as advance:

        def say(what: str, done: int, total: int) -> None:
            advance(done, total, what)

        done = tune_reid(
            open_workspace(), album, sighting=sighting, rounds=rounds or ROUNDS, on_progress=say
        )
    if json:
        print_json(
            {
                "learned_from": asdict(done.evidence),
                "seconds": round(done.seconds, 1),
                "rounds": list(done.rounds),
                "trial": done.trial.as_dict(),
                "file": str(done.path) if done.path else None,
                "embedder": done.name or None,
            }
        )
        return
    out.print(f"Learned from {done.evidence.said}, in {done.seconds:.0f} s.")
    out.print(done.said, markup=False)
